#include "geometry/rigid_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace snitt {
namespace {

using Vector3 = Eigen::Vector3d;
using Matrix3 = Eigen::Matrix3d;

Vector3 eigen(Vec3 v) { return {v.x, v.y, v.z}; }

struct Centered {
  Vector3 center = Vector3::Zero();
  Eigen::Matrix3Xd points;
};

Centered centered(std::span<const Vec3> points, const Eigen::VectorXd& weights) {
  Centered c;
  c.points.resize(3, static_cast<Eigen::Index>(points.size()));
  for (std::size_t i = 0; i < points.size(); ++i)
    c.points.col(static_cast<Eigen::Index>(i)) = eigen(points[i]);
  c.center = c.points * weights / weights.sum();
  c.points.colwise() -= c.center;
  return c;
}

/// Weighted root mean square extents along the principal axes, falling.
Vector3 extents(const Centered& c, const Eigen::VectorXd& weights) {
  const Matrix3 scatter = c.points * weights.asDiagonal() * c.points.transpose() / weights.sum();
  const Eigen::SelfAdjointEigenSolver<Matrix3> solver(scatter);
  return solver.eigenvalues().reverse().cwiseMax(0).cwiseSqrt();
}

void check(std::size_t points, const Vector3& extent) {
  if (points < 3)
    throw ComputationError("{} points; expected at least three to determine a rotation", points);
  if (!(extent[0] > 0))
    throw ComputationError("all {} points are at one place; expected points apart", points);
  if (extent[1] < 1e-6 * extent[0])
    throw ComputationError(
        "all {} points lie on one line, and the turn about it is not determined; expected a point beside it",
        points);
}

double rms_of(const Matrix3& rotation, const Centered& from, const Centered& to,
              const Eigen::VectorXd& weights) {
  const Eigen::Matrix3Xd away = rotation * from.points - to.points;
  return std::sqrt(away.colwise().squaredNorm().dot(weights) / weights.sum());
}

}  // namespace

Vec3 principal_extents(std::span<const Vec3> points) {
  if (points.empty()) return {};
  const Eigen::VectorXd weights = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(points.size()));
  const Vector3 e = extents(centered(points, weights), weights);
  return {e[0], e[1], e[2]};
}

RigidFit fit_rigid(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const double> weights) {
  if (from.size() != to.size() || (!weights.empty() && weights.size() != from.size()))
    throw UsageError("{} points, {} points and {} weights; expected as many of each", from.size(), to.size(),
                     weights.size());
  Eigen::VectorXd w = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(from.size()));
  if (!weights.empty()) w = Eigen::Map<const Eigen::VectorXd>(weights.data(), w.size());
  if (!(w.sum() > 0))
    throw ComputationError("{} points without weight; expected at least three", from.size());
  const Centered a = centered(from, w);
  const Centered b = centered(to, w);
  const Vector3 extent = extents(a, w);
  check(from.size(), extent);
  check(to.size(), extents(b, w));

  const Matrix3 correlation = b.points * w.asDiagonal() * a.points.transpose();
  const Eigen::JacobiSVD<Matrix3> svd(correlation, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const double sign = (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0 ? -1 : 1;
  const auto orthogonal = [&](double last) -> Matrix3 {
    return svd.matrixU() * Vector3(1, 1, last).asDiagonal() * svd.matrixV().transpose();
  };
  const Matrix3 rotation = orthogonal(sign);
  RigidFit fit;
  fit.rms_mm = rms_of(rotation, a, b, w);
  fit.mirrored_rms_mm = rms_of(orthogonal(-sign), a, b, w);
  if (fit.mirrored_rms_mm < 0.5 * fit.rms_mm && fit.rms_mm > 1e-6 * extent[0])
    throw ComputationError(
        "the points are mirror images of each other: a reflection leaves {:.3g} mm (RMS), a rotation {:.3g} "
        "mm; "
        "expected both in right-handed coordinates",
        fit.mirrored_rms_mm, fit.rms_mm);
  const Vector3 shift = b.center - rotation * a.center;
  for (Eigen::Index r = 0; r < 3; ++r) {
    for (Eigen::Index c = 0; c < 3; ++c)
      fit.matrix(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = rotation(r, c);
    fit.matrix(static_cast<std::size_t>(r), 3) = shift[r];
  }
  for (std::size_t i = 0; i < from.size(); ++i)
    fit.residual_mm.push_back(norm(transform_point(fit.matrix, from[i]) - to[i]));
  return fit;
}

}  // namespace snitt
