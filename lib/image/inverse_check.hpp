#pragma once
#include "image/deformation.hpp"

/// How well a sampled inverse holds, and where nothing can be said.
namespace snitt::image {

/// At the voxel centers of a grid and in the middle of its cells, as inverse_consistency.
struct InverseCheck {
  DistanceSummary inside;  ///< of points that stay in the fields of both transforms all the way
  std::size_t outside =
      0;  ///< points that leave one: at the rim of a field, which is a tear, none has an inverse
  double outside_percent = 0;
};
InverseCheck check_inverse(const SpatialTransform& inverse, const SpatialTransform& transform,
                           const VolumeGeometry& grid);

/// Share of what the first bending step of `transform` moves that comes to lie in the box of `grid`, in
/// percent; 100 where no step has a grid.
double covered_percent(const SpatialTransform& transform, const VolumeGeometry& grid);

}  // namespace snitt::image
