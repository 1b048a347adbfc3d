#pragma once
#include <cstddef>
#include <vector>

#include "data/spatial_transform.hpp"
#include "data/transform_chain.hpp"
#include "image/scalar_volume.hpp"

/// Transforms looked at on grids: as one field, their inverse, how they stretch and fold space.
namespace snitt::image {

/// The chain as one displacement field on `grid`, in the space the chain starts from. Voxels without an
/// inverse take the mean of their neighbours, again and again until all have a vector; `error` counts them.
/// Throws ComputationError when more than half have none.
DisplacementStep displacement_field(const ChainMapper& chain, const VolumeGeometry& grid,
                                    InverseError& error);

/// Distances in mm, in short.
struct DistanceSummary {
  std::size_t count = 0;
  double mean = 0;
  double median = 0;
  double percentile95 = 0;
  double largest = 0;
  double rms = 0;
};
DistanceSummary summary_of(std::vector<double> distances_mm);

/// Distance between x and second(first(x)) at the voxel centers of `grid` and in the middle of its cells,
/// where a sampled field is at its worst. Points that leave the grid of either on the way count: so it is.
DistanceSummary inverse_consistency(const SpatialTransform& first, const SpatialTransform& second,
                                    const VolumeGeometry& grid, const VoxelMask* mask);

/// Distance between what the chain and what the field sampled from it make of the middles of the grid's
/// cells, where both are defined.
DistanceSummary sampling_error(const ChainMapper& chain, const SpatialTransform& field,
                               const VolumeGeometry& grid);

/// Determinants of the derivative (volume after over volume before).
struct DeformationStatistics {
  std::size_t voxels = 0;
  std::size_t folded = 0;  ///< of them with a determinant of 0 or less
  double folded_percent = 0;
  double lowest = 0;
  double highest = 0;
  // Of the logarithm of the determinant, where it is above 0:
  double log_mean = 0;
  double log_standard_deviation = 0;
  double log_percentile5 = 0;
  double log_percentile95 = 0;
  double log_lowest = 0;
  double log_highest = 0;
};

/// At the voxel centers of `grid`, where a displacement field's derivative is that of central differences;
/// with a mask (on the same grid) at its voxels only. Throws InputError for an empty mask and one of another
/// grid.
DeformationStatistics deformation_statistics(const SpatialTransform& transform, const VolumeGeometry& grid,
                                             const VoxelMask* mask);

/// The grid that a step bends space on: a displacement field's own; of a B-spline the region it moves, at a
/// quarter of the distance of its control points; nothing for others.
std::optional<VolumeGeometry> own_grid(const TransformStep& step);
/// That of the first step that has one.
std::optional<VolumeGeometry> own_grid(const SpatialTransform& transform);

/// The same box with another spacing along all axes; its outer voxels' centers are in the same corner.
VolumeGeometry respaced(const VolumeGeometry& grid, double spacing_mm);

}  // namespace snitt::image
