#pragma once
#include <optional>
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// Where the trachea is cut by a slice across the body.
struct TracheaCut {
  std::vector<std::size_t> voxels;  ///< of that slice
  double area_mm2 = 0;
  int axis = 2;       ///< image axis that runs along the body
  int downwards = 1;  ///< step of the index along it that leads to the feet
};

/// The trachea as the dark round spot that goes on for 15 mm and more at about the same place in the slices
/// of the upper half of the image, neither touching the image's sides nor changing its area by half, the
/// roundest and most central one (in the manner of van Ginneken et al. 2008). Throws ComputationError, saying
/// what to do, when there is none.
TracheaCut find_trachea(const image::ScalarVolume& ct);

/// The cut through a point that the user gives (mm). Throws InputError when the point lies outside the image
/// or is not air (above -700 HU).
TracheaCut trachea_at(const image::ScalarVolume& ct, Vec3 seed_mm);

}  // namespace snitt::trees
