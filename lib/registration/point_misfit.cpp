#include "registration/point_misfit.hpp"

#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t neighbours = 12;
/// Enough for a root mean square to a few per cent.
constexpr std::size_t most_planes = 2000;

double residual_mm(const PointCloud& cloud, std::size_t index) {
  const auto hits = cloud.tree.nearest(cloud.points_mm[index], neighbours + 1);
  Eigen::Matrix3Xd points(3, static_cast<Eigen::Index>(hits.size()));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const Vec3 p = cloud.points_mm[hits[i].index];
    points.col(static_cast<Eigen::Index>(i)) << p.x, p.y, p.z;
  }
  points.colwise() -= points.rowwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(points * points.transpose());
  const double degrees = std::max(1.0, static_cast<double>(hits.size()) - 3);  // the plane has three
  return std::sqrt(std::max(0.0, solver.eigenvalues()[0]) / degrees);
}

}  // namespace

double roughness_mm(const PointCloud& cloud) {
  const std::size_t stride = 1 + cloud.size() / most_planes;
  std::vector<double> residuals((cloud.size() + stride - 1) / stride);
  tbb::parallel_for(std::size_t{0}, residuals.size(),
                    [&](std::size_t i) { residuals[i] = residual_mm(cloud, i * stride); });
  return statistics::root_mean_square(residuals);
}

double largest_rms_of_same_shape_mm(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                                    PointDistance distance) {
  const double scale = std::cbrt(std::abs(determinant3(matrix)));
  double explained = std::hypot(scale * roughness_mm(fixed), roughness_mm(moving));
  if (distance == PointDistance::to_point)
    explained = std::hypot(explained, 1.2 * std::max(scale * fixed.spacing_mm, moving.spacing_mm));
  return 1.5 * explained + 0.02 * std::max(scale * fixed.radius_mm, moving.radius_mm);
}

}  // namespace snitt::registration
