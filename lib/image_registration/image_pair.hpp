#pragma once
#include <optional>

#include "geometry/matrix.hpp"
#include "image/scalar_volume.hpp"

/// Registration of images: from two images to the map that takes points of the fixed to points of the moving
/// one. All matrices are in millimetres of space.
namespace snitt::image_registration {

struct ImagePair {
  image::ScalarVolume fixed;
  image::ScalarVolume moving;
  std::optional<image::VoxelMask> fixed_mask;   ///< on the fixed image's grid
  std::optional<image::VoxelMask> moving_mask;  ///< on the moving image's grid
};

}  // namespace snitt::image_registration
