#pragma once
#include "image/deformation.hpp"

/// How well a sampled inverse holds, and where nothing can be said.
namespace snitt::image {

/// At the voxel centers of the inverse's first field and in the middle of its cells.
struct InverseCheck {
  DistanceSummary inside;  ///< of points that stay in the fields of both transforms all the way
  /// Points that leave one, and middles of cells with such a voxel: the rim of a field is a tear, where
  /// nothing has an inverse.
  std::size_t outside = 0;
  double outside_percent = 0;
};
InverseCheck check_inverse(const SpatialTransform& inverse, const SpatialTransform& transform);

/// Share of what the first bending step of `transform` moves that comes to lie in the box of `grid`, in
/// percent; 100 where no step has a grid.
double covered_percent(const SpatialTransform& transform, const VolumeGeometry& grid);

}  // namespace snitt::image
