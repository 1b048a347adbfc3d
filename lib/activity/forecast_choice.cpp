#include "activity/forecast_choice.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double half = 0.5;  // of an examination: so that a month without any has a logarithm

double log_error(double actual, double forecast) { return std::log((actual + half) / (forecast + half)); }

/// Mean absolute difference from a year before.
double naive_scale(const ForecastInput& input) {
  const auto season = static_cast<std::size_t>(input.per_year);
  double sum = 0, n = 0;
  for (std::size_t t = season; t < input.values.size(); ++t) {
    const double d = std::abs(input.values[t] - input.values[t - season]);
    if (std::isnan(d)) continue;
    sum += d;
    ++n;
  }
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

/// Errors of one method, [origin, horizon].
using Errors = std::map<std::size_t, std::vector<double>>;

double mean_absolute(const std::vector<double>& errors) {
  double sum = 0, n = 0;
  for (const double e : errors)
    if (!std::isnan(e)) sum += std::abs(e), ++n;
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

MethodScore score_of(const std::string& method, const Backtest& test,
                     const std::map<std::string, Errors>& errors, std::size_t horizon, double scale) {
  MethodScore score;
  score.method = method;
  double absolute = 0;
  for (const BacktestForecast& f : test.forecasts) {
    if (f.method != method) continue;
    ++score.forecasts;
    score.mape += std::abs(f.forecast - f.actual) / std::max(f.actual, half);
    absolute += std::abs(f.forecast - f.actual);
    score.bias += log_error(f.actual, f.forecast);
  }
  const auto n = static_cast<double>(score.forecasts);
  score.mape /= n;
  score.mase = absolute / n / scale;
  score.bias /= n;
  std::vector<std::vector<double>> by_origin;
  std::vector<double> differences;
  std::size_t first = std::numeric_limits<std::size_t>::max(), last = 0;
  for (const auto& [origin, e] : errors.at(method)) {
    by_origin.push_back(e);
    first = std::min(first, origin);
    last = std::max(last, origin);
    const auto other = errors.at(combination_name).find(origin);
    if (other == errors.at(combination_name).end()) continue;
    const double d = mean_absolute(e) - mean_absolute(other->second);
    if (!std::isnan(d)) differences.push_back(d);
  }
  score.origins = by_origin.size();
  score.growth = fit_error_growth(by_origin);
  score.difference = statistics::mean(differences);
  const double stretches =
      std::max(1.0, static_cast<double>(last - first + 1) / static_cast<double>(horizon));
  score.difference_error = stretches < 2 ? std::numeric_limits<double>::infinity()
                                         : statistics::standard_deviation(differences) / std::sqrt(stretches);
  return score;
}

void choose(Backtest& test, std::size_t horizon) {
  test.chosen = combination_name;
  const MethodScore* best = nullptr;
  std::size_t origins = 0;
  for (const MethodScore& s : test.scores) {
    if (s.method == combination_name) {
      origins = s.origins;
      continue;
    }
    if (s.difference < -s.difference_error && (!best || s.difference < best->difference)) best = &s;
  }
  if (best) {
    test.chosen = best->method;
    test.reason = fmt::format(
        "{} was better than the combination from {} origins by {:.2f} percentage points, more than the "
        "standard error of {:.2f}",
        best->method, best->origins, -100 * best->difference, 100 * best->difference_error);
  } else if (origins < 2 * horizon) {
    test.reason = fmt::format("{} origins do not span two horizons of {}: too few to pick one method",
                              origins, horizon);
  } else {
    test.reason = "no single method was better than the combination by more than its standard error";
  }
}

}  // namespace

Backtest backtest(const ForecastInput& input, const BacktestOptions& options) {
  const std::size_t n = input.values.size();
  const std::size_t least = input.per_year == 1 ? 5 : 2 * static_cast<std::size_t>(input.per_year);
  Backtest test;
  test.chosen = combination_name;
  test.reason = "the series is too short for a back-test";
  if (n <= least) return test;
  const std::size_t first = std::max(least, n > options.most_origins ? n - options.most_origins : 0);
  std::vector<std::vector<MethodForecast>> found(n - first);
  tbb::parallel_for(std::size_t{0}, found.size(), [&](std::size_t i) {
    const std::size_t origin = first + i;
    ForecastInput known = input;
    known.values.resize(origin);
    known.horizon = std::min(input.horizon, n - origin);
    known.days.resize(origin + known.horizon);
    if (!known.demand.empty()) known.demand.resize(origin + known.horizon);
    try {
      found[i] = forecast_by_all(known);
    } catch (const ComputationError&) {  // masked away: no forecast from here
    }
  });
  std::map<std::string, Errors> errors;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const MethodForecast& m : found[i]) {
      if (std::find(order.begin(), order.end(), m.method) == order.end()) order.push_back(m.method);
      for (std::size_t h = 0; h < m.path.size(); ++h) {
        const double actual = input.values[first + i + h];
        if (std::isnan(actual)) continue;
        test.forecasts.push_back({m.method, first + i, h + 1, m.path[h], actual});
        auto& row = errors[m.method][first + i];
        row.resize(input.horizon, std::numeric_limits<double>::quiet_NaN());
        row[h] = log_error(actual, m.path[h]);
      }
    }
  if (!errors.contains(combination_name)) return test;
  const double scale = naive_scale(input);
  for (const std::string& method : order)
    if (errors.contains(method)) test.scores.push_back(score_of(method, test, errors, input.horizon, scale));
  // The combination is made last; where a method joined late, it may stand before it.
  choose(test, input.horizon);
  return test;
}

ErrorGrowth fit_error_growth(const std::vector<std::vector<double>>& errors) {
  ErrorGrowth mean;
  std::vector<ErrorGrowth> candidates;
  std::vector<double> likelihoods;
  constexpr int steps = 40;
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;  // of drift in the variance of one step
    double squares = 0, weights = 0, logs = 0, independent = 0;
    for (const auto& row : errors)
      for (std::size_t h = 0; h < row.size(); ++h) {
        if (std::isnan(row[h])) continue;
        const auto ahead = static_cast<double>(h + 1);
        const double shape = 1 - share + share * ahead;
        squares += row[h] * row[h] / shape / ahead;
        logs += std::log(shape) / ahead;
        weights += 1 / ahead;
        independent += 1 / ahead / ahead;
      }
    if (weights <= 0) return mean;
    const double variance = std::max(squares / weights, 1e-12);
    likelihoods.push_back(-0.5 * (weights * std::log(variance) + logs));
    std::size_t horizons = 0;
    for (const auto& row : errors) horizons = std::max(horizons, row.size());
    double sum = 0;
    for (std::size_t h = 0; h < horizons; ++h) sum += 1 / static_cast<double>(h + 1);
    candidates.push_back({(1 - share) * variance, share * variance, std::max(1.0, independent / sum)});
  }
  const double most = *std::max_element(likelihoods.begin(), likelihoods.end());
  double total = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double weight = std::exp(likelihoods[i] - most);
    mean.noise += weight * candidates[i].noise;
    mean.drift += weight * candidates[i].drift;
    total += weight;
  }
  return {mean.noise / total, mean.drift / total, candidates.front().degrees};
}

Band band(double forecast, std::size_t horizon, const ErrorGrowth& growth, double confidence) {
  const double reach = statistics::student_t_quantile(0.5 + confidence / 2, std::max(1.0, growth.degrees)) *
                       std::sqrt(growth.variance(horizon));
  return {std::max(0.0, (forecast + half) * std::exp(-reach) - half),
          (forecast + half) * std::exp(reach) - half};
}

double deviation_of_sum(const std::vector<double>& path, std::size_t from, std::size_t to,
                        const ErrorGrowth& growth) {
  double sum = 0, variance = 0;
  for (std::size_t h = from; h < to; ++h) {
    sum += path[h];
    variance += growth.noise * path[h] * path[h];
    for (std::size_t k = from; k < to; ++k)
      variance += growth.drift * static_cast<double>(std::min(h, k) + 1) * path[h] * path[k];
  }
  return sum > 0 ? std::sqrt(variance) / sum : 0;
}

Band band_of_sum(const std::vector<double>& path, std::size_t from, std::size_t to, const ErrorGrowth& growth,
                 double confidence) {
  double sum = 0;
  for (std::size_t h = from; h < to; ++h) sum += path[h];
  const double reach = statistics::student_t_quantile(0.5 + confidence / 2, std::max(1.0, growth.degrees)) *
                       deviation_of_sum(path, from, to, growth);
  return {sum * std::exp(-reach), sum * std::exp(reach)};
}

}  // namespace snitt::activity
