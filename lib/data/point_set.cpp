#include "data/point_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace snitt {
namespace {

bool is_finite(Vec3 p) { return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z); }

bool fits(const std::vector<double>& values, std::size_t points) {
  return values.empty() || values.size() == points;
}

std::string shown(const PointSet& set, std::size_t i) {
  return set.labels[i].empty() ? fmt::format("point {}", i + 1)
                               : fmt::format("point {} '{}'", i + 1, set.labels[i]);
}

std::string surface_fault(const PointSet& set) {
  const std::size_t n = set.size();
  if (!set.normals.empty() && set.normals.size() != n)
    return fmt::format("{} points have {} normals; expected one of each or none", n, set.normals.size());
  for (std::size_t i = 0; i < set.normals.size(); ++i)
    if (!(std::abs(norm(set.normals[i]) - 1) < 1e-3))
      return fmt::format("{} has a normal of length {}; expected 1", shown(set, i), norm(set.normals[i]));
  for (std::size_t t = 0; t < set.triangles.size(); ++t)
    for (const std::uint32_t corner : set.triangles[t])
      if (corner >= n) return fmt::format("triangle {} has the corner {}; there are {} points", t, corner, n);
  return "";
}

}  // namespace

bool PointSet::has_labels() const {
  return std::any_of(labels.begin(), labels.end(), [](const std::string& label) { return !label.empty(); });
}

std::string fault_of(const PointSet& set) {
  const std::size_t n = set.size();
  if (set.frame.empty()) return "the coordinate frame has no name; expected one, as LPS or Tracker";
  if (set.labels.size() != n || !fits(set.weights, n) || !fits(set.standard_deviations_mm, n))
    return fmt::format(
        "{} points have {} labels, {} weights and {} standard deviations; expected one of each", n,
        set.labels.size(), set.weights.size(), set.standard_deviations_mm.size());
  for (std::size_t i = 0; i < n; ++i) {
    const Vec3 p = set.points_mm[i];
    if (!is_finite(p))
      return fmt::format("{} is at ({}, {}, {}); expected finite coordinates in mm", shown(set, i), p.x, p.y,
                         p.z);
    if (!set.weights.empty() && !(set.weights[i] >= 0 && std::isfinite(set.weights[i])))
      return fmt::format("{} has the weight {}; expected at least 0", shown(set, i), set.weights[i]);
    if (!set.standard_deviations_mm.empty() &&
        !(set.standard_deviations_mm[i] > 0 && std::isfinite(set.standard_deviations_mm[i])))
      return fmt::format("{} has the standard deviation {} mm; expected a number above 0", shown(set, i),
                         set.standard_deviations_mm[i]);
  }
  return surface_fault(set);
}

}  // namespace snitt
