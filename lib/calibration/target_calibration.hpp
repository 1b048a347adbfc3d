#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "calibration/target_frames.hpp"
#include "calibration/target_refinement.hpp"
#include "data/calibration.hpp"

/// Probe calibration with a target that stands still in Reference: from recordings to a matrix, its
/// intervals, and a verdict.
namespace snitt::calibration {

struct TargetSettings {
  TargetDetection detection;
  ProbePoses poses;
  TargetRefinementSettings refinement;
  std::vector<Vec3> expected_mm;     ///< where in Reference a point may be; empty: anywhere
  double expected_error_mm = 20;     ///< farthest that it may be from one of these
  double largest_error_mm = 3;       ///< median distance from the target beyond which a result is refused
  double largest_half_width_mm = 5;  ///< of the weakest direction (WeakDirection) beyond which it is refused
  std::optional<std::array<double, 2>> nominal_pixel_mm;  ///< what the scanner says, along u and v
  std::optional<Matrix4> earlier_image_to_probe;          ///< another calibration, to compare with
};

/// One recording and what became of it.
struct TargetRecording {
  std::string role;  ///< "calibration" or "validation"
  std::vector<double> time_s;
  std::vector<TargetFinding> findings;  ///< [frame]
  PosedTargets posed;
  std::vector<TargetModel::Seen> seen;  ///< [posed frame]; empty before there is a result
  std::vector<std::uint8_t> used;       ///< [posed frame]
};

struct TargetErrors {
  ErrorStatistics distance;       ///< of what was seen, placed in Reference, from the target
  ErrorStatistics leave_one_out;  ///< each frame by all others; calibration recording only
  ErrorStatistics precision;      ///< points only: distance of the placed points from their mean
};

/// How much the probe moved: standard deviations.
struct TargetMotion {
  double moved_mm = 0;
  double turned_deg = 0;
  Vec3 turned_most_deg;   ///< about the three principal axes of its turns, falling
  Vec3 turned_about_deg;  ///< the image's rows, columns and normal; known once there is a result
  double seen_u_px = 0;   ///< of the place where the target was seen
  double seen_v_px = 0;
};

struct TargetCalibration {
  TargetRefinement refinement;
  double lag_s = 0;  ///< found: poses are to be taken this much later than ProbePoses said
  TargetRecording calibration;
  std::optional<TargetRecording> validation;
  TargetErrors calibration_errors;
  TargetErrors validation_errors;
  TargetMotion motion;
  std::optional<double> turned_against_earlier_deg;  ///< angle to earlier_image_to_probe
  std::string turned_how;                            ///< "", or how the image seems to be turned against it
  bool complete = false;
};

/// `calibration` and `validation` (may be null) carry the poses. `result` is filled as the work goes on, so
/// that after a refusal the findings can still be looked at. Throws InputError for transforms that are
/// missing; ComputationError, naming the reason, when no trustworthy matrix comes out: the target is seen in
/// too few frames, the probe was not moved, the images are frozen, what was seen is not one point or wall,
/// the motion leaves a direction open (which), or pixels are far from what the scanner says.
void calibrate_target(FrameSource& calibration, FrameSource* validation, const TargetSettings& settings,
                      Monitor& monitor, TargetCalibration& result);

/// Every frame with the reason why it was left out; also after a refusal.
Table frames_table(const TargetCalibration& result);

/// Numbers, intervals, verdict and tables "residuals", "frames" and "covariance".
CalibrationRecord record_of(const TargetCalibration& result, const TargetSettings& settings);

}  // namespace snitt::calibration
