#include "image_registration/features.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

namespace snitt::image_registration {

Normalisation normalisation_of(const std::vector<float>& values, const std::vector<float>& weights) {
  double n = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : static_cast<double>(weights[i]);
    const double value = static_cast<double>(values[i]);
    n += weight;
    sum += weight * value;
    squares += weight * value * value;
  }
  if (n <= 0) return {};
  const double mean = sum / n;
  const double variance = squares / n - mean * mean;
  return {mean, variance > 1e-12 * squares / n ? std::sqrt(variance) : 1.0};
}

void normalise(std::vector<float>& values, const Normalisation& by) {
  for (float& value : values)
    value = static_cast<float>((static_cast<double>(value) - by.mean) / by.deviation);
}

std::vector<float> gradient_magnitude(const image::ScalarVolume& volume) {
  const auto& size = volume.geometry.size;
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  std::vector<float> magnitude(volume.values.size());
  tbb::parallel_for(std::size_t{0}, size[2], [&](std::size_t k) {
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i) {
        const std::array<std::size_t, 3> at{i, j, k};
        const std::size_t voxel = k * stride[2] + j * stride[1] + i;
        double squares = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const std::size_t below = at[axis] > 0 ? voxel - stride[axis] : voxel;
          const std::size_t above = at[axis] + 1 < size[axis] ? voxel + stride[axis] : voxel;
          const double steps = static_cast<double>((above - below) / stride[axis]);
          if (steps == 0) continue;
          const double slope = static_cast<double>(volume.values[above] - volume.values[below]) /
                               (steps * volume.geometry.spacing_mm[axis]);
          squares += slope * slope;
        }
        magnitude[voxel] = static_cast<float>(std::sqrt(squares));
      }
  });
  return magnitude;
}

IntensityMap intensity_map(const std::vector<float>& fixed, const std::vector<float>& moving,
                           const std::vector<float>& weights) {
  constexpr std::size_t bins = 64;
  constexpr double spread_bins = 1.0;
  float low = 0;
  float high = 0;
  bool is_first = true;
  for (std::size_t i = 0; i < moving.size(); ++i) {
    if (weights[i] <= 0) continue;
    low = is_first ? moving[i] : std::min(low, moving[i]);
    high = is_first ? moving[i] : std::max(high, moving[i]);
    is_first = false;
  }
  IntensityMap map{low, std::max((high - low) / static_cast<float>(bins - 1), 1e-30F),
                   std::vector<float>(bins), 0, 0};
  std::vector<double> count(bins);
  std::vector<double> sum(bins);
  double n = 0, f = 0, ff = 0, m = 0, mm = 0, fm = 0;
  for (std::size_t i = 0; i < moving.size(); ++i) {
    const double weight = static_cast<double>(weights[i]);
    if (weight <= 0) continue;
    const auto bin = std::min(bins - 1, static_cast<std::size_t>((moving[i] - low) / map.step + 0.5F));
    const double a = static_cast<double>(fixed[i]);
    const double b = static_cast<double>(moving[i]);
    count[bin] += weight;
    sum[bin] += weight * a;
    n += weight;
    f += weight * a;
    ff += weight * a * a;
    m += weight * b;
    mm += weight * b * b;
    fm += weight * a * b;
  }
  if (n <= 0) return map;
  const double mean = f / n;
  double between = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    // A little of the mean keeps empty bins defined; the Gaussian lets neighbours speak for small bins.
    double share = 1e-6 * n;
    double value = share * mean;
    for (std::size_t other = 0; other < bins; ++other) {
      const double distance = (static_cast<double>(other) - static_cast<double>(bin)) / spread_bins;
      const double weight = std::exp(-0.5 * distance * distance);
      share += weight * count[other];
      value += weight * sum[other];
    }
    map.expected[bin] = static_cast<float>(value / share);
    if (count[bin] > 0) between += count[bin] * std::pow(sum[bin] / count[bin] - mean, 2);
  }
  const double variance = ff - n * mean * mean;
  const double moving_variance = mm - m * m / n;
  const double covariance = fm - f * m / n;
  if (variance > 0) map.correlation_ratio = between / variance;
  if (variance > 0 && moving_variance > 0)
    map.linear_share = covariance * covariance / (variance * moving_variance);
  return map;
}

std::vector<float> mapped(const IntensityMap& map, const std::vector<float>& moving) {
  const auto last = static_cast<float>(map.expected.size() - 1);
  std::vector<float> out(moving.size());
  for (std::size_t i = 0; i < moving.size(); ++i) {
    const float at = std::clamp((moving[i] - map.low) / map.step, 0.0F, last);
    const auto below = std::min(static_cast<std::size_t>(at), map.expected.size() - 2);
    const float fraction = at - static_cast<float>(below);
    out[i] = map.expected[below] + fraction * (map.expected[below + 1] - map.expected[below]);
  }
  return out;
}

}  // namespace snitt::image_registration
