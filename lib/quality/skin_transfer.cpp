#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "quality/skin_edge.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double pi = std::numbers::pi;

/// Values at equal distances, with where they begin.
struct Curve {
  std::vector<double> value;
  double first_mm = 0;
  double step_mm = 1;
  double position(double index) const { return first_mm + index * step_mm; }
  /// Linear between the points, 0 beyond.
  double at(double mm) const {
    const double index = (mm - first_mm) / step_mm;
    if (!(index >= 0) || index >= static_cast<double>(value.size() - 1)) return 0;
    const auto i = static_cast<std::size_t>(index);
    const double share = index - static_cast<double>(i);
    return value[i] * (1 - share) + value[i + 1] * share;
  }
};

/// Means of the bins; empty ones are filled from their neighbours, and a profile with wide gaps is no
/// profile.
std::vector<double> means_of(const EdgeProfile& profile) {
  std::vector<double> mean(profile.sum.size(), nan);
  std::size_t last = profile.sum.size();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (profile.count[i] == 0) continue;
    mean[i] = profile.sum[i] / profile.count[i];
    const std::size_t gap = last == mean.size() ? 0 : i - last;
    for (std::size_t k = 1; k < gap; ++k)
      mean[last + k] =
          mean[last] + (mean[i] - mean[last]) * static_cast<double>(k) / static_cast<double>(gap);
    last = i;
  }
  return mean;
}

/// Line-spread function at the borders of the bins.
Curve differences(const std::vector<double>& edge, const SkinEdgeOptions& options) {
  Curve line;
  line.step_mm = options.bin_mm;
  line.first_mm = -options.outside_mm + options.bin_mm;
  for (std::size_t i = 0; i + 1 < edge.size(); ++i) {
    const double rise = (edge[i + 1] - edge[i]) / options.bin_mm;
    line.value.push_back(std::isnan(rise) ? 0 : rise);
  }
  return line;
}

Curve smoothed(const Curve& line, double sigma_mm) {
  Curve result = line;
  const double sigma = sigma_mm / line.step_mm;
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(4 * sigma));
  const auto size = static_cast<std::ptrdiff_t>(line.value.size());
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    double sum = 0;
    double weights = 0;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(0, i - reach); k <= std::min(size - 1, i + reach); ++k) {
      const double z = static_cast<double>(k - i) / sigma;
      const double weight = std::exp(-0.5 * z * z);
      sum += weight * line.value[static_cast<std::size_t>(k)];
      weights += weight;
    }
    result.value[static_cast<std::size_t>(i)] = sum / weights;
  }
  return result;
}

struct Peak {
  double position_mm = nan;
  double half_width_mm = nan;  ///< at half of the maximum, on the side of the air
};

/// Vertex of the parabola that fits the logarithm around the top: exact for a Gaussian, and symmetric, so
/// that a symmetric peak keeps its place.
Peak peak_of(const Curve& line) {
  Peak peak;
  const auto top = static_cast<std::size_t>(std::ranges::max_element(line.value) - line.value.begin());
  const double half = line.value[top] / 2;
  std::size_t left = top;
  std::size_t right = top;
  while (left > 0 && line.value[left] > half) --left;
  while (right + 1 < line.value.size() && line.value[right] > half) ++right;
  if (left == 0 || right + 1 == line.value.size() || right - left < 4) return peak;
  double m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, y0 = 0, y1 = 0, y2 = 0;
  for (std::size_t i = left + 1; i < right; ++i) {
    const double t = static_cast<double>(i) - static_cast<double>(top);
    const double weight = line.value[i] * line.value[i];
    const double y = std::log(line.value[i]);
    m0 += weight, m1 += weight * t, m2 += weight * t * t, m3 += weight * t * t * t;
    m4 += weight * t * t * t * t;
    y0 += weight * y, y1 += weight * t * y, y2 += weight * t * t * y;
  }
  // Cramer's rule for y = a + b t + c t^2.
  const double b = m0 * (y1 * m4 - m3 * y2) - y0 * (m1 * m4 - m3 * m2) + m2 * (m1 * y2 - y1 * m2);
  const double c = m0 * (m2 * y2 - y1 * m3) - m1 * (m1 * y2 - y1 * m2) + y0 * (m1 * m3 - m2 * m2);
  const double vertex = static_cast<double>(top) - b / (2 * c);
  if (!(vertex > static_cast<double>(left) && vertex < static_cast<double>(right))) return peak;
  peak.position_mm = line.position(vertex);
  const double share = (half - line.value[left]) / (line.value[left + 1] - line.value[left]);
  peak.half_width_mm = peak.position_mm - line.position(static_cast<double>(left) + share);
  return peak;
}

/// 1 up to three widths from the peak, then falling like a cosine over one more.
double taper(double distance_mm, double width_mm) {
  const double beyond = (distance_mm - 3 * width_mm) / width_mm;
  return beyond <= 0 ? 1 : beyond >= 1 ? 0 : 0.5 + 0.5 * std::cos(pi * beyond);
}

double sinc(double x) { return x == 0 ? 1 : std::sin(pi * x) / (pi * x); }

}  // namespace

TransferFunction skin_transfer(const EdgeProfile& profile, const SkinEdgeOptions& options) {
  TransferFunction found;
  found.f50_per_mm = found.f10_per_mm = found.f02_per_mm = nan;
  if (profile.segments < options.fewest_segments) return found;
  const std::vector<double> edge = means_of(profile);
  const Curve line = differences(edge, options);
  // First wide enough for noise, then as the blur found allows.
  Peak peak = peak_of(smoothed(line, 0.4));
  if (!(peak.half_width_mm > 0)) return found;
  peak = peak_of(smoothed(line, 0.4 * peak.half_width_mm));
  if (!(peak.half_width_mm > 0)) return found;
  const double width = 2 * peak.half_width_mm;
  const auto points = static_cast<std::size_t>(4 * width / options.bin_mm);
  std::vector<double> distance;
  std::vector<double> spread;
  for (std::size_t i = 0; i <= points; ++i) {
    const double x = static_cast<double>(i) * options.bin_mm;
    const double outer = line.at(peak.position_mm - x);
    const double inner = options.side == EdgeSide::outer ? outer : line.at(peak.position_mm + x);
    distance.push_back(x);
    spread.push_back((i == 0 ? 0.5 : 1) * (outer + inner) * taper(x, width));
  }
  double total = 0;
  for (const double value : spread) total += value;
  std::vector<double> frequencies;
  std::vector<double> values;
  for (std::size_t k = 0; k < options.frequencies; ++k) {
    const double f = options.highest_frequency_per_mm * static_cast<double>(k) /
                     static_cast<double>(options.frequencies - 1);
    double sum = 0;
    for (std::size_t i = 0; i < spread.size(); ++i) sum += spread[i] * std::cos(2 * pi * f * distance[i]);
    // Means over bins, and differences over a bin, each blur by a box as wide as one.
    const double box = sinc(f * options.bin_mm);
    frequencies.push_back(f);
    values.push_back(sum / total / (box * box));
  }
  found = transfer_function_of(std::move(frequencies), std::move(values));
  for (std::size_t i = 0; i < edge.size(); ++i) {
    found.edge_distance_mm.push_back(-options.outside_mm + (static_cast<double>(i) + 0.5) * options.bin_mm);
    found.edge_profile_hu.push_back(edge[i]);
  }
  return found;
}

}  // namespace snitt::quality
