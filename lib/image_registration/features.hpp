#pragma once
#include <vector>

#include "image/scalar_volume.hpp"
#include "image_registration/warp.hpp"

/// Images made of an image, for metrics that want more than its values.
namespace snitt::image_registration {

/// Zero mean and unit variance over the weights (or everywhere when there are none).
struct Normalisation {
  double mean = 0;
  double deviation = 1;
};
Normalisation normalisation_of(const std::vector<float>& values, const std::vector<float>& weights = {});
void normalise(std::vector<float>& values, const Normalisation& by);

/// Length of the gradient by central differences (one-sided at the rim), per millimetre.
std::vector<float> gradient_magnitude(const image::ScalarVolume& volume);

/// What the fixed image is on average where the moving image has a certain value: a table over the moving
/// image's range, linear between its entries. Where bins hold few voxels their neighbours speak for them.
struct IntensityMap {
  float low = 0;
  float step = 1;
  std::vector<float> expected;
  double correlation_ratio = 0;  ///< share of the fixed image's variance that the map explains
  double linear_share = 0;       ///< share that a straight line through the same pairs explains
};
IntensityMap intensity_map(const std::vector<float>& fixed, const std::vector<float>& moving,
                           const std::vector<float>& weights);
std::vector<float> mapped(const IntensityMap& map, const std::vector<float>& moving);

}  // namespace snitt::image_registration
