#include "trees/distance_map.hpp"

#include <algorithm>
#include <cmath>

#include "image/distance_transform.hpp"

namespace snitt::trees {

std::vector<float> distance_map(const image::VoxelMask& mask) {
  std::vector<std::uint8_t> outside(mask.inside.size());
  std::transform(mask.inside.begin(), mask.inside.end(), outside.begin(),
                 [](std::uint8_t inside) { return static_cast<std::uint8_t>(inside == 0); });
  const std::vector<double> squared =
      image::squared_distances(outside, mask.geometry.size, mask.geometry.spacing_mm);
  constexpr double farthest_mm = 1e6;  // of an image that has no outside
  std::vector<float> map(squared.size());
  std::transform(squared.begin(), squared.end(), map.begin(),
                 [=](double d2) { return static_cast<float>(std::min(std::sqrt(d2), farthest_mm)); });
  return map;
}

}  // namespace snitt::trees
