#include <algorithm>
#include <cmath>

#include "image_registration/deformable.hpp"
#include "image_registration/level_images.hpp"

namespace snitt::image_registration {
namespace {

/// Edge of a cube as large as a voxel.
double voxel_edge(const VolumeGeometry& geometry) {
  const Vec3& s = geometry.spacing_mm;
  return std::cbrt(s.x * s.y * s.z);
}

double voxels_at(const VolumeGeometry& geometry, double voxel_mm) {
  const auto factors = shrink_factors(geometry, voxel_mm);
  return static_cast<double>(image::shrunk(geometry, factors).voxels());
}

/// Bytes per voxel of the fixed image at a level: its values, the domain's weights, and per channel warped
/// value, slope and derivative.
constexpr double bytes_per_fixed_voxel = 8 + 2 * 20;
constexpr double bytes_per_moving_voxel = 2 * 4;

/// Voxels of the coarsest level; one more level of half the voxels tries half as many.
constexpr double discrete_reach = 8;

}  // namespace

DeformablePlan deformable_plan(const VolumeGeometry& fixed, const VolumeGeometry& moving,
                               const DeformableSettings& settings) {
  const bool is_fast = settings.preset == DeformablePreset::fast;
  const bool is_accurate = settings.preset == DeformablePreset::accurate;
  // Voxels at the finest level: beyond that, finer ones cost much and say little about a smooth field.
  const double most = is_fast ? 1.5e6 : is_accurate ? 1e8 : 1.2e7;
  double edge = voxel_edge(fixed);
  if (is_fast) edge *= 2;
  while (voxels_at(fixed, edge) > most) edge *= 1.1;
  const double finest = settings.control_spacing_mm.value_or((is_fast ? 8 : is_accurate ? 10 : 12) * edge);
  const auto at_least = [&](double voxels) { return std::max(finest, voxels * edge); };

  DeformablePlan plan;
  if (is_fast) {
    plan.levels = {{2 * edge, at_least(16), 20}, {edge, at_least(16), 25}, {edge, finest, 15}};
  } else {
    plan.levels = {{4 * edge, at_least(32), 20}, {2 * edge, at_least(32), 30}, {2 * edge, at_least(16), 20}};
    if (is_accurate) plan.levels.push_back({edge, at_least(16), 30});
    plan.levels.push_back({edge, finest, is_accurate ? 40 : 20});
  }
  plan.search_mm = settings.searches ? discrete_reach * plan.levels[0].voxel_mm : 0;
  plan.window_mm = 2 * edge;
  plan.bending_mm2 = settings.bending_mm2.value_or(20 * edge * edge);
  plan.memory_bytes = static_cast<std::size_t>(bytes_per_fixed_voxel * voxels_at(fixed, edge) +
                                               bytes_per_moving_voxel * voxels_at(moving, edge));
  return plan;
}

}  // namespace snitt::image_registration
