#include "registration/pose_certainty.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <map>

#include "registration/closest_points_step.hpp"

namespace snitt::registration {
namespace {

using Vector6 = Eigen::Matrix<double, 6, 1>;
using Matrix6 = Eigen::Matrix<double, 6, 6>;

/// Change of the distance along `n` by shift and turn (per radius) of a point at `arm`.
Vector6 row_of(Vec3 arm, Vec3 n, double radius) {
  const Vec3 turn = (1 / radius) * cross(arm, n);
  Vector6 row;
  row << n.x, n.y, n.z, turn.x, turn.y, turn.z;
  return row;
}

}  // namespace

PoseCertainty pose_certainty(const PointCloud& fixed, const PointCloud& moving, const ClosestPoints& found,
                             PointDistance distance) {
  PoseCertainty out;
  const Matrix4 back = inverse(found.matrix);
  const double radius = moving.radius_mm;
  const auto pairs = static_cast<double>(found.pairs.size());
  for (const ClosestPair& pair : found.pairs)
    out.center_mm = out.center_mm + (1 / pairs) * moving.points_mm[pair.moving];
  Matrix6 along = Matrix6::Zero();
  Matrix6 hessian = Matrix6::Zero();
  std::map<std::array<std::int64_t, 3>, Vector6> patches;
  for (const ClosestPair& pair : found.pairs) {
    const Vec3 at = transform_point(found.matrix, fixed.points_mm[pair.fixed]);
    const Vec3 arm = at - out.center_mm;
    const Vec3 residual = moving.points_mm[pair.moving] - at;
    const Vec3 n = pair_normal(fixed, moving, pair, back);
    const Vector6 row = row_of(arm, n, radius);
    along += row * row.transpose();
    std::array<std::int64_t, 3> key{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      key[axis] = static_cast<std::int64_t>(std::floor(arm[axis] / (0.25 * radius)));
    Vector6& pull = patches.try_emplace(key, Vector6::Zero()).first->second;
    if (distance == PointDistance::to_plane) {
      hessian += row * row.transpose();
      pull += dot(n, residual) * row;
      continue;
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      Vec3 unit_vector;
      unit_vector[axis] = 1;
      const Vector6 r = row_of(arm, unit_vector, radius);
      hessian += r * r.transpose();
      pull += residual[axis] * r;
    }
  }
  const Eigen::SelfAdjointEigenSolver<Matrix6> solver(along / pairs);
  out.firmness = std::sqrt(std::max(0.0, solver.eigenvalues()[0]));
  const Vector6 loose = solver.eigenvectors().col(0);
  out.free_shift = {loose[0], loose[1], loose[2]};
  out.free_turn = {loose[3], loose[4], loose[5]};
  out.patches = static_cast<double>(patches.size());
  if (out.firmness < 1e-6 || patches.size() < 7) return out;
  Matrix6 pulls = Matrix6::Zero();
  for (const auto& [key, pull] : patches) pulls += pull * pull.transpose();
  const Matrix6 inverse_hessian = hessian.completeOrthogonalDecomposition().pseudoInverse();
  Vector6 units;
  units << 1, 1, 1, 1 / radius, 1 / radius, 1 / radius;
  const Matrix6 covariance = out.patches / (out.patches - 1) * units.asDiagonal() * inverse_hessian * pulls *
                             inverse_hessian * units.asDiagonal();
  for (int r = 0; r < 6; ++r)
    for (int c = 0; c < 6; ++c) out.covariance.push_back(covariance(r, c));
  return out;
}

std::string free_motion_text(const PoseCertainty& c) {
  const auto direction = [](Vec3 v) {
    const double length = norm(v);
    const auto tidy = [&](double x) { return std::abs(x / length) < 0.005 ? 0.0 : x / length; };
    return fmt::format("({:.2g}, {:.2g}, {:.2g})", tidy(v.x), tidy(v.y), tidy(v.z));
  };
  const double shift = norm(c.free_shift);
  const double turn = norm(c.free_turn);
  if (turn < 0.3 * shift) return "a shift along " + direction(c.free_shift);
  if (shift < 0.3 * turn) return "a turn about the axis " + direction(c.free_turn);
  return "a turn about the axis " + direction(c.free_turn) + " with a shift along " + direction(c.free_shift);
}

}  // namespace snitt::registration
