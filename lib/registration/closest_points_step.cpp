#include "registration/closest_points_step.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"

namespace snitt::registration {
namespace {

using Vector = Eigen::Vector3d;

/// What the distances between points count beside those along the normal.
constexpr double point_share = 0.01;

Vector eigen(Vec3 v) { return {v.x, v.y, v.z}; }

/// Derivative of a point at `arm` from the centre: turn, shift, then scale or the linear part.
Eigen::Matrix<double, 3, Eigen::Dynamic> derivative(Vec3 arm, LandmarkModel model, Eigen::Index parameters) {
  Eigen::Matrix<double, 3, Eigen::Dynamic> j(3, parameters);
  j.setZero();
  j.leftCols<3>().setIdentity();
  if (model == LandmarkModel::affine) {
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        j(row, 3 + 3 * row + column) = arm[static_cast<std::size_t>(column)];
    return j;
  }
  j.col(3) << 0, -arm.z, arm.y;
  j.col(4) << arm.z, 0, -arm.x;
  j.col(5) << -arm.y, arm.x, 0;
  if (model == LandmarkModel::similarity) j.col(6) = eigen(arm);
  return j;
}

Matrix4 matrix_of(const Eigen::VectorXd& p, LandmarkModel model, Vec3 center) {
  Matrix4 linear;
  if (model == LandmarkModel::affine) {
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c)
        linear(r, c) = (r == c ? 1 : 0) + p[static_cast<Eigen::Index>(3 + 3 * r + c)];
  } else {
    linear = rotation_from_vector({p[3], p[4], p[5]});
    if (model == LandmarkModel::similarity)
      for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 3; ++c) linear(r, c) *= std::exp(p[6]);
  }
  // About the centre: p -> L (p - c) + c + t.
  const Vec3 shift = center + Vec3{p[0], p[1], p[2]} - transform_vector(linear, center);
  for (std::size_t axis = 0; axis < 3; ++axis) linear(axis, 3) = shift[axis];
  return linear;
}

}  // namespace

Vec3 mapped_normal(const Matrix4& inverse_matrix, Vec3 n) {
  Vec3 out;
  for (std::size_t c = 0; c < 3; ++c)
    out[c] = inverse_matrix(0, c) * n.x + inverse_matrix(1, c) * n.y + inverse_matrix(2, c) * n.z;
  return unit(out);
}

Vec3 pair_normal(const PointCloud& fixed, const PointCloud& moving, const ClosestPair& pair,
                 const Matrix4& inverse_matrix) {
  const Vec3 a = mapped_normal(inverse_matrix, fixed.normals[pair.fixed]);
  const Vec3 b = moving.normals[pair.moving];
  return unit(dot(a, b) < 0 ? b - a : b + a);
}

Matrix4 closest_points_step(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                            std::span<const ClosestPair> pairs, LandmarkModel model, PointDistance distance) {
  const Matrix4 back = inverse(matrix);
  const auto parameters = static_cast<Eigen::Index>(parameters_of(model));
  Vec3 center;
  for (const ClosestPair& pair : pairs)
    center = center + (1.0 / static_cast<double>(pairs.size())) * moving.points_mm[pair.moving];
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(parameters, parameters);
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(parameters);
  const bool to_plane = distance == PointDistance::to_plane;
  const double point_weight = to_plane ? point_share : 1;
  for (const ClosestPair& pair : pairs) {
    const Vec3 at = transform_point(matrix, fixed.points_mm[pair.fixed]);
    const Vector residual = eigen(moving.points_mm[pair.moving] - at);
    const auto j = derivative(at - center, model, parameters);
    normal.noalias() += point_weight * (j.transpose() * j);
    gradient.noalias() += point_weight * (j.transpose() * residual);
    if (!to_plane) continue;
    const Vector n = eigen(pair_normal(fixed, moving, pair, back));
    const Eigen::VectorXd row = j.transpose() * n;
    normal.noalias() += row * row.transpose();
    gradient.noalias() += row * n.dot(residual);
  }
  // Lengths and turns are of different size: scaled to a unit diagonal before solving.
  const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
  const Eigen::VectorXd step = scale.asDiagonal() * scaled.completeOrthogonalDecomposition().solve(
                                                        Eigen::VectorXd(scale.asDiagonal() * gradient));
  return matrix_of(step, model, center) * matrix;
}

}  // namespace snitt::registration
