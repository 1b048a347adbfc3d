#pragma once
#include <optional>
#include <vector>

#include "image_registration/bspline_image.hpp"

namespace snitt::image_registration {

/// Places in the fixed image at which it is compared, with its values there.
struct FixedSamples {
  Vec3 center_mm;        ///< mean of the places, in fixed space
  double radius_mm = 1;  ///< root mean square distance from it
  std::vector<float> x;  ///< [sample] mm from the center
  std::vector<float> y;
  std::vector<float> z;
  std::vector<float> value;
  std::size_t size() const { return value.size(); }
  Vec3 place(std::size_t i) const { return center_mm + Vec3{x[i], y[i], z[i]}; }
};

/// About `wanted` places (or one per voxel, if that is fewer): one in each cell of a regular grid, shaken
/// within its cell by a hash of the cell's number, so that neither grid of voxels is favored (Thevenaz et al.
/// 2008) and the same places come again in every run. Only inside `mask`, on any grid. The outermost `rim_mm`
/// (at most a twentieth of the image at either end) are left out: images that were resampled or cut before
/// end in an edge there, and interpolation across it pulls.
FixedSamples fixed_samples(const BSplineImage& image, const std::optional<image::VoxelMask>& mask,
                           std::size_t wanted, double rim_mm);

}  // namespace snitt::image_registration
