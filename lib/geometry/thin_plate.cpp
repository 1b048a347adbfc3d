#include "geometry/thin_plate.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "base/error.hpp"

namespace snitt {
namespace {

bool is_finite(Vec3 v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

/// Coordinates about their mean in units of their extent, so that the equations are of one size.
struct Scale {
  Vec3 center;
  double size = 1;
  Vec3 apply(Vec3 p) const { return (1 / size) * (p - center); }
};

Scale scale_of(const std::vector<Vec3>& points) {
  Scale scale;
  for (const Vec3 p : points) scale.center = scale.center + (1.0 / static_cast<double>(points.size())) * p;
  double largest = 0;
  for (const Vec3 p : points) largest = std::max(largest, norm(p - scale.center));
  scale.size = largest > 0 ? largest : 1;
  return scale;
}

}  // namespace

ThinPlate thin_plate_through(const std::vector<Vec3>& from, const std::vector<Vec3>& to, double smoothing) {
  if (from.size() != to.size())
    throw InputError("{} landmarks have {} targets; expected one each", from.size(), to.size());
  if (from.size() < 4)
    throw InputError("a thin-plate spline wants four landmarks and more that are not in one plane; it has {}",
                     from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!is_finite(from[i]) || !is_finite(to[i])) throw InputError("landmark {} is not finite", i + 1);
  const Scale scale = scale_of(from);
  const auto n = static_cast<Eigen::Index>(from.size());
  // [K + lambda I, P; P^T, 0] [w; a] = [v; 0] with the displacements v, P = [1 x y z].
  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(n + 4, n + 4);
  Eigen::MatrixXd right = Eigen::MatrixXd::Zero(n + 4, 3);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Vec3 p = scale.apply(from[static_cast<std::size_t>(i)]);
    const Vec3 v = to[static_cast<std::size_t>(i)] - from[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < i; ++j)
      system(i, j) = system(j, i) = norm(p - scale.apply(from[static_cast<std::size_t>(j)]));
    system(i, i) = smoothing / scale.size;
    system(i, n) = system(n, i) = 1;
    for (Eigen::Index axis = 0; axis < 3; ++axis) {
      system(i, n + 1 + axis) = system(n + 1 + axis, i) = p[static_cast<std::size_t>(axis)];
      right(i, axis) = v[static_cast<std::size_t>(axis)];
    }
  }
  // On the scale of the equations: what rounding cannot tell from 0.
  constexpr double smallest = 1e-9;
  if (Eigen::JacobiSVD<Eigen::MatrixXd>(system.block(0, n + 1, n, 3)).singularValues()(2) < smallest)
    throw InputError("the landmarks lie in one plane; no thin-plate spline goes through them");
  for (Eigen::Index i = 0; i < n && smoothing == 0; ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      if (system(i, j) < smallest)
        throw InputError("landmarks {} and {} are in one place; no thin-plate spline goes through them",
                         j + 1, i + 1);
  const Eigen::PartialPivLU<Eigen::MatrixXd> solver(system);
  const Eigen::MatrixXd solution = solver.solve(right);
  ThinPlate plate;
  for (Eigen::Index i = 0; i < n; ++i)
    plate.weights.push_back((1 / scale.size) * Vec3{solution(i, 0), solution(i, 1), solution(i, 2)});
  for (std::size_t row = 0; row < 3; ++row) {
    double offset = solution(n, static_cast<Eigen::Index>(row));
    for (std::size_t column = 0; column < 3; ++column) {
      const double slope =
          solution(n + 1 + static_cast<Eigen::Index>(column), static_cast<Eigen::Index>(row)) / scale.size;
      plate.matrix(row, column) += slope;
      offset -= slope * scale.center[column];
    }
    plate.matrix(row, 3) = offset;
  }
  return plate;
}

}  // namespace snitt
