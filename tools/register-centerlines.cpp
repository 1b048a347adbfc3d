#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "register-centerlines/settings.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt::register_centerlines {
namespace {

const shell::ToolInfo info{
    "register-centerlines", "registration", "find the map between center lines, or of a path in airways",
    "FIXED and MOVING hold center lines of the same vessels: trees, or points of lines in no order; Snitt "
    "files, or what snitt-import reads as such (VTK lines, CSV, PLY and so on).\n\n"
    "Or one of them is the path of a tracked bronchoscope and the other a tree of airways. A recording is a "
    "path; points in the order of time are one when --path says so. The path may begin anywhere and lead in "
    "and out; the way through the tree that explains it best is found with the map, with what lies outside "
    "left out.\n\n"
    "The result maps points of the fixed space to points of the moving one; both spaces are named in the "
    "file. Nothing is assumed of the start: pairs of places that lie to each other alike in both sets give "
    "poses, and the best of them are refined. --most-shift-mm and --most-turn-deg limit the search where "
    "the spaces are known to lie near each other.\n\n"
    "The file also says how well: distances, the share that fits, directions, coverage, 95 % confidence "
    "intervals, and the other poses that were found. An ambiguous pose, or one that the lines hardly "
    "determine, is doubtful, with the reason; a motion that they leave free (a straight vessel turns about "
    "itself) is refused by name."};

void declare_matching(Options& options, Settings& s) {
  options.section("Matching");
  options.value("--spacing-mm", s.spacing_mm, {0.05, 20},
                "of samples along the lines; by default 1, and 3 for a path");
  options.value("--least-radius-mm", s.least_radius_mm, {0, 100},
                "thinner branches of trees are left out; by default none, and below 1.5 for a path");
  options.value("--direction-weight-mm", s.lines.direction_mm, {0, 100},
                "lines at right angles to each other count as if they were so far apart");
  options.value("--radius-weight-mm", s.lines.radius_mm, {0, 100},
                "lines whose radii differ by a factor of 2.7 count as if they were so far apart, where both "
                "sets know them");
  options.value("--least-share", s.lines.least_share, {0.05, 1}, "share of the smaller set that has to fit");
  options.section("Path of a bronchoscope");
  options.choice("--path", s.path,
                 {{"auto", "a recording is a path, everything else are center lines"},
                  {"fixed", "FIXED is a path"},
                  {"moving", "MOVING is a path"}},
                 "which of the two is a path");
  options.text("--sensor-frame", s.sensor_frame, "FRAME",
               "of the recording: that of the tip; by default of its only tracked transform");
  options.text("--reference-frame", s.reference_frame, "FRAME",
               "of the recording: that of the path, likewise");
  options.choice("--tool-axis", s.tool_axis,
                 {{"travel", "not known: the direction of travel is taken, whose sense says nothing"},
                  {"x", "the sensor's first axis"},
                  {"-x", "against it"},
                  {"y", "its second axis"},
                  {"-y", "against it"},
                  {"z", "its third axis, along the coil of most electromagnetic sensors"},
                  {"-z", "against it"}},
                 "axis of the sensor that points out of the tip");
  options.value("--error-mm", s.of_path.error_mm, {0.1, 30},
                "standard deviation across an airway by breathing and tracker, besides half its radius");
}

void declare(Options& options, Settings& s) {
  options.input("FIXED", s.fixed, "center lines, or a path, in the fixed space");
  options.input("MOVING", s.moving, "center lines, or a path, in the moving space");
  options.output(s.output, "transform file to write, from the fixed to the moving space");
  options.choice("--model", s.model,
                 {{"rigid", "place and turn"},
                  {"thin-plate", "and then a smoothing spline that brings the lines nearer"}},
                 "what may differ between the spaces");
  options.value("--smoothing-mm", s.lines.smoothing_mm, {1e-3, 1e6}, "how stiff the spline is");
  options.section("Search");
  options.value("--most-shift-mm", s.most_shift_mm, {0, 1e9},
                "largest motion of the center of the lines that is looked for");
  options.value("--most-turn-deg", s.most_turn_deg, {0, 180}, "largest turn, likewise");
  options.value("--seed", s.seed, {0, 1e15}, "of the random choice of starts");
  declare_matching(options, s);
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
  options.example(
      "snitt-register-centerlines sample_data/centerlines/bronchoscope.csv "
      "sample_data/centerlines/airways.csv --path fixed --fixed-coordinates as-they-are --fixed-frame "
      "Tracker --moving-frame Ct -o airways.h5",
      "The path of a tracked bronchoscope to the airways of a CT");
}

struct Found {
  TransformStep step;
  CalibrationRecord record;
};

Found found_path(const Settings& s, const Input& fixed, const Input& moving) {
  if (fixed.is_path() && moving.is_path())
    throw UsageError("{} and {}: are both paths; expected a tree of airways for one", s.fixed, s.moving);
  if (s.model != "rigid")
    throw UsageError("--model {} belongs to center lines; a path has rigid alone", s.model);
  const Input& other = fixed.is_path() ? moving : fixed;
  const Tree* tree = std::get_if<Tree>(&std::get<registration::Centerlines>(other.content));
  if (tree == nullptr)
    throw InputError("{}: holds points; expected a tree of airways for a path",
                     fixed.is_path() ? s.moving : s.fixed);
  registration::AirwayPathOptions options = s.of_path;
  options.step_mm = s.spacing_mm.value_or(options.step_mm);
  options.least_radius_mm = s.least_radius_mm.value_or(options.least_radius_mm);
  options.most_shift_mm = s.most_shift_mm;
  options.most_turn_deg = s.most_turn_deg;
  options.seed = static_cast<std::uint64_t>(s.seed);
  registration::PathRegistration found = registration::register_path(
      std::get<registration::TrackedPath>((fixed.is_path() ? fixed : moving).content), *tree,
      fixed.is_path() ? registration::PathSide::path_is_fixed : registration::PathSide::tree_is_fixed,
      options);
  return {LinearStep{found.fixed_to_moving}, std::move(found.record)};
}

Found found_lines(const Settings& s, const Input& fixed, const Input& moving) {
  registration::CenterlineOptions options = s.lines;
  options.spacing_mm = s.spacing_mm.value_or(options.spacing_mm);
  options.least_radius_mm = s.least_radius_mm.value_or(options.least_radius_mm);
  options.most_shift_mm = s.most_shift_mm;
  options.most_turn_deg = s.most_turn_deg;
  options.seed = static_cast<std::uint64_t>(s.seed);
  options.bend = s.model == "thin-plate";
  registration::CenterlineRegistration found =
      registration::register_centerlines(std::get<registration::Centerlines>(fixed.content),
                                         std::get<registration::Centerlines>(moving.content), options);
  return {std::move(found.step), std::move(found.record)};
}

bool holds_points(const Input& input) {
  const auto* lines = std::get_if<registration::Centerlines>(&input.content);
  return lines != nullptr && std::holds_alternative<PointSet>(*lines);
}

/// Points beside a tree, taken as center lines, may be meant as a path; empty: not so.
std::string path_hint(const Settings& s, const Input& fixed, const Input& moving) {
  if (fixed.is_path() || moving.is_path() || holds_points(fixed) == holds_points(moving)) return "";
  return fmt::format("{} was taken as center lines; if it is the path of a bronchoscope, say --path {}",
                     holds_points(fixed) ? s.fixed : s.moving, holds_points(fixed) ? "fixed" : "moving");
}

Found find_map(const Settings& s, const Input& fixed, const Input& moving) {
  const std::string hint = path_hint(s, fixed, moving);
  const std::string more = hint.empty() ? "" : "; " + hint;
  try {
    if (fixed.is_path() || moving.is_path()) return found_path(s, fixed, moving);
    Found found = found_lines(s, fixed, moving);
    if (!hint.empty() && !found.record.reasons.empty()) found.record.reasons.push_back(hint);
    return found;
  } catch (const InputError& error) {
    throw InputError("{} and {}: {}{}", s.fixed, s.moving, error.what(), more);
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}{}", s.fixed, s.moving, error.what(), more);
  }
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  Monitor& monitor = session.monitor();
  const Input fixed = read_input(s.fixed, s.fixed_input, s.path == "fixed", s, monitor);
  const Input moving = read_input(s.moving, s.moving_input, s.path == "moving", s, monitor);
  const TransformName name = shell::registration_name(s.frames, fixed.frame, moving.frame);
  const Found found = find_map(s, fixed, moving);
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
}  // namespace snitt::register_centerlines

int main(int argc, char** argv) {
  using namespace snitt::register_centerlines;
  return snitt::shell::run_tool<Settings>(info, declare, run, argc, argv);
}
