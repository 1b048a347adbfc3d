#include "activity/calendar_effect.hpp"

#include <cmath>
#include <optional>

#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double mean_days_per_year = 365.2425;
constexpr double mean_weekdays_per_year = mean_days_per_year * 5 / 7;

/// Mean distance from their median; nothing for too few.
std::optional<double> spread(std::span<const double> values, const PeriodDays& days, std::size_t per_year,
                             const CalendarEffect& effect) {
  constexpr std::size_t fewest = 8;
  std::vector<double> logs;
  for (std::size_t t = 0; t < values.size(); ++t)
    logs.push_back(values[t] > 0 ? std::log(values[t] / effect.factor(days[t], static_cast<int>(per_year)))
                                 : std::nan(""));
  std::vector<double> differences;
  for (std::size_t t = per_year + 1; t < logs.size(); ++t) {
    const double d = (logs[t] - logs[t - per_year]) - (logs[t - 1] - logs[t - 1 - per_year]);
    if (!std::isnan(d)) differences.push_back(d);
  }
  if (differences.size() < fewest) return {};
  const double middle = statistics::median(differences);
  double sum = 0;
  for (const double d : differences) sum += std::abs(d - middle);
  return sum / static_cast<double>(differences.size());
}

}  // namespace

PeriodDays days_of_periods(const WorkCalendar& calendar, int first, int per_year, std::size_t count) {
  PeriodDays all;
  const int months = 12 / per_year;
  for (std::size_t i = 0; i < count; ++i) {
    const int position = first + static_cast<int>(i);
    WorkCalendar::Days sum;
    for (int m = 0; m < months; ++m) {
      const WorkCalendar::Days d = calendar.days(position / per_year, position % per_year * months + m + 1);
      sum.working += d.working;
      sum.all += d.all;
    }
    all.push_back(sum);
  }
  return all;
}

double CalendarEffect::factor(const WorkCalendar::Days& days, int per_year) const {
  if (!used) return 1;
  const double mean = mean_weekdays_per_year + weight * (mean_days_per_year - mean_weekdays_per_year);
  return (days.working + weight * (days.all - days.working)) * per_year / mean;
}

CalendarEffect fit_calendar_effect(std::span<const double> values, const PeriodDays& days, int per_year) {
  CalendarEffect none;
  if (per_year < 4) return none;
  const auto without = spread(values, days, static_cast<std::size_t>(per_year), none);
  if (!without) return none;
  none.deviation_none = none.deviation = *without;
  CalendarEffect best = none;
  constexpr int steps = 20;
  for (int i = 0; i <= steps; ++i) {
    CalendarEffect effect{true, static_cast<double>(i) / steps, *without, 0};
    effect.deviation = spread(values, days, static_cast<std::size_t>(per_year), effect).value_or(*without);
    if (effect.deviation < best.deviation) best = effect;
  }
  constexpr double worth_it = 0.9;
  return best.deviation <= worth_it * *without ? best : none;
}

}  // namespace snitt::activity
