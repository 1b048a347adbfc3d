#include "calibration/probe_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numbers>

#include "base/error.hpp"
#include "data/transform_graph.hpp"
#include "geometry/rotation.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t fewest_frames = 10;
/// Less motion than this is a probe in a holder: noise alone would be fitted.
constexpr double least_motion_mm = 1;
constexpr double least_turn_deg = 0.5;
/// Less than this is one image, recorded again and again.
constexpr double least_seen_px = 0.2;
constexpr double largest_lag_s = 1;

/// PhantomToReference where it is constant. Where the phantom has a marker of its own, the poses are taken
/// relative to the phantom instead.
Matrix4 phantom_place(const Frames& frames, const NWireSettings& settings, ProbePoses& poses) {
  const TransformPath path = [&] {
    try {
      return find_path(frames, settings.phantom_frame, poses.reference_frame);
    } catch (const InputError& error) {
      throw InputError(
          "{} (where the phantom stands is given with --transforms; snitt-register-phantom finds it)",
          error.what());
    }
  }();
  if (std::any_of(path.begin(), path.end(), [](const PathStep& step) { return step.tracked; })) {
    poses.reference_frame = settings.phantom_frame;
    return {};
  }
  Matrix4 product;
  for (const PathStep& step : path) {
    const Matrix4& m = frames.constant[step.index].matrix;
    product = (step.inverted ? inverse(m) : m) * product;
  }
  return product;
}

std::string counts_of(const Segmentation& segmentation) {
  std::map<SegmentationStatus, std::size_t> counts;
  for (const Labelling& frame : segmentation.frames) ++counts[frame.status];
  std::string text;
  for (const auto& [status, count] : counts)
    if (status != SegmentationStatus::ok)
      text +=
          fmt::format("{}{} {}: {}", text.empty() ? " (" : "; ", count, name_of(status), describe(status));
  return text.empty() ? text : text + ")";
}

/// How well one assumption about the images explains wires and poses: median 3-D error of the linear
/// solution; nothing when there is none.
struct Explanation {
  Segmentation segmentation;
  PosedFrames posed;
  std::optional<LinearSolution> linear;
  double error_mm = std::numeric_limits<double>::infinity();
};

Explanation explain(const NWireRecording& recording, const Frames& frames, const WireModel& model,
                    const NWireSettings& settings, const ProbePoses& poses, const Matrix4& phantom,
                    ImageTurn turn) {
  Explanation e;
  e.segmentation = segment(recording.dots, frames, model, settings.labelling, turn);
  e.posed = posed_frames(frames, e.segmentation, poses);
  if (e.posed.frames.size() < fewest_frames) return e;
  const std::vector<MiddlePoint> points = middle_points(e.posed.frames, model, phantom);
  try {
    e.linear = solve_linear(points);
    e.error_mm = error_statistics(errors_3d_mm(points, e.linear->image_to_probe)).median;
  } catch (const ComputationError&) {
    // No solution under this assumption.
  }
  return e;
}

[[noreturn]] void refuse_segmentation(const Explanation& e, std::size_t count) {
  if (e.segmentation.found >= fewest_frames)
    throw ComputationError(
        "only {} of the {} frames that show the phantom have a valid pose of the probe; expected at least {}",
        e.posed.frames.size(), e.segmentation.found, fewest_frames);
  throw ComputationError("{} of {} frames show the phantom; expected at least {}{}", e.segmentation.found,
                         count, fewest_frames, counts_of(e.segmentation));
}

/// The word of --image-turn.
const char* word_of(ImageTurn turn) {
  return turn == ImageTurn::mirrored ? "mirrored" : turn == ImageTurn::upside_down ? "upside-down" : "turned";
}

/// The best of the four ways an image can lie. Others than the recorded one only count when they explain at
/// least half as many frames clearly better.
Explanation choose_turn(NWireRecording& recording, const Frames& frames, const WireModel& model,
                        const NWireSettings& settings, const ProbePoses& poses, const Matrix4& phantom) {
  const auto under = [&](ImageTurn turn) {
    return explain(recording, frames, model, settings, poses, phantom, turn);
  };
  if (settings.turn) {
    Explanation asked = under(*settings.turn);
    recording.segmentation = asked.segmentation;
    recording.posed = asked.posed;
    if (!asked.linear) refuse_segmentation(asked, frames.count);
    return asked;
  }
  Explanation recorded = under(ImageTurn::as_recorded);
  recording.segmentation = recorded.segmentation;
  recording.posed = recorded.posed;
  for (const ImageTurn turn : {ImageTurn::mirrored, ImageTurn::upside_down, ImageTurn::turned}) {
    const Explanation other = under(turn);
    const bool many = 2 * other.posed.frames.size() >= recorded.posed.frames.size();
    if (other.linear && many && other.error_mm < settings.largest_error_mm &&
        2 * other.error_mm < recorded.error_mm)
      throw ComputationError(
          "the images are {} compared with '{}': read that way, {} frames fit the phantom with a median "
          "error "
          "of {:.2f} mm, as "
          "recorded {}; expected images as recorded (correct the recording's orientation, or accept these "
          "with "
          "--image-turn {})",
          describe(turn), frames.recorded_orientation, other.posed.frames.size(), other.error_mm,
          recorded.linear ? fmt::format("{:.2f} mm", recorded.error_mm) : "none does", word_of(turn));
  }
  if (!recorded.linear) refuse_segmentation(recorded, frames.count);
  return recorded;
}

/// The refinement takes poses as straight lines in time around those it is given, so a lag is found in steps,
/// with the poses taken anew after each. Leaves the total in `poses` and in the result.
void refine_with_lag(const Frames& recording, const NWireSettings& settings, ProbePoses& poses,
                     NWireCalibration& result) {
  constexpr int most_steps = 10;
  constexpr double enough_s = 1e-4;
  Matrix4 start = result.linear.image_to_probe;
  for (int step = 0; step < most_steps; ++step) {
    result.refinement = refine(result.calibration.posed.frames, result.model,
                               result.nominal_phantom_to_reference, start, settings.refinement);
    const double found = result.refinement->lag_s;
    if (!settings.refinement.estimate_lag) break;
    poses.time_offset_s += found;
    if (std::abs(poses.time_offset_s - settings.poses.time_offset_s) > largest_lag_s)
      throw ComputationError(
          "the lag between images and poses grows beyond {:g} s; expected a recording whose lag is known "
          "better (see "
          "snitt-calibrate-time and --time-offset-s), or enough motion to find it",
          largest_lag_s);
    if (std::abs(found) < enough_s) break;
    result.refinement->converged = false;
    if (step + 1 == most_steps) break;  // the result must go with the poses it was found with
    start = result.refinement->image_to_probe;
    result.calibration.posed = posed_frames(recording, result.calibration.segmentation, poses);
  }
  result.refinement->lag_s = poses.time_offset_s - settings.poses.time_offset_s;
  result.image_to_probe = result.refinement->image_to_probe;
  result.phantom_to_reference = result.refinement->phantom_to_reference;
}

/// The offset with the smallest error of the linear solution, in steps that the refinement can bridge, so
/// that a lag that is to be found is not taken for poses that contradict the wires.
double coarse_offset_s(const std::vector<Dots>& dots, const Frames& recording, const WireModel& model,
                       const NWireSettings& settings, ProbePoses poses, const Matrix4& phantom) {
  constexpr double reach_s = 0.5;
  constexpr double step_s = 0.02;
  const Segmentation wires =
      segment(dots, recording, model, settings.labelling, settings.turn.value_or(ImageTurn::as_recorded));
  poses.with_neighbours = false;
  const double given = poses.time_offset_s;
  double best = given;
  double smallest = std::numeric_limits<double>::infinity();
  for (double offset = -reach_s; offset < reach_s + step_s / 2; offset += step_s) {
    poses.time_offset_s = given + offset;
    const PosedFrames posed = posed_frames(recording, wires, poses);
    if (2 * posed.frames.size() < wires.found || posed.frames.size() < fewest_frames) continue;
    try {
      const std::vector<MiddlePoint> points = middle_points(posed.frames, model, phantom);
      const double error = error_statistics(errors_3d_mm(points, solve_linear(points).image_to_probe)).mean95;
      if (error < smallest) {
        smallest = error;
        best = poses.time_offset_s;
      }
    } catch (const ComputationError&) {
      // No solution with these poses.
    }
  }
  return best;
}

/// Spread of the probe's position and angle against the phantom.
void measure_motion(NWireCalibration& result) {
  const std::vector<WireFrame>& frames = result.calibration.posed.frames;
  std::array<std::vector<double>, 3> place;
  std::array<std::vector<double>, 3> turn;
  const Matrix4 first = inverse(frames.front().probe_to_reference);
  for (const WireFrame& f : frames) {
    const Vec3 turned = vector_from_rotation(first * f.probe_to_reference);
    for (std::size_t i = 0; i < 3; ++i) {
      place[i].push_back(f.probe_to_reference(i, 3));
      turn[i].push_back(turned[i]);
    }
  }
  // Robust: one wrong pose is no motion.
  double squares = 0;
  double angles = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    squares += std::pow(statistics::robust_deviation(place[i]), 2);
    angles += std::pow(statistics::robust_deviation(turn[i]), 2);
  }
  result.moved_mm = std::sqrt(squares);
  result.turned_deg = std::sqrt(angles) * 180 / std::numbers::pi;
  if (result.moved_mm < least_motion_mm && result.turned_deg < least_turn_deg)
    throw ComputationError(
        "the probe did not move: its position varies by {:.2f} mm and its angle by {:.2f} deg over {} "
        "frames; expected "
        "a recording with the probe moved and tilted over the phantom",
        result.moved_mm, result.turned_deg, frames.size());
  std::vector<double> u;
  std::vector<double> v;
  for (const WireFrame& f : frames) {
    u.push_back(f.points[1].u);
    v.push_back(f.points[1].v);
  }
  const double seen_px = std::hypot(statistics::standard_deviation(u), statistics::standard_deviation(v));
  if (seen_px < least_seen_px)
    throw ComputationError(
        "all images are alike: a middle wire stays within {:.2f} pixels while the probe moves by {:.2f} mm; "
        "expected a "
        "recording whose images are not frozen",
        seen_px, result.moved_mm);
}

void measure_errors(NWireCalibration& result) {
  const auto measure = [&](const NWireRecording& recording, NWireErrors& errors) {
    const auto nominal =
        middle_points(recording.posed.frames, result.model, result.nominal_phantom_to_reference);
    errors.linear_3d = error_statistics(errors_3d_mm(nominal, result.linear.image_to_probe));
    const auto points = middle_points(recording.posed.frames, result.model, result.phantom_to_reference);
    errors.refined_3d = error_statistics(errors_3d_mm(points, result.image_to_probe));
    if (!result.refinement || recording.role != "calibration") return;
    std::vector<double> left_out;
    for (const MiddlePoint& p : points)
      left_out.push_back(
          norm(transform_point(result.refinement->leave_one_out[p.frame], {p.u, p.v, 0}) - p.probe_mm));
    errors.leave_one_out_3d = error_statistics(std::move(left_out));
  };
  measure(result.calibration, result.calibration_errors);
  if (result.validation) measure(*result.validation, result.validation_errors);
}

NWireRecording validate(FrameSource& source, const WireModel& model, const NWireSettings& settings,
                        const ProbePoses& poses, ImageTurn turn, Monitor& monitor) {
  NWireRecording recording{"validation", source.frames().time_s, {}, {}, {}};
  recording.dots = detect_dots(source, settings.dots, monitor);
  recording.segmentation = segment(recording.dots, source.frames(), model, settings.labelling, turn);
  recording.posed = posed_frames(source.frames(), recording.segmentation, poses);
  if (recording.posed.frames.empty())
    throw ComputationError("validation: none of {} frames shows the phantom with a valid pose{}",
                           source.frames().count, counts_of(recording.segmentation));
  return recording;
}

}  // namespace

void calibrate_n_wire(FrameSource& calibration, FrameSource* validation, const NWireSettings& settings,
                      Monitor& monitor, NWireCalibration& result) {
  const WireModel& model = result.model;
  ProbePoses poses = settings.poses;
  poses.with_neighbours = settings.refinement.estimate_lag && !settings.linear_only;
  result.nominal_phantom_to_reference = phantom_place(calibration.frames(), settings, poses);

  result.calibration = {"calibration", calibration.frames().time_s, {}, {}, {}};
  result.calibration.dots = detect_dots(calibration, settings.dots, monitor);
  if (settings.refinement.estimate_lag && !settings.linear_only)
    poses.time_offset_s = coarse_offset_s(result.calibration.dots, calibration.frames(), model, settings,
                                          poses, result.nominal_phantom_to_reference);
  const Explanation best = choose_turn(result.calibration, calibration.frames(), model, settings, poses,
                                       result.nominal_phantom_to_reference);
  result.linear = *best.linear;
  measure_motion(result);
  if (best.error_mm > settings.largest_error_mm)
    throw ComputationError(
        "wires and poses contradict each other: the median error of the linear solution is {:.1f} mm; "
        "expected "
        "at most "
        "{:g} mm (another phantom or another session's registration of it, a phantom or reference that was "
        "moved, a "
        "wrong transform, or a lag between images and poses: see snitt-calibrate-time)",
        best.error_mm, settings.largest_error_mm);

  result.image_to_probe = result.linear.image_to_probe;
  result.phantom_to_reference = result.nominal_phantom_to_reference;
  if (!settings.linear_only) refine_with_lag(calibration.frames(), settings, poses, result);
  if (validation != nullptr) {
    poses.with_neighbours = false;
    result.validation =
        validate(*validation, model, settings, poses, result.calibration.segmentation.turn, monitor);
  }
  measure_errors(result);
  result.complete = true;
}

}  // namespace snitt::calibration
