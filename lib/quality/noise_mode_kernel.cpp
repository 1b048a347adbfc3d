#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "quality/local_noise.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double largest_hu = 2000;  // beyond there is no noise, only edges

using Histogram = std::vector<double>;

/// Position, in bins, below which `share` of the values lie.
double quantile_of(const Histogram& counts, double total, double share) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && sum + counts[i] >= share * total)
      return static_cast<double>(i) + (share * total - sum) / counts[i];
    sum += counts[i];
  }
  return static_cast<double>(counts.size());
}

/// Convolved with a Gaussian of standard deviation `sigma` bins, cut at 4 sigma.
Histogram smoothed(const Histogram& counts, double sigma) {
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(4 * sigma));
  std::vector<double> weight(static_cast<std::size_t>(reach) + 1);
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = std::exp(-0.5 * (static_cast<double>(i) / sigma) * (static_cast<double>(i) / sigma));
  const auto size = static_cast<std::ptrdiff_t>(counts.size());
  Histogram sum(counts.size(), 0);
  for (std::ptrdiff_t from = 0; from < size; ++from) {
    const double count = counts[static_cast<std::size_t>(from)];
    if (count == 0) continue;
    for (std::ptrdiff_t to = std::max<std::ptrdiff_t>(0, from - reach);
         to <= std::min(size - 1, from + reach); ++to)
      sum[static_cast<std::size_t>(to)] += count * weight[static_cast<std::size_t>(std::abs(to - from))];
  }
  return sum;
}

/// Vertex, in bins, of the parabola through the largest value and its neighbours; centres are at + 0.5.
double vertex_of(const Histogram& curve, std::size_t top) {
  const auto centre = static_cast<double>(top) + 0.5;
  if (top == 0 || top + 1 == curve.size()) return centre;
  const double bend = curve[top - 1] - 2 * curve[top] + curve[top + 1];
  return bend < 0 ? centre + 0.5 * (curve[top - 1] - curve[top + 1]) / bend : centre;
}

/// Standard deviation, in bins, from where the lower side of the peak falls to half; structure widens the
/// other.
double lower_width(const Histogram& curve, std::size_t top, double peak) {
  constexpr double half_width = 1.1774100225154747;  // of a Gaussian, in standard deviations: sqrt(2 ln 2)
  for (std::size_t i = top; i > 0; --i)
    if (curve[i - 1] < curve[top] / 2) {
      const double share = (curve[top] / 2 - curve[i - 1]) / (curve[i] - curve[i - 1]);
      return (peak - (static_cast<double>(i) - 0.5 + share)) / half_width;
    }
  return peak / half_width;
}

}  // namespace

NoiseMode noise_mode(std::span<const float> values, std::span<const std::uint8_t> mask, double bin_hu,
                     ModeEstimate estimate) {
  const auto bins = static_cast<std::size_t>(std::ceil(largest_hu / bin_hu));
  Histogram counts(bins, 0);
  const auto scale = static_cast<float>(1 / bin_hu);
  NoiseMode found{nan, nan, 0};
  std::size_t zeros = 0;  // of images without noise, as simulated ones
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (mask[i] == 0 || !(values[i] >= 0)) continue;
    ++found.pixels;
    zeros += values[i] == 0 ? 1 : 0;
    const float bin = values[i] * scale;
    if (bin < static_cast<float>(bins)) ++counts[static_cast<std::size_t>(bin)];
  }
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (total == 0) return found;
  if (2 * zeros > found.pixels) {
    found.mode_hu = found.width_hu = 0;
    return found;
  }
  const auto fullest = [](const Histogram& curve) {
    return static_cast<std::size_t>(std::ranges::max_element(curve) - curve.begin());
  };
  // The first width is from quantiles, which structure stretches; the second from the peak itself.
  constexpr double decile = 1.2816;  // standard deviations from the median of normal values
  double width = (quantile_of(counts, total, 0.5) - quantile_of(counts, total, 0.1)) / decile;
  double peak = 0;
  for (const double share : {0.5, 1.0 / 3}) {
    const double sigma = std::max(0.5, share * width);
    const Histogram curve = smoothed(counts, sigma);
    const std::size_t top = fullest(curve);
    peak = vertex_of(curve, top);
    const double wide = lower_width(curve, top, peak);
    width = std::sqrt(std::max(wide * wide - sigma * sigma, 0.25));
  }
  found.width_hu = width * bin_hu;
  found.mode_hu =
      (estimate == ModeEstimate::smooth ? peak : static_cast<double>(fullest(counts)) + 0.5) * bin_hu;
  return found;
}

}  // namespace snitt::quality
