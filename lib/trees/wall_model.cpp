#include "trees/wall_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "trees/voxel_grid.hpp"
#include "trees/wall_lines.hpp"

namespace snitt::trees {
namespace {

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// Across a wall that begins at 0 and is `thickness` wide (in sigmas), at x.
double profile(const WallModel& m, double thickness, double x) {
  return m.air_hu + (m.wall_hu - m.air_hu) * normal_cdf(x) -
         (m.wall_hu - m.lung_hu) * normal_cdf(x - thickness);
}

struct Crest {
  double place;
  double height;
};

Crest crest_of(const WallModel& m, double thickness) {
  constexpr int samples = 60;
  Crest best{0, -1e9};
  for (int i = 0; i <= samples; ++i) {
    const double x = -1 + (thickness + 3.0) * i / samples;
    if (const double v = profile(m, thickness, x); v > best.height) best = {x, v};
  }
  return best;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Way between a quarter and three quarters of the edge along one ray; NaN when it is not met.
double edge_width(const image::ScalarVolume& ct, Vec3 from, Vec3 way, double radius, double low,
                  double high) {
  const double step = 0.02 * radius;
  double quarter = std::nan("");
  for (double r = 0.5 * radius; r < 1.6 * radius; r += step) {
    const double v = sampled(ct, to_voxel(ct.geometry, from + r * way));
    if (v < low + 0.25 * (high - low)) quarter = r + step;
    if (v > low + 0.75 * (high - low)) return r - quarter;
  }
  return std::nan("");
}

}  // namespace

WallModel wall_model(const image::ScalarVolume& ct, const std::vector<CenterlinePath>& paths) {
  WallModel model;
  const Vec3& s = ct.geometry.spacing_mm;
  model.sigma_mm = 0.75 * std::cbrt(s.x * s.y * s.z);
  if (const LungLevels lung = lung_levels(ct); lung.found) model.lung_hu = lung.mean_hu;
  const double wide = std::max(3.0, 5 * std::max({s.x, s.y, s.z}));
  std::vector<double> widths;
  std::vector<double> air;
  std::vector<double> wall;
  for (const CenterlinePath& path : paths)
    for (std::size_t i = 4; i + 4 < path.points_mm.size(); i += 2) {
      if (!(path.radii_mm[i] > wide)) continue;
      const Vec3 along = tangent(path, i);
      const CrossSection cut =
          cross_section(ct, TubeContrast::dark, path.points_mm[i], along, path.radii_mm[i]);
      if (!std::isfinite(cut.radius_mm)) continue;
      air.push_back(cut.lumen);
      wall.push_back(cut.outside);
      const Vec3 u = perpendicular(along);
      const Vec3 v = cross(along, u);
      for (int ray = 0; ray < 8; ++ray) {
        const double angle = std::numbers::pi * ray / 4;
        const double w = edge_width(ct, path.points_mm[i], std::cos(angle) * u + std::sin(angle) * v,
                                    cut.radius_mm, cut.lumen, cut.outside);
        if (w > 0) widths.push_back(w);
      }
    }
  if (air.size() < 10 || widths.size() < 40) return model;
  model.air_hu = median(air);
  model.wall_hu = std::clamp(median(wall), -100.0, 100.0);
  model.sigma_mm = median(widths) / 1.349;  // the quartiles of the normal distribution lie 1.349 sigma apart
  return model;
}

double lumen_offset_mm(const WallModel& m, double crest_hu) {
  double thin = 0.02;
  double thick = 8;
  if (crest_hu >= crest_of(m, thick).height) return 0;
  for (int i = 0; i < 30; ++i) {
    const double middle = 0.5 * (thin + thick);
    (crest_of(m, middle).height < crest_hu ? thin : thick) = middle;
  }
  const Crest crest = crest_of(m, thin);
  const double half = 0.5 * (m.air_hu + crest.height);
  double below = -4;
  double above = crest.place;
  for (int i = 0; i < 30; ++i) {
    const double middle = 0.5 * (below + above);
    (profile(m, thin, middle) < half ? below : above) = middle;
  }
  return -m.sigma_mm * below;
}

void correct_for_walls(const WallModel& model, const image::ScalarVolume& ct, CenterlinePath& path) {
  for (std::size_t i = 0; i < path.points_mm.size(); ++i) {
    const CrossSection cut = cross_section(ct, TubeContrast::dark, path.points_mm[i], tangent(path, i),
                                           std::max(0.1, path.radii_mm[i]));
    if (std::isfinite(cut.radius_mm)) path.radii_mm[i] = cut.radius_mm + lumen_offset_mm(model, cut.outside);
  }
}

}  // namespace snitt::trees
