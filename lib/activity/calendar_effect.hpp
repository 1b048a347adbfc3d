#pragma once
#include <span>
#include <vector>

#include "activity/work_calendar.hpp"

namespace snitt::activity {

/// Days of each period of a series.
using PeriodDays = std::vector<WorkCalendar::Days>;
/// Of `count` periods from `first` = year * per_year + period on.
PeriodDays days_of_periods(const WorkCalendar& calendar, int first, int per_year, std::size_t count);

/// How much a day off counts of a working day: activity of a period is proportional to
/// working + weight * (all - working) days.
struct CalendarEffect {
  bool used = false;          ///< false: the series does not follow the days
  double weight = 1;          ///< 0: only working days; 1: all days alike
  double deviation_none = 0;  ///< mean absolute double difference without an effect, as a share
  double deviation = 0;       ///< and with it
  /// Days of a period by this weight, relative to the mean period; 1 where there is no effect.
  double factor(const WorkCalendar::Days& days, int per_year) const;
};

/// The weight in steps of 0.05 that leaves the smallest sum of absolute differences of yearly differences of
/// log values, which trend, season and level shifts hardly touch. It is used if it takes away a tenth of what
/// is there without it; with fewer than 8 differences it is not tried. `per_year` below 4: no effect.
CalendarEffect fit_calendar_effect(std::span<const double> values, const PeriodDays& days, int per_year);

}  // namespace snitt::activity
