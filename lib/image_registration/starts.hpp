#pragma once
#include <string>

#include "image_registration/image_pair.hpp"

namespace snitt::image_registration {

/// Where a registration begins.
enum class Start {
  header,   ///< both images lie where their files say
  centers,  ///< the centers of both images fall together
  moments,  ///< the centers of mass do: weights are values above the image's 0.1th percentile, inside masks
};

/// Fixed to moving, a translation.
Matrix4 start_matrix(const ImagePair& pair, Start start);

/// Share of the fixed image (inside its mask) that falls on the moving image (inside its mask), over some
/// 30 000 places.
double overlap(const ImagePair& pair, const Matrix4& fixed_to_moving);

/// "x -90 to 90, y -91 to 125, z -71 to 109 mm": the box along the axes of space that holds all voxel
/// centers.
std::string box_text(const VolumeGeometry& geometry);
/// Center of the middle of the image.
Vec3 center_of(const VolumeGeometry& geometry);

/// Bytes that registering two such images takes at its peak, reading not counted.
std::size_t linear_memory(const VolumeGeometry& fixed, const VolumeGeometry& moving, std::size_t samples);

}  // namespace snitt::image_registration
