#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calibration/pivot.hpp"
#include "calibration/tracked_poses.hpp"

namespace snitt::calibration {

/// The direction of a pointer's shaft, from poses while it turned about its shaft: the axis a in the marker's
/// coordinates that turning leaves where it is, R_i a = b.
struct SpinOptions {
  std::size_t minimum_poses = 20;
  double tolerance_deg =
      10;                  ///< the shaft of a pose that belongs to the turning is within this of the others
  std::uint64_t seed = 1;  ///< of the random pairs that the search begins with
  // Beyond these the result is doubtful.
  double good_angle_deg = 1;   ///< of 95 % confidence
  double good_turn_deg = 180;  ///< turned in all
};

struct SpinCalibration {
  Vec3 axis;  ///< of unit length, in the marker's coordinates, out of the tip
  /// rad², [2, 2]: tilts of the axis towards x and y of tip_frame(…, axis).
  std::array<double, 4> covariance{};
  std::array<double, 2> half_width_deg{};  ///< of the 95 % intervals of these tilts
  double angle_deg = 0;                    ///< the true shaft is within this angle with 95 % confidence
  double residual_rms_deg = 0;
  double wobble_deg =
      0;  ///< largest deviation of the shaft from its mean direction as it drifted; 0 where none shows
  double turn_deg = 0;     ///< between the extremes of the turn about the axis
  std::vector<bool> used;  ///< [pose]
  std::vector<std::string> reasons;
  std::size_t used_count() const;
};

/// Robust: begins with the axis that suits most poses among those of random pairs, then least squares with
/// Cauchy's loss over the axis and where it pointed, which may drift slowly (a polynomial in time) where a
/// drift shows. `tip_mm` decides which end of the axis is out of the tip. Throws ComputationError when the
/// axis is not determined: too few poses, hardly any turn, no common axis.
SpinCalibration calibrate_spin(const TrackedPoses& poses, Vec3 tip_mm, const SpinOptions& options = {});

/// The longest part of a pivot recording's episodes in which the pointer was not swivelled but turned about
/// its shaft; nothing when there is none.
std::optional<TrackedPoses> spin_episode(const TrackedPoses& poses, const PivotCalibration& pivot);

}  // namespace snitt::calibration
