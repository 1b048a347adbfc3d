#include "calibration/frame_groups.hpp"

#include <algorithm>

namespace snitt::calibration {

std::size_t frames_per_group(std::span<const double> whitened, std::size_t dimension) {
  const std::size_t count = whitened.size() / dimension;
  const auto correlation = [&](std::size_t distance) {
    double product = 0;
    double square = 0;
    for (std::size_t f = 0; f + distance < count; ++f)
      for (std::size_t d = 0; d < dimension; ++d) {
        const double a = whitened[f * dimension + d];
        product += a * whitened[(f + distance) * dimension + d];
        square += a * a;
      }
    return square > 0 ? product / square : 0;
  };
  const std::size_t longest = std::max<std::size_t>(count / 20, 1);
  std::size_t distance = 1;
  while (distance < longest && correlation(distance) > 0.2) ++distance;
  return std::min(distance == 1 ? 1 : 2 * distance, longest);
}

std::vector<std::size_t> groups_of(std::size_t frames, std::size_t length) {
  const std::size_t groups = std::max<std::size_t>(frames / length, 1);
  std::vector<std::size_t> group;
  for (std::size_t f = 0; f < frames; ++f) group.push_back(std::min(f / length, groups - 1));
  return group;
}

}  // namespace snitt::calibration
