#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "formats/json_object.hpp"
#include "formats/number_text.hpp"
#include "formats/point_lines.hpp"

namespace snitt::formats {
namespace {

/// Cells between commas; a quoted cell may hold commas, and quotes twice.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += c;
      ++i;
    } else if (c == '"' && (quoted || cells.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

/// The value of "# key = value".
std::optional<std::string_view> header_value(std::string_view line, std::string_view key) {
  line = stripped(line.substr(1));
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || stripped(line.substr(0, equals)) != key) return std::nullopt;
  return stripped(line.substr(equals + 1));
}

struct FcsvColumns {
  std::size_t x = 0, y = 0, z = 0, label = 0;
  std::size_t count = 0;  ///< that the header names
  /// Slicer 5 writes after the named columns whether the point is placed: 2.
  std::size_t status = 0;
};

FcsvColumns columns_of(std::string_view list, const std::string& where) {
  std::vector<std::string> names = cells_of(list);
  for (std::string& name : names) name = std::string(stripped(name));
  const auto find = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto at = std::find(names.begin(), names.end(), name);
    return at == names.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - names.begin()));
  };
  const auto require = [&](std::string_view name) {
    if (const auto at = find(name)) return *at;
    throw InputError("{}: the columns are '{}'; expected {} among them", where, list, name);
  };
  const auto label = find("label");
  return {require("x"), require("y"), require("z"), label ? *label : require("id"),
          names.size(), names.size()};
}

constexpr std::string_view usual_columns = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID";

void add_row(std::string_view line, const FcsvColumns& columns, const std::string& path, std::size_t number,
             RawPoints& raw) {
  const std::vector<std::string> cells = cells_of(line);
  const std::size_t needed = std::max({columns.x, columns.y, columns.z, columns.label}) + 1;
  if (cells.size() < needed)
    throw InputError("{}: line {} has {} cells; expected {} as its columns say", path, number, cells.size(),
                     columns.count);
  if (columns.status < cells.size()) {
    const std::string_view status = stripped(cells[columns.status]);
    if (status == "0" || status == "1" || status == "3") {
      ++raw.unplaced;
      return;
    }
  }
  raw.set.points_mm.push_back({number_in_line(path, number, cells[columns.x], "x"),
                               number_in_line(path, number, cells[columns.y], "y"),
                               number_in_line(path, number, cells[columns.z], "z")});
  raw.set.labels.push_back(cells[columns.label]);
}

}  // namespace

RawPoints read_fcsv(const std::string& path, const std::string& content) {
  RawPoints raw;
  FcsvColumns columns = columns_of(usual_columns, path);
  const std::vector<std::string_view> lines = lines_of(content);
  // Slicer 3 knew no other coordinates than RAS, and its lists do not name them.
  if (!lines.empty() && lines[0].find("Fiducial List file") != std::string_view::npos) raw.space = Space::ras;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = stripped(lines[i]);
    if (line.empty()) continue;
    if (line.front() != '#') {
      add_row(line, columns, path, i + 1, raw);
      continue;
    }
    const std::string where = fmt::format("{}: line {}", path, i + 1);
    if (const auto value = header_value(line, "CoordinateSystem")) raw.space = space_from_word(*value, where);
    if (const auto value = header_value(line, "columns")) columns = columns_of(*value, where);
  }
  return raw;
}

RawPoints read_markups_json(const std::string& path, const std::string& content) {
  const nlohmann::json root = parse_json(content, path, "markups of 3D Slicer in braces");
  JsonObject file(root, path);
  const nlohmann::json& list = file.list("markups");
  if (list.size() != 1)
    throw InputError("{}: has {} markups; expected one (save each list as its own file)", path, list.size());
  JsonObject markup(list[0], path + ": markup 1");
  RawPoints raw;
  const std::string where = path + ": coordinateSystem";
  if (const nlohmann::json* system = markup.find("coordinateSystem"))
    raw.space = space_from_word(system->is_string() ? system->get<std::string>() : system->dump(), where);
  if (const nlohmann::json* units = markup.find("coordinateUnits"))
    if (units->dump().find("mm") == std::string::npos)
      throw InputError("{}: coordinateUnits is {}; expected mm", path, units->dump());
  const nlohmann::json& points = markup.list("controlPoints");
  for (std::size_t i = 0; i < points.size(); ++i) {
    JsonObject point(points[i], fmt::format("{}: control point {}", path, i + 1));
    if (point.text("positionStatus", "defined") != "defined") {
      ++raw.unplaced;
      continue;
    }
    raw.set.points_mm.push_back(point.vector("position"));
    raw.set.labels.push_back(point.text("label", ""));
  }
  return raw;
}

}  // namespace snitt::formats
