#include "statistics/ratio_funnel.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

Limits scaled(Limits limits, double factor) { return {limits.low * factor, limits.high * factor}; }

/// The limits with over-dispersion are normal ones: where few events are expected they call remarkable what
/// chance gives often. More scatter than chance's cannot make a unit stand out further.
Standing among_others(const RatioUnit& unit) {
  const double p = normal_upper_tail(std::abs(unit.z_additive));
  const int beyond = p < 0.001 ? 2 : p < 0.025 ? 1 : 0;
  const int chance = unit.by_chance.beyond;
  if ((unit.z_additive < 0) != (chance < 0)) return {std::max(p, unit.by_chance.probability), 0};
  const int both = std::min(beyond, std::abs(chance));
  return {std::max(p, unit.by_chance.probability), unit.z_additive < 0 ? -both : both};
}

}  // namespace

RatioFunnel ratio_funnel(std::span<const double> observed, std::span<const double> expected, double winsorise,
                         RatioScale scale) {
  RatioFunnel funnel;
  const double all = std::accumulate(expected.begin(), expected.end(), 0.0);
  const double events = std::accumulate(observed.begin(), observed.end(), 0.0);
  for (const double e : expected)
    if (!(e > 0)) throw ComputationError("a unit of a funnel expects {} events; expected more than 0", e);
  if (!(events > 0)) throw ComputationError("a funnel wants some events; there are none");
  funnel.target = events / all;
  const bool is_root = scale == RatioScale::square_root;
  const auto to_scale = [&](double ratio) { return is_root ? std::sqrt(ratio) : std::log(ratio); };
  const auto from_scale = [&](double y) { return is_root ? std::pow(std::max(0.0, y), 2) : std::exp(y); };
  const double center = to_scale(funnel.target);

  std::vector<double> z, error;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    // Of chance alone, at the target: the count's mean is target times expected.
    error.push_back(is_root ? 1 / (2 * std::sqrt(expected[i])) : 1 / std::sqrt(funnel.target * expected[i]));
    const double o = !is_root && observed[i] == 0 ? 0.5 : observed[i];
    z.push_back((to_scale(o / expected[i]) - center) / error.back());
  }
  funnel.dispersion = overdispersion(z, error, winsorise);
  const double stretch = std::sqrt(std::max(1.0, funnel.dispersion.phi));
  for (std::size_t i = 0; i < observed.size(); ++i) {
    RatioUnit unit;
    unit.ratio = observed[i] / expected[i];
    unit.z = z[i];
    const double both = std::hypot(error[i], std::sqrt(funnel.dispersion.tau_squared));
    unit.z_additive = z[i] * error[i] / both;
    unit.z_multiplicative = z[i] / stretch;
    const double mean = funnel.target * expected[i];
    const auto around = [&](double coverage, double width) {
      const double reach = normal_quantile((1 + coverage) / 2) * width;
      return Limits{from_scale(center - reach), from_scale(center + reach)};
    };
    unit.by_chance = poisson_standing(observed[i], mean);
    unit.among_others = among_others(unit);
    unit.exact_95 = scaled(poisson_limits(mean, 0.95), funnel.target);
    unit.exact_998 = scaled(poisson_limits(mean, 0.998), funnel.target);
    unit.additive_95 = around(0.95, both);
    unit.additive_998 = around(0.998, both);
    unit.multiplicative_95 = around(0.95, error[i] * stretch);
    unit.multiplicative_998 = around(0.998, error[i] * stretch);
    funnel.units.push_back(unit);
  }
  return funnel;
}

}  // namespace snitt::statistics
