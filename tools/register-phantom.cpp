#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "calibration/phantom_record.hpp"
#include "calibration/surface_start.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/phantom_file.hpp"
#include "formats/recording.hpp"
#include "shell/calibration_text.hpp"
#include "shell/modes.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

namespace cal = calibration;

const shell::ToolInfo info{
    "register-phantom", "calibration", "find where a phantom is from touching it with a tracked pointer",
    "Landmarks: the tip is held (or swivelled) at landmarks of the phantom, in any order, any number of "
    "times, "
    "some may be missed. Where it rested is found in the recording, which landmark it was from the distances "
    "between them, and a choice that fits in more than one way is refused (or settled with --order).\n\n"
    "Surfaces: the tip is moved on planes and along lines of the phantom. Which one a sample lies on is "
    "found, "
    "beginning from a rough placement (--initial, else landmarks touched in the same recording, else the "
    "planes themselves unless they are symmetrical), or given by "
    "a "
    "field of the recording (--object-field).\n\n"
    "The recording or --stylus-tip must have the calibration of the pointer (see snitt-calibrate-stylus). "
    "Result: "
    "the transform from the phantom to the reference, with 95 % confidence intervals and residuals."};

struct Settings {
  std::string input;
  std::string phantom;
  std::string output;
  std::string stylus_tip;
  std::string method = "landmarks";
  std::string tip_frame = "StylusTip";
  std::string reference_frame = "Reference";
  std::string phantom_frame = "Phantom";
  double tolerance_mm = 2;
  double minimum_time_s = 0.7;
  double merge_distance_mm = 5;
  double swivel_angle_deg = 0;
  double match_mm = 3;
  std::vector<std::string> order;
  std::string initial;
  std::string object_field;
  double gate_mm = 10;
  double margin_mm = 10;
  std::string residuals;
  double maximum_gap_s = 0.25;
};

void declare(Options& options, Settings& s) {
  options.input("RECORDING", s.input,
                "recording of the pointer: a frames file, or anything snitt-import reads");
  options.output(s.output, "transform file to write, from the phantom to the reference");
  options.file("--phantom", s.phantom, "definition of the phantom: JSON, or a PLUS configuration; needed");
  options.file("--stylus-tip", s.stylus_tip,
               "calibration of the pointer: a transform file, or a PLUS configuration");
  options.choice("--method", s.method,
                 {{"landmarks", "points that the tip was held at"},
                  {"surfaces", "planes and lines that the tip was moved on"}},
                 "what was touched");
  options.extra_output("--residuals", s.residuals,
                       "also write the table of residuals, of landmarks or of planes and lines");
  options.section("Coordinate frames");
  options.text("--tip-frame", s.tip_frame, "FRAME", "coordinate frame of the pointer's tip");
  options.text("--reference-frame", s.reference_frame, "FRAME",
               "coordinate frame in which the phantom rests");
  options.text("--phantom-frame", s.phantom_frame, "FRAME", "name for the coordinate frame of the phantom");
  options.value("--maximum-gap-s", s.maximum_gap_s, {0, 1e6},
                "longest gap between valid poses to interpolate across");
  options.section("Landmarks");
  options.value("--tolerance-mm", s.tolerance_mm, {0.01, 100},
                "a tip that stays within this distance of a place rests there");
  options.value("--minimum-time-s", s.minimum_time_s, {0.05, 1e4}, "shortest rest at a landmark");
  options.value("--merge-distance-mm", s.merge_distance_mm, {0, 1e3},
                "rests nearer to each other than this are visits of one landmark");
  options.value("--swivel-angle-deg", s.swivel_angle_deg, {0, 180},
                "rests count only when the shaft turns by this angle; 0: held still will do");
  options.value("--match-mm", s.match_mm, {0.01, 100},
                "a touched point belongs to a landmark within this distance of it");
  options.texts("--order", s.order, "NAME", "landmark, in the order in which they were touched");
  options.section("Surfaces");
  options.file("--initial", s.initial,
               "rough placement of the phantom: a transform file, or a PLUS configuration");
  options.text("--object-field", s.object_field, "NAME",
               "field of the recording that names the plane or line of each sample");
  options.value("--gate-mm", s.gate_mm, {0.1, 1e3},
                "samples farther than this from all planes and lines are on the way");
  options.value("--margin-mm", s.margin_mm, {0, 1e3},
                "how far planes and lines go on beyond their described part");
  options.example(
      "snitt-phantom-stylus --kind landmarks --phantom sample_data/phantoms/fcal-2.0.json --noise-mm 0.25 "
      "--touch-error-mm 0.2 --include-tip -o touched.h5",
      "Simulate touching the landmarks of a phantom");
  options.example(
      "snitt-register-phantom touched.h5 --phantom sample_data/phantoms/fcal-2.0.json -o phantom.h5",
      "Where the phantom is, from its landmarks");
  options.example(
      "snitt-phantom-stylus --kind surface --phantom sample_data/phantoms/fcal-2.0.json --noise-mm 0.25 "
      "--include-tip -o moved.h5",
      "Simulate moving on its planes");
  options.example(
      "snitt-register-phantom moved.h5 --phantom sample_data/phantoms/fcal-2.0.json --method surfaces "
      "--initial "
      "phantom.h5 "
      "-o refined.h5",
      "The same from its planes, beginning where the landmarks put it");
}

Frames read_recording(const Settings& s, Monitor& monitor) {
  const std::unique_ptr<FrameSource> source = formats::open_recording(s.input, monitor);
  Frames frames = source->frames();
  if (s.stylus_tip.empty()) return frames;
  const StaticTransform tip = formats::read_constant_transform(s.stylus_tip, s.tip_frame, "");
  // One that came with the recording gives way to the one that was asked for.
  std::erase_if(frames.constant, [&](const StaticTransform& t) { return t.name == tip.name; });
  frames.constant.push_back(tip);
  return frames;
}

cal::TrackedPoses tip_poses(const Frames& frames, const Settings& s) {
  try {
    return cal::tracked_poses(frames, s.tip_frame, s.reference_frame, {0, s.maximum_gap_s});
  } catch (const InputError& error) {
    throw InputError(
        "{}: {} (give the pointer's calibration with --stylus-tip; see --tip-frame and "
        "--reference-frame)",
        s.input, error.what());
  }
}

std::vector<cal::TouchedPoint> touched_points(const cal::TrackedPoses& tip, const Settings& s) {
  return cal::find_touched_points(
      tip, {s.tolerance_mm, s.minimum_time_s, s.merge_distance_mm, s.swivel_angle_deg});
}

cal::LandmarkOptions landmark_options(const Settings& s) {
  cal::LandmarkOptions options;
  options.match_mm = s.match_mm;
  options.order = s.order;
  return options;
}

/// What the recording's field says of each usable pose.
std::vector<std::string> objects_of(const Frames& frames, const cal::TrackedPoses& tip, const Settings& s) {
  std::vector<std::string> known;
  for (const FrameField& field : frames.fields) {
    known.push_back(field.name);
    if (field.name != s.object_field) continue;
    const auto* names = std::get_if<std::vector<std::string>>(&field.values);
    if (names == nullptr)
      throw InputError("{}: field '{}' holds numbers; expected names", s.input, field.name);
    std::vector<std::string> result;
    for (const std::size_t k : tip.sample) result.push_back(names->at(k));
    return result;
  }
  throw InputError("{}: has no field '{}'{}", s.input, s.object_field, did_you_mean(s.object_field, known));
}

struct Result {
  Matrix4 matrix;
  CalibrationRecord record;
};

Result by_landmarks(const cal::TrackedPoses& tip, const PhantomDefinition& phantom, const Settings& s) {
  const std::vector<cal::TouchedPoint> touched = touched_points(tip, s);
  const cal::LandmarkRegistration r = cal::register_landmarks(touched, phantom, landmark_options(s));
  return {r.placement.phantom_to_reference, cal::record_of(r, touched, phantom, tip)};
}

/// Given, else from landmarks that were touched too, else from the planes themselves.
Matrix4 start_of(const cal::TrackedPoses& tip, const std::vector<Vec3>& path,
                 const PhantomDefinition& phantom, const Settings& s) {
  if (!s.initial.empty())
    return formats::read_constant_transform(s.initial, s.phantom_frame, s.reference_frame).matrix;
  std::string first;
  try {
    return cal::register_landmarks(touched_points(tip, s), phantom, landmark_options(s))
        .placement.phantom_to_reference;
  } catch (const ComputationError& error) {
    first = error.what();
  }
  try {
    return cal::find_start(path, phantom, s.margin_mm);
  } catch (const ComputationError& error) {
    throw ComputationError(
        "no rough placement, neither from landmarks ({}) nor from planes ({}); give one with --initial, or "
        "name the "
        "planes with --object-field",
        first, error.what());
  }
}

Result by_surfaces(const Frames& frames, const cal::TrackedPoses& tip, const PhantomDefinition& phantom,
                   const Settings& s) {
  std::vector<Vec3> path;
  for (const Matrix4& pose : tip.matrix) path.push_back(transform_point(pose, {}));
  cal::SurfaceOptions options;
  options.gate_mm = s.gate_mm;
  options.margin_mm = s.margin_mm;
  const cal::SurfaceRegistration r =
      s.object_field.empty() ? cal::register_surfaces(path, phantom, start_of(tip, path, phantom, s), options)
                             : cal::register_surfaces(path, phantom, objects_of(frames, tip, s), options);
  return {r.placement.phantom_to_reference, cal::record_of(r, tip)};
}

void refuse_others(const Settings& s) {
  const Settings initial;
  shell::refuse_others("--method", s.method,
                       {{"--order", !s.order.empty(), {"landmarks"}},
                        {"--initial", !s.initial.empty(), {"surfaces"}},
                        {"--object-field", !s.object_field.empty(), {"surfaces"}},
                        {"--gate-mm", s.gate_mm != initial.gate_mm, {"surfaces"}},
                        {"--margin-mm", s.margin_mm != initial.margin_mm, {"surfaces"}}});
}

void run(const Settings& s, shell::Session& session) {
  refuse_others(s);
  if (!s.initial.empty() && !s.object_field.empty())
    throw UsageError("--initial and --object-field are both given; expected one of them");
  if (s.phantom.empty()) throw UsageError("no phantom; expected its definition (see --phantom)");
  const PhantomDefinition phantom = formats::read_phantom(s.phantom);
  if (s.method == "landmarks" && phantom.landmarks.size() < 3)
    throw InputError("{}: phantom '{}' has {} landmarks; expected at least three", s.phantom, phantom.name,
                     phantom.landmarks.size());
  const Frames frames = read_recording(s, session.monitor());
  const cal::TrackedPoses tip = tip_poses(frames, s);
  Result found;
  try {
    found = s.method == "landmarks" ? by_landmarks(tip, phantom, s) : by_surfaces(frames, tip, phantom, s);
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.input, error.what());
  }
  for (const std::string& reason : found.record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const StaticTransform placed{{s.phantom_frame, s.reference_frame}, found.matrix};
  store::write_transform(s.output, placed, session.provenance(), if_exists, &found.record);
  if (!s.residuals.empty())
    store::write_table(s.residuals, found.record.tables.front().second, session.provenance(), if_exists);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = placed.name.text();
  json["matrix"] = placed.matrix.m;
  session.result(shell::calibration_text(found.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
