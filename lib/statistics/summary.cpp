#include "statistics/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace snitt::statistics {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double center = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - center) * (v - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double root_mean_square(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN()
                        : std::sqrt(sum / static_cast<double>(values.size()));
}

double quantile(std::span<const double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double robust_deviation(std::span<const double> values) {
  const double center = median(values);
  std::vector<double> distance;
  for (const double v : values) distance.push_back(std::abs(v - center));
  return 1.4826 * median(distance);
}

}  // namespace snitt::statistics
