#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "quality/local_noise.hpp"

/// Noise of a patient image without a region drawn by hand: the most frequent standard deviation of small
/// neighbourhoods in soft tissue (Christianson et al. 2015, doi 10.2214/AJR.14.13613).
namespace snitt::quality {

enum class TissueMask {
  /// The mean of the kernel around a pixel is in the range, and so are those of all pixels of the kernel:
  /// noise tears no holes, and edges of organs are out.
  local_mean,
  /// The pixel itself is in the range, as published.
  pixel,
  /// The same, and all other pixels are set to 0 HU before deviations are taken (actilib).
  pixel_others_zero
};

struct GlobalNoiseOptions {
  TissueMask mask = TissueMask::local_mean;
  double lowest_hu = 0;
  double highest_hu = 150;
  double kernel_mm = 6;
  KernelShape shape = KernelShape::square;
  DeviationOf deviation = DeviationOf::sample;
  double bin_hu = 0.1;
  ModeEstimate estimate = ModeEstimate::smooth;
  double smallest_tissue_mm2 = 1000;  ///< with less in the mask there is no noise level
  double metal_hu = 2500;             ///< denser than bone
  double smallest_metal_mm2 = 4;      ///< less is a speck of noise
};

/// What was measured on the way, for what is measured next. All [row, column].
struct NoiseField {
  LocalStatistics local;
  std::vector<std::uint8_t> tissue;  ///< pixels whose local mean is soft tissue's
  std::vector<std::uint8_t> mask;    ///< pixels whose deviations were counted
};

struct GlobalNoise {
  double noise_hu;        ///< the global noise level; NaN when there is too little tissue
  double width_hu;        ///< spread of the deviations around it
  double rms_hu;          ///< root of the mean variance that a chi distribution of this mode and width has
  double tissue_mm2 = 0;  ///< area of the mask
  double soft_tissue_hu;  ///< mean over the mask
  double soft_spread_hu;  ///< standard deviation of local means over the mask: structure and coarse noise
  double fat_hu;          ///< median of local means from -150 to -30 HU, apart from edges; NaN without fat
  double fat_mm2 = 0;
  double dense_hu;  ///< mean of pixels with local means of 200 HU and more: bone, enhanced vessels
  double dense_mm2 = 0;
  double anisotropy;     ///< of the noise: differences between rows over those between columns, rms
  double metal_mm2 = 0;  ///< area at metal_hu and more
  GlobalNoise();
};

/// In the pixels of `body`, [row, column] of zeros and ones. `field` is filled on the way.
GlobalNoise global_noise(const ImagePlane& plane, std::span<const std::uint8_t> body,
                         const GlobalNoiseOptions& options, NoiseField& field);

}  // namespace snitt::quality
