#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/volume.hpp"
#include "geometry/matrix.hpp"

/// Images of one number per voxel as floats: what filters, registration and segmentation work on.
namespace snitt::image {

struct ScalarVolume {
  VolumeGeometry geometry;
  std::vector<float> values;  ///< [slice, row, column]
  float at(std::size_t i, std::size_t j, std::size_t k) const {
    return values[(k * geometry.size[1] + j) * geometry.size[0] + i];
  }
};

struct VoxelMask {
  VolumeGeometry geometry;
  std::vector<std::uint8_t> inside;  ///< [slice, row, column], 1 inside, 0 outside
  std::size_t count() const;
};

/// Throws InputError naming `path` and the way out: colours, several time points, a 2-D image (fewer than two
/// voxels along an axis), a value that is not finite (with its voxel and how many there are).
ScalarVolume scalar_volume(const Volume& volume, const std::string& path);

/// Every value but 0 is inside. Throws InputError as scalar_volume does, and for an empty mask.
VoxelMask voxel_mask(const Volume& volume, const std::string& path);

/// The mask on another grid, by the nearest voxel; outside the mask's own grid nothing is inside.
VoxelMask on_grid(const VoxelMask& mask, const VolumeGeometry& grid);

/// Index (i, j, k) of a point in mm: the inverse of index_to_space.
Matrix4 space_to_index(const VolumeGeometry& geometry);

/// Convolved along each axis with a Gaussian of standard deviation sigma_voxels[axis], cut at 4 sigma and
/// normalised, the image going on beyond its rim with the rim's values. Sums run in one order: the same
/// bytes for any number of threads.
ScalarVolume smoothed(const ScalarVolume& volume, const Vec3& sigma_voxels);

/// Geometry of every factor-th voxel: the first centre moves so that the new voxels cover factor old ones.
VolumeGeometry shrunk(const VolumeGeometry& geometry, const std::array<std::size_t, 3>& factors);
/// Means of blocks of factor[0] x factor[1] x factor[2] voxels; an incomplete block at the far rim is
/// dropped.
ScalarVolume shrunk(const ScalarVolume& volume, const std::array<std::size_t, 3>& factors);

/// Linear interpolation of `volume` at the centres of `grid` mapped by `grid_to_volume` (mm to mm);
/// `outside` beyond the outermost voxel centres.
ScalarVolume resampled(const ScalarVolume& volume, const VolumeGeometry& grid, const Matrix4& grid_to_volume,
                       float outside);

}  // namespace snitt::image
