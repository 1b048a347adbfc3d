#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/tree_file.hpp"
#include "registration/centerlines.hpp"
#include "shell/calibration_text.hpp"
#include "shell/point_input.hpp"
#include "shell/registration_frames.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "register-centerlines", "registration", "find the map between center lines of the same vessels",
    "FIXED and MOVING hold center lines: trees, or points of lines in no order; Snitt files, or what "
    "snitt-import reads as such (VTK lines, CSV, PLY and so on).\n\n"
    "The result maps points of the fixed space to points of the moving one; both spaces are named in the "
    "file. Nothing is assumed of the start: pairs of places that lie to each other alike in both sets give "
    "poses, the best of which are refined, with distance, direction and radius, and the share that fits is "
    "found by itself. --most-shift-mm and --most-turn-deg limit the search where the spaces are known to "
    "lie near each other.\n\n"
    "The file also says how well: distances, the share that fits, directions, coverage of both sets, 95 % "
    "confidence intervals, and the other poses that were found. An ambiguous pose, or one that the lines "
    "hardly determine, is doubtful, with the reason; a motion that they leave free (a straight vessel "
    "turns about itself) is refused by name."};

struct Settings {
  std::string fixed;
  std::string moving;
  std::string output;
  registration::CenterlineOptions centerlines;
  std::string model = "rigid";
  std::int64_t seed = 1;
  shell::RegistrationFrames frames;
  shell::PointInput fixed_input;
  shell::PointInput moving_input;
};

void declare(Options& options, Settings& s) {
  options.input("FIXED", s.fixed, "center lines in the fixed space");
  options.input("MOVING", s.moving, "center lines in the moving space");
  options.output(s.output, "transform file to write, from the fixed to the moving space");
  options.choice("--model", s.model,
                 {{"rigid", "place and turn"},
                  {"thin-plate", "and then a smoothing spline that brings the lines nearer"}},
                 "what may differ between the spaces");
  options.value("--smoothing-mm", s.centerlines.smoothing_mm, {1e-3, 1e6}, "how stiff the spline is");
  options.section("Search");
  options.value("--most-shift-mm", s.centerlines.most_shift_mm, {0, 1e9},
                "largest motion of the center of the lines that is looked for");
  options.value("--most-turn-deg", s.centerlines.most_turn_deg, {0, 180}, "largest turn, likewise");
  options.value("--seed", s.seed, {0, 1e15}, "of the random choice of starts");
  options.section("Matching");
  options.value("--spacing-mm", s.centerlines.spacing_mm, {0.05, 20}, "of samples along the lines");
  options.value("--direction-weight-mm", s.centerlines.direction_mm, {0, 100},
                "lines at right angles to each other count as if they were so far apart");
  options.value("--radius-weight-mm", s.centerlines.radius_mm, {0, 100},
                "lines whose radii differ by a factor of 2.7 count as if they were so far apart, where both "
                "sets know them");
  options.value("--least-share", s.centerlines.least_share, {0.05, 1},
                "share of the smaller set that has to fit");
  options.value("--least-radius-mm", s.centerlines.least_radius_mm, {0, 100},
                "thinner branches of trees are left out");
  shell::declare_frames(options, s.frames);
  options.section("Files in foreign formats");
  options.choice("--fixed-coordinates", s.fixed_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of FIXED are");
  options.choice("--moving-coordinates", s.moving_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of MOVING are");
  options.example(
      "snitt-register-centerlines sample_data/centerlines/mr_vessels.csv "
      "sample_data/centerlines/ultrasound_vessels.csv --fixed-frame Mr --moving-frame Ultrasound -o "
      "vessels.h5",
      "Vessels of an MR angiography to those of a Doppler sweep");
}

struct Lines {
  registration::Centerlines lines;
  std::string frame;
};

Lines read_lines(const std::string& path, const shell::PointInput& input, Monitor& monitor) {
  const bool is_ours = store::is_snitt_file(path);
  if (is_ours && store::layout_of(path) == "tree") {
    Tree tree = store::read_tree(path);
    return {tree, tree.frame};
  }
  if (!is_ours && formats::tree_file_kind(path) != formats::TreeFileKind::none) {
    formats::TreeFileOptions options;
    options.coordinates = shell::coordinates_from(input.coordinates);
    options.quantity = "vessels";
    Tree tree = formats::read_tree_file(path, options, monitor);
    return {tree, tree.frame};
  }
  PointSet set = shell::read_points(path, input, "LPS", monitor);
  return {set, set.frame};
}

registration::CenterlineRegistration find_map(const Settings& s, const Lines& fixed, const Lines& moving) {
  registration::CenterlineOptions options = s.centerlines;
  options.bend = s.model == "thin-plate";
  options.seed = static_cast<std::uint64_t>(s.seed);
  try {
    return registration::register_centerlines(fixed.lines, moving.lines, options);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {}", s.fixed, s.moving, error.what());
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
  }
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  Monitor& monitor = session.monitor();
  const Lines fixed = read_lines(s.fixed, s.fixed_input, monitor);
  const Lines moving = read_lines(s.moving, s.moving_input, monitor);
  const TransformName name = shell::registration_name(s.frames, fixed.frame, moving.frame);
  const registration::CenterlineRegistration found = find_map(s, fixed, moving);
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const SpatialTransform transform{name, {found.step}};
  store::write_spatial_transform(s.output, transform, session.provenance(), if_exists, &found.record);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = name.text();
  json["from"] = name.from;
  json["to"] = name.to;
  if (is_linear(transform)) json["matrix"] = linear_part(transform).m;
  session.result(fmt::format("maps {} (fixed) to {} (moving)\n", name.from, name.to) +
                     shell::calibration_text(found.record),
                 json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
