#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "geometry/landmark_fit.hpp"
#include "registration/point_cloud.hpp"

/// Coherent point drift (Myronenko and Song 2010, IEEE PAMI 32:2262) and its Bayesian form (Hirose 2021, IEEE
/// PAMI 43:2269): the moved fixed points are centers of a mixture of Gaussians that explains the moving ones.
namespace snitt::registration {

enum class DriftForm {
  classical,  ///< displacement field only
  bayesian,   ///< with a similarity transform beside it, uncertainty of the field, and mixing weights
};

struct DriftOptions {
  DriftForm form = DriftForm::classical;
  double w = 0.1;          ///< share of moving points that no fixed point explains (omega of BCPD)
  double beta = 1;         ///< width of the field's Gaussian kernel, in units of the fixed set's radius
  double lambda = 2;       ///< weight of smoothness
  std::size_t rank = 120;  ///< of the kernel matrix: Nystroem's points
  int most_iterations = 60;
  double tolerance = 1e-4;  ///< relative change of sigma that ends the iterations
};

/// p -> p + v(p), v a sum of Gaussians.
class DriftField {
 public:
  Vec3 displacement_mm(Vec3 point) const;
  std::vector<Vec3> centers_mm;
  std::vector<Vec3> weights_mm;  ///< [center]
  double width_mm = 1;
};

struct Drift {
  DriftField field;            ///< on the fixed points as `start` has put them in the moving space
  Matrix4 after;               ///< then this; the identity in the classical form
  std::vector<Vec3> moved_mm;  ///< [fixed point] where start, field and `after` bring them
  double sigma_mm = 0;         ///< of the mixture, at the end
  int iterations = 0;
  bool has_converged = false;
  double explained_moving = 0;  ///< share of the moving points that some fixed point explains
};

/// Non-rigid registration from `start` (fixed to moving). The kernel matrix has low rank (Nystroem); the
/// mixture is cut at four sigma with a k-d tree, and while sigma is large it is fed by fewer moving points.
/// The same bytes for any number of threads.
Drift drift_nonrigid(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                     const DriftOptions& options);

struct LinearDrift {
  Matrix4 matrix;
  double sigma_mm = 0;
  int iterations = 0;
  bool has_converged = false;
  double explained_moving = 0;
};

/// Rigid, similarity or affine coherent point drift from `start`; sigma starts at `sigma_mm`, or for 0 at the
/// sets' size as in the paper.
LinearDrift drift_linear(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                         LandmarkModel model, double sigma_mm, const DriftOptions& options);

}  // namespace snitt::registration
