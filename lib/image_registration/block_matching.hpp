#pragma once
#include "image_registration/image_pair.hpp"
#include "image_registration/linear_model.hpp"

namespace snitt::image_registration {

/// A rough map from blocks that look alike, which forgives what has no counterpart (Ourselin et al. 2001,
/// Modat et al. 2014). The half of the fixed image's blocks of 4 x 4 x 4 coarse voxels that vary most are
/// each sought in the moving image, as the present map takes it, up to three voxels away along each axis; the
/// best correlation, of either sign, counts. The map is then fitted to the half of the block pairs that it
/// fits best (least trimmed squares), and so on at two resolutions. Gives `start` back where fewer than eight
/// blocks find a partner.
Matrix4 match_blocks(const ImagePair& pair, const Matrix4& start, LinearModel model);

}  // namespace snitt::image_registration
