#include "trees/cross_section.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

constexpr std::size_t rays = 32;

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Where the profile, made to rise, first passes `level`, in samples; NaN when nowhere.
double crossing(const std::vector<double>& profile, double level, std::size_t end) {
  for (std::size_t i = 1; i < end; ++i)
    if (profile[i] >= level && profile[i - 1] < level)
      return static_cast<double>(i - 1) + (level - profile[i - 1]) / (profile[i] - profile[i - 1]);
  return std::numeric_limits<double>::quiet_NaN();
}

/// The first crest of a profile that rises from the middle: it ends where the profile has fallen again by a
/// third of its rise. Before `first`, where the tube is expected, a fall is noise.
std::size_t crest(const std::vector<double>& profile, std::size_t first) {
  std::size_t highest = 0;
  for (std::size_t i = 1; i < profile.size(); ++i) {
    if (profile[i] > profile[highest]) highest = i;
    const double rise = profile[highest] - profile[0];
    if (rise > 0 && i > first && highest > 0 && profile[highest] - profile[i] > rise / 3) break;
  }
  return highest;
}

}  // namespace

CrossSection cross_section(const image::ScalarVolume& image, TubeContrast contrast, Vec3 local_mm, Vec3 along,
                           double expected_mm) {
  const VolumeGeometry& g = image.geometry;
  const double finest = std::min({g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z});
  const double step = 0.25 * finest;
  const auto samples = static_cast<std::size_t>((2.5 * expected_mm + 3 * finest) / step) + 2;
  const double sign = contrast == TubeContrast::dark ? 1 : -1;  // edges are made to rise
  const Vec3 u = perpendicular(along);
  const Vec3 v = cross(unit(along), u);
  CrossSection cut;
  cut.lumen = sampled(image, to_voxel(g, local_mm));
  std::vector<double> radii;
  std::vector<double> outside;
  std::vector<double> profile(samples);
  std::array<double, rays> radius{};
  std::array<Vec3, rays> way{};
  for (std::size_t r = 0; r < rays; ++r) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(r) / rays;
    way[r] = std::cos(angle) * u + std::sin(angle) * v;
    for (std::size_t i = 0; i < samples; ++i)
      profile[i] = sign * sampled(image, to_voxel(g, local_mm + (static_cast<double>(i) * step) * way[r]));
    double level = -0.5;
    std::size_t end = samples;
    if (contrast != TubeContrast::mask) {
      const std::size_t top = crest(profile, static_cast<std::size_t>((0.8 * expected_mm + finest) / step));
      level = 0.5 * (sign * cut.lumen + profile[top]);
      end = top + 1;
      if (top > 0) outside.push_back(sign * profile[top]);
    }
    radius[r] = step * crossing(profile, level, end);
    if (std::isfinite(radius[r])) radii.push_back(radius[r]);
  }
  cut.outside = median(outside);
  if (radii.size() * 2 <= rays) {
    cut.radius_mm = std::numeric_limits<double>::quiet_NaN();
    return cut;
  }
  cut.radius_mm = median(radii);
  for (std::size_t r = 0; r < rays; ++r)  // a ray into a branch says nothing about the middle
    if (std::isfinite(radius[r]))
      cut.shift_mm = cut.shift_mm + (2.0 / rays * std::min(radius[r], 1.5 * cut.radius_mm)) * way[r];
  return cut;
}

}  // namespace snitt::trees
