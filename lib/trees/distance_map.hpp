#pragma once
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// [voxel] distance in mm from its centre to the nearest centre outside the mask, 0 outside; the image's rim
/// is no border, as airways and vessels go on beyond it (image/distance_transform.hpp).
std::vector<float> distance_map(const image::VoxelMask& mask);

}  // namespace snitt::trees
