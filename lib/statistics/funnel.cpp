#include "statistics/funnel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

/// The count at which a distribution function reaches `probability`, interpolated: r - a with r the first
/// count beyond it and a the share of the last step that is not needed.
double interpolated_count(const std::function<double(std::int64_t)>& cdf, std::int64_t guess,
                          double probability) {
  std::int64_t r = std::max<std::int64_t>(guess, 0);
  while (cdf(r) <= probability) ++r;
  while (r > 0 && cdf(r - 1) > probability) --r;
  const double at = cdf(r);
  const double before = cdf(r - 1);
  return static_cast<double>(r) - (at - probability) / (at - before);
}

Limits between(double target, double error, double coverage) {
  const double z = normal_quantile((1 + coverage) / 2);
  return {std::max(0.0, target - z * error), std::min(1.0, target + z * error)};
}

constexpr double inner = 0.95;
constexpr double outer = 0.998;

/// Sums of numbers that need not be whole come as 2.9999999 too.
constexpr double rounding = 1e-9;

/// P(X <= events) and P(X >= events), of which the smaller tells.
Standing standing(double events, const std::function<double(std::int64_t)>& cdf) {
  const auto at_most = static_cast<std::int64_t>(std::floor(events + rounding));
  const auto at_least = static_cast<std::int64_t>(std::ceil(events - rounding));
  const double low = at_most < 0 ? 0 : cdf(at_most);
  const double high = at_least <= 0 ? 1 : 1 - cdf(at_least - 1);
  const double p = std::min(low, high);
  const int beyond = p < (1 - outer) / 2 ? 2 : p < (1 - inner) / 2 ? 1 : 0;
  return {p, low < high ? -beyond : beyond};
}

}  // namespace

Overdispersion overdispersion(std::span<const double> z, std::span<const double> error, double winsorise) {
  Overdispersion result;
  const double low = quantile(z, winsorise);
  const double high = quantile(z, 1 - winsorise);
  double squares = 0;
  double weights = 0;
  double squared_weights = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    result.winsorised.push_back(std::clamp(z[i], low, high));
    squares += result.winsorised[i] * result.winsorised[i];
    const double w = 1 / (error[i] * error[i]);
    weights += w;
    squared_weights += w * w;
  }
  const auto units = static_cast<double>(z.size());
  result.phi = squares / units;
  if (units < 2) return result;
  result.phi_p = chi_squared_upper_tail(squares, units - 1);
  result.tau_squared = std::max(0.0, (squares - (units - 1)) / (weights - squared_weights / weights));
  return result;
}

Limits binomial_limits(double share, std::int64_t trials, double coverage) {
  const auto cdf = [&](std::int64_t r) { return binomial_probability(r, trials, share); };
  const auto n = static_cast<double>(trials);
  const auto limit = [&](double probability) {
    const double spread = normal_quantile(probability) * std::sqrt(n * share * (1 - share));
    const double count = interpolated_count(cdf, std::llround(n * share + spread), probability);
    return std::clamp(count / n, 0.0, 1.0);
  };
  return {limit((1 - coverage) / 2), limit((1 + coverage) / 2)};
}

Limits poisson_limits(double expected, double coverage) {
  const auto cdf = [&](std::int64_t r) { return poisson_probability(r, expected); };
  const auto limit = [&](double probability) {
    const double spread = normal_quantile(probability) * std::sqrt(expected);
    return std::max(0.0, interpolated_count(cdf, std::llround(expected + spread), probability) / expected);
  };
  return {limit((1 - coverage) / 2), limit((1 + coverage) / 2)};
}

Standing binomial_standing(double events, double share, std::int64_t trials) {
  return standing(events, [&](std::int64_t r) { return binomial_probability(r, trials, share); });
}

Standing poisson_standing(double events, double expected) {
  return standing(events, [&](std::int64_t r) { return poisson_probability(r, expected); });
}

const char* standing_words(int beyond) {
  constexpr std::array words{"below 99.8 %", "below 95 %", "inside", "above 95 %", "above 99.8 %"};
  return words[static_cast<std::size_t>(std::clamp(beyond, -2, 2) + 2)];
}

Funnel proportion_funnel(std::span<const double> events, std::span<const std::int64_t> trials,
                         double winsorise) {
  Funnel funnel;
  const double all_events = std::accumulate(events.begin(), events.end(), 0.0);
  const auto all_trials = static_cast<double>(std::accumulate(trials.begin(), trials.end(), std::int64_t{0}));
  if (!(all_events > 0) || !(all_events < all_trials))
    throw ComputationError("a funnel wants some events and some trials without; there are {} of {}",
                           all_events, all_trials);
  const double p = funnel.target = all_events / all_trials;
  std::vector<double> z;
  std::vector<double> error;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto n = static_cast<double>(trials[i]);
    if (!(n > 0)) throw ComputationError("unit {} of a funnel has no trials", i);
    error.push_back(std::sqrt(p * (1 - p) / n));
    z.push_back((events[i] / n - p) / error.back());
  }
  funnel.dispersion = overdispersion(z, error, winsorise);
  const double stretch = std::sqrt(std::max(1.0, funnel.dispersion.phi));
  for (std::size_t i = 0; i < events.size(); ++i) {
    const double both = std::hypot(error[i], std::sqrt(funnel.dispersion.tau_squared));
    FunnelUnit unit;
    unit.share = events[i] / static_cast<double>(trials[i]);
    unit.by_chance = binomial_standing(events[i], p, trials[i]);
    unit.z = z[i];
    unit.z_additive = (unit.share - p) / both;
    unit.z_multiplicative = z[i] / stretch;
    unit.exact_95 = binomial_limits(p, trials[i], inner);
    unit.exact_998 = binomial_limits(p, trials[i], outer);
    unit.additive_95 = between(p, both, inner);
    unit.additive_998 = between(p, both, outer);
    unit.multiplicative_95 = between(p, stretch * error[i], inner);
    unit.multiplicative_998 = between(p, stretch * error[i], outer);
    funnel.units.push_back(unit);
  }
  return funnel;
}

}  // namespace snitt::statistics
