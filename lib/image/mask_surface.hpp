#pragma once
#include "data/point_set.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::image {

/// The surface of a mask in millimetres, triangles counter-clockwise from outside, normals outwards. The mask
/// is smoothed with a Gaussian of `smoothing_mm` (0: of 0.7 of the largest spacing), which puts the surface
/// between the voxels; then one vertex in each cell of eight voxels that the level 1/2 cuts, at the mean of
/// the cuts of its edges (surface nets, Gibson 1998). Where the mask meets the image's border there is no
/// surface: it is cut there by the image, not by the object. Throws ComputationError when nothing is left of
/// the mask, and when it has no surface inside the image.
PointSet mask_surface(const VoxelMask& mask, double smoothing_mm = 0);

}  // namespace snitt::image
