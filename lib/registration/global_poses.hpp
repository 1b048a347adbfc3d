#pragma once
#include <string>
#include <vector>

#include "registration/closest_points.hpp"

/// Poses of one set on another when nothing is known of how they lie.
namespace snitt::registration {

struct Pose {
  Matrix4 matrix;      ///< maps fixed to moving
  std::string origin;  ///< "features", "axes", "start"
  /// Root of the mean over both sets of the squared surface distance, cut at `cut_mm`.
  double misfit_mm = 0;
  double cut_mm = 0;
};

struct GlobalOptions {
  bool with_scale = false;
  PointDistance distance = PointDistance::to_plane;
  std::optional<double> overlap;
};

/// Poses that may be right, the best first, each refined by closest points and different from the others by
/// more than 15 degrees or a quarter of the radius: from features that look alike through the largest
/// consistent set of them; and from the centers and principal axes through turns that cover all turns about
/// evenly, relative to the axes, so that turning a set turns the result. Empty never.
std::vector<Pose> global_poses(const PointCloud& fixed, const PointCloud& moving,
                               const GlobalOptions& options);

/// The misfit of a pose among those of a list (with their cut).
double misfit_mm(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix, double cut_mm);

/// Whether two poses put the set at different places: see global_poses.
bool are_different(const Matrix4& a, const Matrix4& b, const PointCloud& fixed, const PointCloud& moving);

/// The linear part over its scale.
Matrix4 rotation_part(const Matrix4& matrix);

}  // namespace snitt::registration
