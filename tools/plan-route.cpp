#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/png_file.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"
#include "trees/route.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "plan-route", "registration", "plan the way to a target through airways or vessels",
    "The way leads from the root of the tree to the place nearest to --target-mm that the instrument can "
    "reach: no part "
    "of the way is narrower than --instrument-diameter-mm. Told are the branches in order with their labels, "
    "generations, turning angles and radii, the length, the bottleneck, and what is left to the target.\n\n"
    "The output is the view path as a table: position, direction and up vector at equal steps. With --mask, "
    "--pictures "
    "draws what the wall of the lumen looks like from there, as in an endoscope."};

struct Settings {
  std::string tree;
  std::string output;
  std::optional<std::vector<double>> target_mm;
  double instrument_diameter_mm = 0;
  double step_mm = 1;
  double warn_distance_mm = 10;
  std::string mask;
  std::string pictures;
  double picture_step_mm = 10;
  std::int64_t picture_size = 256;
};

void declare(Options& options, Settings& s) {
  options.input("TREE", s.tree, "tree file");
  options.output(s.output, "table file for the view path");
  options.values("--target-mm", s.target_mm, "X Y Z", {-1e6, 1e6},
                 "where to go, in the tree's frame; must be given");
  options.value("--instrument-diameter-mm", s.instrument_diameter_mm, {0, 100},
                "nothing narrower is entered; 0: everything is");
  options.value("--step-mm", s.step_mm, {0.01, 100}, "distance of the view points");
  options.value("--warn-distance-mm", s.warn_distance_mm, {0, 1e4},
                "between the end and the target, above which the route is doubtful");
  options.section("Pictures");
  options.file("--mask", s.mask, "mask of the lumen that the tree was made of");
  options.extra_output_folder("--pictures", s.pictures, "folder for views along the way");
  options.value("--picture-step-mm", s.picture_step_mm, {0.1, 1000}, "distance of the pictures");
  options.value("--picture-size", s.picture_size, {16, 2048}, "rows and columns of a picture");
  options.example(
      "snitt-plan-route sample_data/airways/tree.h5 --target-mm 38 -16 -13 --instrument-diameter-mm 2 -o "
      "route.h5",
      "a way through a simulated tree");
}

/// The lumen of a mask as a smooth shape. Labels of a simulated chest tell walls and lungs apart: only 1
/// counts.
image::ScalarVolume shape_of(const Settings& s, Monitor& monitor) {
  image::ScalarVolume shape = image::scalar_volume(shell::read_volume(s.mask, monitor), s.mask);
  for (float& v : shape.values) v = v == 1.0F ? 1.0F : 0.0F;
  return image::smoothed(shape, {0.7, 0.7, 0.7});
}

void write_pictures(const Settings& s, const trees::Route& route, const image::ScalarVolume& shape,
                    IfExists if_exists) {
  std::vector<std::size_t> views;
  double next = 0;
  for (std::size_t v = 0; v < route.views.size(); ++v)
    if (route.views[v].distance_mm >= next - 1e-9) {
      views.push_back(v);
      next += s.picture_step_mm;
    }
  formats::write_png_folder(
      s.pictures, "view", views.size(),
      [&](std::size_t i) {
        return trees::endoscopic_view(shape, route.views[views[i]], static_cast<std::size_t>(s.picture_size));
      },
      if_exists);
}

std::string branch_text(const Tree& tree, const trees::Route& route) {
  std::string text;
  for (const trees::RouteBranch& b : route.branches) {
    const TreeBranch& of = tree.branch_list[static_cast<std::size_t>(b.branch)];
    text += fmt::format(
        "at {:6.1f} mm  branch {:<4} {:<28} generation {:<2} turn {:5.1f} deg  radius {:.2f} mm\n",
        b.begins_mm, b.branch, of.label, of.generation, b.turning_deg, b.mean_radius_mm);
  }
  return text;
}

nlohmann::json branches_json(const Tree& tree, const trees::Route& route) {
  nlohmann::json list = nlohmann::json::array();
  for (const trees::RouteBranch& b : route.branches) {
    const TreeBranch& of = tree.branch_list[static_cast<std::size_t>(b.branch)];
    list.push_back({{"branch", b.branch},
                    {"label", of.label},
                    {"generation", of.generation},
                    {"begins_mm", b.begins_mm},
                    {"length_mm", b.length_mm},
                    {"turning_deg", b.turning_deg},
                    {"mean_radius_mm", b.mean_radius_mm},
                    {"least_radius_mm", b.least_radius_mm}});
  }
  return list;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (!s.target_mm) throw UsageError("--target-mm is not given; expected the point to go to");
  if (s.pictures.empty() != s.mask.empty())
    throw UsageError("--pictures and --mask belong together; expected both or none");
  Monitor& monitor = session.monitor();
  const Tree tree = store::read_tree(s.tree);
  trees::RouteSettings settings;
  settings.target_mm = {s.target_mm->at(0), s.target_mm->at(1), s.target_mm->at(2)};
  settings.instrument_diameter_mm = s.instrument_diameter_mm;
  settings.step_mm = s.step_mm;
  settings.warn_distance_mm = s.warn_distance_mm;
  trees::Route route;
  try {
    route = trees::plan_route(tree, settings);
  } catch (const InputError& error) {
    throw InputError("{}: {}", s.tree, error.what());
  }
  for (const std::string& reason : route.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.pictures.empty()) write_pictures(s, route, shape_of(s, monitor), if_exists);
  store::write_table(s.output, trees::view_table(route), session.provenance(), if_exists, &route.record);
  nlohmann::json json = shell::calibration_json(route.record);
  json["branches"] = branches_json(tree, route);
  session.result(branch_text(tree, route) + shell::calibration_text(route.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
