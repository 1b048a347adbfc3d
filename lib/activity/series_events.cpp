#include "activity/series_events.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

/// Median of what is there in [from, to); NaN for nothing.
double median_of(const std::vector<double>& values, std::size_t from, std::size_t to) {
  std::vector<double> there;
  for (std::size_t t = from; t < std::min(to, values.size()); ++t)
    if (!std::isnan(values[t])) there.push_back(values[t]);
  return statistics::median(there);
}

/// Removes from each value the median of its month.
void take_away_season(std::vector<double>& values, std::size_t season, const std::vector<double>& from) {
  for (std::size_t s = 0; s < season; ++s) {
    std::vector<double> same;
    for (std::size_t t = s; t < from.size(); t += season)
      if (!std::isnan(from[t])) same.push_back(from[t]);
    const double middle = statistics::median(same);
    for (std::size_t t = s; t < values.size(); t += season) values[t] -= middle;
  }
}

double robust(const std::vector<double>& values) {
  std::vector<double> there;
  for (const double v : values)
    if (!std::isnan(v)) there.push_back(v);
  return statistics::robust_deviation(there);
}

void find_outliers(const std::vector<double>& rest, std::vector<SeriesEvent>& events) {
  constexpr double deviations = 5;
  const double limit = std::max(deviations * robust(rest), std::log(1.25));
  for (std::size_t t = 0; t < rest.size(); ++t)
    if (std::abs(rest[t]) > limit) events.push_back({SeriesEvent::Kind::outlier, t, std::exp(rest[t])});
}

/// At the ends, where the window lies to one side, what follows the year beside it by the usual growth is no
/// outlier: steady growth of 5 % a month is a third within the window's half.
void keep_ends_that_grow(const std::vector<double>& logs, std::size_t season,
                         std::vector<SeriesEvent>& events) {
  std::vector<double> yearly;
  for (std::size_t t = season; t < logs.size(); ++t) yearly.push_back(logs[t] - logs[t - season]);
  const double growth = median_of(yearly, 0, yearly.size());
  std::erase_if(events, [&](const SeriesEvent& e) {
    if (e.kind != SeriesEvent::Kind::outlier) return false;
    const std::size_t t = e.index, half = season / 2;
    if (t >= half && t + half < logs.size()) return false;
    const double change = t < half ? logs[t + season] - logs[t] : logs[t] - logs[t - season];
    constexpr double near = 0.05;
    return std::abs(change - growth) < near;
  });
}

void find_shifts(const std::vector<double>& level, std::vector<SeriesEvent>& events) {
  constexpr std::size_t side = 6;
  if (level.size() < 2 * side) return;
  std::vector<double> steps;
  for (std::size_t t = 1; t < level.size(); ++t) steps.push_back(level[t] - level[t - 1]);
  std::vector<double> rise(level.size(), std::nan(""));
  for (std::size_t t = side; t + side <= level.size(); ++t)
    rise[t] = median_of(level, t, t + side) - median_of(level, t - side, t);
  constexpr double deviations = 4;
  const double usual = median_of(rise, 0, rise.size());  // a trend
  const double limit = std::max({deviations * robust(steps), deviations * robust(rise), std::log(1.1)});
  std::vector<double> jump(level.size(), 0);
  for (std::size_t t = side; t + side <= level.size(); ++t) {
    const double d = rise[t] - usual;
    const double step = median_of(level, t, t + 2) - median_of(level, t - 2, t);
    constexpr double most_of_it = 0.6;
    if (std::abs(d) > limit && step / d > most_of_it) jump[t] = d;
  }
  for (std::size_t t = side; t + side <= level.size(); ++t) {
    const std::size_t from = t >= side ? t - side : 0;
    const std::size_t to = std::min(t + side, level.size());
    bool largest = jump[t] != 0;
    for (std::size_t k = from; k < to; ++k)
      if (std::abs(jump[k]) > std::abs(jump[t]) || (std::abs(jump[k]) == std::abs(jump[t]) && k < t))
        largest = false;
    if (largest) events.push_back({SeriesEvent::Kind::level_shift, t, std::exp(jump[t])});
  }
}

}  // namespace

std::vector<SeriesEvent> series_events(const std::vector<double>& values, const PeriodDays& days,
                                       int per_year, bool use_calendar) {
  const auto season = static_cast<std::size_t>(per_year);
  std::vector<SeriesEvent> events;
  for (std::size_t t = 0; t < values.size(); ++t)
    if (std::isnan(values[t])) events.push_back({SeriesEvent::Kind::missing, t, std::nan("")});
  constexpr std::size_t years = 3;
  if (per_year < 4 || values.size() < years * season) return events;
  CalendarEffect effect;
  if (use_calendar) effect = fit_calendar_effect(values, days, per_year);
  std::vector<double> logs;
  for (std::size_t t = 0; t < values.size(); ++t)
    logs.push_back(std::log((values[t] + 0.5) / effect.factor(days[t], per_year)));
  std::vector<double> rest = logs;
  const std::size_t half = season / 2;
  for (std::size_t t = 0; t < logs.size(); ++t) {
    // At the ends the window is moved rather than cut, so that a trend does not look like an outlier.
    const std::size_t from = std::min(t > half ? t - half : 0, logs.size() - 2 * half - 1);
    rest[t] -= median_of(logs, from, from + 2 * half + 1);
  }
  std::vector<double> level = logs;
  take_away_season(level, season, rest);
  take_away_season(rest, season, std::vector<double>(rest));
  find_outliers(rest, events);
  keep_ends_that_grow(logs, season, events);
  for (const SeriesEvent& e : events)
    if (e.kind == SeriesEvent::Kind::outlier) level[e.index] = std::nan("");
  find_shifts(level, events);
  return events;
}

}  // namespace snitt::activity
