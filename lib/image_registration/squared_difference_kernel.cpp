#include <tbb/parallel_for.h>

#include <cmath>
#include <numeric>

#include "image_registration/similarity.hpp"

namespace snitt::image_registration {

Similarity squared_difference(const std::vector<float>& fixed, const Domain& domain) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    const double weight = static_cast<double>(domain.weights[i]);
    const double value = static_cast<double>(fixed[i]);
    sum += weight * value;
    squares += weight * value * value;
  }
  const double mean = sum / domain.voxels;
  const double variance = std::max(squares / domain.voxels - mean * mean, 1e-30);
  return [&fixed, &domain, variance](const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    const std::size_t plane = domain.size[0] * domain.size[1];
    const double share = 1 / (domain.voxels * variance);
    const auto factor = static_cast<float>(2 * share);
    std::vector<double> sums(domain.size[2]);
    tbb::parallel_for(std::size_t{0}, domain.size[2], [&](std::size_t k) {
      const float* f = fixed.data() + k * plane;
      const float* m = warped.channels[0].values.data() + k * plane;
      const float* w = domain.weights.data() + k * plane;
      float* d = derivatives[0].data() + k * plane;
      for (std::size_t i = 0; i < plane; ++i) {
        const float residual = m[i] - f[i];
        d[i] = factor * (w[i] * residual);
        sums[k] += static_cast<double>(w[i] * residual * residual);
      }
    });
    return share * std::accumulate(sums.begin(), sums.end(), 0.0);
  };
}

}  // namespace snitt::image_registration
