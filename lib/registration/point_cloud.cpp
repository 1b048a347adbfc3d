#include "registration/point_cloud.hpp"

#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"
#include "registration/point_box.hpp"
#include "registration/surface_samples.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t neighbours_of_plane = 12;

bool before(Vec3 a, Vec3 b) {
  if (a.x != b.x) return a.x < b.x;
  return a.y != b.y ? a.y < b.y : a.z < b.z;
}

struct Oriented {
  Vec3 point;
  Vec3 normal;
};

/// Sorted by place, each place once.
std::vector<Oriented> sorted(const SurfaceSamples& samples) {
  std::vector<Oriented> all(samples.points_mm.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {samples.points_mm[i], samples.normals.empty() ? Vec3{} : samples.normals[i]};
  std::sort(all.begin(), all.end(), [](const Oriented& a, const Oriented& b) {
    return a.point == b.point ? before(a.normal, b.normal) : before(a.point, b.point);
  });
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Oriented& a, const Oriented& b) { return a.point == b.point; }),
            all.end());
  return all;
}

Vec3 plane_normal(const PointCloud& cloud, std::size_t index) {
  const auto hits = cloud.tree.nearest(cloud.points_mm[index], neighbours_of_plane + 1);
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  for (const auto& hit : hits) {
    const Vec3 p = cloud.points_mm[hit.index];
    mean += Eigen::Vector3d(p.x, p.y, p.z) / static_cast<double>(hits.size());
  }
  Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
  for (const auto& hit : hits) {
    const Vec3 p = cloud.points_mm[hit.index];
    const Eigen::Vector3d d = Eigen::Vector3d(p.x, p.y, p.z) - mean;
    scatter += d * d.transpose();
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(scatter);
  const Eigen::Vector3d n = solver.eigenvectors().col(0);
  const Vec3 normal{n[0], n[1], n[2]};
  return dot(normal, cloud.points_mm[index] - cloud.center_mm) < 0 ? -1.0 * normal : normal;
}

void measure(PointCloud& cloud) {
  const auto n = static_cast<double>(cloud.size());
  for (const Vec3 p : cloud.points_mm) cloud.center_mm = cloud.center_mm + (1 / n) * p;
  double squares = 0;
  for (const Vec3 p : cloud.points_mm) squares += dot(p - cloud.center_mm, p - cloud.center_mm);
  cloud.radius_mm = std::sqrt(squares / n);
  cloud.tree = NearestPoints(cloud.points_mm);
  std::vector<double> nearest(cloud.size());
  tbb::parallel_for(std::size_t{0}, cloud.size(), [&](std::size_t i) {
    nearest[i] = std::sqrt(cloud.tree.nearest(cloud.points_mm[i], 2).back().squared_mm2);
  });
  cloud.spacing_mm = statistics::median(nearest);
}

PointCloud cloud_of(const std::vector<Oriented>& all, const std::vector<std::size_t>& chosen,
                    bool has_normals, bool is_oriented) {
  PointCloud cloud;
  for (const std::size_t i : chosen) cloud.points_mm.push_back(all[i].point);
  measure(cloud);
  cloud.is_oriented = is_oriented;
  cloud.normals.resize(chosen.size());
  tbb::parallel_for(std::size_t{0}, chosen.size(), [&](std::size_t i) {
    cloud.normals[i] = has_normals ? all[chosen[i]].normal : plane_normal(cloud, i);
  });
  return cloud;
}

void refuse_unusable(const std::vector<Oriented>& all, const std::string& which) {
  if (all.size() < 4)
    throw ComputationError("{} has {} different points; expected at least four", which, all.size());
  std::vector<Vec3> points;
  for (const Oriented& o : all) {
    if (!std::isfinite(o.point.x + o.point.y + o.point.z))
      throw ComputationError("{} has a coordinate that is not finite", which);
    points.push_back(o.point);
  }
  const Vec3 extent = principal_extents(points);
  if (extent.y < 1e-4 * extent.x)
    throw ComputationError(
        "all points of {} lie on a line ({:.3g} mm along it, {:.3g} mm across): the turn about it is not "
        "determined; expected points beside it",
        which, extent.x, extent.y);
}

/// Cells of a grid with side `cell`: number of those filled, and of each the point nearest to its centre.
std::vector<std::size_t> one_per_cell(const std::vector<Vec3>& points, const PointBox& box, double cell) {
  struct Member {
    std::array<std::int64_t, 3> key;
    double off;
    std::size_t index;
  };
  std::vector<Member> members(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    Member& m = members[i];
    m.index = i;
    m.off = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double at = (points[i][axis] - box.low[axis]) / cell;
      m.key[axis] = static_cast<std::int64_t>(std::floor(at));
      const double from_middle = at - std::floor(at) - 0.5;
      m.off += from_middle * from_middle;
    }
  }
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    if (a.key != b.key) return a.key < b.key;
    return a.off != b.off ? a.off < b.off : a.index < b.index;
  });
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (i == 0 || members[i].key != members[i - 1].key) chosen.push_back(members[i].index);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

std::vector<std::size_t> even_subset(const std::vector<Vec3>& points, std::size_t most) {
  std::vector<std::size_t> all(points.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (points.size() <= most) return all;
  const PointBox box = box_of(points);
  // The finest grid that fills no more cells than wanted, by bisection of its side's logarithm.
  double fine = std::log(1e-4 * box.diagonal_mm());
  double coarse = std::log(box.diagonal_mm());
  std::vector<std::size_t> best = one_per_cell(points, box, std::exp(coarse));
  for (int round = 0; round < 12; ++round) {
    const double middle = 0.5 * (fine + coarse);
    std::vector<std::size_t> chosen = one_per_cell(points, box, std::exp(middle));
    if (chosen.size() <= most) {
      coarse = middle;
      best = std::move(chosen);
      if (100 * best.size() > 97 * most) break;
    } else {
      fine = middle;
    }
  }
  return best;
}

PointCloud make_cloud(const PointSet& set, std::size_t most, const std::string& which) {
  const SurfaceSamples samples = sample_surface(set, most);
  const std::vector<Oriented> all = sorted(samples);
  refuse_unusable(all, which);
  std::vector<Vec3> points;
  for (const Oriented& o : all) points.push_back(o.point);
  const bool has_normals = !samples.normals.empty();
  return cloud_of(all, even_subset(points, most), has_normals, has_normals);
}

PointCloud thinned(const PointCloud& cloud, std::size_t most) {
  std::vector<Oriented> all(cloud.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {cloud.points_mm[i], cloud.normals[i]};
  return cloud_of(all, even_subset(cloud.points_mm, most), true, cloud.is_oriented);
}

void refuse_other_units(double fixed_radius_mm, double moving_radius_mm) {
  const double ratio = moving_radius_mm / fixed_radius_mm;
  if (ratio <= 50 && ratio >= 0.02) return;
  throw ComputationError(
      "the moving set measures {:.3g} mm and the fixed one {:.3g} mm (root mean square from their centers), "
      "a ratio of {:.3g}; expected both in millimetres: is one in {}?",
      moving_radius_mm, fixed_radius_mm, ratio,
      ratio < 1 ? "metres or the other in micrometres" : "micrometres or the other in metres");
}

}  // namespace snitt::registration
