#pragma once
#include <optional>
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::image_registration {

/// Spacings of the resolutions at which two images are compared, the coarsest first: each half of the one
/// before, the last the coarser of the two images' finest spacings, the first such that both images are still
/// about 20 voxels long.
std::vector<double> level_spacings(const VolumeGeometry& fixed, const VolumeGeometry& moving);

/// Blocks of voxels averaged along each axis as far as they fit into `spacing_mm`, leaving at least 8 along
/// it. Nothing where that is the image itself.
std::optional<image::ScalarVolume> at_resolution(const image::ScalarVolume& volume, double spacing_mm);

}  // namespace snitt::image_registration
