#include "image_registration/fixed_samples.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace snitt::image_registration {
namespace {

/// Splitmix64 (Steele, Lea & Flood 2014): a number that looks random for each counter.
std::uint64_t hash(std::uint64_t counter) {
  std::uint64_t z = counter * 0x9e3779b97f4a7c15U + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

struct Grid {
  std::array<std::size_t, 3> cells{};
  Vec3 cell;   // in voxels
  Vec3 first;  // where the first cell begins, in voxels
};

/// Voxels at each end of an axis that are left out.
double left_out(double rim_mm, double spacing_mm, std::size_t voxels) {
  return std::min(rim_mm / spacing_mm, 0.05 * static_cast<double>(voxels));
}

/// Cells of about equal sides in mm, none smaller than a voxel.
Grid cells_for(const VolumeGeometry& geometry, double wanted, double rim_mm) {
  Vec3 extent;
  Grid grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.first[axis] = left_out(rim_mm, geometry.spacing_mm[axis], geometry.size[axis]);
    extent[axis] = static_cast<double>(geometry.size[axis] - 1) - 2 * grid.first[axis];
  }
  // Axes that a cube would cut finer than the voxels take these; the others share what is left.
  std::array<bool, 3> is_full{};
  for (int round = 0; round < 3; ++round) {
    double left = wanted;
    double space = 1;
    int free = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (is_full[axis]) {
        left /= extent[axis];
      } else {
        space *= extent[axis] * geometry.spacing_mm[axis];
        ++free;
      }
    if (free == 0) break;
    const double side = std::pow(space / std::max(left, 1.0), 1.0 / free);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (is_full[axis]) continue;
      const double count = std::floor(extent[axis] * geometry.spacing_mm[axis] / side + 0.5);
      is_full[axis] = count >= extent[axis];
      grid.cells[axis] = static_cast<std::size_t>(std::clamp(count, 1.0, std::max(1.0, extent[axis])));
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.cell[axis] = extent[axis] / static_cast<double>(grid.cells[axis]);
  return grid;
}

struct Layer {
  std::vector<Vec3> places;
  std::vector<float> values;
};

Layer sample_layer(const BSplineImage& image, const image::VoxelMask* mask, const Matrix4& to_mask,
                   const Matrix4& to_space, const Grid& grid, std::size_t k) {
  Layer layer;
  for (std::size_t j = 0; j < grid.cells[1]; ++j)
    for (std::size_t i = 0; i < grid.cells[0]; ++i) {
      const std::uint64_t bits = hash((k * grid.cells[1] + j) * grid.cells[0] + i);
      const auto shaken = [&](std::size_t cell, int shift, double side) {
        const auto fraction = static_cast<double>((bits >> shift) & 0xfffffU) / 1048576.0;
        return (static_cast<double>(cell) + fraction) * side;
      };
      const Vec3 at = grid.first +
                      Vec3{shaken(i, 0, grid.cell.x), shaken(j, 20, grid.cell.y), shaken(k, 40, grid.cell.z)};
      if (mask != nullptr) {
        const Vec3 in_mask = transform_point(to_mask, at);
        std::size_t voxel = 0;
        bool is_within = true;
        for (std::size_t axis = 3; axis-- > 0;) {
          const double nearest = std::floor(in_mask[axis] + 0.5);
          is_within = is_within && nearest >= 0 && nearest < static_cast<double>(mask->geometry.size[axis]);
          if (is_within) voxel = voxel * mask->geometry.size[axis] + static_cast<std::size_t>(nearest);
        }
        if (!is_within || mask->inside[voxel] == 0) continue;
      }
      layer.places.push_back(transform_point(to_space, at));
      layer.values.push_back(image.value_at(at.x, at.y, at.z));
    }
  return layer;
}

FixedSamples joined(const std::vector<Layer>& layers) {
  FixedSamples samples;
  double n = 0;
  Vec3 sum;
  for (const Layer& layer : layers)
    for (const Vec3 p : layer.places) {
      sum = sum + p;
      ++n;
    }
  if (n == 0) return samples;
  samples.center_mm = (1 / n) * sum;
  double squares = 0;
  for (const Layer& layer : layers) {
    for (const Vec3 p : layer.places) {
      const Vec3 d = p - samples.center_mm;
      squares += dot(d, d);
      samples.x.push_back(static_cast<float>(d.x));
      samples.y.push_back(static_cast<float>(d.y));
      samples.z.push_back(static_cast<float>(d.z));
    }
    samples.value.insert(samples.value.end(), layer.values.begin(), layer.values.end());
  }
  samples.radius_mm = std::max(1e-3, std::sqrt(squares / n));
  return samples;
}

}  // namespace

FixedSamples fixed_samples(const BSplineImage& image, const std::optional<image::VoxelMask>& mask,
                           std::size_t wanted, double rim_mm) {
  const VolumeGeometry& geometry = image.geometry();
  double share = 1;
  Matrix4 to_mask;
  if (mask) {
    share = std::max(1.0, static_cast<double>(mask->count())) / static_cast<double>(mask->inside.size());
    to_mask = image::space_to_index(mask->geometry) * index_to_space(geometry);
  }
  const Grid grid = cells_for(geometry, static_cast<double>(wanted) / share, rim_mm);
  std::vector<Layer> layers(grid.cells[2]);
  const Matrix4 to_space = index_to_space(geometry);
  tbb::parallel_for(std::size_t{0}, grid.cells[2], [&](std::size_t k) {
    layers[k] = sample_layer(image, mask ? &*mask : nullptr, to_mask, to_space, grid, k);
  });
  return joined(layers);
}

}  // namespace snitt::image_registration
