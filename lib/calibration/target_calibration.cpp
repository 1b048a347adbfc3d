#include "calibration/target_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/error.hpp"
#include "calibration/point_target.hpp"
#include "calibration/probe_refinement.hpp"
#include "calibration/target_motion.hpp"
#include "calibration/wall_target.hpp"
#include "geometry/rotation.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t fewest_frames = 20;
/// Half of it, the most that is left, is 0.01 mm of way at an acceleration of 1 m/s².
constexpr double lag_step_s = 0.01;
constexpr int lag_passes = 5;
/// Pixels that differ more from the scanner's belong to another depth setting, or to a wrong solution.
constexpr double most_pixel_share = 0.2;
constexpr double degrees = 180 / std::numbers::pi;

std::string counts_of(const std::vector<TargetFinding>& findings) {
  std::map<std::string, std::size_t> counts;
  for (const TargetFinding& f : findings)
    if (f.status == TargetStatus::no_line)
      ++counts[f.detail];
    else if (f.status != TargetStatus::ok)
      ++counts[name_of(f.status)];
  std::string text;
  for (const auto& [what, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  return text.empty() ? "" : fmt::format(" ({})", text);
}

void require_frames(const TargetRecording& recording, TargetKind kind) {
  std::size_t found = 0;
  for (const TargetFinding& f : recording.findings) found += f.status == TargetStatus::ok ? 1 : 0;
  if (recording.posed.frames.size() >= fewest_frames) return;
  if (found >= fewest_frames)
    throw ComputationError(
        "only {} of the {} frames that show the target have a valid pose of the probe; expected at least {}",
        recording.posed.frames.size(), found, fewest_frames);
  throw ComputationError("{} of {} frames show {}; expected at least {}{}", found, recording.findings.size(),
                         kind == TargetKind::point ? "a bright dot" : "one straight bright line",
                         fewest_frames, counts_of(recording.findings));
}

std::unique_ptr<TargetModel> begin(std::span<const TargetFrame> frames, const TargetSettings& settings) {
  const bool point = settings.detection.kind == TargetKind::point;
  const std::optional<TargetStart> start =
      point ? start_point(frames, settings.expected_mm, settings.expected_error_mm)
            : start_wall(frames, settings.nominal_pixel_mm);
  if (!start)
    throw ComputationError(
        "no matrix brings what the frames show to one {}{}; expected a recording of a target that stands "
        "still in the reference frame",
        point ? "point" : "plane",
        settings.expected_mm.empty() ? "" : ", near where the phantom's definition puts it");
  if (point) return std::make_unique<PointModel>(frames, *start);
  return std::make_unique<WallModel>(frames, *start);
}

void refuse_contradiction(const TargetCalibration& result, const TargetSettings& settings) {
  const bool point = settings.detection.kind == TargetKind::point;
  std::vector<double> distances;
  for (const TargetModel::Seen& seen : result.calibration.seen)
    distances.push_back(statistics::root_mean_square(seen.distance_mm));
  const auto used = static_cast<std::size_t>(
      std::count(result.calibration.used.begin(), result.calibration.used.end(), std::uint8_t{1}));
  const double median = statistics::median(distances);
  if (median <= settings.largest_error_mm && 2 * used >= distances.size()) return;
  throw ComputationError(
      "what the frames show is not one {} at rest: the median distance from the best one is {:.1f} mm and "
      "{} of {} frames agree with it; expected at most {:g} mm and half of the frames (another target than "
      "--target says, a target or reference that was moved, something else that is brighter, a wrong "
      "transform, or a lag between images and poses: see snitt-calibrate-time)",
      point ? "point" : "plane", median, used, distances.size(), settings.largest_error_mm);
}

void refuse_odd_pixels(const TargetRefinement& r, const TargetSettings& settings) {
  for (std::size_t k = 0; settings.nominal_pixel_mm && k < 2; ++k) {
    const double nominal = (*settings.nominal_pixel_mm)[k];
    if (std::abs(r.pixel_mm[k] / nominal - 1) > most_pixel_share)
      throw ComputationError(
          "pixels along {} come out as {:.4f} mm, {:+.0f} % against the scanner's {:.4f} mm; expected at "
          "most "
          "{:.0f} % (a wrong --nominal-pixel-mm, another depth setting, images that were scaled, or a wrong "
          "target)",
          k == 0 ? "u" : "v", r.pixel_mm[k], 100 * (r.pixel_mm[k] / nominal - 1), nominal,
          100 * most_pixel_share);
  }
}

/// Distances of what was seen from the target; spread of the placed points.
void measure(TargetRecording& recording, const TargetModel& model, const TargetCalibration& result,
             TargetKind kind, TargetErrors& errors) {
  const TargetRefinement& r = result.refinement;
  const bool fitted = recording.role == "calibration";
  std::vector<double> distances;
  std::vector<double> left_out;
  std::vector<Vec3> placed;
  Vec3 mean;
  for (std::size_t f = 0; f < recording.posed.frames.size(); ++f) {
    if (recording.used[f] == 0) continue;
    const TargetModel::Seen& seen = recording.seen[f];
    distances.insert(distances.end(), seen.distance_mm.begin(), seen.distance_mm.end());
    if (fitted && !r.leave_one_out.empty()) {
      const std::vector<double> without = model.seen(f, r.leave_one_out[f]).distance_mm;
      left_out.insert(left_out.end(), without.begin(), without.end());
    }
    if (kind != TargetKind::point) continue;
    const TargetFrame& frame = recording.posed.frames[f];
    const ImagePoint& at = seen.measured.front();
    // The validation's poses were taken with the lag.
    placed.push_back(transform_point(frame.pose(fitted ? r.lag_s : 0) * r.image_to_probe, {at.u, at.v, 0}));
    mean = mean + placed.back();
  }
  errors.distance = error_statistics(std::move(distances));
  errors.leave_one_out = error_statistics(std::move(left_out));
  std::vector<double> spread;
  for (const Vec3 p : placed) spread.push_back(norm(p - (1 / static_cast<double>(placed.size())) * mean));
  errors.precision = error_statistics(std::move(spread));
}

void look(TargetRecording& recording, TargetModel& model, std::span<const double> parameters) {
  model.select(parameters);
  recording.seen.clear();
  for (std::size_t f = 0; f < model.frames(); ++f) recording.seen.push_back(model.seen(f, parameters));
}

void mark_elsewhere(TargetRecording& recording) {
  for (std::size_t f = 0; f < recording.posed.frames.size(); ++f) {
    if (recording.used[f] != 0) continue;
    TargetFinding& finding = recording.findings[recording.posed.frames[f].frame];
    finding.status = TargetStatus::elsewhere;
    finding.detail += fmt::format("; {:.1f} mm from the target", recording.seen[f].distance_mm.front());
  }
}

TargetRecording record(FrameSource& source, const std::string& role, const TargetSettings& settings,
                       const ProbePoses& poses, Monitor& monitor) {
  TargetRecording recording{role, source.frames().time_s, {}, {}, {}, {}};
  recording.findings = find_target(source, settings.detection, monitor);
  recording.posed = posed_targets(source.frames(), recording.findings, poses);
  return recording;
}

/// From what was found, over other frames.
std::unique_ptr<TargetModel> model_at(TargetKind kind, std::span<const TargetFrame> frames,
                                      const TargetRefinement& r) {
  const TargetStart start{r.image_to_probe, r.place};
  if (kind == TargetKind::point) return std::make_unique<PointModel>(frames, start);
  return std::make_unique<WallModel>(frames, start);
}

void validate(FrameSource& source, const TargetSettings& settings, ProbePoses poses, Monitor& monitor,
              TargetCalibration& result) {
  const TargetRefinement& r = result.refinement;
  poses.with_neighbours = false;
  poses.time_offset_s += result.lag_s;
  result.validation = record(source, "validation", settings, poses, monitor);
  TargetRecording& validation = *result.validation;
  if (validation.posed.frames.empty())
    throw ComputationError("validation: none of {} frames shows the target with a valid pose{}",
                           source.frames().count, counts_of(validation.findings));
  const TargetKind kind = settings.detection.kind;
  const auto model = model_at(kind, validation.posed.frames, r);
  look(validation, *model, model->start());
  // Wrong detections must not be counted as errors of the calibration: as gross as in the fit.
  const double limit =
      std::max(settings.refinement.gross_outlier_mm, 6 * result.calibration_errors.distance.rms);
  for (const TargetModel::Seen& seen : validation.seen)
    validation.used.push_back(statistics::root_mean_square(seen.distance_mm) <= limit ? 1 : 0);
  const auto used =
      static_cast<std::size_t>(std::count(validation.used.begin(), validation.used.end(), std::uint8_t{1}));
  if (2 * used < validation.used.size())
    throw ComputationError(
        "validation: {} of {} frames have the target within {:.1f} mm of where the calibration found it; "
        "expected at least half (the same target, left at the same place in the reference frame)",
        used, validation.used.size(), limit);
  measure(validation, *model, result, kind, result.validation_errors);
  mark_elsewhere(validation);
}

/// A proper rotation of the image's axes, also where the third column of the matrix makes it left-handed.
Matrix4 rotation_of_image(Matrix4 m) {
  const Vec3 normal = cross({m(0, 0), m(1, 0), m(2, 0)}, {m(0, 1), m(1, 1), m(2, 1)});
  for (std::size_t r = 0; r < 3; ++r) m(r, 2) = normal[r];
  return rigid_parts(m).rigid;
}

void compare_with_earlier(TargetCalibration& result, const TargetSettings& settings) {
  if (!settings.earlier_image_to_probe) return;
  const Matrix4 found = rotation_of_image(result.refinement.image_to_probe);
  const Matrix4 earlier = rotation_of_image(*settings.earlier_image_to_probe);
  result.turned_against_earlier_deg = angle_between(found, earlier) * degrees;
  if (*result.turned_against_earlier_deg < 90) return;
  const std::array<std::pair<const char*, Vec3>, 3> ways{
      std::pair{"mirrored top to bottom", Vec3{std::numbers::pi, 0, 0}},
      std::pair{"mirrored left to right", Vec3{0, std::numbers::pi, 0}},
      std::pair{"turned by 180 degrees", Vec3{0, 0, std::numbers::pi}}};
  for (const auto& [name, half] : ways)
    if (angle_between(found * rotation_from_vector(half), earlier) < std::numbers::pi / 4)
      result.turned_how = name;
}

}  // namespace

void calibrate_target(FrameSource& calibration, FrameSource* validation, const TargetSettings& settings,
                      Monitor& monitor, TargetCalibration& result) {
  const TargetKind kind = settings.detection.kind;
  ProbePoses poses = settings.poses;
  poses.with_neighbours = settings.refinement.estimate_lag;
  result.calibration = record(calibration, "calibration", settings, poses, monitor);
  TargetRecording& recording = result.calibration;
  recording.used.assign(recording.posed.frames.size(), 1);
  require_frames(recording, kind);
  result.motion = motion_of(recording.posed.frames);
  refuse_rest(result.motion, recording.posed.frames.size());

  std::unique_ptr<TargetModel> model = begin(recording.posed.frames, settings);
  result.motion.turned_about_deg =
      turns_about_image(recording.posed.frames, model->image_to_probe(model->start()));
  refuse_unturned(result.motion);
  const FrameShape& shape = calibration.frames().shape;
  result.refinement = refine_target(*model, shape, settings.refinement);
  const TargetRefinement& r = result.refinement;
  // Poses that move with a constant velocity are good to first order in the lag; so they are taken anew near
  // where it says. Near in whole steps: poses that followed the lag found would follow its noise.
  for (int pass = 0; pass < lag_passes && !r.covariance.empty(); ++pass) {
    const double step_s = lag_step_s * std::round(r.lag_s / lag_step_s);
    if (step_s == 0) break;
    poses.time_offset_s += step_s;
    recording.posed = posed_targets(calibration.frames(), recording.findings, poses);
    require_frames(recording, kind);
    model = model_at(kind, recording.posed.frames, r);
    result.refinement = refine_target(*model, shape, settings.refinement);
  }
  result.lag_s = poses.time_offset_s - settings.poses.time_offset_s + r.lag_s;
  recording.used = r.used;
  look(recording, *model, r.parameters);
  result.motion.turned_about_deg = turns_about_image(recording.posed.frames, r.image_to_probe);
  refuse_open_direction(r, result.motion, kind, settings.largest_half_width_mm);
  refuse_contradiction(result, settings);
  refuse_odd_pixels(r, settings);
  measure(recording, *model, result, kind, result.calibration_errors);
  mark_elsewhere(recording);
  compare_with_earlier(result, settings);
  if (validation != nullptr) validate(*validation, settings, settings.poses, monitor, result);
  result.complete = true;
}

}  // namespace snitt::calibration
