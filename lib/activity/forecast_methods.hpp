#pragma once
#include <string>
#include <utility>
#include <vector>

#include "activity/calendar_effect.hpp"

/// Forecasts of one series of counts by every method that its length allows.
namespace snitt::activity {

/// What is known at an origin, and what is known of the future.
struct ForecastInput {
  std::vector<double> values;  ///< [period]; NaN: missing or masked
  PeriodDays days;             ///< [period + horizon]
  int per_year = 12;
  /// [period + horizon]: examinations expected from the population's size and ages alone, any unit; empty:
  /// not known.
  std::vector<double> demand;
  std::size_t horizon = 12;
  bool use_calendar = true;
};

struct MethodForecast {
  std::string method;
  std::string form;                                        ///< "ETS(M,Ad,M)", members of a combination
  std::vector<double> path;                                ///< [horizon], counts
  std::vector<std::pair<std::string, double>> parameters;  ///< what was fitted
};

/// "seasonal naive": the last value of the same month; "seasonal naive with growth": times the growth of the
/// last year over the one before; "Holt-Winters": additive or multiplicative, whichever
/// errs less inside the series; "ETS"; "theta":
/// simple exponential smoothing with half the trend (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah
/// 2003) of logarithms without a shrunken season (Miller and Williams 2003); "negative binomial": month
/// effects and trend; "age-cohort": the same with the demand as offset. All work
/// on counts per effective day, and put the days of the future back. "combination" is the mean on the log
/// scale of all but the first, without the lowest and the highest when they are four or more, as a median is
/// safe against one that goes astray.
std::vector<MethodForecast> forecast_by_all(const ForecastInput& input, CalendarEffect* calendar = nullptr);

inline constexpr const char* combination_name = "combination";
inline constexpr const char* naive_name = "seasonal naive";

}  // namespace snitt::activity
