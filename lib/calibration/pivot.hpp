#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "calibration/tracked_poses.hpp"
#include "geometry/matrix.hpp"

namespace snitt::calibration {

/// Where the tip of a pointer is, from poses while it swivelled with its tip in a dent: the tip p_M in the
/// marker's coordinates and the dents p_R,e solve R_i p_M + t_i = p_R,e for all poses i of episode e.
struct PivotOptions {
  /// A tip that stays within this distance of a place rests there. The final fit takes a tighter one from the
  /// data.
  double rest_tolerance_mm = 3;
  std::size_t minimum_poses = 20;  ///< of an episode
  std::uint64_t seed = 1;          ///< of the random samples that the search begins with
  // Beyond these the result is doubtful.
  double good_residual_mm = 1;    ///< RMS of the tip's distance from where it should rest
  double good_radius_mm = 0.5;    ///< of 95 % confidence
  double good_coverage_deg = 40;  ///< full angle over which the shaft went, in the lesser direction
  std::size_t good_poses = 50;
};

enum class PoseUse : std::uint8_t {
  used,
  moving,   ///< the tip was on the way, or at a place for fewer poses than minimum_poses
  outlier,  ///< in an episode, but its tip is far from where the others rest
};

struct PivotEpisode {
  std::size_t first = 0;  ///< poses first … last, both included
  std::size_t last = 0;
  std::size_t used = 0;
  Vec3 pivot_mm;  ///< where the tip rested, in the frame that the poses lead to
  double residual_rms_mm = 0;
  double coverage_major_deg =
      0;  ///< full angle (2.5 to 97.5 %) of the shaft's directions: where it is widest
  double coverage_minor_deg = 0;  ///< and at right angles to that
  double turn_deg = 0;            ///< largest angle between two of the poses
};

struct PivotCalibration {
  Vec3 tip_mm;                         ///< in the marker's coordinates
  std::array<double, 9> covariance{};  ///< mm², row by row
  Vec3 half_width_mm;                  ///< of the 95 % interval of each component
  double radius_mm = 0;                ///< the true tip is within this distance with 95 % confidence
  double residual_rms_mm = 0;          ///< of the used poses, distances in 3-D
  double residual_correlation = 0;     ///< of neighbouring poses; the intervals allow for it when it shows
  double chord_rms = 0;  ///< how far a unit vector of the marker moved (RMS), in the direction where least
  std::vector<PivotEpisode> episodes;
  std::vector<PoseUse> use;          ///< [pose]
  std::vector<double> residual_mm;   ///< [pose]: NaN where the tip was moving
  std::vector<std::string> reasons;  ///< for doubt, each with what to do
  std::size_t count(PoseUse what) const;
};

/// Robust: the tip is found as the one that rests for most poses, from random samples of a few neighbouring
/// poses (Fischler and Bolles 1981) and improved; then least squares with Cauchy's loss over tip and dents.
/// Throws ComputationError when the tip is not determined: too few poses, no rotation, rotation about one
/// axis, no episode in which any tip rests, episodes that disagree (two pointers, a marker that slipped).
PivotCalibration calibrate_pivot(const TrackedPoses& poses, const PivotOptions& options = {});

/// Radius that holds the true point with 95 % confidence, from its covariance [3, 3] (weighted sum of chi
/// squares after Satterthwaite 1946; `degrees` of freedom of the covariance).
double radius_95(const std::array<double, 9>& covariance, double degrees);

}  // namespace snitt::calibration
