#pragma once
#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// What an image shows of a tube.
enum class TubeContrast {
  mask,    ///< 1 inside, 0 outside: the edge is at one half
  dark,    ///< airways: the edge is half way between the lumen and the wall's crest
  bright,  ///< vessels: half way between the middle and what lies around
};

/// A cut across a tube.
struct CrossSection {
  double radius_mm = 0;  ///< median over the rays; NaN when too few rays met an edge
  Vec3 shift_mm;         ///< from the point to the middle of the cut, in its plane
  double lumen = 0;      ///< value in the middle
  double outside = 0;    ///< median of the wall's crest, or of what lies around
};

/// Measured along 32 rays from `local_mm` (VoxelGrid::local_mm) at right angles to `along`, out to 2.5 times
/// `expected_mm` and three voxels.
CrossSection cross_section(const image::ScalarVolume& image, TubeContrast contrast, Vec3 local_mm, Vec3 along,
                           double expected_mm);

}  // namespace snitt::trees
