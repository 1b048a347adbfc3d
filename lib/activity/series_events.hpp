#pragma once
#include <string>
#include <vector>

#include "activity/forecast_methods.hpp"

/// Months that are not like the others.
namespace snitt::activity {

struct SeriesEvent {
  enum class Kind { missing, outlier, level_shift };
  Kind kind = Kind::missing;
  std::size_t index = 0;  ///< of the period; of a shift the first of the new level
  double ratio = 1;  ///< of what is there to what its surroundings let expect; of a shift new over old level
};

/// Outliers: logs per effective day, less the median of the 13 periods around and the usual difference of
/// their month, lie further from 0 than 5 robust deviations and a quarter (log 1.25). Shifts: medians of 6
/// periods after and before differ from the usual by more than 4 robust deviations of such differences and of
/// single steps, and by a tenth, and one step makes most of it. A trend, a season and an unusual Easter are
/// neither. Wants three years, else empty but for what is missing.
std::vector<SeriesEvent> series_events(const std::vector<double>& values, const PeriodDays& days,
                                       int per_year, bool use_calendar);

}  // namespace snitt::activity
