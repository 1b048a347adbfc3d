#pragma once
#include <span>
#include <vector>

#include "statistics/funnel.hpp"

namespace snitt::statistics {

/// Scale on which observed over expected is standardized (Spiegelhalter 2005, table II).
enum class RatioScale { square_root, logarithm };

struct RatioUnit {
  double ratio = 0;
  Standing by_chance;  ///< around the target
  Standing among_others;  ///< by the additive limits, and never further out than by chance alone
  double z = 0;
  double z_additive = 0;        ///< with the variance between units added
  double z_multiplicative = 0;  ///< z over the root of phi, where that is above 1
  Limits exact_95;              ///< around the target, from chance alone: exact Poisson
  Limits exact_998;
  Limits additive_95;
  Limits additive_998;
  Limits multiplicative_95;
  Limits multiplicative_998;
};
struct RatioFunnel {
  double target = 1;  ///< observed over expected of all units
  Overdispersion dispersion;
  std::vector<RatioUnit> units;
};
/// Funnel of standardized ratios. With the logarithm, 1/2 is added to the observed count of a unit without
/// events. Throws ComputationError for expected counts that are not above 0, and no events.
RatioFunnel ratio_funnel(std::span<const double> observed, std::span<const double> expected,
                         double winsorise = 0.1, RatioScale scale = RatioScale::square_root);

}  // namespace snitt::statistics
