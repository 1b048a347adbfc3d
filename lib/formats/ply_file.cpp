#include <array>
#include <cmath>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "formats/byte_scanner.hpp"
#include "formats/file_text.hpp"
#include "formats/mesh_file.hpp"
#include "formats/number_text.hpp"
#include "formats/word_scanner.hpp"

namespace snitt::formats {
namespace {

enum class PlyType { i8, u8, i16, u16, i32, u32, f32, f64 };

std::optional<PlyType> ply_type(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names{
      {{"char", "int8"},
       {"uchar", "uint8"},
       {"short", "int16"},
       {"ushort", "uint16"},
       {"int", "int32"},
       {"uint", "uint32"},
       {"float", "float32"},
       {"double", "float64"}}};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (word == names[i].first || word == names[i].second) return static_cast<PlyType>(i);
  return std::nullopt;
}

struct PlyProperty {
  std::string name;
  PlyType type = PlyType::f32;
  std::optional<PlyType> count;  ///< of a list: what its length is written as
};

struct PlyElement {
  std::string name;
  std::uint64_t count = 0;
  std::vector<PlyProperty> properties;
};

struct PlyHeader {
  std::string coding;
  std::vector<PlyElement> elements;
  Space space = Space::unsaid;
  std::size_t data = 0;  ///< where it begins
};

PlyProperty property_in(const std::string& path, WordScanner& words) {
  PlyProperty property;
  const auto type_in = [&](std::string_view word) {
    const auto type = ply_type(word);
    if (!type)
      throw InputError("{}: line {}: the type of a property is '{}'; expected float, int and so on", path,
                       words.line_number(), word);
    return *type;
  };
  std::string_view word = words.word();
  if (word == "list") {
    property.count = type_in(words.word());
    word = words.word();
  }
  property.type = type_in(word);
  property.name = words.word();
  return property;
}

PlyHeader read_header(const std::string& path, std::string_view content) {
  PlyHeader header;
  WordScanner words(path, content);
  words.line();
  while (true) {
    if (words.at_end()) throw InputError("{}: has no 'end_header'; the file is cut off", path);
    const std::string_view word = words.word();
    if (word == "end_header") break;
    if (word == "format") header.coding = words.word();
    if (word == "comment" || word == "obj_info") {
      if (const Space space = space_in_comment(words.line()); space != Space::unsaid) header.space = space;
      continue;
    }
    if (word == "element") {
      PlyElement element;
      element.name = words.word();
      element.count = words.count("the number of " + element.name, std::uint64_t{1} << 31);
      header.elements.push_back(element);
    }
    if (word == "property") {
      if (header.elements.empty()) throw InputError("{}: has a property before any element", path);
      header.elements.back().properties.push_back(property_in(path, words));
    }
    words.line();
  }
  words.line();
  header.data = words.position();
  if (header.coding != "ascii" && header.coding != "binary_little_endian" &&
      header.coding != "binary_big_endian")
    throw InputError("{}: is coded as '{}'; expected ascii, binary_little_endian or binary_big_endian", path,
                     header.coding);
  return header;
}

double next_number(ByteScanner& bytes, PlyType type, std::string_view what) {
  switch (type) {
    case PlyType::i8:
      return bytes.next<std::int8_t>(what);
    case PlyType::u8:
      return bytes.next<std::uint8_t>(what);
    case PlyType::i16:
      return bytes.next<std::int16_t>(what);
    case PlyType::u16:
      return bytes.next<std::uint16_t>(what);
    case PlyType::i32:
      return bytes.next<std::int32_t>(what);
    case PlyType::u32:
      return bytes.next<std::uint32_t>(what);
    case PlyType::f32:
      return bytes.next<float>(what);
    case PlyType::f64:
      break;
  }
  return bytes.next<double>(what);
}

using NextNumber = std::function<double(PlyType, const std::string&)>;

struct Columns {
  std::array<std::optional<std::size_t>, 3> place;
  std::array<std::optional<std::size_t>, 3> normal;
};

Columns columns_of(const std::string& path, const PlyElement& element) {
  Columns columns;
  for (std::size_t i = 0; i < element.properties.size(); ++i)
    for (std::size_t a = 0; a < 3; ++a) {
      const std::string axis(1, "xyz"[a]);
      if (element.properties[i].count) continue;
      if (element.properties[i].name == axis) columns.place[a] = i;
      if (element.properties[i].name == "n" + axis) columns.normal[a] = i;
    }
  for (std::size_t a = 0; a < 3; ++a)
    if (!columns.place[a]) throw InputError("{}: its vertices have no property {}", path, "xyz"[a]);
  return columns;
}

void read_vertices(const std::string& path, const PlyElement& element, const NextNumber& next,
                   PointSet& set) {
  const Columns columns = columns_of(path, element);
  const bool with_normals = columns.normal[0] && columns.normal[1] && columns.normal[2];
  bool all_normals = with_normals;
  std::vector<double> row(element.properties.size());
  for (std::uint64_t i = 0; i < element.count; ++i) {
    for (std::size_t p = 0; p < row.size(); ++p) {
      const PlyProperty& property = element.properties[p];
      if (property.count)
        throw InputError("{}: its vertices have the list {}; expected numbers", path, property.name);
      row[p] = next(property.type, "vertex " + std::to_string(i));
    }
    set.points_mm.push_back({row[*columns.place[0]], row[*columns.place[1]], row[*columns.place[2]]});
    if (!with_normals) continue;
    const Vec3 normal{row[*columns.normal[0]], row[*columns.normal[1]], row[*columns.normal[2]]};
    all_normals = all_normals && norm(normal) > 0;
    if (all_normals) set.normals.push_back((1 / norm(normal)) * normal);
  }
  if (!all_normals) set.normals.clear();
}

void read_others(const std::string& path, const PlyElement& element, const NextNumber& next, PointSet& set) {
  for (std::uint64_t i = 0; i < element.count; ++i)
    for (const PlyProperty& property : element.properties) {
      const std::string what = element.name + " " + std::to_string(i);
      const double length = property.count ? next(*property.count, what) : 1;
      if (!(length >= 0 && length < 1e6)) throw InputError("{}: {} has {} corners", path, what, length);
      std::vector<std::uint32_t> corners;
      for (int k = 0; k < static_cast<int>(length); ++k) {
        const double corner = next(property.type, what);
        if (element.name != "face" || !property.name.starts_with("vertex_ind")) continue;
        if (!(corner >= 0 && corner < static_cast<double>(set.size())))
          throw InputError("{}: {} has the corner {}; there are {} vertices before it", path, what, corner,
                           set.size());
        corners.push_back(static_cast<std::uint32_t>(corner));
      }
      add_polygon(set, corners);
    }
}

}  // namespace

RawPoints read_ply(const std::string& path) {
  const std::string content = file_text(path, std::uint64_t{2} << 30);
  const PlyHeader header = read_header(path, content);
  WordScanner words(path, content, header.data);
  ByteScanner bytes(path, content, header.data,
                    header.coding == "binary_big_endian" ? std::endian::big : std::endian::little);
  const NextNumber next = [&](PlyType type, const std::string& what) {
    return header.coding == "ascii" ? words.number(what) : next_number(bytes, type, what);
  };
  RawPoints raw;
  raw.space = header.space;
  for (const PlyElement& element : header.elements)
    element.name == "vertex" ? read_vertices(path, element, next, raw.set)
                             : read_others(path, element, next, raw.set);
  if (raw.set.size() == 0) throw InputError("{}: has no vertices; expected some", path);
  raw.set.labels.resize(raw.set.size());
  return raw;
}

std::string ply_text(const PointSet& set) {
  std::string text = fmt::format("ply\nformat ascii 1.0\ncomment {}\nelement vertex {}\n",
                                 set.frame == "LPS" ? "SPACE=LPS" : "SPACE unknown", set.size());
  for (const char* name : {"x", "y", "z"}) text += fmt::format("property double {}\n", name);
  if (!set.normals.empty())
    for (const char* name : {"nx", "ny", "nz"}) text += fmt::format("property double {}\n", name);
  if (!set.triangles.empty())
    text += fmt::format("element face {}\nproperty list uchar int vertex_indices\n", set.triangles.size());
  text += "end_header\n";
  const auto words_of = [](Vec3 p) {
    return number_text(p.x) + " " + number_text(p.y) + " " + number_text(p.z);
  };
  for (std::size_t i = 0; i < set.size(); ++i)
    text += words_of(set.points_mm[i]) + (set.normals.empty() ? "" : " " + words_of(set.normals[i])) + "\n";
  for (const auto& t : set.triangles) text += fmt::format("3 {} {} {}\n", t[0], t[1], t[2]);
  return text;
}

}  // namespace snitt::formats
