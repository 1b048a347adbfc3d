#pragma once
#include <cstddef>
#include <span>
#include <vector>

/// Regression of counts with more variance than Poisson's.
namespace snitt::statistics {

/// log mean = offset + design · coefficients, variance = mean + mean² / theta (negative binomial of the
/// second kind).
struct CountRegression {
  std::vector<double> coefficients;
  std::vector<double> errors;      ///< standard errors, theta taken as known (as R's glm.nb gives them)
  std::vector<double> covariance;  ///< [coefficient, coefficient]
  double theta = 0;                ///< largest_theta: no more variance than Poisson's
  double likelihood = 0;           ///< log
  std::vector<double> fitted;      ///< [row] means
};

inline constexpr double largest_theta = 1e8;

/// Maximum likelihood, theta and coefficients in turn until neither moves. `design` [row, column]; counts
/// need not be whole. Throws ComputationError for fewer rows than columns, for columns that depend on each
/// other, for counts below 0, and without convergence.
CountRegression negative_binomial_regression(std::span<const double> counts, std::span<const double> design,
                                             std::size_t columns, std::span<const double> offset);

}  // namespace snitt::statistics
