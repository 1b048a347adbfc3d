#include <array>
#include <string_view>

#include "base/error.hpp"
#include "formats/image_header.hpp"
#include "formats/number_text.hpp"

/// Keys of a MetaImage header, as MetaIO writes them.
namespace snitt::formats {
namespace {

struct TypeWord {
  std::string_view word;
  PixelType type;
};
constexpr std::array<TypeWord, 8> type_words{{{"MET_UCHAR", PixelType::u8},
                                              {"MET_CHAR", PixelType::i8},
                                              {"MET_USHORT", PixelType::u16},
                                              {"MET_SHORT", PixelType::i16},
                                              {"MET_UINT", PixelType::u32},
                                              {"MET_INT", PixelType::i32},
                                              {"MET_FLOAT", PixelType::f32},
                                              {"MET_DOUBLE", PixelType::f64}}};

bool parse_flag(const ImageHeader& header, const HeaderLine& line) {
  const char first = line.value.empty() ? '\0' : line.value.front();
  if (first == 'T' || first == 't' || first == '1') return true;
  if (first == 'F' || first == 'f' || first == '0') return false;
  throw InputError("{}: line {}: {} has '{}'; expected True or False", header.text.path, line.number,
                   line.key, line.value);
}

std::int64_t parse_count(const ImageHeader& header, const HeaderLine& line, std::int64_t lowest) {
  const auto value = parse_whole(line.value);
  if (!value || *value < lowest)
    throw InputError("{}: line {}: {} has '{}'; expected a whole number of at least {}", header.text.path,
                     line.number, line.key, line.value, lowest);
  return *value;
}

class MetaInterpreter {
 public:
  explicit MetaInterpreter(ImageHeader& header) : header_(header) {}

  StatedStorage run() {
    for (const HeaderLine& line : header_.text.lines)
      if (!take(line)) header_.free_keys.push_back(line);
    if (is_ascii_)
      fail("BinaryData is False; expected binary pixels (rewrite the file with any MetaImage tool)");
    if (header_.sizes.empty()) fail("the header has no DimSize");
    if (dimensions_ != 0 && header_.sizes.size() != dimensions_)
      fail(fmt::format("DimSize has {} numbers; expected {} as NDims says", header_.sizes.size(),
                       dimensions_));
    set_type();
    return stated_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError("{}: {}", header_.text.path, what);
  }

  /// False for a key that does not describe the packing.
  bool take(const HeaderLine& line) {
    const std::string_view key = line.key;
    if (key == "NDims")
      dimensions_ = static_cast<std::size_t>(parse_count(header_, line, 1));
    else if (key == "DimSize")
      take_sizes(line);
    else if (key == "ElementType")
      type_ = line.value;
    else if (key == "ElementNumberOfChannels")
      header_.format.components = take_components(line);
    else if (key == "BinaryData")
      is_ascii_ = !parse_flag(header_, line);
    else if (key == "BinaryDataByteOrderMSB" || key == "ElementByteOrderMSB")
      header_.storage.big_endian = parse_flag(header_, line);
    else if (key == "CompressedData")
      header_.storage.compressed = parse_flag(header_, line);
    else if (key == "CompressedDataSize")
      stated_.compressed_bytes = static_cast<std::uint64_t>(parse_count(header_, line, 0));
    else if (key == "HeaderSize")
      stated_.skip = parse_count(header_, line, -1);
    else if (key == "ElementDataFile")
      take_data_file(line);
    else if (key == "ElementSpacing")
      take_spacing(line);
    else if (key == "UltrasoundImageOrientation")
      header_.orientation = line.value;
    else if (key == "UltrasoundImageType")
      header_.image_type = line.value;
    else if (key == "ObjectType")
      take_object(line);
    else
      return key == "Kinds" || key == "CompressedDataOffset";
    return true;
  }

  void take_object(const HeaderLine& line) const {
    if (line.value != "Image") fail(fmt::format("ObjectType is '{}'; expected Image", line.value));
  }
  void take_sizes(const HeaderLine& line) {
    std::array<double, 8> values{};
    const auto count = parse_numbers(line.value, values);
    bool whole = count && *count >= 1 && *count <= values.size();
    for (std::size_t i = 0; whole && i < *count; ++i) {
      whole = values[i] >= 0 && values[i] < 9e15 &&
              values[i] == static_cast<double>(static_cast<std::int64_t>(values[i]));
      if (whole) header_.sizes.push_back(static_cast<std::size_t>(values[i]));
    }
    if (!whole) fail(fmt::format("DimSize is '{}'; expected whole numbers", line.value));
  }
  std::size_t take_components(const HeaderLine& line) const {
    const std::int64_t count = parse_count(header_, line, 1);
    if (count > 4) fail(fmt::format("ElementNumberOfChannels is {}; expected 1 to 4", count));
    return static_cast<std::size_t>(count);
  }
  void take_spacing(const HeaderLine& line) {
    std::array<double, 8> values{};
    const auto count = parse_numbers(line.value, values);
    if (!count || *count > values.size())
      fail(fmt::format("ElementSpacing is '{}'; expected numbers", line.value));
    header_.spacing.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(*count));
  }
  void take_data_file(const HeaderLine& line) {
    stated_.data_file = line.value;
    if (line.value.starts_with("LIST") || line.value.find('%') != std::string_view::npos)
      fail(fmt::format("ElementDataFile is '{}'; expected LOCAL or one file (join the slices first)",
                       line.value));
    if (line.value.empty()) fail("ElementDataFile is empty; expected LOCAL or a file name");
  }
  void set_type() {
    std::string_view word = type_;
    if (word.ends_with("_ARRAY")) word.remove_suffix(6);
    for (const TypeWord& known : type_words)
      if (known.word == word) {
        header_.format.type = known.type;
        return;
      }
    const bool poses_alone = header_.sizes.size() > 1 && (header_.sizes[0] == 0 || header_.sizes[1] == 0);
    if (!poses_alone)
      fail(fmt::format(
          "ElementType is '{}'; expected MET_UCHAR, MET_CHAR, MET_USHORT, MET_SHORT, MET_UINT, MET_INT, "
          "MET_FLOAT or MET_DOUBLE",
          type_));
  }

  ImageHeader& header_;
  StatedStorage stated_;
  std::size_t dimensions_ = 0;
  std::string_view type_ = "";
  bool is_ascii_ = false;
};

}  // namespace

StatedStorage interpret_meta(ImageHeader& header) { return MetaInterpreter(header).run(); }

}  // namespace snitt::formats
