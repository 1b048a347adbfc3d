#pragma once
#include <cstdint>
#include <vector>

#include "data/volume.hpp"

namespace snitt::image {

/// How two images agree about one label. Distances are between the voxel centers of the label's boundary
/// (voxels with a face on another label or on the image's rim), in mm, by exact Euclidean distance
/// transforms.
struct LabelAgreement {
  std::int64_t label = 0;
  std::size_t first_voxels = 0;
  std::size_t second_voxels = 0;
  std::size_t common_voxels = 0;
  double dice = 0;            ///< 2 |A and B| / (|A| + |B|)
  double jaccard = 0;         ///< |A and B| / |A or B|
  double hausdorff_mm = 0;    ///< largest distance from either boundary to the other; NaN if one is missing
  double hausdorff95_mm = 0;  ///< the larger of the 95th percentiles of both directions
  double mean_surface_distance_mm = 0;  ///< mean of the distances of both directions together
};

/// One row for every label but 0 that either has, in rising order. Throws InputError: different grids,
/// colours, several time points, values that are not whole, more than 1000 labels, no label at all.
std::vector<LabelAgreement> compare_labels(const Volume& first, const Volume& second);

}  // namespace snitt::image
