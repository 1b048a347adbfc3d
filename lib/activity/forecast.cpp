#include "activity/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "activity/forecast_results.hpp"
#include "base/error.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Yearly values at mid-year, log-linear between and beyond.
double demand_at(const std::map<int, double>& by_year, double year, bool& beyond) {
  auto next = by_year.begin();
  while (std::next(next) != by_year.end() && next->first + 0.5 < year) ++next;
  if (next == by_year.begin() && by_year.size() > 1) ++next;
  if (by_year.size() == 1) return by_year.begin()->second;
  const auto before = std::prev(next);
  if (year > next->first + 1.0) beyond = true;
  const double share = (year - before->first - 0.5) / (next->first - before->first);
  return std::exp(std::log(before->second) + share * (std::log(next->second) - std::log(before->second)));
}

void mask_periods(PreparedSeries& p, const ForecastOptions& options) {
  for (const std::string& word : options.masked) {
    const std::size_t colon = word.find(':');
    const int from = p.series.index_of(word.substr(0, colon));
    const int to = colon == std::string::npos ? from : p.series.index_of(word.substr(colon + 1));
    if (to < from) throw UsageError("--mask '{}': ends before it begins", word);
    for (int t = std::max(from, 0); t <= to && t < static_cast<int>(p.input.values.size()); ++t) {
      p.input.values[static_cast<std::size_t>(t)] = nan;
      p.masked.push_back(static_cast<std::size_t>(t));
    }
  }
}

PreparedSeries prepared(PeriodSeries series, const ForecastOptions& options) {
  PreparedSeries p;
  if (options.from) {
    const int from = series.index_of(*options.from);
    if (from >= static_cast<int>(series.values.size()))
      throw UsageError("--from {}: '{}' ends with {}", *options.from, series.name,
                       series.time(series.values.size() - 1));
    if (from > 0) {
      series.values.erase(series.values.begin(), series.values.begin() + from);
      series.first += from;
    }
  }
  p.actual.assign(options.horizon, nan);
  if (options.test_from) {
    const int at = series.index_of(*options.test_from);
    if (at <= 0 || at >= static_cast<int>(series.values.size()))
      throw UsageError("--test-from {}: '{}' has {} to {}; expected a period inside", *options.test_from,
                       series.name, series.time(0), series.time(series.values.size() - 1));
    for (std::size_t h = 0; h < options.horizon && static_cast<std::size_t>(at) + h < series.values.size();
         ++h)
      p.actual[h] = series.values[static_cast<std::size_t>(at) + h];
    series.values.resize(static_cast<std::size_t>(at));
  }
  const std::size_t n = series.values.size();
  p.input.values = p.counted = series.values;
  p.input.per_year = series.per_year;
  p.input.horizon = options.horizon;
  p.input.use_calendar = options.use_calendar;
  p.input.days = days_of_periods(options.calendar, series.first, series.per_year, n + options.horizon);
  p.series = std::move(series);
  mask_periods(p, options);
  p.events = series_events(p.input.values, p.input.days, p.series.per_year, options.use_calendar);
  if (options.mask_outliers)
    for (const SeriesEvent& e : p.events)
      if (e.kind == SeriesEvent::Kind::outlier) p.input.values[e.index] = nan;
  if (const auto demand = options.demand.find(p.series.name);
      demand != options.demand.end() && !demand->second.empty())
    for (std::size_t t = 0; t < n + options.horizon; ++t) {
      const double year = p.series.year(t) + (p.series.period(t) + 0.5) / p.series.per_year;
      p.input.demand.push_back(demand_at(demand->second, year, p.demand_ends));
    }
  return p;
}

}  // namespace

ForecastResult forecast(std::vector<PeriodSeries> series, const ForecastOptions& options, Monitor& monitor) {
  ForecastResults results(options);
  double done = 0;
  const auto all = static_cast<double>(series.size());
  std::string first_refusal;
  std::size_t refused = 0, misused = 0;
  for (PeriodSeries& s : series) {
    const std::string name = s.name;
    try {
      const PreparedSeries p = prepared(std::move(s), options);
      CalendarEffect calendar;
      const std::vector<MethodForecast> methods = forecast_by_all(p.input, &calendar);
      results.add(p, methods, calendar, backtest(p.input, {options.most_origins}));
    } catch (const Error& e) {
      // One series of many that cannot be forecast must not take the others with it.
      if (e.status() != ExitStatus::computation && e.status() != ExitStatus::usage) throw;
      if (series.size() == 1) throw;
      if (refused++ == 0) first_refusal = e.what();
      misused += e.status() == ExitStatus::usage ? 1 : 0;
      results.refuse(name, e.what());
    }
    monitor.progress("forecast", ++done, all);
  }
  if (misused == series.size()) throw UsageError("{}", first_refusal);
  if (refused == series.size())
    throw ComputationError("none of {} series can be forecast; the first: {}", refused, first_refusal);
  return results.finish();
}

}  // namespace snitt::activity
