#include "formats/vtk_polydata.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "formats/byte_scanner.hpp"
#include "formats/file_text.hpp"
#include "formats/number_text.hpp"
#include "formats/word_scanner.hpp"

namespace snitt::formats {
namespace {

constexpr std::uint64_t most_items = std::uint64_t{1} << 31;

using Cells = std::vector<std::vector<std::uint32_t>>;

enum class Number { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };

Number number_type(std::string_view word, const std::string& path, std::size_t line) {
  static constexpr std::array<std::pair<std::string_view, Number>, 12> types{{{"unsigned_char", Number::u8},
                                                                              {"char", Number::i8},
                                                                              {"unsigned_short", Number::u16},
                                                                              {"short", Number::i16},
                                                                              {"unsigned_int", Number::u32},
                                                                              {"int", Number::i32},
                                                                              {"vtkidtype", Number::i32},
                                                                              {"unsigned_long", Number::u64},
                                                                              {"long", Number::i64},
                                                                              {"vtktypeint64", Number::i64},
                                                                              {"float", Number::f32},
                                                                              {"double", Number::f64}}};
  const std::string lower = lower_case(word);
  for (const auto& [name, type] : types)
    if (name == lower) return type;
  throw InputError("{}: line {}: the type of numbers is '{}'; expected float, double, int and so on", path,
                   line, word);
}

std::size_t bytes_of(Number type) {
  static constexpr std::array<std::size_t, 10> sizes{1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  return sizes[static_cast<std::size_t>(type)];
}

double next(ByteScanner& bytes, Number type, std::string_view what) {
  switch (type) {
    case Number::u8:
      return bytes.next<std::uint8_t>(what);
    case Number::i8:
      return bytes.next<std::int8_t>(what);
    case Number::u16:
      return bytes.next<std::uint16_t>(what);
    case Number::i16:
      return bytes.next<std::int16_t>(what);
    case Number::u32:
      return bytes.next<std::uint32_t>(what);
    case Number::i32:
      return bytes.next<std::int32_t>(what);
    case Number::u64:
      return static_cast<double>(bytes.next<std::uint64_t>(what));
    case Number::i64:
      return static_cast<double>(bytes.next<std::int64_t>(what));
    case Number::f32:
      return bytes.next<float>(what);
    case Number::f64:
      break;
  }
  return bytes.next<double>(what);
}

class Reader {
 public:
  Reader(std::string path, std::string_view text)
      : path_(std::move(path)), text_(text), words_(path_, text) {}

  VtkPolydata read() {
    words_.line();
    data_.title = words_.line();
    const std::string_view coding = words_.word();
    if (coding != "ASCII" && coding != "BINARY")
      throw InputError("{}: line 3 is '{}'; expected ASCII or BINARY", path_, coding);
    binary_ = coding == "BINARY";
    const std::string_view keyword = words_.word();
    const std::string_view dataset = words_.word();
    if (keyword != "DATASET" || dataset != "POLYDATA")
      throw InputError("{}: holds the dataset '{}'; expected POLYDATA (points, lines, polygons)", path_,
                       dataset);
    while (read_section()) {
    }
    check_cells();
    return std::move(data_);
  }

 private:
  bool read_section() {
    if (words_.at_end()) return false;
    const std::string section(words_.word());
    if (section == "POINTS") {
      read_points();
    } else if (section == "VERTICES") {
      data_.vertices = read_cells(section);
    } else if (section == "LINES") {
      data_.lines = read_cells(section);
    } else if (section == "POLYGONS") {
      const Cells cells = read_cells(section);
      data_.polygons.insert(data_.polygons.end(), cells.begin(), cells.end());
    } else if (section == "TRIANGLE_STRIPS") {
      take_apart(read_cells(section));
    } else if (section == "METADATA") {
      skip_metadata();
    } else if (section == "POINT_DATA" || section == "CELL_DATA") {
      of_points_ = section == "POINT_DATA";
      tuples_ = words_.count(section, most_items);
      words_.line();
    } else if (section == "FIELD") {
      read_field();
    } else {
      read_attribute(section);
    }
    return true;
  }

  std::vector<double> numbers(std::size_t count, Number type, const std::string& what) {
    std::vector<double> values;
    if (binary_) {
      words_.line();
      ByteScanner bytes(path_, text_, words_.position(), std::endian::big);
      bytes.want(count * bytes_of(type), what);
      values.reserve(count);
      for (std::size_t i = 0; i < count; ++i) values.push_back(next(bytes, type, what));
      words_ = WordScanner(path_, text_, bytes.position());
      return values;
    }
    if (count > text_.size())  // each number takes a byte at least
      throw InputError("{}: promises {} numbers in {}, more than the file has room for", path_, count, what);
    values.reserve(count);
    for (std::size_t i = 0; i < count; ++i) values.push_back(words_.number(what));
    return values;
  }

  /// To the empty line that ends it.
  void skip_metadata() {
    words_.line();
    while (!words_.at_end() && !words_.line().empty()) {
    }
  }

  Number type() { return number_type(words_.word(), path_, words_.line_number()); }

  void read_points() {
    const std::size_t count = words_.count("the number of points", most_items);
    const Number of = type();
    const std::vector<double> values = numbers(3 * count, of, "POINTS");
    for (std::size_t i = 0; i < count; ++i)
      data_.points.push_back({values[3 * i], values[3 * i + 1], values[3 * i + 2]});
  }

  std::uint32_t corner(double value, const std::string& section) {
    if (!(value >= 0 && value < static_cast<double>(most_items) && value == std::floor(value)))
      throw InputError("{}: {} has the number {}; expected a point or a count of them", path_, section,
                       value);
    return static_cast<std::uint32_t>(value);
  }

  Cells read_cells(const std::string& section) {
    const std::size_t count = words_.count(section, most_items);
    const std::size_t size = words_.count(section, most_items);
    const std::size_t before = words_.position();
    words_.line();
    if (words_.word() == "OFFSETS") return read_offsets(section, count, size);
    words_ = WordScanner(path_, text_, before);
    const std::vector<double> values = numbers(size, Number::i32, section);
    Cells cells;
    for (std::size_t at = 0; cells.size() < count;) {
      const std::size_t corners = at < size ? corner(values[at], section) : size;
      if (at + corners + 1 > size)
        throw InputError("{}: {} promises {} cells of {} numbers, and cell {} goes beyond", path_, section,
                         count, size, cells.size());
      std::vector<std::uint32_t>& cell = cells.emplace_back();
      for (std::size_t i = 1; i <= corners; ++i) cell.push_back(corner(values[at + i], section));
      at += corners + 1;
    }
    return cells;
  }

  /// Since version 5: the starts of the cells, then all their corners.
  Cells read_offsets(const std::string& section, std::size_t starts, std::size_t corners) {
    const Number start_type = type();
    const std::vector<double> start = numbers(starts, start_type, section);
    if (words_.word() != "CONNECTIVITY")
      throw InputError("{}: line {}: {} has no CONNECTIVITY after its OFFSETS", path_, words_.line_number(),
                       section);
    const Number corner_type = type();
    const std::vector<double> values = numbers(corners, corner_type, section);
    Cells cells;
    for (std::size_t i = 0; i + 1 < starts; ++i) {
      const std::uint32_t from = corner(start[i], section);
      const std::uint32_t to = corner(start[i + 1], section);
      if (from > to || to > corners)
        throw InputError("{}: {}: cell {} goes from {} to {} of {} corners", path_, section, i, from, to,
                         corners);
      std::vector<std::uint32_t>& cell = cells.emplace_back();
      for (std::uint32_t at = from; at < to; ++at) cell.push_back(corner(values[at], section));
    }
    return cells;
  }

  void take_apart(const Cells& strips) {
    for (const std::vector<std::uint32_t>& strip : strips)
      for (std::size_t i = 0; i + 2 < strip.size(); ++i) {
        const bool odd = i % 2 == 1;  // every other triangle runs the other way round
        data_.polygons.push_back({strip[i + (odd ? 1 : 0)], strip[i + (odd ? 0 : 1)], strip[i + 2]});
      }
  }

  void add(VtkArray array) {
    if (of_points_) data_.point_data.push_back(std::move(array));
  }

  void read_field() {
    words_.word();
    const std::size_t arrays = words_.count("the number of arrays", 10000);
    for (std::size_t i = 0; i < arrays; ++i) {
      VtkArray array;
      array.name = words_.word();
      while (array.name == "METADATA") {  // of the array before
        skip_metadata();
        array.name = words_.word();
      }
      array.components = words_.count("components of " + array.name, 1000);
      const std::size_t tuples = words_.count("tuples of " + array.name, most_items);
      const std::string_view kind = words_.word();
      if (kind == "string") throw InputError("{}: array {} holds text; expected numbers", path_, array.name);
      const Number of = number_type(kind, path_, words_.line_number());
      array.values = numbers(array.components * tuples, of, array.name);
      if (tuples == tuples_) add(std::move(array));
    }
  }

  void read_attribute(const std::string& section) {
    if (section == "LOOKUP_TABLE") {
      words_.word();
      const std::size_t entries = words_.count("entries of the table of colours", most_items);
      numbers(4 * entries, Number::u8, section);
      return;
    }
    static constexpr std::array<std::pair<std::string_view, std::size_t>, 4> kinds{
        {{"NORMALS", 3}, {"VECTORS", 3}, {"TENSORS", 9}, {"SCALARS", 1}}};
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == section; });
    VtkArray array;
    array.name = words_.word();
    if (section == "TEXTURE_COORDINATES") {
      array.components = words_.count("dimension of texture coordinates", 3);
    } else if (kind != kinds.end()) {
      array.components = kind->second;
    } else {
      throw InputError(
          "{}: line {} begins with '{}'; expected a section of VTK's (POINTS, LINES, POLYGONS, "
          "POINT_DATA …)",
          path_, words_.line_number(), section.substr(0, 40));
    }
    const Number of = type();
    if (section == "SCALARS") {
      if (const auto components = parse_whole(words_.line()))
        array.components = static_cast<std::size_t>(*components);
      const std::size_t here = words_.position();
      if (words_.word() == "LOOKUP_TABLE")
        words_.word();
      else
        words_ = WordScanner(path_, text_, here);
      if (array.components < 1 || array.components > 1000)
        throw InputError("{}: {} has {} components", path_, array.name, array.components);
    }
    if (section == "NORMALS") array.name = "Normals";
    array.values = numbers(array.components * tuples_, of, array.name);
    add(std::move(array));
  }

  void check_cells() const {
    for (const Cells* cells : {&data_.vertices, &data_.lines, &data_.polygons})
      for (const auto& cell : *cells)
        for (const std::uint32_t at : cell)
          if (at >= data_.points.size())
            throw InputError("{}: a cell has the corner {}; there are {} points", path_, at,
                             data_.points.size());
  }

  std::string path_;
  std::string_view text_;
  WordScanner words_;
  bool binary_ = false;
  bool of_points_ = false;
  std::size_t tuples_ = 0;
  VtkPolydata data_;
};

std::string cells_text(const char* section, const Cells& cells) {
  if (cells.empty()) return "";
  std::size_t size = 0;
  for (const auto& cell : cells) size += 1 + cell.size();
  std::string text = fmt::format("{} {} {}\n", section, cells.size(), size);
  for (const auto& cell : cells) {
    text += std::to_string(cell.size());
    for (const std::uint32_t corner : cell) text += " " + std::to_string(corner);
    text += '\n';
  }
  return text;
}

}  // namespace

const VtkArray* VtkPolydata::array(std::string_view name) const {
  const auto at = std::find_if(point_data.begin(), point_data.end(),
                               [&](const VtkArray& array) { return array.name == name; });
  return at == point_data.end() ? nullptr : &*at;
}

VtkPolydata read_vtk_polydata(const std::string& path) {
  const std::string content = file_text(path, std::uint64_t{2} << 30);
  if (!content.starts_with("# vtk DataFile"))
    throw InputError("{}: does not begin with '# vtk DataFile'; expected a legacy VTK file", path);
  return Reader(path, content).read();
}

std::string vtk_polydata_text(const VtkPolydata& data) {
  std::string text =
      fmt::format("# vtk DataFile Version 3.0\n{}\nASCII\nDATASET POLYDATA\nPOINTS {} double\n", data.title,
                  data.points.size());
  for (const Vec3 p : data.points)
    text += number_text(p.x) + " " + number_text(p.y) + " " + number_text(p.z) + "\n";
  text += cells_text("VERTICES", data.vertices) + cells_text("LINES", data.lines) +
          cells_text("POLYGONS", data.polygons);
  if (data.point_data.empty()) return text;
  text += fmt::format("POINT_DATA {}\n", data.points.size());
  for (const VtkArray& array : data.point_data) {
    text += array.name == "Normals"
                ? "NORMALS Normals double\n"
                : fmt::format("SCALARS {} double {}\nLOOKUP_TABLE default\n", array.name, array.components);
    for (std::size_t i = 0; i < array.values.size(); ++i)
      text += number_text(array.values[i]) + ((i + 1) % array.components == 0 ? "\n" : " ");
  }
  return text;
}

}  // namespace snitt::formats
