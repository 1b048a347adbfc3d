#include "trees/centerline_path.hpp"

#include <algorithm>
#include <cmath>

#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

/// [point] way along the line.
std::vector<double> ways(const CenterlinePath& path) {
  std::vector<double> way(path.points_mm.size(), 0);
  for (std::size_t i = 1; i < way.size(); ++i)
    way[i] = way[i - 1] + norm(path.points_mm[i] - path.points_mm[i - 1]);
  return way;
}

}  // namespace

double CenterlinePath::length_mm() const { return points_mm.empty() ? 0 : ways(*this).back(); }

CenterlinePath resampled_path(const CenterlinePath& path, double spacing_mm) {
  const std::vector<double> way = ways(path);
  const double length = way.back();
  const auto steps =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(length / spacing_mm - 1e-9)));
  CenterlinePath out;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= steps; ++i) {
    const double s = length * static_cast<double>(i) / static_cast<double>(steps);
    while (at + 2 < way.size() && way[at + 1] < s) ++at;
    const double piece = way[at + 1] - way[at];
    const double t = piece > 0 ? std::clamp((s - way[at]) / piece, 0.0, 1.0) : 0;
    out.points_mm.push_back((1 - t) * path.points_mm[at] + t * path.points_mm[at + 1]);
    out.radii_mm.push_back((1 - t) * path.radii_mm[at] + t * path.radii_mm[at + 1]);
  }
  return out;
}

CenterlinePath smoothed_path(const CenterlinePath& path, double least_sigma_mm) {
  const std::vector<double> way = ways(path);
  CenterlinePath out = path;
  const std::size_t count = way.size();
  for (std::size_t i = 1; i + 1 < count; ++i) {
    const double to_end = std::min(way[i], way.back() - way[i]);
    const double sigma = std::min(std::max(least_sigma_mm, 0.5 * path.radii_mm[i]), 0.5 * to_end);
    if (sigma <= 0) continue;
    Vec3 sum;
    double radius = 0;
    double weights = 0;
    for (std::size_t j = 0; j < count; ++j) {
      const double d = (way[j] - way[i]) / sigma;
      if (std::abs(d) > 2) continue;
      const double w = std::exp(-0.5 * d * d);
      sum = sum + w * path.points_mm[j];
      radius += w * path.radii_mm[j];
      weights += w;
    }
    out.points_mm[i] = (1 / weights) * sum;
    out.radii_mm[i] = radius / weights;
  }
  return out;
}

Vec3 tangent(const CenterlinePath& path, std::size_t point) {
  const std::size_t last = path.points_mm.size() - 1;
  const std::size_t before = point > 1 ? point - 2 : 0;
  const std::size_t after = std::min(point + 2, last);
  return unit(path.points_mm[after] - path.points_mm[before]);
}

void fit_to_image(CenterlinePath& path, const image::ScalarVolume& image, TubeContrast contrast, bool moves) {
  const std::vector<double> way = ways(path);
  const CenterlinePath before = path;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const double expected = std::max(before.radii_mm[i], 0.1);
    const CrossSection cut =
        cross_section(image, contrast, before.points_mm[i], tangent(before, i), expected);
    if (!std::isfinite(cut.radius_mm)) continue;
    path.radii_mm[i] = cut.radius_mm;
    const double to_end = std::min(way[i], way.back() - way[i]);
    if (!moves || to_end < cut.radius_mm) continue;
    const double shift = norm(cut.shift_mm);
    const double allowed = 0.5 * cut.radius_mm;
    path.points_mm[i] = before.points_mm[i] + (shift > allowed ? allowed / shift : 1.0) * cut.shift_mm;
  }
}

}  // namespace snitt::trees
