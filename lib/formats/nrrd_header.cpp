#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "formats/image_header.hpp"
#include "formats/number_text.hpp"

/// Fields of an NRRD header (teem's format definition, NRRD0001 to NRRD0005).
namespace snitt::formats {
namespace {

struct TypeWord {
  std::string_view word;
  PixelType type;
};
constexpr std::array<TypeWord, 27> type_words{{
    {"uchar", PixelType::u8},           {"unsigned char", PixelType::u8},
    {"uint8", PixelType::u8},           {"uint8_t", PixelType::u8},
    {"signed char", PixelType::i8},     {"int8", PixelType::i8},
    {"int8_t", PixelType::i8},          {"ushort", PixelType::u16},
    {"unsigned short", PixelType::u16}, {"unsigned short int", PixelType::u16},
    {"uint16", PixelType::u16},         {"uint16_t", PixelType::u16},
    {"short", PixelType::i16},          {"short int", PixelType::i16},
    {"signed short", PixelType::i16},   {"int16", PixelType::i16},
    {"int16_t", PixelType::i16},        {"uint", PixelType::u32},
    {"unsigned int", PixelType::u32},   {"uint32", PixelType::u32},
    {"uint32_t", PixelType::u32},       {"int", PixelType::i32},
    {"signed int", PixelType::i32},     {"int32", PixelType::i32},
    {"int32_t", PixelType::i32},        {"float", PixelType::f32},
    {"double", PixelType::f64},
}};

/// Field names are case-insensitive and may have blanks or not ("data file", "datafile").
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (c != ' ' && c != '\t') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  while (!(text = stripped(text)).empty()) {
    const std::size_t length = std::min(text.find_first_of(" \t"), text.size());
    list.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return list;
}

/// Lengths of the vectors in "(1,0) (0,1) none"; 0 for none.
std::vector<double> direction_lengths(std::string_view text) {
  std::vector<double> lengths;
  for (const std::string_view word : words(text)) {
    std::string numbers(word);
    std::replace_if(
        numbers.begin(), numbers.end(), [](char c) { return c == '(' || c == ')' || c == ','; }, ' ');
    std::array<double, 4> values{};
    const auto count = parse_numbers(numbers, values);
    double square = 0;
    if (count && word != "none")
      for (const double value : values) square += value * value;
    lengths.push_back(std::sqrt(square));
  }
  return lengths;
}

class NrrdInterpreter {
 public:
  explicit NrrdInterpreter(ImageHeader& header) : header_(header) {}

  StatedStorage run() {
    for (const HeaderLine& line : header_.text.lines) {
      if (line.is_free)
        take_free(line);
      else
        take_field(plain(line.key), line);
    }
    if (header_.sizes.empty()) fail("the header has no 'sizes:'");
    if (dimensions_ != 0 && dimensions_ != header_.sizes.size())
      fail(fmt::format("'sizes:' has {} numbers; expected {} as 'dimension:' says", header_.sizes.size(),
                       dimensions_));
    take_component_axis();
    set_type();
    set_encoding();
    return stated_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError("{}: {}", header_.text.path, what);
  }

  void take_free(const HeaderLine& line) {
    const std::string key = plain(line.key);
    if (key == "ultrasoundimageorientation")
      header_.orientation = line.value;
    else if (key == "ultrasoundimagetype")
      header_.image_type = line.value;
    else
      header_.free_keys.push_back(line);
  }
  void take_field(const std::string& key, const HeaderLine& line) {
    if (key == "dimension")
      dimensions_ = static_cast<std::size_t>(whole(line, 1));
    else if (key == "sizes")
      take_sizes(line);
    else if (key == "type")
      type_ = line.value;
    else if (key == "encoding")
      encoding_ = plain(line.value);
    else if (key == "endian")
      header_.storage.big_endian = plain(line.value) == "big";
    else if (key == "kinds")
      kinds_ = words(line.value);
    else if (key == "spacedirections")
      header_.spacing = direction_lengths(line.value);
    else if (key == "spacings")
      take_spacings(line);
    else if (key == "datafile")
      take_data_file(line);
    else if (key == "byteskip")
      stated_.skip = whole(line, -1);
    else if (key == "lineskip" && whole(line, 0) != 0)
      fail("'line skip:' is not supported; expected 0");
    // All other fields place the image in a space, which a sequence of tracked frames does not use.
  }
  std::int64_t whole(const HeaderLine& line, std::int64_t lowest) const {
    const auto value = parse_whole(line.value);
    if (!value || *value < lowest)
      fail(fmt::format("line {}: '{}:' has '{}'; expected a whole number of at least {}", line.number,
                       line.key, line.value, lowest));
    return *value;
  }
  void take_sizes(const HeaderLine& line) {
    for (const std::string_view word : words(line.value)) {
      const auto value = parse_whole(word);
      if (!value || *value < 0) fail(fmt::format("'sizes:' is '{}'; expected whole numbers", line.value));
      header_.sizes.push_back(static_cast<std::size_t>(*value));
    }
    if (header_.sizes.size() > 8)
      fail(fmt::format("'sizes:' has {} numbers; expected at most 8", header_.sizes.size()));
  }
  void take_spacings(const HeaderLine& line) {
    for (const std::string_view word : words(line.value))
      header_.spacing.push_back(parse_number(word).value_or(0));
  }
  void take_data_file(const HeaderLine& line) {
    stated_.data_file = line.value;
    if (line.value.starts_with("LIST") || line.value.find('%') != std::string_view::npos)
      fail(fmt::format("'data file:' is '{}'; expected one file (join the slices first)", line.value));
  }
  /// Colours are an axis of their own in an NRRD: "kinds: RGB-color domain domain list".
  void take_component_axis() {
    const auto is_colour = [](std::string_view kind) {
      return kind == "RGB-color" || kind == "RGBA-color" || kind == "3-color" || kind == "4-color" ||
             kind == "vector" || kind == "3-vector" || kind == "2-vector" || kind == "complex";
    };
    for (std::size_t i = 1; i < kinds_.size(); ++i)
      if (is_colour(kinds_[i]))
        fail(fmt::format("'kinds:' has '{}' as axis {}; expected colours as the first axis", kinds_[i], i));
    if (kinds_.empty() || !is_colour(kinds_.front())) return;
    const std::size_t count = header_.sizes.front();
    if (count < 1 || count > 4)
      fail(fmt::format("the '{}' axis has size {}; expected 1 to 4", kinds_.front(), count));
    header_.format.components = count;
    header_.sizes.erase(header_.sizes.begin());
    if (!header_.spacing.empty()) header_.spacing.erase(header_.spacing.begin());
  }
  void set_type() {
    for (const TypeWord& known : type_words)
      if (known.word == type_) {
        header_.format.type = known.type;
        return;
      }
    fail(fmt::format("'type:' is '{}'; expected an integer of 8, 16 or 32 bits, float or double", type_));
  }
  void set_encoding() {
    if (encoding_ == "gz" || encoding_ == "gzip")
      header_.storage.compressed = true;
    else if (encoding_ != "raw")
      fail(fmt::format("'encoding:' is '{}'; expected raw or gzip (rewrite it with any NRRD tool)",
                       encoding_));
    if (header_.storage.compressed && stated_.skip == -1)
      fail("'byte skip: -1' is there with gzip; expected raw");
  }

  ImageHeader& header_;
  StatedStorage stated_;
  std::size_t dimensions_ = 0;
  std::string_view type_ = "";
  std::string encoding_;
  std::vector<std::string_view> kinds_;
};

}  // namespace

StatedStorage interpret_nrrd(ImageHeader& header) { return NrrdInterpreter(header).run(); }

}  // namespace snitt::formats
