#pragma once
#include <cstdint>
#include <span>
#include <vector>

/// Funnel plots (Spiegelhalter 2005, Statistics in Medicine 24:1185).
namespace snitt::statistics {

/// How much more the standardised values of units scatter than chance explains.
struct Overdispersion {
  double phi = 1;                  ///< mean of the squares of the winsorised z
  double phi_p = 1;                ///< of so large a sum of squares if chance were all
  double tau_squared = 0;          ///< additional variance between units, on the scale of 1 / weight
  std::vector<double> winsorised;  ///< [unit]
};
/// `z` [unit]: (value - target) / standard error; `error` [unit]: that standard error. The share `winsorise`
/// of units on each side is drawn in to the quantile (type 7) of that share.
Overdispersion overdispersion(std::span<const double> z, std::span<const double> error, double winsorise);

struct Limits {
  double low = 0;
  double high = 0;
};
/// Limits for a proportion with target `share` among `trials` that a unit stays between with `coverage`:
/// quantiles of the binomial distribution, interpolated between counts (Spiegelhalter's appendix A.1). To be
/// drawn: who is outside is told by binomial_standing.
Limits binomial_limits(double share, std::int64_t trials, double coverage);
/// The same for a count of events over its expected number.
Limits poisson_limits(double expected, double coverage);

/// Where an observed number stands when chance alone is at work.
struct Standing {
  double probability = 1;  ///< of a number at least as far out on the same side
  int beyond = 0;          ///< 1: that is below 2.5 %, 2: below 0.1 %; negative when there are too few
};
/// From the exact tail of Binomial(trials, share), or of Poisson(expected): limits that are interpolated
/// between counts lie below numbers that chance gives oftener than they say, the more so the fewer trials.
Standing binomial_standing(double events, double share, std::int64_t trials);
Standing poisson_standing(double events, double expected);
/// "above 99.8 %", "above 95 %", "inside", "below 95 %", "below 99.8 %".
const char* standing_words(int beyond);

struct FunnelUnit {
  double share = 0;  ///< events over trials
  Standing by_chance;
  double z = 0;
  double z_additive = 0;  ///< with the variance between units added: who stands out of the scatter of all
  double z_multiplicative = 0;  ///< z over the root of phi
  Limits exact_95;              ///< from chance alone
  Limits exact_998;
  Limits additive_95;  ///< with over-dispersion
  Limits additive_998;
  Limits multiplicative_95;
  Limits multiplicative_998;
};
struct Funnel {
  double target = 0;  ///< events over trials of all units
  Overdispersion dispersion;
  std::vector<FunnelUnit> units;
};
/// Of proportions; throws ComputationError for no trials, and when all or none of them are events.
Funnel proportion_funnel(std::span<const double> events, std::span<const std::int64_t> trials,
                         double winsorise = 0.1);

}  // namespace snitt::statistics
