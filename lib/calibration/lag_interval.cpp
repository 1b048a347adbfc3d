#include "calibration/lag_interval.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::calibration {
namespace {

double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

SumDeviation deviation_of_sum(std::span<const double> residuals, std::span<const double> weights,
                              const std::vector<std::vector<double>>& regressors) {
  const auto n = static_cast<double>(residuals.size());
  const double terms = std::max(4.0, std::floor(0.4 * std::pow(n, 2.0 / 3.0)));
  const double target = product(weights, weights);
  std::vector<double> wave(residuals.size());
  double variance = 0;
  for (double j = 1; j <= terms; ++j) {
    for (std::size_t i = 0; i < wave.size(); ++i)
      wave[i] = weights[i] * std::cos(std::numbers::pi * j * (static_cast<double>(i) + 0.5) / n);
    const double all = product(wave, wave);
    double left = all;
    for (const std::vector<double>& r : regressors) {
      const double along = product(wave, r);
      left -= along * along / product(r, r);
    }
    const double coefficient = product(residuals, wave);
    if (left > 1e-6 * all) variance += coefficient * coefficient * target / left;
  }
  return {std::sqrt(variance / terms), terms};
}

}  // namespace snitt::calibration
