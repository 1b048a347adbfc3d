#include "data/moved_points.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace snitt {
namespace {

/// Arms of the differences that stand for derivatives: well below any voxel, well above rounding.
constexpr double arm_mm = 1e-2;

/// Where three arms from each point go, per mm: the columns of the derivative, [3 * point + arm].
std::vector<Vec3> arms(const std::vector<Vec3>& points, const std::vector<Vec3>& there,
                       const std::array<Vec3, 3>* directions, const ChainMapper& chain) {
  std::vector<Vec3> ends;
  ends.reserve(3 * points.size());
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t arm = 0; arm < 3; ++arm) {
      Vec3 direction;
      direction[arm] = 1;
      ends.push_back(points[i] + arm_mm * (directions != nullptr ? directions[i][arm] : direction));
    }
  chain.map_all(ends);
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = (1 / arm_mm) * (ends[i] - there[i / 3]);
  return ends;
}

/// Two directions across a unit vector, and it: right-handed.
std::array<Vec3, 3> frame_around(Vec3 normal) {
  const Vec3 other = std::abs(normal.x) < 0.7 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  const Vec3 raw = cross(normal, other);
  const Vec3 a = (1 / norm(raw)) * raw;
  return {a, cross(normal, a), normal};
}

/// Local change of volume with its sign; 1 where it is not known (an arm without an inverse).
std::vector<double> volume_changes(const std::vector<Vec3>& arms) {
  std::vector<double> changes;
  for (std::size_t i = 0; i + 2 < arms.size(); i += 3) {
    const double change = dot(arms[i], cross(arms[i + 1], arms[i + 2]));
    changes.push_back(std::isfinite(change) ? change : 1);
  }
  return changes;
}

std::vector<Vec3> moved_points(const std::vector<Vec3>& points, const ChainMapper& chain, InverseError& error,
                               const std::string& what, const std::vector<std::string>* labels) {
  std::vector<Vec3> there = points;
  error.add(chain.map_all(there));
  for (std::size_t i = 0; i < there.size(); ++i)
    if (!std::isfinite(there[i].x + there[i].y + there[i].z)) {
      const auto lost =
          std::count_if(there.begin(), there.end(), [](Vec3 p) { return !std::isfinite(p.x + p.y + p.z); });
      const std::string label = labels != nullptr && !(*labels)[i].empty() ? " '" + (*labels)[i] + "'" : "";
      throw ComputationError(
          "{} {}{} at {:.6g} {:.6g} {:.6g} has no inverse, as {} of {}: the transform folds there or brings "
          "nothing there",
          what, i + 1, label, points[i].x, points[i].y, points[i].z, lost, there.size());
    }
  return there;
}

void move_normals(PointSet& set, const std::vector<Vec3>& arms) {
  for (std::size_t i = 0; i < set.normals.size(); ++i) {
    // The cross product of two moved tangents is the normal's direction times the sign of the volume change.
    const Vec3 across = cross(arms[3 * i], arms[3 * i + 1]);
    const double sign = dot(across, arms[3 * i + 2]) < 0 ? -1 : 1;
    const double length = norm(across);
    if (length > 0 && std::isfinite(length)) set.normals[i] = (sign / length) * across;
  }
}

}  // namespace

PointSet moved(const PointSet& set, const ChainMapper& chain, const std::string& frame, InverseError& error) {
  PointSet out = set;
  out.frame = frame;
  out.points_mm = moved_points(set.points_mm, chain, error, "point", &set.labels);
  if (set.normals.empty() && set.triangles.empty() && set.standard_deviations_mm.empty()) return out;
  std::vector<std::array<Vec3, 3>> directions;
  for (const Vec3 normal : set.normals) directions.push_back(frame_around(normal));
  const std::vector<Vec3> columns =
      arms(set.points_mm, out.points_mm, directions.empty() ? nullptr : directions.data(), chain);
  const std::vector<double> changes = volume_changes(columns);
  move_normals(out, columns);
  for (std::size_t i = 0; i < out.standard_deviations_mm.size(); ++i)
    out.standard_deviations_mm[i] *= std::cbrt(std::abs(changes[i]));
  const auto mirrored =
      static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), [](double c) { return c < 0; }));
  if (2 * mirrored > changes.size())
    for (auto& triangle : out.triangles) std::swap(triangle[1], triangle[2]);
  return out;
}

Tree moved(const Tree& tree, const ChainMapper& chain, const std::string& frame, InverseError& error) {
  Tree out = tree;
  out.frame = frame;
  out.nodes_mm = moved_points(tree.nodes_mm, chain, error, "node", nullptr);
  const std::vector<double> changes = volume_changes(arms(tree.nodes_mm, out.nodes_mm, nullptr, chain));
  for (std::size_t i = 0; i < out.radii_mm.size(); ++i) out.radii_mm[i] *= std::cbrt(std::abs(changes[i]));
  return out;
}

}  // namespace snitt
