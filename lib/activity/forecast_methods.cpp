#include "activity/forecast_methods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "statistics/count_regression.hpp"
#include "statistics/exponential_smoothing.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The series as every method sees it: per effective day.
struct Adjusted {
  std::vector<double> values;  ///< [period]
  std::vector<double> factor;  ///< [period + horizon]
  std::size_t season = 12;     ///< periods a year
  std::size_t horizon = 12;
};

/// The latest value at this place of the year, `back` years before; the year before it where that is missing.
double value_of_season(const Adjusted& a, std::size_t step) {
  for (std::size_t t = a.values.size() + step; t >= a.season;) {
    t -= a.season;
    if (t < a.values.size() && !std::isnan(a.values[t])) return a.values[t];
  }
  return nan;
}

MethodForecast seasonal_naive(const Adjusted& a) {
  MethodForecast f{naive_name, "", {}, {}};
  for (std::size_t h = 0; h < a.horizon; ++h) f.path.push_back(value_of_season(a, h));
  return f;
}

/// Last year over the one before, by the periods that both have.
double yearly_growth(const Adjusted& a) {
  double last = 0, before = 0;
  for (std::size_t t = a.values.size() - a.season; t < a.values.size(); ++t) {
    if (t < a.season || std::isnan(a.values[t]) || std::isnan(a.values[t - a.season])) continue;
    last += a.values[t];
    before += a.values[t - a.season];
  }
  return before > 0 && last > 0 ? last / before : nan;
}

MethodForecast seasonal_naive_with_growth(const Adjusted& a) {
  if (a.values.size() < 2 * a.season) throw ComputationError("fewer than two years");
  const double growth = yearly_growth(a);
  MethodForecast f{"seasonal naive with growth", "", {}, {{"yearly_growth", growth}}};
  for (std::size_t h = 0; h < a.horizon; ++h)
    f.path.push_back(value_of_season(a, h) * std::pow(growth, static_cast<double>(h / a.season + 1)));
  return f;
}

/// The season that leaves the smaller errors inside the series.
MethodForecast holt_winters(const Adjusted& a) {
  const bool positive = std::none_of(a.values.begin(), a.values.end(), [](double v) { return v <= 0; });
  statistics::HoltWinters fit = statistics::holt_winters(a.values, a.season, false);
  if (positive) {
    statistics::HoltWinters other = statistics::holt_winters(a.values, a.season, true);
    if (other.sum_of_squares < fit.sum_of_squares) fit = std::move(other);
  }
  return {"Holt-Winters",
          fit.multiplicative ? "multiplicative" : "additive",
          fit.forecast(a.horizon),
          {{"alpha", fit.alpha},
           {"beta", fit.beta},
           {"gamma", fit.gamma},
           {"sum_of_squares", fit.sum_of_squares}}};
}

MethodForecast ets(const Adjusted& a) {
  const statistics::Ets fit = statistics::choose_ets(a.values, a.season);
  return {
      "ETS",
      fit.form.name(),
      fit.forecast(a.horizon),
      {{"alpha", fit.alpha}, {"beta", fit.beta}, {"gamma", fit.gamma}, {"phi", fit.phi}, {"aicc", fit.aicc}}};
}

/// Seasonal differences of logs from their centered moving average, each pulled towards 0 as far as noise
/// alone would spread them (James and Stein).
std::vector<double> shrunken_season(const std::vector<double>& logs, std::size_t season, double& kept) {
  std::vector<double> figure(season, 0);
  kept = 0;
  if (season < 4 || logs.size() < 2 * season) return figure;
  const statistics::Decomposition d = statistics::decompose(logs, season, false);
  if (std::any_of(d.season.begin(), d.season.end(), [](double v) { return std::isnan(v); })) return figure;
  double squares = 0, number = 0, variance = 0;
  for (std::size_t t = 0; t < logs.size(); ++t) {
    const double e = logs[t] - d.trend[t] - d.season[t % season];
    if (std::isnan(e)) continue;
    squares += e * e;
    ++number;
  }
  for (const double s : d.season) variance += s * s / static_cast<double>(season - 1);
  const double degrees = number - static_cast<double>(season);
  if (degrees < 1 || variance <= 0) return d.season;
  const double noise = squares / degrees / (number / static_cast<double>(season));
  const auto m = static_cast<double>(season);
  kept = std::max(0.0, 1 - (m - 3) / (m - 1) * noise / variance);
  for (std::size_t s = 0; s < season; ++s) figure[s] = kept * d.season[s];
  return figure;
}

MethodForecast theta(const Adjusted& a) {
  std::vector<double> logs;
  for (const double v : a.values) {
    if (v <= 0) throw ComputationError("a value is not above 0");
    logs.push_back(std::log(v));
  }
  double kept = 0;
  const std::vector<double> figure = shrunken_season(logs, a.season, kept);
  double n = 0, st = 0, sy = 0, stt = 0, sty = 0;
  for (std::size_t t = 0; t < logs.size(); ++t) {
    logs[t] -= figure[t % a.season];
    if (std::isnan(logs[t])) continue;
    const auto x = static_cast<double>(t);
    ++n, st += x, sy += logs[t], stt += x * x, sty += x * logs[t];
  }
  if (n < 4) throw ComputationError("fewer than 4 values");
  const double slope = (n * sty - st * sy) / (n * stt - st * st);
  const statistics::Ets level =
      statistics::fit_ets(logs, a.season, {false, statistics::Trend::none, statistics::Season::none});
  const double start = (1 - std::pow(1 - level.alpha, n)) / level.alpha;
  MethodForecast f{"theta", "", {}, {{"alpha", level.alpha}, {"trend", slope}, {"season_kept", kept}}};
  for (std::size_t h = 0; h < a.horizon; ++h)
    f.path.push_back(std::exp(level.state.level + 0.5 * slope * (static_cast<double>(h) + start) +
                              figure[(a.values.size() + h) % a.season]));
  return f;
}

/// Months and trend; what is known of days and people is in the offset.
MethodForecast regression(const Adjusted& a, const std::vector<double>& counts,
                          const std::vector<double>& demand) {
  const std::size_t all = counts.size() + a.horizon;
  const std::size_t columns = a.season + 1;
  const auto row = [&](std::size_t t) {
    std::vector<double> x(columns, 0);
    x[0] = 1;
    if (t % a.season > 0) x[t % a.season] = 1;
    x[a.season] =
        (static_cast<double>(t) - static_cast<double>(counts.size())) / static_cast<double>(a.season);
    return x;
  };
  const auto offset = [&](std::size_t t) {
    return std::log(a.factor[t]) + (demand.empty() ? 0 : std::log(demand[t]));
  };
  std::vector<double> y, x, o;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    if (std::isnan(counts[t])) continue;
    y.push_back(counts[t]);
    o.push_back(offset(t));
    const std::vector<double> cells = row(t);
    x.insert(x.end(), cells.begin(), cells.end());
  }
  if (y.size() < columns + 2) throw ComputationError("too few values");
  const statistics::CountRegression fit = statistics::negative_binomial_regression(y, x, columns, o);
  MethodForecast f{demand.empty() ? "negative binomial" : "age-cohort",
                   "",
                   {},
                   {{"yearly_growth", std::exp(fit.coefficients.back())}, {"theta", fit.theta}}};
  for (std::size_t t = counts.size(); t < all; ++t) {
    const std::vector<double> cells = row(t);
    double linear = offset(t);
    for (std::size_t c = 0; c < columns; ++c) linear += cells[c] * fit.coefficients[c];
    f.path.push_back(std::exp(linear) / a.factor[t]);
  }
  return f;
}

MethodForecast combination(const std::vector<MethodForecast>& methods, std::size_t horizon) {
  MethodForecast f{combination_name, "", std::vector<double>(horizon, nan), {}};
  for (const MethodForecast& m : methods)
    if (m.method != naive_name || methods.size() == 1) f.form += (f.form.empty() ? "" : ", ") + m.method;
  for (std::size_t h = 0; h < horizon; ++h) {
    std::vector<double> logs;
    for (const MethodForecast& m : methods)
      if (m.method != naive_name || methods.size() == 1) logs.push_back(std::log(std::max(m.path[h], 1e-9)));
    std::sort(logs.begin(), logs.end());
    constexpr std::size_t enough_to_trim = 4;
    if (logs.size() >= enough_to_trim) logs = {logs.begin() + 1, logs.end() - 1};
    f.path[h] = std::exp(statistics::mean(logs));
  }
  return f;
}

}  // namespace

std::vector<MethodForecast> forecast_by_all(const ForecastInput& input, CalendarEffect* calendar) {
  const std::size_t n = input.values.size();
  const auto per_year = static_cast<std::size_t>(input.per_year);
  CalendarEffect effect;
  if (input.use_calendar)
    effect = fit_calendar_effect(
        input.values, PeriodDays(input.days.begin(), input.days.begin() + static_cast<std::ptrdiff_t>(n)),
        input.per_year);
  if (calendar) *calendar = effect;
  Adjusted a;
  a.season = per_year;
  a.horizon = input.horizon;
  for (std::size_t t = 0; t < n + input.horizon; ++t)
    a.factor.push_back(effect.factor(input.days[t], input.per_year));
  for (std::size_t t = 0; t < n; ++t) a.values.push_back(input.values[t] / a.factor[t]);
  std::vector<MethodForecast> methods;
  const auto attempt = [&](const std::function<MethodForecast()>& method) {
    try {
      MethodForecast f = method();
      const bool usable =
          std::all_of(f.path.begin(), f.path.end(), [](double v) { return std::isfinite(v); });
      if (usable) methods.push_back(std::move(f));
    } catch (const ComputationError&) {  // too short, or not of its kind: the method is not in the list
    }
  };
  attempt([&] { return seasonal_naive(a); });
  attempt([&] { return seasonal_naive_with_growth(a); });
  attempt([&] { return holt_winters(a); });
  attempt([&] { return ets(a); });
  attempt([&] { return theta(a); });
  attempt([&] { return regression(a, input.values, {}); });
  if (!input.demand.empty()) attempt([&] { return regression(a, input.values, input.demand); });
  if (methods.empty()) throw ComputationError("{} values are too few for any method", n);
  methods.push_back(combination(methods, input.horizon));
  for (MethodForecast& m : methods)
    for (std::size_t h = 0; h < input.horizon; ++h) m.path[h] = std::max(0.0, m.path[h]) * a.factor[n + h];
  return methods;
}

}  // namespace snitt::activity
