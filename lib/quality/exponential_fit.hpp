#pragma once
#include <span>

namespace snitt::quality {

/// y = alpha exp(beta x) by least squares of y itself, not of its logarithm (AAPM report 233 for d' over the
/// diameter).
struct ExponentialFit {
  double alpha = 0;
  double beta = 0;
  double alpha_half_width = 0;  ///< of the 95 % interval; NaN for two points
  double beta_half_width = 0;
  double r2 = 0;  ///< 1 - sum of squared residuals / sum of squares about the mean
};

/// Throws InputError for fewer than two different x or for values that are not above zero.
ExponentialFit fit_exponential(std::span<const double> x, std::span<const double> y);

}  // namespace snitt::quality
