#include "formats/nrrd_volume.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "formats/element_data.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t maximum_header = 16U << 20U;

struct TypeWords {
  ElementType type;
  std::array<std::string_view, 5> words;  ///< synonyms
};
constexpr std::array<TypeWords, 10> type_words{
    {{ElementType::u8, {"uint8", "uchar", "unsigned char", "uint8_t"}},
     {ElementType::i8, {"int8", "signed char", "int8_t"}},
     {ElementType::u16, {"uint16", "ushort", "unsigned short", "unsigned short int", "uint16_t"}},
     {ElementType::i16, {"int16", "short", "short int", "signed short", "int16_t"}},
     {ElementType::u32, {"uint32", "uint", "unsigned int", "uint32_t"}},
     {ElementType::i32, {"int32", "int", "signed int", "int32_t"}},
     {ElementType::u64, {"uint64", "ulonglong", "unsigned long long", "unsigned long long int", "uint64_t"}},
     {ElementType::i64, {"int64", "longlong", "long long", "long long int", "int64_t"}},
     {ElementType::f32, {"float"}},
     {ElementType::f64, {"double"}}}};

struct Header {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::pair<std::string, std::string>> keys;
  std::size_t size = 0;
  std::vector<std::string> list;

  const std::string* find(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      for (const auto& [key, value] : fields)
        if (key == name) return &value;
    return nullptr;
  }
};

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == '\\'))
      out += text[++i] == 'n' ? '\n' : '\\';
    else
      out += text[i];
  }
  return out;
}

Header parse(const std::string& path, std::string_view text) {
  Header header;
  std::size_t at = std::min(text.find('\n'), text.size() - 1) + 1;  // behind the magic
  bool in_list = false;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = stripped(text.substr(at, end - at));
    at = std::min(end + 1, text.size());
    if (line.empty()) {  // a blank line ends the header and starts the voxels
      header.size = at;
      return header;
    }
    if (line.front() == '#') continue;
    if (in_list) {
      header.list.emplace_back(line);
      continue;
    }
    if (const std::size_t pair = line.find(":="); pair != std::string_view::npos) {
      header.keys.emplace_back(unescaped(line.substr(0, pair)), unescaped(line.substr(pair + 2)));
      continue;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || line.find('\0') != std::string_view::npos)
      throw InputError("{}: header line '{}' is neither 'field: value' nor 'key:=value'", path,
                       line.substr(0, 60));
    header.fields.emplace_back(lowercase(line.substr(0, colon)), stripped(line.substr(colon + 2)));
    const auto& [field, value] = header.fields.back();
    in_list = (field == "data file" || field == "datafile") && value.starts_with("LIST");
  }
  if (header.find({"data file", "datafile"}) == nullptr)
    throw InputError("{}: header ends without the blank line before the voxels", path);
  header.size = text.size();
  return header;
}

const std::string& required(const std::string& path, const Header& header, std::string_view name) {
  const std::string* value = header.find({name});
  if (value == nullptr) throw InputError("{}: header has no '{}'", path, name);
  return *value;
}

ElementType element_type(const std::string& path, const Header& header) {
  const std::string& word = required(path, header, "type");
  for (const TypeWords& known : type_words)
    for (const std::string_view name : known.words)
      if (!name.empty() && name == word) return known.type;
  throw InputError("{}: type is '{}'; expected int8 … uint64, float or double", path, word);
}

/// "(a,b,c)" or "none", one per axis.
std::vector<std::optional<std::vector<double>>> vectors_of(const std::string& path, std::string_view field,
                                                           const std::string& text) {
  std::vector<std::optional<std::vector<double>>> vectors;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 4, "none") == 0) {
      vectors.emplace_back();
      at += 4;
    } else if (text[at] == '(') {
      const std::size_t end = text.find(')', at);
      if (end == std::string::npos) throw InputError("{}: '{}' has an open bracket", path, field);
      std::string inside = text.substr(at + 1, end - at - 1);
      for (char& c : inside) c = c == ',' ? ' ' : c;
      vectors.emplace_back(numbers_of(path, field, inside));
      at = end + 1;
    } else if (stripped(text.substr(at, 1)).empty()) {
      ++at;
    } else {
      throw InputError("{}: '{}' is '{}'; expected vectors like (1,0,0) or none", path, field, text);
    }
  }
  return vectors;
}

/// Which axis of the file is what.
struct Axes {
  std::vector<std::uint64_t> size;
  std::size_t components_axis = 0;  ///< 1 when axis 0 holds components
  std::size_t spatial = 0;
  bool timed = false;
};

bool has_direction(const std::vector<std::optional<std::vector<double>>>& directions, std::size_t axis) {
  return axis < directions.size() && directions[axis].has_value();
}

Axes sort_axes(const std::string& path, const Header& header,
               const std::vector<std::optional<std::vector<double>>>& directions) {
  Axes axes;
  axes.size = whole_numbers_of(path, "sizes", required(path, header, "sizes"));
  checked_product(path, "sizes", axes.size);
  const std::size_t count = axes.size.size();
  if (required(path, header, "dimension") != std::to_string(count))
    throw InputError("{}: dimension is {}, but sizes has {} numbers", path,
                     required(path, header, "dimension"), count);
  if (!directions.empty() && directions.size() != count)
    throw InputError("{}: 'space directions' has {} vectors; expected {}", path, directions.size(), count);
  std::vector<std::string> kinds(count, "???");
  if (const std::string* text = header.find({"kinds"})) {
    const auto words = words_of(*text);
    if (words.size() != count)
      throw InputError("{}: kinds has {} words; expected {}", path, words.size(), count);
    for (std::size_t i = 0; i < count; ++i) kinds[i] = lowercase(words[i]);
  }
  const auto in_space = [&](std::size_t axis) {
    if (!directions.empty()) return has_direction(directions, axis);
    return kinds[axis] == "domain" || kinds[axis] == "space" || kinds[axis] == "???" || kinds[axis] == "none";
  };
  if (!in_space(0)) axes.components_axis = 1;
  std::size_t at = axes.components_axis;
  while (at < count && in_space(at) && axes.spatial < 3) ++at, ++axes.spatial;
  if (at + 1 == count && axes.spatial == 3 &&
      (!in_space(at) || directions.empty() || directions[at]->size() == 4)) {
    axes.timed = true;
    ++at;
  }
  if (at != count || axes.spatial < 2)
    throw InputError(
        "{}: axes of {} dimensions with kinds '{}' are not components, space, time in this order "
        "(reorder them: unu permute)",
        path, count, header.find({"kinds"}) ? *header.find({"kinds"}) : "unsaid");
  return axes;
}

Vec3 space_signs(const std::string& path, const Header& header, Monitor& monitor) {
  const std::string* space = header.find({"space"});
  if (space == nullptr) return {1, 1, 1};
  std::string name = lowercase(*space);
  if (name.ends_with("-time")) name.resize(name.size() - 5);
  if (name.size() == 4 && name.ends_with("t")) name.resize(3);
  if (name == "left-posterior-superior" || name == "lps") return {1, 1, 1};
  if (name == "right-anterior-superior" || name == "ras") return {-1, -1, 1};
  if (name == "left-anterior-superior" || name == "las") return {1, -1, 1};
  if (name != "scanner-xyz" && name != "3d-right-handed" && name != "3d-left-handed")
    throw InputError(
        "{}: space is '{}'; expected left-posterior-superior, right-anterior-superior or "
        "left-anterior-superior",
        path, *space);
  monitor.warn(fmt::format("{}: space is '{}', which is not the patient's: coordinates are kept as they are",
                           path, *space));
  return {1, 1, 1};
}

Vec3 in_lps(const std::vector<double>& v, const Vec3& signs) {
  Vec3 out;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, v.size()); ++i)
    out[i] = signs[i] * v[i] + 0.0;  // no -0
  return out;
}

void read_spacings(const std::string& path, const Header& header, const Axes& axes, Volume& volume) {
  std::vector<std::string_view> words;
  if (const std::string* text = header.find({"spacings"})) words = words_of(*text);
  if (!words.empty() && words.size() != axes.size.size())
    throw InputError("{}: spacings has {} words; expected {}", path, words.size(), axes.size.size());
  const auto spacing = [&](std::size_t axis) {  // "nan" for an axis that has none
    return words.empty() || lowercase(words[axis]) == "nan" ? 1.0
                                                            : numbers_of(path, "spacings", words[axis]).at(0);
  };
  for (std::size_t i = 0; i < axes.spatial; ++i)
    volume.geometry.spacing_mm[i] = spacing(axes.components_axis + i);
  if (axes.timed) volume.time_step_s = words.empty() ? 0 : spacing(axes.size.size() - 1);
}

/// Files from before spaces say where the first sample begins: its centre, or its edge for "cell" centering.
void read_minimums(const std::string& path, const Header& header, const Axes& axes,
                   VolumeGeometry& geometry) {
  const std::string* text = header.find({"axis mins", "axismins"});
  if (text == nullptr) return;
  const auto words = words_of(*text);
  if (words.size() != axes.size.size())
    throw InputError("{}: axis mins has {} words; expected {}", path, words.size(), axes.size.size());
  const std::string* centers = header.find({"centers", "centerings"});
  const auto center_words = words_of(centers == nullptr ? std::string_view() : std::string_view(*centers));
  for (std::size_t i = 0; i < axes.spatial; ++i) {
    const std::size_t axis = axes.components_axis + i;
    if (lowercase(words[axis]) == "nan") continue;
    const bool cell = axis < center_words.size() && lowercase(center_words[axis]) == "cell";
    geometry.origin_mm[i] =
        numbers_of(path, "axis mins", words[axis]).at(0) + (cell ? 0.5 * geometry.spacing_mm[i] : 0.0);
  }
}

/// Of the fourth axis in a four-dimensional space: (0, 0, 0, step).
double time_step(const std::string& path, const std::vector<double>& direction) {
  if (direction.size() != 4 || direction[0] != 0 || direction[1] != 0 || direction[2] != 0)
    throw InputError("{}: the last space direction mixes space and time; expected (0,0,0,step) or none",
                     path);
  return direction[3];
}

void read_geometry(const std::string& path, const Header& header, Volume& volume, Axes& axes,
                   Monitor& monitor) {
  std::vector<std::optional<std::vector<double>>> directions;
  if (const std::string* text = header.find({"space directions"}))
    directions = vectors_of(path, "space directions", *text);
  axes = sort_axes(path, header, directions);
  const std::uint64_t components = axes.components_axis == 1 ? axes.size[0] : 1;
  volume.format.components = components;
  volume.dimensions = static_cast<int>(axes.spatial + (axes.timed ? 1 : 0));
  volume.time_points = axes.timed ? axes.size.back() : 1;
  VolumeGeometry& g = volume.geometry;
  for (std::size_t i = 0; i < axes.spatial; ++i) g.size[i] = axes.size[axes.components_axis + i];
  read_spacings(path, header, axes, volume);
  if (directions.empty()) {
    read_minimums(path, header, axes, g);
    if (header.find({"space"}) != nullptr)
      monitor.warn(
          fmt::format("{}: header has a space but no space directions: axes are taken along it", path));
  } else {
    const Vec3 signs = space_signs(path, header, monitor);
    for (std::size_t i = 0; i < axes.spatial; ++i) {
      const std::vector<double>& vector = *directions[axes.components_axis + i];
      const bool with_time = axes.timed && vector.size() == 4 && vector[3] == 0;
      if (vector.size() != axes.spatial && vector.size() != 3 && !with_time)
        throw InputError("{}: space direction {} has {} numbers; expected {}", path, i, vector.size(),
                         axes.spatial);
      const Vec3 step = in_lps(vector, signs);
      const double length = norm(step);
      if (length == 0) throw InputError("{}: space direction {} has length 0", path, i);
      g.spacing_mm[i] = length;
      g.axis_directions[i] = (1 / length) * step;
    }
    if (axes.timed && directions.back()) volume.time_step_s = time_step(path, *directions.back());
    if (axes.spatial == 2) g.axis_directions[2] = cross(g.axis_directions[0], g.axis_directions[1]);
    if (const std::string* text = header.find({"space origin"})) {
      const auto origin = vectors_of(path, "space origin", *text);
      if (origin.size() != 1 || !origin[0])
        throw InputError("{}: space origin is '{}'; expected one vector", path, *text);
      g.origin_mm = in_lps(*origin[0], signs);
    }
  }
  settle_geometry(path, g, monitor);
}

std::vector<std::string> data_files(const std::string& path, const Header& header) {
  const std::string* name = header.find({"data file", "datafile"});
  if (name == nullptr) return {};
  if (name->starts_with("LIST")) {
    std::vector<std::string> files;
    for (const std::string& file : header.list) files.push_back(beside(path, file));
    if (files.empty()) throw InputError("{}: 'data file: LIST' is followed by no file name", path);
    return files;
  }
  if (name->find('%') != std::string::npos)
    throw InputError("{}: data file is the pattern '{}', which is not supported (use LIST, or unu save)",
                     path, *name);
  return {beside(path, *name)};
}

Encoding encoding_of(const std::string& path, const Header& header) {
  const std::string word = lowercase(required(path, header, "encoding"));
  if (word == "raw") return Encoding::plain;
  if (word == "gzip" || word == "gz") return Encoding::gzip;
  if (word == "ascii" || word == "text" || word == "txt") return Encoding::ascii;
  throw InputError("{}: encoding is '{}'; expected raw, gzip or ascii (convert: unu save -e gzip -f nrrd)",
                   path, word);
}

/// Byte behind `lines` lines of the data file.
std::uint64_t behind_lines(const ByteSource& data, std::uint64_t start, std::uint64_t lines) {
  if (lines == 0) return start;
  const std::string text = data.head(start + maximum_header);
  std::size_t at = start;
  for (std::uint64_t i = 0; i < lines; ++i) {
    at = text.find('\n', at);
    if (at == std::string::npos)
      throw InputError("{}: has fewer than the {} lines to skip", data.path(), lines);
    ++at;
  }
  return at;
}

std::int64_t skip_of(const std::string& path, const Header& header,
                     std::initializer_list<std::string_view> names) {
  const std::string* text = header.find(names);
  if (text == nullptr) return 0;
  return *text == "-1" ? -1 : static_cast<std::int64_t>(whole_number_of(path, *names.begin(), *text));
}

Elements read_voxels(const ByteSource& source, const Header& header, ElementBlock block) {
  const std::string& path = source.path();
  block.encoding = encoding_of(path, header);
  if (const std::string* endian = header.find({"endian"})) block.big_endian = lowercase(*endian) == "big";
  const std::int64_t bytes = skip_of(path, header, {"byte skip", "byteskip"});
  const std::int64_t lines = skip_of(path, header, {"line skip", "lineskip"});
  const std::vector<std::string> files = data_files(path, header);
  if (bytes > 0 && block.encoding == Encoding::gzip)
    throw InputError("{}: 'byte skip' inside compressed data is not supported (convert: unu save -e raw)",
                     path);
  refuse_missing_files(path, files);
  if (files.size() > 1) {
    if (lines != 0 || bytes < 0 || block.count % files.size() != 0)
      throw InputError(
          "{}: a list of {} files with skips, or that share {} voxels unequally, is not supported", path,
          files.size(), block.count);
    block.offset = static_cast<std::uint64_t>(bytes);
    block.count /= files.size();
    return read_elements(files, block);
  }
  std::optional<ByteSource> other;
  if (!files.empty()) other.emplace(files.front(), false);
  const ByteSource& data = other ? *other : source;
  block.offset = behind_lines(data, files.empty() ? header.size : 0,
                              static_cast<std::uint64_t>(std::max<std::int64_t>(lines, 0)));
  if (bytes > 0) block.offset += static_cast<std::uint64_t>(bytes);
  if (bytes < 0) {
    const std::array<std::uint64_t, 2> factors{block.count, size_of(block.type)};
    const std::uint64_t needed = checked_product(path, "voxels", factors);
    block.offset = data.size() >= needed ? data.size() - needed : 0;
  }
  return read_elements(data, block);
}

}  // namespace

bool is_nrrd(const std::string& head) { return head.starts_with("NRRD000"); }

Volume read_nrrd(const std::string& path, Monitor& monitor) {
  const ByteSource source(path, true);
  const Header header = parse(path, source.head(maximum_header));
  Volume volume;
  Axes axes;
  read_geometry(path, header, volume, axes, monitor);
  ElementBlock block;
  block.type = element_type(path, header);
  block.count = checked_product(path, "sizes", axes.size);
  Elements elements = read_voxels(source, header, block);
  volume.format.type = elements.type;
  volume.voxels = std::move(elements.bytes);
  if (const std::string* units = header.find({"sample units", "sampleunits"}))
    volume.units = units->size() > 1 && units->front() == '"' ? units->substr(1, units->size() - 2) : *units;
  for (const auto& [key, value] : header.keys)
    if (!take_own_key(volume, key, value)) volume.metadata.emplace_back(key, value);
  if (const std::string* content = header.find({"content"}))
    volume.metadata.emplace_back("content", *content);
  return volume;
}

}  // namespace snitt::formats
