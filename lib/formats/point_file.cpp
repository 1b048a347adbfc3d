#include "formats/point_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "formats/file_text.hpp"
#include "formats/input_file.hpp"
#include "formats/mesh_file.hpp"
#include "formats/number_text.hpp"
#include "formats/point_lines.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view tag_mark = "MNI Tag Point File";

std::string head_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return "";
  const InputFile file(path);
  std::string head(std::min<std::uint64_t>(file.size(), 4096), '\0');
  head.resize(file.read_at(0, std::as_writable_bytes(std::span(head))));
  return head;
}

struct CsvColumns {
  std::array<std::string, 3> names;
  Space space = Space::unsaid;
};

/// "x_lps [mm]", "X_RAS" and "x" are columns of coordinates.
std::string plain_name(std::string name) {
  if (name.ends_with(" [mm]")) name.resize(name.size() - 5);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return name;
}

std::optional<CsvColumns> coordinate_columns(const std::vector<std::string>& names) {
  const std::array<std::pair<const char*, Space>, 3> endings{
      {{"_lps", Space::lps}, {"_ras", Space::ras}, {"", Space::unsaid}}};
  for (const auto& [ending, space] : endings) {
    CsvColumns columns{{}, space};
    for (std::size_t a = 0; a < 3; ++a)
      for (const std::string& name : names)
        if (plain_name(name) == std::string(1, "xyz"[a]) + ending) columns.names[a] = name;
    if (std::none_of(columns.names.begin(), columns.names.end(), [](const auto& n) { return n.empty(); }))
      return columns;
  }
  return std::nullopt;
}

double finite(const CsvText& csv, std::size_t row, std::size_t column) {
  return number_in_line(csv.path, csv.lines[row], number_text(csv_number(csv, row, column)),
                        csv.names[column]);
}

}  // namespace

RawPoints read_point_csv(const std::string& path) {
  const CsvText csv = read_csv_text(path);
  const auto columns = coordinate_columns(csv.names);
  if (!columns)
    throw InputError("{}: has the columns {}; expected x_lps, y_lps, z_lps (or _ras), or x, y, z", path,
                     fmt::join(csv.names, ", "));
  RawPoints raw;
  raw.space = columns->space;
  std::array<std::size_t, 3> at{};
  for (std::size_t a = 0; a < 3; ++a) at[a] = column_index(csv, columns->names[a]);
  const auto optional_column = [&](std::string_view name) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < csv.names.size(); ++i)
      if (plain_name(csv.names[i]) == name) return i;
    return std::nullopt;
  };
  const auto label = optional_column("label");
  const auto weight = optional_column("weight");
  const auto deviation = optional_column("standard_deviation");
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    raw.set.points_mm.push_back({finite(csv, row, at[0]), finite(csv, row, at[1]), finite(csv, row, at[2])});
    raw.set.labels.push_back(label ? csv.rows[row][*label] : "");
    if (weight) raw.set.weights.push_back(finite(csv, row, *weight));
    if (deviation) raw.set.standard_deviations_mm.push_back(finite(csv, row, *deviation));
  }
  return raw;
}

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t start = line.find_first_not_of(" \t", at);
    if (start == std::string_view::npos) break;
    at = std::min(line.find_first_of(" \t", start), line.size());
    words.push_back(line.substr(start, at - start));
  }
  return words;
}

Vec3 point_in_line(const std::string& path, std::size_t line, std::span<const std::string_view> words) {
  return {number_in_line(path, line, words[0], "x"), number_in_line(path, line, words[1], "y"),
          number_in_line(path, line, words[2], "z")};
}

RawPoints read_elastix(const std::string& path, const std::string& content) {
  const std::vector<std::string_view> lines = lines_of(content);
  RawPoints raw;
  raw.space = stripped(lines[0]) == "index" ? Space::indices : Space::lps;
  const auto count = lines.size() > 1 ? parse_whole(stripped(lines[1])) : std::nullopt;
  if (!count || *count < 0)
    throw InputError("{}: line 2 is '{}'; expected the number of points", path,
                     lines.size() > 1 ? lines[1] : "");
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::vector<std::string_view> words = words_of(stripped(lines[i]));
    if (words.empty()) continue;
    if (words.size() != 3)
      throw InputError("{}: line {} has {} numbers; expected x y z", path, i + 1, words.size());
    raw.set.points_mm.push_back(point_in_line(path, i + 1, words));
  }
  if (static_cast<std::size_t>(*count) != raw.set.size())
    throw InputError("{}: line 2 says {} points, and {} follow; the file is cut off or edited", path, *count,
                     raw.set.size());
  raw.set.labels.resize(raw.set.size());
  return raw;
}

RawPoints read_transformix(const std::string& path, const std::string& content) {
  RawPoints raw;
  raw.space = Space::lps;
  const std::vector<std::string_view> lines = lines_of(content);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (stripped(lines[i]).empty()) continue;
    constexpr std::string_view mark = "OutputPoint = [";
    const std::size_t start = lines[i].find(mark);
    const std::size_t end = start == std::string_view::npos ? start : lines[i].find(']', start);
    if (end == std::string_view::npos)
      throw InputError("{}: line {} has no 'OutputPoint = [ x y z ]', as transformix writes it", path, i + 1);
    const auto words = words_of(lines[i].substr(start + mark.size(), end - start - mark.size()));
    if (words.size() != 3)
      throw InputError("{}: line {} has an OutputPoint of {} numbers; expected x y z", path, i + 1,
                       words.size());
    raw.set.points_mm.push_back(point_in_line(path, i + 1, words));
    raw.set.labels.emplace_back();
  }
  return raw;
}

struct TagPoint {
  std::vector<double> numbers;
  std::string label;
};

TagPoint tag_point(const std::string& path, std::size_t number, std::string_view line, std::size_t volumes) {
  TagPoint point;
  if (const std::size_t quote = line.find('"'); quote != std::string_view::npos) {
    const std::size_t end = line.find('"', quote + 1);
    if (end == std::string_view::npos)
      throw InputError("{}: line {} has a quote without end: {}", path, number, line);
    if (!stripped(line.substr(end + 1)).empty())
      throw InputError("{}: line {} has '{}' after its label; expected one point a line", path, number,
                       stripped(line.substr(end + 1)));
    point.label = std::string(line.substr(quote + 1, end - quote - 1));
    line = line.substr(0, quote);
  }
  for (const std::string_view word : words_of(line))
    point.numbers.push_back(number_in_line(path, number, word, "coordinate"));
  if (point.numbers.size() != 3 * volumes && point.numbers.size() != 3 * volumes + 3)
    throw InputError(
        "{}: line {} has {} numbers; expected {} coordinates for {} volume{}, or with weight, structure and "
        "patient {}",
        path, number, point.numbers.size(), 3 * volumes, volumes, volumes == 1 ? "" : "s", 3 * volumes + 3);
  return point;
}

std::size_t tag_volumes(const std::string& path, std::size_t number, std::string_view line) {
  std::string_view value = stripped(line.substr(line.find('=') + 1));
  if (value.ends_with(';')) value = stripped(value.substr(0, value.size() - 1));
  if (value != "1" && value != "2")
    throw InputError("{}: line {}: Volumes is '{}'; expected 1 or 2", path, number, value);
  return value == "1" ? 1 : 2;
}

RawPoints read_tag(const std::string& path, const std::string& content, int volume) {
  RawPoints raw;
  raw.space = Space::ras;  // MNI's world coordinates
  std::size_t volumes = 0;
  bool in_points = false;
  bool weighted = false;
  const std::vector<std::string_view> lines = lines_of(content);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string_view line = stripped(lines[i]);
    if (line.empty() || line.front() == '%' || line.front() == '#') continue;
    if (!in_points && line.starts_with("Volumes")) {
      volumes = tag_volumes(path, i + 1, line);
      continue;
    }
    if (!in_points && line.starts_with("Points")) {
      in_points = true;
      line = stripped(line.substr(std::min(line.find('='), line.size() - 1) + 1));
    } else if (!in_points) {
      throw InputError("{}: line {} is '{}'; expected 'Volumes = …;' or 'Points ='", path, i + 1, line);
    }
    const bool last = line.ends_with(';');
    if (last) line = stripped(line.substr(0, line.size() - 1));
    if (!line.empty()) {
      if (volumes == 0) throw InputError("{}: has no line 'Volumes = 1;' before its points", path);
      if (volumes == 2 && volume == 0)
        throw InputError("{}: has points of two volumes; expected a choice of 1 or 2", path);
      if (volume > static_cast<int>(volumes))
        throw InputError("{}: has points of one volume; there is no volume {}", path, volume);
      const TagPoint point = tag_point(path, i + 1, line, volumes);
      const std::size_t first = volume == 2 ? 3 : 0;
      raw.set.points_mm.push_back({point.numbers[first], point.numbers[first + 1], point.numbers[first + 2]});
      raw.set.labels.push_back(point.label);
      const bool has_weight = point.numbers.size() > 3 * volumes;
      raw.set.weights.push_back(has_weight ? point.numbers[3 * volumes] : 1);
      weighted = weighted || raw.set.weights.back() != raw.set.weights.front();
    }
    if (last) break;
  }
  if (!in_points) throw InputError("{}: has no line 'Points ='; the file is cut off", path);
  if (!weighted) raw.set.weights.clear();  // programs without weights write 0, or 1, throughout
  return raw;
}

const char* word_for(Space space) { return space == Space::ras ? "RAS" : "LPS"; }

Space settled(const RawPoints& raw, const PointFileOptions& options, const std::string& path) {
  const bool said = raw.space == Space::lps || raw.space == Space::ras;
  switch (options.coordinates) {
    case Coordinates::as_they_are:
      return Space::lps;
    case Coordinates::as_the_file_says:
      if (raw.space == Space::unsaid)
        throw InputError(
            "{}: does not say whether its coordinates are LPS or RAS; expected to be told with --coordinates "
            "(--fixed-coordinates, --moving-coordinates): LPS, RAS or as-they-are",
            path);
      return raw.space;
    case Coordinates::lps:
    case Coordinates::ras:
      break;
  }
  const Space asked = options.coordinates == Coordinates::lps ? Space::lps : Space::ras;
  if (said && raw.space != asked)
    throw InputError("{}: says that its coordinates are {}, and {} is asked for; expected the same", path,
                     word_for(raw.space), word_for(asked));
  return raw.space == Space::indices ? raw.space : asked;
}

}  // namespace

void turn_to_lps(RawPoints& raw, const PointFileOptions& options, const std::string& path) {
  const Space space = settled(raw, options, path);
  if (space == Space::ras)
    for (std::vector<Vec3>* vectors : {&raw.set.points_mm, &raw.set.normals})
      for (Vec3& p : *vectors) p = {0.0 - p.x, 0.0 - p.y, p.z};  // 0 - 0 is 0, -(0) is not
  if (space != Space::indices) return;
  if (options.image == nullptr)
    throw InputError("{}: holds voxel indices; expected the image that they belong to", path);
  const Matrix4 to_space = index_to_space(*options.image);
  for (Vec3& p : raw.set.points_mm) p = transform_point(to_space, p);
}

namespace {

RawPoints read_raw(const std::string& path, const PointFileOptions& options) {
  const PointFileKind kind = point_file_kind(path);
  if (kind == PointFileKind::csv || kind == PointFileKind::none) return read_point_csv(path);
  if (kind == PointFileKind::ply) return read_ply(path);
  if (kind == PointFileKind::stl) return read_stl(path);
  if (kind == PointFileKind::obj) return read_obj(path);
  if (kind == PointFileKind::vtk) return read_vtk_surface(path);
  const std::string content = point_text_of(path);
  switch (kind) {
    case PointFileKind::fcsv:
      return read_fcsv(path, content);
    case PointFileKind::markups_json:
      return read_markups_json(path, content);
    case PointFileKind::tag:
      return read_tag(path, content, options.volume);
    case PointFileKind::transformix:
      return read_transformix(path, content);
    default:
      return read_elastix(path, content);
  }
}

/// Binary or with a name, for a file of triangles has no mark of its own.
PointFileKind surface_kind(const std::string& path, std::string_view head) {
  if (head.starts_with("ply\n") || head.starts_with("ply\r")) return PointFileKind::ply;
  if (head.starts_with("# vtk DataFile"))
    return head.find("POLYDATA") != std::string_view::npos ? PointFileKind::vtk : PointFileKind::none;
  const std::string name = lower_case(path);
  if (name.ends_with(".obj")) return PointFileKind::obj;
  return name.ends_with(".stl") ? PointFileKind::stl : PointFileKind::none;
}

PointFileKind text_kind(const std::string& path, const std::string& head) {
  const std::size_t first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string::npos || head.find('\0') != std::string::npos) return PointFileKind::none;
  const std::string_view text = std::string_view(head).substr(first);
  const std::string_view line = stripped(text.substr(0, text.find('\n')));
  if (line.starts_with("# Markups fiducial file") || line.starts_with("# Fiducial List file"))
    return PointFileKind::fcsv;
  if (line.starts_with(tag_mark)) return PointFileKind::tag;
  if (line == "point" || line == "index") return PointFileKind::elastix;
  if (line.starts_with("Point\t") && line.find("OutputPoint") != std::string_view::npos)
    return PointFileKind::transformix;
  if (text.front() == '{')
    return text.find("\"markups\"") != std::string_view::npos ? PointFileKind::markups_json
                                                              : PointFileKind::none;
  const bool may_be_csv = path.ends_with(".csv") || path.ends_with(".CSV") || path.ends_with(".tsv");
  if (!may_be_csv || text.find('\n') == std::string_view::npos) return PointFileKind::none;
  std::vector<std::string> names;
  std::string name;
  for (const char c : std::string(line) + ",")
    if (c == ',' || c == ';' || c == '\t')
      names.push_back(std::exchange(name, ""));
    else if (c != '"')
      name += c;
  const auto columns = coordinate_columns(names);
  return columns && columns->space != Space::unsaid ? PointFileKind::csv : PointFileKind::none;
}

}  // namespace

PointFileKind point_file_kind(const std::string& path) {
  const std::string head = head_of(path);
  const PointFileKind surface = head.empty() ? PointFileKind::none : surface_kind(path, head);
  return surface != PointFileKind::none ? surface : text_kind(path, head);
}

std::string name_of(PointFileKind kind) {
  switch (kind) {
    case PointFileKind::fcsv:
      return "list of fiducials of 3D Slicer";
    case PointFileKind::markups_json:
      return "markups of 3D Slicer";
    case PointFileKind::tag:
      return "MNI tag file";
    case PointFileKind::elastix:
      return "points of elastix";
    case PointFileKind::transformix:
      return "points of transformix";
    case PointFileKind::ply:
      return "PLY";
    case PointFileKind::stl:
      return "STL";
    case PointFileKind::obj:
      return "Wavefront OBJ";
    case PointFileKind::vtk:
      return "VTK polydata";
    case PointFileKind::csv:
    case PointFileKind::none:
      break;
  }
  return "table of points";
}

PointSet read_point_file(const std::string& path, const PointFileOptions& options, Monitor& monitor) {
  RawPoints raw = read_raw(path, options);
  turn_to_lps(raw, options, path);
  raw.set.frame = options.frame;
  if (const std::string fault = fault_of(raw.set); !fault.empty()) throw InputError("{}: {}", path, fault);
  if (raw.unplaced > 0)
    monitor.warn(fmt::format("{}: {} points have no place yet and are left out", path, raw.unplaced));
  return std::move(raw.set);
}

}  // namespace snitt::formats
