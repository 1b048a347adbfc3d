#include "registration/surface_samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "geometry/tip_frame.hpp"

namespace snitt::registration {
namespace {

/// Twice the area, along the normal.
Vec3 doubled_area(const PointSet& set, const std::array<std::uint32_t, 3>& t) {
  return cross(set.points_mm[t[1]] - set.points_mm[t[0]], set.points_mm[t[2]] - set.points_mm[t[0]]);
}

/// Weighted by angle (Thürmer and Wüthrich 1998): how a corner is cut into triangles does not matter.
std::vector<Vec3> vertex_normals(const PointSet& set) {
  std::vector<Vec3> normals(set.size());
  for (const auto& t : set.triangles) {
    const Vec3 normal = unit(doubled_area(set, t));
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const Vec3 at = set.points_mm[t[corner]];
      const double angle =
          angle_between(set.points_mm[t[(corner + 1) % 3]] - at, set.points_mm[t[(corner + 2) % 3]] - at);
      if (std::isfinite(angle)) normals[t[corner]] = normals[t[corner]] + angle * normal;
    }
  }
  return normals;
}

}  // namespace

SurfaceSamples sample_surface(const PointSet& set, std::size_t most) {
  if (set.triangles.empty()) return {set.points_mm, set.normals};
  SurfaceSamples samples;
  const std::vector<Vec3> normals = set.normals.empty() ? vertex_normals(set) : set.normals;
  std::vector<std::uint8_t> is_used(set.size());
  double area = 0;
  for (const auto& t : set.triangles) {
    area += 0.5 * norm(doubled_area(set, t));
    for (const std::uint32_t v : t) is_used[v] = 1;
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    // Vertices of no triangle lie on no surface; a fold with opposite sides has no normal.
    if (is_used[i] == 0 || !(norm(normals[i]) > 1e-9)) continue;
    samples.points_mm.push_back(set.points_mm[i]);
    samples.normals.push_back(unit(normals[i]));
  }
  const double share = area / static_cast<double>(std::max<std::size_t>(most, 1));
  for (const auto& t : set.triangles) {
    const Vec3 doubled = doubled_area(set, t);
    const double pieces = std::sqrt(0.5 * norm(doubled) / share);
    if (!(pieces > 1.5)) continue;
    const auto steps = static_cast<std::size_t>(std::ceil(pieces));
    const Vec3 origin = set.points_mm[t[0]];
    const Vec3 u = set.points_mm[t[1]] - origin;
    const Vec3 v = set.points_mm[t[2]] - origin;
    for (std::size_t i = 0; i < steps; ++i)
      for (std::size_t j = 0; i + j < steps; ++j) {
        const double a = (static_cast<double>(i) + 1.0 / 3) / static_cast<double>(steps);
        const double b = (static_cast<double>(j) + 1.0 / 3) / static_cast<double>(steps);
        samples.points_mm.push_back(origin + a * u + b * v);
        samples.normals.push_back(unit(doubled));
      }
  }
  return samples;
}

}  // namespace snitt::registration
