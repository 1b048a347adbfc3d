#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "calibration/landmark_detection.hpp"
#include "data/phantom_definition.hpp"
#include "geometry/matrix.hpp"

namespace snitt::calibration {

struct LandmarkOptions {
  double match_mm = 3;  ///< a touched point belongs to a landmark within this distance of it
  /// Names of the landmarks in the order in which they were touched; empty: matched by geometry.
  std::vector<std::string> order;
  double good_rms_mm = 1;     ///< RMS beyond it is doubtful
  double good_angle_deg = 1;  ///< half width of the 95 % interval of a tilt
};

/// A rigid PhantomToReference with what is known of its uncertainty.
struct PhantomPlacement {
  Matrix4 phantom_to_reference;
  Vec3 center_mm;  ///< in the phantom: of what was touched; the covariance is that of its image in Reference
  /// [6, 6]: turns about x, y, z of Reference (rad), then the place of the center (mm).
  std::array<double, 36> covariance{};
  double degrees = 0;         ///< of freedom
  Vec3 tilt_half_width_deg;   ///< 95 %: turns about x, y, z of Reference
  Vec3 center_half_width_mm;  ///< 95 %: place of the center
  Vec3 origin_half_width_mm;  ///< 95 %: place of the phantom's origin
};

struct LandmarkMatch {
  std::size_t landmark = 0;  ///< of the phantom
  std::size_t point = 0;     ///< of the touched ones
  Vec3 residual_mm;          ///< touched minus registered, in Reference
};

struct LandmarkRegistration {
  PhantomPlacement placement;
  std::vector<LandmarkMatch> matches;  ///< in the phantom's order
  std::vector<std::size_t> missed;     ///< landmarks that were not touched
  std::vector<std::size_t> unmatched;  ///< touched points that are no landmark
  double fre_rms_mm = 0;               ///< fiducial registration error
  double fre_mean_mm = 0;              ///< as PLUS reports it
  double fre_max_mm = 0;
  std::vector<std::string> reasons;
};

/// Which touched point is which landmark is found from their distances from each other (three points that fit
/// three landmarks, and what else fits with them), or given by their order; then least squares. Throws
/// ComputationError by name: fewer than three landmarks, landmarks on a line, distances that do not fit
/// (wrong phantom, or not its landmarks), mirror images, more than one way to match (a symmetrical choice of
/// landmarks).
LandmarkRegistration register_landmarks(const std::vector<TouchedPoint>& touched,
                                        const PhantomDefinition& phantom,
                                        const LandmarkOptions& options = {});

/// Fills in the half widths from covariance, degrees, matrix and center.
void complete(PhantomPlacement& placement);

}  // namespace snitt::calibration
