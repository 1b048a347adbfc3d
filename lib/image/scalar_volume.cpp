#include "image/scalar_volume.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace snitt::image {
namespace {

void refuse_what_is_not_scalar(const Volume& volume, const std::string& path) {
  if (volume.format.components != 1)
    throw InputError("{}: has {} components per voxel; expected one number (a grey image)", path,
                     volume.format.components);
  if (volume.time_points != 1)
    throw InputError("{}: has {} time points; expected one image (export one of them)", path,
                     volume.time_points);
  const auto& size = volume.geometry.size;
  if (volume.dimensions == 2 || *std::min_element(size.begin(), size.end()) < 2)
    throw InputError("{}: is {} x {} x {} voxels; expected a 3-D image of at least two along each axis", path,
                     size[0], size[1], size[2]);
}

std::string voxel_text(const VolumeGeometry& geometry, std::size_t index) {
  const std::size_t row = index / geometry.size[0];
  return fmt::format("({}, {}, {})", index % geometry.size[0], row % geometry.size[1],
                     row / geometry.size[1]);
}

void refuse_what_is_not_finite(const ScalarVolume& volume, const std::string& path) {
  const auto is_bad = [](float value) { return !std::isfinite(value); };
  const auto bad = std::find_if(volume.values.begin(), volume.values.end(), is_bad);
  if (bad == volume.values.end()) return;
  throw InputError(
      "{}: voxel {} is {}, as {} of {} voxels are no finite numbers; expected all finite (replace them "
      "first)",
      path, voxel_text(volume.geometry, static_cast<std::size_t>(bad - volume.values.begin())), *bad,
      std::count_if(bad, volume.values.end(), is_bad), volume.values.size());
}

}  // namespace

std::size_t VoxelMask::count() const { return std::accumulate(inside.begin(), inside.end(), std::size_t{0}); }

ScalarVolume scalar_volume(const Volume& volume, const std::string& path) {
  refuse_what_is_not_scalar(volume, path);
  ScalarVolume scalar{volume.geometry, {}};
  scalar.values.resize(volume.geometry.voxels());
  visit_pixel_type(volume.format.type, [&](auto tag) {
    const auto values = volume.values<typename decltype(tag)::type>();
    std::transform(values.begin(), values.end(), scalar.values.begin(),
                   [](auto value) { return static_cast<float>(value); });
  });
  refuse_what_is_not_finite(scalar, path);
  return scalar;
}

VoxelMask voxel_mask(const Volume& volume, const std::string& path) {
  const ScalarVolume scalar = scalar_volume(volume, path);
  VoxelMask mask{scalar.geometry, std::vector<std::uint8_t>(scalar.values.size())};
  std::transform(scalar.values.begin(), scalar.values.end(), mask.inside.begin(),
                 [](float value) { return static_cast<std::uint8_t>(value != 0); });
  if (mask.count() == 0)
    throw InputError("{}: the mask is empty: all its {} voxels are 0; expected some above 0", path,
                     mask.inside.size());
  return mask;
}

Matrix4 space_to_index(const VolumeGeometry& geometry) { return inverse(index_to_space(geometry)); }

VoxelMask on_grid(const VoxelMask& mask, const VolumeGeometry& grid) {
  if (mask.geometry == grid) return mask;
  VoxelMask out{grid, std::vector<std::uint8_t>(grid.voxels())};
  const Matrix4 to_mask = space_to_index(mask.geometry) * index_to_space(grid);
  std::size_t voxel = 0;
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
        const Vec3 at = transform_point(
            to_mask, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        std::array<std::size_t, 3> nearest{};
        bool is_within = true;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const double rounded = std::floor(at[axis] + 0.5);
          is_within = is_within && rounded >= 0 && rounded < static_cast<double>(mask.geometry.size[axis]);
          if (is_within) nearest[axis] = static_cast<std::size_t>(rounded);
        }
        if (is_within)
          out.inside[voxel] =
              mask.inside[(nearest[2] * mask.geometry.size[1] + nearest[1]) * mask.geometry.size[0] +
                          nearest[0]];
      }
  return out;
}

VolumeGeometry shrunk(const VolumeGeometry& geometry, const std::array<std::size_t, 3>& factors) {
  VolumeGeometry small = geometry;
  Vec3 first;  // centre of the first block, in old voxels
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto factor = static_cast<double>(factors[axis]);
    small.size[axis] = std::max<std::size_t>(1, geometry.size[axis] / factors[axis]);
    small.spacing_mm[axis] *= factor;
    first[axis] = 0.5 * (factor - 1);
  }
  small.origin_mm = transform_point(index_to_space(geometry), first);
  return small;
}

}  // namespace snitt::image
