#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "activity/basis.hpp"
#include "activity/forecast_choice.hpp"
#include "activity/period_series.hpp"
#include "activity/series_events.hpp"
#include "base/monitor.hpp"

namespace snitt::activity {

struct ForecastOptions {
  std::size_t horizon = 12;
  WorkCalendar calendar{"none"};
  bool use_calendar = true;
  bool mask_outliers = true;
  std::vector<std::string> masked;       ///< "2020-03:2020-06", "2020-03"
  std::optional<std::string> from;       ///< first period that is used
  std::optional<std::string> test_from;  ///< first period that is kept from the methods, to test them
  std::string method;                    ///< "" for the choice by back-test
  std::size_t most_origins = 24;
  /// [series name]: expected examinations by year from the population alone, any unit.
  std::map<std::string, std::map<int, double>> demand;
  /// [series name]: examinations a year that own equipment can do.
  std::map<std::string, double> own_capacity;
  std::vector<BasisEntry> basis;
};

struct ForecastResult {
  Table forecasts;  ///< one row per series and period ahead
  CalibrationRecord record;
  std::string text;  ///< a line per series for a person
};

/// Series that are too short for any method are in the table refused; where that is all, ComputationError
/// says why. Method "forecast by back-test", verdict "doubtful" for level shifts, masked periods among the
/// last year, short back-tests and a population that ends before the horizon. Tables: choice, methods,
/// parameters, all_forecasts, backtest, events, years, test, private_need, refused, basis.
ForecastResult forecast(std::vector<PeriodSeries> series, const ForecastOptions& options, Monitor& monitor);

/// Examinations that the population of each year would have at the rates of the years that are counted:
/// sum over strata of population * (counts / population), by the series' name. Columns `year` (or calyear),
/// `age_from` or `age_group`, `sex` (optional), `persons` (or pop) of the population; the same with `count`,
/// and the columns `by` as far as they are there, of the counts. Strata (age by sex) have to be
/// the same; examinations whose age or sex is not known are passed over: the size of the demand does not
/// matter, its change does. Throws InputError.
std::map<std::string, std::map<int, double>> demand_by_year(const Table& population,
                                                            const std::string& population_name,
                                                            const Table& counts,
                                                            const std::string& counts_name,
                                                            const std::vector<PeriodSeries>& series,
                                                            const std::vector<std::string>& by);

/// Capacity by the series' name, from columns `by` and `capacity`, or `units` and `exams_per_unit`. Throws
/// InputError for a row whose words name none of `series`, which are all that the counts have.
std::map<std::string, double> capacity_by_series(const Table& table, const std::string& name,
                                                 const std::vector<std::string>& by,
                                                 const std::vector<std::string>& series);

}  // namespace snitt::activity
