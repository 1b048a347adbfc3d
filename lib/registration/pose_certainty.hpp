#pragma once
#include <string>
#include <vector>

#include "registration/closest_points.hpp"

namespace snitt::registration {

/// How firmly surfaces hold each other, and how well the pose is known.
struct PoseCertainty {
  /// Root of the least eigenvalue of the mean of JᵀJ, J the change of the distances along the normals by
  /// shifts and by turns times the radius: 0 when the sets slide on each other, 0.58 at most.
  double firmness = 0;
  Vec3 free_shift;  ///< the loosest motion: shift along …
  Vec3 free_turn;   ///< … and turn about, through the center; in the moving space, together of length 1
  /// [6, 6] covariance of shift (mm) and turn (rad) about the center; from residuals grouped by patches of a
  /// quarter of the radius, whose errors may be alike (sandwich estimate). Empty when firmness is 0.
  std::vector<double> covariance;
  double patches = 0;
  Vec3 center_mm;  ///< in the moving space
};

PoseCertainty pose_certainty(const PointCloud& fixed, const PointCloud& moving, const ClosestPoints& found,
                             PointDistance distance);

/// "turn about the axis (0, 0, 1)", "shift along (1, 0, 0)".
std::string free_motion_text(const PoseCertainty& certainty);

}  // namespace snitt::registration
