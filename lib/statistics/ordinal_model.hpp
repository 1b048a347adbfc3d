#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Cumulative-link model of ordered scores, with random intercepts of any number of crossed factors.
namespace snitt::statistics {

/// logit P(score <= k) = threshold_k - (covariates · coefficients + intercepts of the levels).
struct OrdinalData {
  std::size_t categories = 0;
  std::vector<std::uint32_t> score;               ///< [observation], 0 to categories - 1, each occurring
  std::vector<std::vector<double>> covariates;    ///< [covariate][observation]
  std::vector<std::vector<std::uint32_t>> level;  ///< [factor][observation]
  std::vector<std::size_t> levels;                ///< [factor]: how many there are
};

struct OrdinalModel {
  std::vector<double> thresholds;    ///< [categories - 1], rising
  std::vector<double> coefficients;  ///< [covariate]
  std::vector<double> deviations;    ///< [factor]: standard deviation of the levels' intercepts
  /// [parameter, parameter] of thresholds, coefficients and the logarithms of the deviations that are not 0,
  /// from the curvature of the likelihood; rows of deviations that are 0 hold 0.
  std::vector<double> covariance;
  std::vector<std::vector<double>> intercepts;  ///< [factor][level]: their mode
  double log_likelihood = 0;                    ///< by Laplace's approximation when there are factors
  double error(std::size_t parameter) const;    ///< standard error
  std::size_t parameters() const { return thresholds.size() + coefficients.size() + deviations.size(); }
};

/// Maximum likelihood, the levels integrated by Laplace's approximation at their joint mode, as R's
/// ordinal::clmm does. Throws ComputationError when scores lie in one category, when covariates separate them
/// wholly, or the search does not converge.
OrdinalModel fit_ordinal(const OrdinalData& data);

}  // namespace snitt::statistics
