#pragma once
#include "image_registration/image_pair.hpp"

namespace snitt::image_registration {

/// What self-similarity (ssc.hpp) says of a rigid placement that was found by another measure.
struct SecondOpinion {
  double apart_mm = 0;    ///< root mean square distance, at the compared places, to where SSC would have it
  double cost_here = 0;   ///< mean share of the descriptors' bits that differ, at the placement
  double cost_there = 0;  ///< and where SSC would have it
  double spacing_mm = 0;  ///< of the voxels that were compared
};

/// Searches by BOBYQA within 8 mm and 8 degrees of `fixed_to_moving` for the placement with the least
/// difference of self-similarity, over the fixed image (inside its mask) on isotropic voxels of twice the
/// coarser image's finest spacing.
SecondOpinion second_opinion(const ImagePair& pair, const Matrix4& fixed_to_moving);

}  // namespace snitt::image_registration
