#pragma once
#include <span>
#include <vector>

namespace snitt::calibration {

/// Standard deviation of a sum, and the degrees of freedom of Student's distribution that go with it.
struct SumDeviation {
  double deviation = 0;
  double degrees = 0;
};

/// Deviation of the sum of weight * error over a series, from its residuals after least squares on
/// `regressors` (mutually orthogonal, the weights among them), whatever the autocorrelation of the errors:
/// the first B = 0.4 n^(2/3) cosine coefficients of weight * residual are nearly independent and have the
/// variance of the sum (equal-weighted cosine estimator: Lazarus, Lewis, Stock and Watson, Journal of
/// Business and Economic Statistics 36 (2018) 541). Each is divided by the share of it that the fit leaves,
/// which makes the variance unbiased for independent errors. At least 4 coefficients.
SumDeviation deviation_of_sum(std::span<const double> residuals, std::span<const double> weights,
                              const std::vector<std::vector<double>>& regressors);

}  // namespace snitt::calibration
