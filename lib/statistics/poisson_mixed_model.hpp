#pragma once
#include <span>
#include <vector>

/// Counts of areas whose log rates scatter as a normal distribution: log mean = log expected + intercept +
/// effect.
namespace snitt::statistics {

struct PoissonMixedModel {
  double intercept = 0;
  double intercept_error = 0;
  double deviation = 0;      ///< standard deviation of the areas' effects; 0 when chance explains all
  double deviation_low = 0;  ///< 95 % profile interval
  double deviation_high = 0;
  double log_likelihood = 0;         ///< with the factorials, as R's logLik
  std::vector<double> effect;        ///< [area]: conditional mode
  std::vector<double> effect_error;  ///< [area]: from the curvature there
};

/// Maximum likelihood by adaptive Gauss-Hermite quadrature with so many points (1: Laplace's approximation,
/// as lme4's glmer has it by default). Throws ComputationError for fewer than three areas, expected counts
/// that are not above 0, or no events.
PoissonMixedModel fit_poisson_mixed(std::span<const double> observed, std::span<const double> expected,
                                    int quadrature_points = 25);

/// Median ratio of two areas' rates, the higher over the lower (Larsen and Merlo 2005): exp(sqrt(2) deviation
/// 0.6745).
double median_rate_ratio(double deviation);
/// Share of variance between areas on the latent scale (Nakagawa, Johnson and Schielzeth 2017, equation 5
/// with the log-normal approximation): deviation² / (deviation² + ln(1 + 1 / mean_count)).
double poisson_intraclass(double deviation, double mean_count);

}  // namespace snitt::statistics
