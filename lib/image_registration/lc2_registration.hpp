#pragma once
#include "image_registration/linear_registration.hpp"

namespace snitt::image_registration {

struct Lc2Options {
  LinearModel model = LinearModel::rigid;
  double reach_mm = 20;      ///< the search stays within so far from the start …
  double reach_deg = 20;     ///< … and within this turn
  std::size_t starts = 400;  ///< places within the reach that are looked at first, at the coarsest resolution
  std::size_t climbs = 6;    ///< of which so many are climbed from
};

/// Ultrasound, the fixed image of `pair`, to another modality by Lc2, from coarse to fine resolution, each by
/// BOBYQA (Powell 2009): from the best of places strewn evenly within the reach at the coarsest one, then
/// from where the one before ended. `repeatability_mm` as register_linear has it, from the two colours of a
/// checkerboard of patches; `agreeing_starts` is the share of the climbs that end at the best. Throws
/// ComputationError when fewer than 20 patches vary or a tenth of them lie on the moving image at the start.
LinearResult register_lc2(const ImagePair& pair, const Matrix4& start, const Lc2Options& options,
                          Monitor& monitor);

}  // namespace snitt::image_registration
