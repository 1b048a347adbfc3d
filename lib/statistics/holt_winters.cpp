#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlopt.hpp>

#include "base/error.hpp"
#include "statistics/exponential_smoothing.hpp"

namespace snitt::statistics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Runs over the values from the second period on; returns the sum of squared one-step errors.
double run(std::span<const double> values, std::size_t period, const double* weights, HoltWinters& fit,
           bool keep) {
  const double alpha = weights[0], beta = weights[1], gamma = weights[2];
  SmoothingState& s = fit.state;
  double sum = 0;
  for (std::size_t t = period; t < values.size(); ++t) {
    double& season = s.season[t % period];
    const double base = s.level + s.slope;
    const double expected = fit.multiplicative ? base * season : base + season;
    if (keep) fit.fitted[t] = expected;
    if (std::isnan(values[t])) {
      s.level = base;
      continue;
    }
    const double error = values[t] - expected;
    sum += error * error;
    const double level =
        alpha * (fit.multiplicative ? values[t] / season : values[t] - season) + (1 - alpha) * base;
    s.slope = beta * (level - s.level) + (1 - beta) * s.slope;
    s.level = level;
    season = gamma * (fit.multiplicative ? values[t] / level : values[t] - level) + (1 - gamma) * season;
  }
  return std::isfinite(sum) ? sum : 1e300;
}

/// What NLopt calls: plain functions with a pointer beside them.
template <typename Criterion>
double called(const std::vector<double>& x, std::vector<double>& /*gradient*/, void* criterion) {
  return (*static_cast<const Criterion*>(criterion))(x);
}

SmoothingState start_of(std::span<const double> values, std::size_t period, bool multiplicative) {
  const Decomposition d = decompose(values.first(2 * period), period, multiplicative);
  double n = 0, mean_t = 0, mean_y = 0;
  std::vector<double> trend;
  for (const double v : d.trend)
    if (!std::isnan(v)) trend.push_back(v);
  for (std::size_t i = 0; i < trend.size(); ++i, ++n) {
    mean_t += static_cast<double>(i + 1);
    mean_y += trend[i];
  }
  mean_t /= n;
  mean_y /= n;
  double up = 0, down = 0;
  for (std::size_t i = 0; i < trend.size(); ++i) {
    up += (static_cast<double>(i + 1) - mean_t) * (trend[i] - mean_y);
    down += (static_cast<double>(i + 1) - mean_t) * (static_cast<double>(i + 1) - mean_t);
  }
  const double slope = up / down;
  return {mean_y - slope * mean_t, slope, d.season};
}

}  // namespace

Decomposition decompose(std::span<const double> values, std::size_t period, bool multiplicative) {
  const std::size_t n = values.size();
  Decomposition d{std::vector<double>(period, 0), std::vector<double>(n, nan)};
  const std::size_t half = period / 2;
  const bool even = period % 2 == 0;
  for (std::size_t t = half; t + half < n; ++t) {
    double sum = 0;
    for (std::size_t i = t - half; i <= t + half; ++i)
      sum += values[i] * (even && (i == t - half || i == t + half) ? 0.5 : 1);
    d.trend[t] = sum / static_cast<double>(period);
  }
  double mean = 0;
  for (std::size_t i = 0; i < period; ++i) {
    double sum = 0, count = 0;
    for (std::size_t t = i; t < n; t += period) {
      const double v = multiplicative ? values[t] / d.trend[t] : values[t] - d.trend[t];
      if (std::isnan(v)) continue;
      sum += v;
      ++count;
    }
    d.season[i] = count > 0 ? sum / count : nan;
    mean += d.season[i] / static_cast<double>(period);
  }
  for (double& s : d.season) s = multiplicative ? s / mean : s - mean;
  return d;
}

std::vector<double> HoltWinters::forecast(std::size_t horizon) const {
  std::vector<double> path;
  for (std::size_t h = 0; h < horizon; ++h) {
    const double base = state.level + static_cast<double>(h + 1) * state.slope;
    const double season = state.season[h % state.season.size()];
    path.push_back(multiplicative ? base * season : base + season);
  }
  return path;
}

HoltWinters holt_winters(std::span<const double> values, std::size_t period, bool multiplicative) {
  if (period < 2 || values.size() < 2 * period)
    throw ComputationError("Holt-Winters: {} values; expected two periods of {} or more", values.size(),
                           period);
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (t < 2 * period && std::isnan(values[t]))
      throw ComputationError("Holt-Winters: value {} is missing; the first two periods have to be whole",
                             t + 1);
    if (multiplicative && values[t] <= 0)
      throw ComputationError("Holt-Winters: value {} is not above 0; expected an additive season", t + 1);
  }
  HoltWinters fit;
  fit.multiplicative = multiplicative;
  fit.fitted.assign(values.size(), nan);
  const SmoothingState start = start_of(values, period, multiplicative);
  const auto criterion = [&](const std::vector<double>& weights) {
    fit.state = start;
    return run(values, period, weights.data(), fit, false);
  };
  // R starts L-BFGS-B at the first of these; the sum of squares has further valleys, of which the lowest is
  // taken.
  constexpr std::array<std::array<double, 3>, 3> starts{
      {{0.3, 0.1, 0.1}, {0.3, 0.03, 0.9}, {0.7, 0.01, 0.4}}};
  std::vector<double> best;
  double lowest = std::numeric_limits<double>::infinity();
  for (const auto& start_weights : starts) {
    std::vector<double> weights(start_weights.begin(), start_weights.end());
    nlopt::opt solver(nlopt::LN_SBPLX, 3);
    solver.set_min_objective(called<decltype(criterion)>,
                             const_cast<void*>(static_cast<const void*>(&criterion)));
    solver.set_lower_bounds(0.0);
    solver.set_upper_bounds(1.0);
    solver.set_initial_step(0.05);
    solver.set_xtol_rel(1e-9);
    solver.set_ftol_rel(1e-13);
    solver.set_maxeval(4000);
    double value = lowest;
    try {
      solver.optimize(weights, value);
    } catch (const nlopt::roundoff_limited&) {  // weights are the best there are
    }
    if (best.empty() || value < lowest) {
      best = weights;
      lowest = value;
    }
  }
  fit.alpha = best[0];
  fit.beta = best[1];
  fit.gamma = best[2];
  fit.state = start;
  fit.sum_of_squares = run(values, period, best.data(), fit, true);
  std::rotate(fit.state.season.begin(),
              fit.state.season.begin() + static_cast<std::ptrdiff_t>(values.size() % period),
              fit.state.season.end());
  return fit;
}

}  // namespace snitt::statistics
