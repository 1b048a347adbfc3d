#pragma once
#include <span>
#include <vector>

/// Rates of many areas that vary as a gamma distribution does, counts as Poisson's: empirical Bayes.
namespace snitt::statistics {

struct PoissonGamma {
  double mean = 1;      ///< of observed over expected
  double shape = 0;     ///< a of the gamma distribution; infinity when chance explains all
  double rate = 0;      ///< b = a / mean
  double variance = 0;  ///< a / b², between areas beyond chance; 0 when chance explains all
  double log_likelihood = 0;
};
/// Maximum likelihood (the negative binomial with offset log expected: MASS' glm.nb, whose theta is the
/// shape). With `fixed_mean` the mean is that number (1: a = b). Throws ComputationError for fewer than two
/// areas, expected counts that are not above 0, or no events.
PoissonGamma fit_poisson_gamma(std::span<const double> observed, std::span<const double> expected,
                               double fixed_mean = 0);

/// Marshall's moment estimates (1991, Applied Statistics 40:283): mean and variance of the areas' ratios.
struct MarshallMoments {
  double mean = 1;
  double variance = 0;
};
MarshallMoments marshall_moments(std::span<const double> observed, std::span<const double> expected);

struct ShrunkRatio {
  double value = 0;
  double low = 0;  ///< 95 % of the posterior
  double high = 0;
};
/// (O + a) / (E + b) with quantiles of its gamma distribution; the mean when chance explains all.
ShrunkRatio shrunk(const PoissonGamma& model, double observed, double expected);
/// m + A / (A + m / E) (r - m).
double shrunk(const MarshallMoments& moments, double observed, double expected);

}  // namespace snitt::statistics
