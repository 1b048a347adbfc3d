#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "calibration/stylus_tip.hpp"
#include "formats/recording.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

namespace cal = calibration;

const shell::ToolInfo info{
    "calibrate-stylus", "calibration", "find the tip and the shaft of a tracked pointer",
    "The pointer is swivelled with its tip in a dent, widely and in all directions; one recording may hold "
    "several dents and the ways between them. Found is the transform from the tip to the marker, with 95 % "
    "confidence intervals. Gross errors of the tracker are left out and counted.\n\n"
    "The tip's z axis is the shaft when there is a spin: a second recording (--spin), or a part of the first "
    "in which the pointer was turned about its shaft with the tip in the dent. Else z points from the marker "
    "to "
    "the tip, as PLUS has it; x and y complete it in PLUS's way.\n\n"
    "What does not determine the tip (too few poses, no rotation, rotation about one axis only, a tip that "
    "never rests, two pointers) is refused by name; what is weak is called doubtful, with what to do."};

struct Settings {
  std::string input;
  std::string output;
  std::string spin;
  std::string stylus_frame = "Stylus";
  std::string reference_frame = "Reference";
  std::string tip_frame = "StylusTip";
  bool flip_shaft = false;
  bool ignore_spin = false;
  std::string poses;
  double tolerance_mm = 3;
  std::int64_t minimum_poses = 20;
  double maximum_gap_s = 0.25;
};

void declare(Options& options, Settings& s) {
  options.input("RECORDING", s.input,
                "recording of the pointer while it swivels: a frames file, or anything snitt-import reads");
  options.output(s.output, "transform file to write, from the tip to the marker");
  options.file("--spin", s.spin, "recording of the pointer while it turns about its shaft");
  options.flag("--ignore-spin", s.ignore_spin, "do not look for a spin within RECORDING");
  options.flag("--flip-shaft", s.flip_shaft, "let z point into the shaft, not out of the tip");
  options.extra_output("--poses", s.poses, "also write a table of what became of each pose");
  options.section("Coordinate frames");
  options.text("--stylus-frame", s.stylus_frame, "FRAME", "coordinate frame of the pointer's marker");
  options.text("--reference-frame", s.reference_frame, "FRAME", "coordinate frame in which the dents rest");
  options.text("--tip-frame", s.tip_frame, "FRAME", "name for the coordinate frame of the tip");
  options.section("What counts as resting");
  options.value("--tolerance-mm", s.tolerance_mm, {0.01, 100},
                "a tip that stays within this distance of a place rests there");
  options.value("--minimum-poses", s.minimum_poses, {6, 1e6}, "fewest poses of the tip in one dent");
  options.value("--maximum-gap-s", s.maximum_gap_s, {0, 1e6},
                "longest gap between valid poses to interpolate across");
  options.example("snitt-phantom-stylus --kind pivot --noise-mm 0.25 --outlier-fraction 0.05 -o pivot.h5",
                  "Simulate a recording of swivelling");
  options.example("snitt-phantom-stylus --kind spin --noise-mm 0.25 --noise-deg 0.1 -o spin.h5",
                  "Simulate a recording of turning about the shaft");
  options.example("snitt-calibrate-stylus pivot.h5 --spin spin.h5 -o stylus-tip.h5",
                  "Tip and shaft of the pointer");
}

cal::TrackedPoses read_poses(const std::string& path, const Settings& s, Monitor& monitor) {
  const std::unique_ptr<FrameSource> source = formats::open_recording(path, monitor);
  try {
    cal::TrackedPoses poses =
        cal::tracked_poses(source->frames(), s.stylus_frame, s.reference_frame, {0, s.maximum_gap_s});
    if (poses.not_rigid > 0)
      monitor.warn(fmt::format("{}: {} poses are not rigid although their status is OK; they are left out",
                               path, poses.not_rigid));
    return poses;
  } catch (const InputError& error) {
    throw InputError("{}: {} (see --stylus-frame and --reference-frame)", path, error.what());
  }
}

/// Names the recording that a computation failed on.
template <typename Call>
auto on(const std::string& path, Call call) {
  try {
    return call();
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", path, error.what());
  }
}

cal::StylusTip calibrate(const Settings& s, Monitor& monitor) {
  const cal::TrackedPoses poses = read_poses(s.input, s, monitor);
  std::optional<cal::TrackedPoses> spin_poses;
  if (!s.spin.empty()) spin_poses = read_poses(s.spin, s, monitor);
  cal::PivotOptions options;
  options.rest_tolerance_mm = s.tolerance_mm;
  options.minimum_poses = static_cast<std::size_t>(s.minimum_poses);
  const cal::PivotCalibration pivot = on(s.input, [&] { return cal::calibrate_pivot(poses, options); });
  const bool within = s.spin.empty() && !s.ignore_spin;
  if (within) spin_poses = cal::spin_episode(poses, pivot);
  std::optional<cal::SpinCalibration> spin;
  if (spin_poses) {
    spin = on(within ? s.input : s.spin, [&] { return cal::calibrate_spin(*spin_poses, pivot.tip_mm); });
    if (within)
      monitor.inform(fmt::format("{}: turned about the shaft from {:.1f} s to {:.1f} s", s.input,
                                 spin_poses->time_s.front(), spin_poses->time_s.back()));
  }
  return cal::stylus_tip(poses, pivot, spin, {s.stylus_frame, s.tip_frame, s.flip_shaft});
}

void run(const Settings& s, shell::Session& session) {
  if (!s.spin.empty() && s.ignore_spin)
    throw UsageError("--spin and --ignore-spin are both given; expected one of them");
  const cal::StylusTip found = calibrate(s, session.monitor());
  for (const std::string& reason : found.record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_transform(s.output, found.transform, session.provenance(), if_exists, &found.record);
  if (!s.poses.empty())
    store::write_table(s.poses, *found.record.table("poses"), session.provenance(), if_exists);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = found.transform.name.text();
  json["matrix"] = found.transform.matrix.m;
  session.result(shell::calibration_text(found.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
