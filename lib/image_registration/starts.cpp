#include "image_registration/starts.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "image_registration/linear_metric.hpp"

namespace snitt::image_registration {
namespace {

Matrix4 translation(Vec3 by) {
  Matrix4 matrix;
  for (std::size_t axis = 0; axis < 3; ++axis) matrix(axis, 3) = by[axis];
  return matrix;
}

struct Mass {
  double sum = 0;
  Vec3 first;  // in voxels
};

Vec3 center_of_mass(const image::ScalarVolume& volume, const std::optional<image::VoxelMask>& mask) {
  const double low = static_cast<double>(robust_range(volume.values).low);
  const auto [nx, ny, nz] = volume.geometry.size;
  std::vector<Mass> slices(nz);
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    std::size_t voxel = k * ny * nx;
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i, ++voxel) {
        if (mask && mask->inside[voxel] == 0) continue;
        const double weight = std::max(0.0, static_cast<double>(volume.values[voxel]) - low);
        slices[k].sum += weight;
        slices[k].first = slices[k].first + weight * Vec3{static_cast<double>(i), static_cast<double>(j),
                                                          static_cast<double>(k)};
      }
  });
  Mass all;
  for (const Mass& slice : slices) all = {all.sum + slice.sum, all.first + slice.first};
  if (all.sum <= 0) return center_of(volume.geometry);
  return transform_point(index_to_space(volume.geometry), (1 / all.sum) * all.first);
}

bool is_inside(const std::optional<image::VoxelMask>& mask, const VolumeGeometry& geometry, Vec3 index) {
  std::size_t voxel = 0;
  for (std::size_t axis = 3; axis-- > 0;) {
    const double nearest = std::floor(index[axis] + 0.5);
    if (!(nearest >= 0 && nearest < static_cast<double>(geometry.size[axis]))) return false;
    voxel = voxel * geometry.size[axis] + static_cast<std::size_t>(nearest);
  }
  return !mask || mask->inside[voxel] != 0;
}

}  // namespace

Vec3 center_of(const VolumeGeometry& geometry) {
  Vec3 middle;
  for (std::size_t axis = 0; axis < 3; ++axis)
    middle[axis] = 0.5 * static_cast<double>(geometry.size[axis] - 1);
  return transform_point(index_to_space(geometry), middle);
}

Matrix4 start_matrix(const ImagePair& pair, Start start) {
  if (start == Start::centers)
    return translation(center_of(pair.moving.geometry) - center_of(pair.fixed.geometry));
  if (start == Start::moments)
    return translation(center_of_mass(pair.moving, pair.moving_mask) -
                       center_of_mass(pair.fixed, pair.fixed_mask));
  return {};
}

double overlap(const ImagePair& pair, const Matrix4& fixed_to_moving) {
  constexpr std::size_t wanted = 30'000;
  const VolumeGeometry& fixed = pair.fixed.geometry;
  const double share =
      pair.fixed_mask ? static_cast<double>(pair.fixed_mask->count()) / static_cast<double>(fixed.voxels())
                      : 1;
  const double every = std::cbrt(share * static_cast<double>(fixed.voxels()) / wanted);
  const auto stride = static_cast<std::size_t>(std::max(1.0, std::floor(every)));
  const Matrix4 to_moving =
      image::space_to_index(pair.moving.geometry) * fixed_to_moving * index_to_space(fixed);
  std::size_t all = 0;
  std::size_t met = 0;
  for (std::size_t k = stride / 2; k < fixed.size[2]; k += stride)
    for (std::size_t j = stride / 2; j < fixed.size[1]; j += stride)
      for (std::size_t i = stride / 2; i < fixed.size[0]; i += stride) {
        const Vec3 at{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        if (!is_inside(pair.fixed_mask, fixed, at)) continue;
        ++all;
        if (is_inside(pair.moving_mask, pair.moving.geometry, transform_point(to_moving, at))) ++met;
      }
  return all == 0 ? 0 : static_cast<double>(met) / static_cast<double>(all);
}

std::string box_text(const VolumeGeometry& geometry) {
  Vec3 low{std::numeric_limits<double>::max(), std::numeric_limits<double>::max(),
           std::numeric_limits<double>::max()};
  Vec3 high = -1.0 * low;
  const Matrix4 to_space = index_to_space(geometry);
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (std::size_t axis = 0; axis < 3; ++axis)
      index[axis] = (corner >> axis & 1U) != 0 ? static_cast<double>(geometry.size[axis] - 1) : 0;
    const Vec3 p = transform_point(to_space, index);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], p[axis]);
      high[axis] = std::max(high[axis], p[axis]);
    }
  }
  return fmt::format("x {:.4g} to {:.4g}, y {:.4g} to {:.4g}, z {:.4g} to {:.4g} mm", low.x, high.x, low.y,
                     high.y, low.z, high.z);
}

std::size_t linear_memory(const VolumeGeometry& fixed, const VolumeGeometry& moving, std::size_t samples) {
  constexpr std::size_t program = 50U << 20U;  // the libraries and the histograms of all parts
  constexpr std::size_t per_sample = 40;
  const std::size_t images = 4 * (fixed.voxels() + moving.voxels());
  return program + images + std::max(4 * fixed.voxels(), 4 * moving.voxels()) +
         per_sample * std::min(samples, fixed.voxels());
}

}  // namespace snitt::image_registration
