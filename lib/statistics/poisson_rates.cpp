#include "statistics/poisson_rates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double fewest_for_dobson = 10;

/// Quantile of the gamma distribution with this mean and variance.
double gamma_quantile(double probability, double mean, double variance) {
  return variance / (2 * mean) * chi_squared_quantile(probability, 2 * mean * mean / variance);
}

/// `k`, `k_square`: what one more event would add to value and variance.
RateInterval gamma_with(const WeightedCounts& sum, double k, double k_square, double confidence) {
  const double alpha = 1 - confidence;
  RateInterval interval{sum.value, 0, none};
  if (sum.value > 0) interval.low = gamma_quantile(alpha / 2, sum.value, sum.variance);
  if (k > 0) interval.high = gamma_quantile(1 - alpha / 2, sum.value + k, sum.variance + k_square);
  return interval;
}

}  // namespace

RateInterval exact_count(double count, double confidence) {
  const double alpha = 1 - confidence;
  return {count, count > 0 ? 0.5 * chi_squared_quantile(alpha / 2, 2 * count) : 0,
          0.5 * chi_squared_quantile(1 - alpha / 2, 2 * count + 2)};
}

RateInterval byar_count(double count, double confidence) {
  const double z = normal_quantile(0.5 + confidence / 2);
  const auto limit = [](double x, double shift) {
    return x > 0 ? x * std::pow(1 - 1 / (9 * x) + shift / (3 * std::sqrt(x)), 3) : 0;
  };
  return {count, std::max(0.0, limit(count, -z)), limit(count + 1, z)};
}

WeightedCounts weighted_counts(std::span<const double> counts, std::span<const double> inhabitants,
                               std::span<const double> weights, std::span<const double> persons_squared) {
  double total_weight = 0;
  for (const double w : weights) total_weight += w;
  WeightedCounts sum;
  double strata = 0, squared = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!(inhabitants[i] > 0)) continue;
    const double k = weights[i] / total_weight / inhabitants[i];
    const double square = persons_squared.empty() ? counts[i] : persons_squared[i];
    sum.count += counts[i];
    sum.value += k * counts[i];
    sum.variance += k * k * square;
    sum.largest = std::max(sum.largest, k);
    sum.mean += k;
    sum.mean_square += k * k;
    squared += square;
    strata += 1;
  }
  if (strata > 0) {
    sum.mean /= strata;
    sum.mean_square /= strata;
  }
  if (sum.count > 0) sum.inflation = squared / sum.count;
  return sum;
}

RateInterval gamma_interval(const WeightedCounts& sum, double confidence) {
  // One more person would add as many events as persons do on average, weighted by their squares.
  const double k = sum.largest * sum.inflation;
  return gamma_with(sum, k, k * k, confidence);
}

RateInterval tiwari_interval(const WeightedCounts& sum, double confidence) {
  return gamma_with(sum, sum.mean * sum.inflation, sum.mean_square * sum.inflation * sum.inflation,
                    confidence);
}

RateInterval dobson_interval(const WeightedCounts& sum, double confidence) {
  if (sum.count < fewest_for_dobson) return {sum.value, none, none};
  const RateInterval count = byar_count(sum.count, confidence);
  const double scale = std::sqrt(sum.variance / sum.count);
  return {sum.value, sum.value + scale * (count.low - sum.count),
          sum.value + scale * (count.high - sum.count)};
}

}  // namespace snitt::statistics
