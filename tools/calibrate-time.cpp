#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "calibration/time_record.hpp"
#include "data/clip_rectangle.hpp"
#include "formats/csv.hpp"
#include "formats/recording.hpp"
#include "formats/sequence.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

namespace cal = calibration;

const shell::ToolInfo info{
    "calibrate-time", "calibration", "find the lag between video and tracker, or any two streams",
    "Compares one motion as two streams saw it: the row of a flat surface in ultrasound images (the bottom "
    "of "
    "a water tank, while the probe is moved up and down above it) and the position of the tracked probe. The "
    "result is the lag L at which they agree best, with its 95 % interval: the tracker at t + L shows what "
    "the "
    "video shows at t. L is positive when the tracker is stamped late, and is what --time-offset-s of "
    "snitt-reconstruct-ultrasound expects; its --time-calibration takes it out of the file written here.\n\n"
    "Move the probe for 10 s or more by at least 20 mm, towards the surface and back, at changing speed: a "
    "regular motion fits at several lags and is refused, as are streams that show different motions, too "
    "little motion, and a best lag at the border of the search.\n\n"
    "The row is the one at the middle column of the image or of --clip-rectangle-px; the lags by its first "
    "and "
    "last column alone are time_offset_left_s and time_offset_right_s. They differ when the probe rocks "
    "(hold its "
    "angle), and when a scanner takes so long for an image that its columns show different times; the result "
    "is "
    "then doubtful, its interval holds both, and the lag is that of the columns looked at.\n\n"
    "VIDEO and TRACKER may be one file, and either may be of any kind: the sections say what can be "
    "compared. The file holds the whole curve, and the tables signals, frames and poses: what was compared, "
    "and why a frame or pose was left out."};

struct Signal {
  std::string kind;
  std::string field;
};

struct Settings {
  std::string video;
  std::string tracker;
  std::string output;
  Signal video_signal{"line", ""};
  Signal tracker_signal{"position", ""};
  std::string time_column = "time";
  std::string probe_frame = "Probe";
  std::string reference_frame = "Reference";
  double maximum_gap_s = cal::AlignmentOptions{}.maximum_gap_s;
  std::optional<std::vector<double>> clip;
  std::int64_t scanlines = static_cast<std::int64_t>(cal::LineDetectionOptions{}.scanlines);
  double inlier_distance_px = cal::LineDetectionOptions{}.inlier_distance_px;
  double minimum_inlier_share = cal::LineDetectionOptions{}.minimum_inlier_share;
  std::int64_t band_px = static_cast<std::int64_t>(cal::ImageShiftOptions{}.band_px);
  double maximum_lag_s = cal::AlignmentOptions{}.maximum_lag_s;
  double lag_step_s = cal::AlignmentOptions{}.step_s;
  std::string axis_sign = "any";
  double minimum_video_motion = cal::AlignmentOptions{}.minimum_fixed_motion;
  double minimum_tracker_motion = cal::AlignmentOptions{}.minimum_moving_motion;
  bool plus_compatible = false;
  std::int64_t minimum_frames = static_cast<std::int64_t>(cal::AlignmentOptions{}.minimum_samples);
};

void declare_signals(Options& options, Settings& s) {
  const std::vector<Choice> kinds{
      {"line", "row of a straight bright line in the image, at the middle column of --clip-rectangle-px"},
      {"shift", "shift of the image's middle columns, by correlation"},
      {"position", "position of --probe-frame along the main axis of its motion"},
      {"field", "a numeric field of the recording, or a column of a table"}};
  options.section("What is compared");
  options.choice("--video-signal", s.video_signal.kind, kinds, "what follows the motion in VIDEO");
  options.choice("--tracker-signal", s.tracker_signal.kind, kinds, "what follows the motion in TRACKER");
  options.text("--video-field", s.video_signal.field, "NAME", "field or column of VIDEO");
  options.text("--tracker-field", s.tracker_signal.field, "NAME", "field or column of TRACKER");
  options.text("--time-column", s.time_column, "NAME", "column of times in seconds, of tables");
  options.section("Poses");
  options.text("--probe-frame", s.probe_frame, "FRAME", "coordinate frame whose origin moves");
  options.text("--reference-frame", s.reference_frame, "FRAME", "coordinate frame in which it moves");
  options.value("--maximum-gap-s", s.maximum_gap_s, {0, 1e6}, "longest gap between valid poses to look into");
  options.section("Images");
  options.values("--clip-rectangle-px", s.clip, "U V WIDTH HEIGHT", {0, 1e6},
                 "only pixels U … U+WIDTH, V … V+HEIGHT, both ends included");
  options.value("--scanlines", s.scanlines, {10, 10000}, "columns in which the line is looked for");
  options.value("--inlier-distance-px", s.inlier_distance_px, {0.01, 1000},
                "farthest that a peak of a column may lie from the line");
  options.value("--minimum-inlier-share", s.minimum_inlier_share, {0.05, 1},
                "share of the columns that must agree on the line");
  options.value("--band-px", s.band_px, {1, 10000}, "columns whose mean is compared (shift)");
}

void declare_search(Options& options, Settings& s) {
  options.section("Search");
  options.value("--maximum-lag-s", s.maximum_lag_s, {0.01, 60}, "largest lag to either side");
  options.value("--lag-step-s", s.lag_step_s, {1e-5, 1}, "step of the curve; the lag itself is found finer");
  options.choice("--axis-sign", s.axis_sign,
                 {{"any", "the better one"},
                  {"same", "the tracker's signal grows with that of the video"},
                  {"opposite", "it falls when that of the video grows"}},
                 "sign between the two signals, if it is known");
  options.value("--minimum-video-motion", s.minimum_video_motion, {0, 1e12},
                "least motion in VIDEO from peak to peak, in pixels or the units of its field");
  options.value("--minimum-tracker-motion", s.minimum_tracker_motion, {0, 1e12},
                "least motion in TRACKER from peak to peak, in mm or the units of its field");
  options.flag(
      "--plus-compatible", s.plus_compatible,
      "the lag by the recipe of PLUS: straight lines between poses, steps of --lag-step-s, without the "
      "first and last --maximum-lag-s");
  options.value("--minimum-frames", s.minimum_frames, {10, 1e9}, "fewest frames with a counterpart");
}

void declare(Options& options, Settings& s) {
  options.input("VIDEO", s.video,
                "stream whose time stamps stay: a frames file, anything snitt-import reads, or a table");
  options.input("TRACKER", s.tracker, "stream whose lag is found, of the same kinds of file");
  options.output(s.output, "table file for the curve and the calibration");
  declare_signals(options, s);
  declare_search(options, s);
  options.example(
      "snitt-calibrate-time sample_data/ultrasound/WaterTankBottomTranslationVideoBuffer.igs.mha "
      "sample_data/ultrasound/WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha "
      "--clip-rectangle-px 225 40 350 510 -o time.h5",
      "Lag of a tracker that recorded a probe above a water tank's bottom");
}

std::optional<cal::PixelRectangle> clip(const Settings& s, const FrameShape& shape) {
  if (!s.clip) return std::nullopt;
  if (shape.pixels() > 0) check_clip_rectangle(*s.clip, shape);
  const auto at = [&](std::size_t k) { return std::llround((*s.clip)[k]); };
  return cal::PixelRectangle{at(0), at(1), at(2), at(3)};
}

std::unique_ptr<FrameSource> open(const std::string& path, Monitor& monitor) {
  return formats::open_recording(path, monitor);
}

bool is_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::layout_of(path) == "table" : !formats::is_sequence(path);
}

/// A stream without what its signal needs is likely the other one.
void check_holds(const Frames& frames, const Settings& s, const std::string& path, const std::string& kind) {
  const char* hint = s.video == s.tracker ? "" : "; are VIDEO and TRACKER swapped?";
  if (kind == "position" && frames.tracked.empty() && frames.constant.empty())
    throw InputError("{} holds no poses{}", path, hint);
  if (kind != "position" && (frames.shape.pixels() == 0 || frames.count == 0))
    throw InputError("{} holds no images{}", path, hint);
}

cal::MotionSignal read_signal(const Settings& s, const std::string& path, const Signal& signal,
                              const std::string& option, Monitor& monitor) {
  if (signal.kind == "field") {
    if (signal.field.empty())
      throw UsageError("{0}-signal is field, but {0}-field is not given; expected the name of a column",
                       option);
    if (is_table(path))
      return cal::column_signal(
          store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path), s.time_column,
          signal.field);
    return cal::field_signal(open(path, monitor)->frames(), signal.field);
  }
  if (!signal.field.empty())
    throw UsageError("{0}-field is given, but {0}-signal is {1}; expected {0}-signal field", option,
                     signal.kind);
  const std::unique_ptr<FrameSource> source = open(path, monitor);
  check_holds(source->frames(), s, path, signal.kind);
  if (signal.kind == "position")
    return cal::position_signal(source->frames(), s.probe_frame, s.reference_frame, s.maximum_gap_s);
  if (signal.kind == "shift") {
    cal::ImageShiftOptions o;
    o.clip = clip(s, source->frames().shape);
    o.band_px = static_cast<std::size_t>(s.band_px);
    return cal::shift_signal(*source, o, monitor);
  }
  cal::LineDetectionOptions o;
  o.clip = clip(s, source->frames().shape);
  o.scan = cal::ScanDirection::columns;
  o.scanlines = static_cast<std::size_t>(s.scanlines);
  o.inlier_distance_px = s.inlier_distance_px;
  o.minimum_inlier_share = s.minimum_inlier_share;
  return cal::line_signal(*source, o, monitor);
}

/// With the file's name in its errors.
cal::MotionSignal signal_of(const Settings& s, const std::string& path, const Signal& signal,
                            const std::string& option, Monitor& monitor) {
  const auto named = [&](const Error& error) {
    const std::string message = error.what();
    return message.find(path) == std::string::npos ? path + ": " + message : message;
  };
  try {
    return read_signal(s, path, signal, option, monitor);
  } catch (const InputError& error) {
    throw InputError("{}", named(error));
  } catch (const ComputationError& error) {
    throw ComputationError("{}", named(error));
  }
}

cal::AlignmentOptions alignment(const Settings& s) {
  cal::AlignmentOptions o;
  o.maximum_lag_s = s.maximum_lag_s;
  o.step_s = s.lag_step_s;
  o.minimum_fixed_motion = s.minimum_video_motion;
  o.minimum_moving_motion = s.minimum_tracker_motion;
  o.minimum_samples = static_cast<std::size_t>(s.minimum_frames);
  o.maximum_gap_s = s.maximum_gap_s;
  o.plus_compatible = s.plus_compatible;
  o.axis = s.axis_sign == "any"    ? cal::AxisSign::any
           : s.axis_sign == "same" ? cal::AxisSign::same
                                   : cal::AxisSign::opposite;
  return o;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const cal::MotionSignal moving = signal_of(s, s.tracker, s.tracker_signal, "--tracker", session.monitor());
  const cal::MotionSignal fixed = signal_of(s, s.video, s.video_signal, "--video", session.monitor());
  const cal::TimeAlignment found = cal::align(fixed, moving, alignment(s));
  const CalibrationRecord record = cal::time_record(fixed, moving, found);
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, cal::curve_table(found, moving), session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  session.result(shell::calibration_text(record), shell::calibration_json(record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
