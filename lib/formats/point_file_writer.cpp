#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "formats/mesh_file.hpp"
#include "formats/number_text.hpp"
#include "formats/output_stream.hpp"
#include "formats/point_file.hpp"

namespace snitt::formats {
namespace {

std::string in_words(Vec3 p, const char* between) {
  return number_text(p.x) + between + number_text(p.y) + between + number_text(p.z);
}

std::string fcsv_label(const std::string& label, const std::string& path) {
  if (label.find_first_of("\r\n") != std::string::npos)
    throw UsageError("{}: the label '{}' has a line break, which .fcsv cannot hold; expected .mrk.json", path,
                     label);
  if (label.find_first_of(",\"") == std::string::npos) return label;
  std::string quoted = "\"";
  for (const char c : label) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string fcsv_text(const PointSet& set, const std::string& path) {
  std::string text =
      "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
      "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n";
  for (std::size_t i = 0; i < set.size(); ++i)
    text += fmt::format("{},{},0,0,0,1,1,1,0,{},,\n", i + 1, in_words(set.points_mm[i], ","),
                        fcsv_label(set.labels[i], path));
  return text;
}

std::string markups_text(const PointSet& set) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Vec3 p = set.points_mm[i];
    points.push_back({{"id", std::to_string(i + 1)},
                      {"label", set.labels[i]},
                      {"description", ""},
                      {"associatedNodeID", ""},
                      {"position", {p.x, p.y, p.z}},
                      {"orientation", {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                      {"selected", true},
                      {"locked", false},
                      {"visibility", true},
                      {"positionStatus", "defined"}});
  }
  const nlohmann::ordered_json markup{{"type", "Fiducial"},      {"coordinateSystem", "LPS"},
                                      {"coordinateUnits", "mm"}, {"locked", false},
                                      {"labelFormat", "%N-%d"},  {"controlPoints", points}};
  const nlohmann::ordered_json root{
      {"@schema",
       "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
       "markups-schema-v1.0.3.json#"},
      {"markups", nlohmann::ordered_json::array({markup})}};
  return root.dump(1) + "\n";
}

std::string elastix_text(const PointSet& set) {
  std::string text = fmt::format("point\n{}\n", set.size());
  for (const Vec3 p : set.points_mm) text += in_words(p, " ") + "\n";
  return text;
}

Table table_of(const PointSet& set) {
  const std::string ending = set.frame == "LPS" ? "_lps" : "";
  Table table;
  if (set.has_labels()) table.columns.push_back({"label", "", "", set.labels});
  for (std::size_t a = 0; a < 3; ++a) {
    std::vector<double> values;
    for (const Vec3 p : set.points_mm) values.push_back(p[a]);
    table.columns.push_back({std::string(1, "xyz"[a]) + ending, "mm", "", values});
  }
  if (!set.weights.empty()) table.columns.push_back({"weight", "1", "", set.weights});
  if (!set.standard_deviations_mm.empty())
    table.columns.push_back({"standard_deviation", "mm", "", set.standard_deviations_mm});
  return table;
}

void write_text(const std::string& path, const std::string& text, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  write_bytes(file, text, {});
  file.commit();
}

enum class Target { none, fcsv, markups, csv, elastix, ply, stl, obj, vtk };

Target target_of(const std::string& path) {
  if (path.ends_with(".mrk.json")) return Target::markups;
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".fcsv") return Target::fcsv;
  if (extension == ".csv") return Target::csv;
  if (extension == ".ply") return Target::ply;
  if (extension == ".stl") return Target::stl;
  if (extension == ".obj") return Target::obj;
  if (extension == ".vtk") return Target::vtk;
  return extension == ".pts" || extension == ".txt" ? Target::elastix : Target::none;
}

}  // namespace

bool is_point_extension(const std::string& path) { return target_of(path) != Target::none; }

void write_point_file(const std::string& path, const PointSet& set, IfExists if_exists, Monitor& monitor) {
  const Target target = target_of(path);
  if (target == Target::none)
    throw UsageError(
        "{}: is no name for a file of points; expected .fcsv, .mrk.json, .csv, .pts, .txt, .ply, .stl, .obj "
        "or .vtk",
        path);
  const bool is_mesh = target >= Target::ply;
  if (target == Target::stl && set.triangles.empty())
    throw UsageError("{}: STL holds triangles, and these points have none; expected .ply, .obj or .vtk",
                     path);
  if (!is_mesh && !(set.triangles.empty() && set.normals.empty()))
    monitor.inform("triangles and normals are left behind; .ply, .obj and .vtk have room for them");
  if (target == Target::stl) monitor.inform("STL keeps coordinates as 32-bit floats, to seven digits");
  if (target != Target::csv && !(set.weights.empty() && set.standard_deviations_mm.empty()))
    monitor.inform("weights and standard deviations are left behind; .csv has room for them");
  if ((target == Target::elastix || is_mesh) && set.has_labels())
    monitor.inform("labels are left behind: the format has none");
  if (target != Target::csv && !is_mesh && set.frame != "LPS")
    monitor.inform(fmt::format(
        "coordinates of '{}' are written as they are; other programs will call them LPS", set.frame));
  if (target == Target::fcsv) write_text(path, fcsv_text(set, path), if_exists);
  if (target == Target::markups) write_text(path, markups_text(set), if_exists);
  if (target == Target::elastix) write_text(path, elastix_text(set), if_exists);
  if (target == Target::csv) write_csv(path, table_of(set), if_exists);
  if (target == Target::ply) write_text(path, ply_text(set), if_exists);
  if (target == Target::stl) write_text(path, stl_bytes(set), if_exists);
  if (target == Target::obj) write_text(path, obj_text(set), if_exists);
  if (target == Target::vtk) write_text(path, vtk_surface_text(set), if_exists);
}

}  // namespace snitt::formats
