#include "trees/wall_lines.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace snitt::trees {

WallLines::WallLines(const image::ScalarVolume& ct, double wall_hu, double rise_hu)
    : ct_(ct), grid_(ct.geometry), wall_hu_(wall_hu), rise_hu_(rise_hu) {
  constexpr double farthest_mm = 40;
  const Vec3& spacing = ct.geometry.spacing_mm;
  step_mm_ = std::min({spacing.x, spacing.y, spacing.z});
  for (std::size_t direction = 0; direction < ways_.size(); ++direction) {
    const auto& by = grid_.steps()[direction].by;  // of voxels, but as a direction in mm
    const Vec3 way =
        unit({static_cast<double>(by[0]), static_cast<double>(by[1]), static_cast<double>(by[2])});
    for (double r = step_mm_; r < farthest_mm; r += step_mm_) {
      Stop stop{};
      for (std::size_t a = 0; a < 3; ++a) stop.by[a] = static_cast<int>(std::lround(r * way[a] / spacing[a]));
      stop.offset =
          (static_cast<std::ptrdiff_t>(stop.by[2]) * static_cast<std::ptrdiff_t>(ct.geometry.size[1]) +
           stop.by[1]) *
              static_cast<std::ptrdiff_t>(ct.geometry.size[0]) +
          stop.by[0];
      ways_[direction].push_back(stop);
    }
  }
}

bool WallLines::meets_wall(const std::array<std::size_t, 3>& place, std::uint32_t voxel,
                           std::size_t direction, std::size_t stops) const {
  const double wall = std::max(wall_hu_, static_cast<double>(ct_.values[voxel]) + rise_hu_);
  const auto& size = ct_.geometry.size;
  for (std::size_t s = 0; s < stops; ++s) {
    const Stop& stop = ways_[direction][s];
    for (std::size_t a = 0; a < 3; ++a) {
      const auto at = static_cast<std::ptrdiff_t>(place[a]) + stop.by[a];
      if (at < 0 || at >= static_cast<std::ptrdiff_t>(size[a])) return true;
    }
    if (static_cast<double>(ct_.values[static_cast<std::size_t>(voxel + stop.offset)]) > wall) return true;
  }
  return false;
}

std::size_t WallLines::count(std::uint32_t voxel, double reach_mm) const {
  const auto place = grid_.place(voxel);
  const std::size_t stops = std::min(ways_[0].size(), static_cast<std::size_t>(reach_mm / step_mm_));
  std::size_t lines = 0;
  for (std::size_t d = 0; d < 13; ++d)
    if (meets_wall(place, voxel, d, stops) && meets_wall(place, voxel, 25 - d, stops)) ++lines;
  return lines;
}

double growth_reach_mm(double area_mm2, const Vec3& spacing_mm) {
  return 2.4 * std::sqrt(area_mm2 / std::numbers::pi) +
         std::max(1.5, std::max({spacing_mm.x, spacing_mm.y, spacing_mm.z}));
}

LungLevels lung_levels(const image::ScalarVolume& ct) {
  constexpr int low = -980;
  constexpr int high = -500;
  constexpr int bin = 5;
  std::array<double, (high - low) / bin> counts{};
  for (const float v : ct.values)
    if (v >= low && v < high) counts[static_cast<std::size_t>((v - low) / bin)] += 1;
  LungLevels levels;
  const auto mode = std::max_element(counts.begin() + 4, counts.end());
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (total < 0.01 * static_cast<double>(ct.values.size()) || *mode == 0) return levels;
  const auto at = mode - counts.begin();
  // Upwards the mode has vessels on it, downwards only tissue: the lower half width is the cleaner one.
  auto half = at;
  while (half > 0 && counts[static_cast<std::size_t>(half)] > 0.5 * *mode) --half;
  levels.mean_hu = low + bin * (static_cast<double>(at) + 0.5);
  levels.deviation_hu = std::max(10.0, bin * static_cast<double>(at - half) / 1.177);
  levels.found = true;
  return levels;
}

}  // namespace snitt::trees
