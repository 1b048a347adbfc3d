#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "activity/forecast_methods.hpp"

/// Which forecast to trust, and how far, from forecasts of what is known already.
namespace snitt::activity {

/// One forecast from an origin inside the series.
struct BacktestForecast {
  std::string method;
  std::size_t origin = 0;   ///< number of values that were known
  std::size_t horizon = 0;  ///< from 1
  double forecast = 0;
  double actual = 0;
};

/// Variance of the logarithm of actual over forecast: noise + drift * horizon.
struct ErrorGrowth {
  double noise = 0;
  double drift = 0;
  double degrees = 0;  ///< of freedom: see fit_error_growth
  double variance(std::size_t horizon) const { return noise + drift * static_cast<double>(horizon); }
};

struct MethodScore {
  std::string method;
  std::size_t origins = 0;
  std::size_t forecasts = 0;
  double mape = 0;  ///< mean absolute error as a share of the actual value
  double mase = 0;  ///< relative to the mean absolute error of the seasonal naive forecasts inside the series
  double bias = 0;  ///< mean logarithm of actual over forecast
  /// Mean over origins of its absolute log error less that of the combination, and the standard error of it,
  /// which counts only stretches of one horizon as independent.
  double difference = 0;
  double difference_error = 0;
  ErrorGrowth growth;
};

struct Backtest {
  std::vector<BacktestForecast> forecasts;
  std::vector<MethodScore> scores;  ///< methods in the order of forecast_by_all
  std::string chosen;
  std::string reason;  ///< a sentence
};

struct BacktestOptions {
  std::size_t most_origins = 24;  ///< the latest ones
};

/// Rolling origins from two years (5 values where a period is a year) on; everything, the calendar and the
/// forms too, is fitted anew at each. Chosen is the combination, unless there are origins over two horizons
/// or more and a single method is better by more than its standard error there: picking the best of many by
/// few and overlapping errors mostly picks luck (Makridakis and others, M3 and M4). The same for any number
/// of threads.
Backtest backtest(const ForecastInput& input, const BacktestOptions& options);

/// Noise and drift from errors [origin, horizon] (log ratios; NaN: unknown): their mean over all divisions of
/// the variance between the two, each weighted by its likelihood, since few errors tell them apart badly. An
/// error at horizon h counts 1 / h, as such errors overlap; degrees of freedom are the mean over horizons of
/// the number of errors that do not, with the same weights.
ErrorGrowth fit_error_growth(const std::vector<std::vector<double>>& errors);

/// Interval of one period's count and of the sum of periods, whose drift they share. With Student's quantile.
struct Band {
  double low = 0;
  double high = 0;
};
Band band(double forecast, std::size_t horizon, const ErrorGrowth& growth, double confidence);
/// Standard deviation of the logarithm of the sum of forecasts [from, to) of a path.
double deviation_of_sum(const std::vector<double>& path, std::size_t from, std::size_t to,
                        const ErrorGrowth& growth);
Band band_of_sum(const std::vector<double>& path, std::size_t from, std::size_t to, const ErrorGrowth& growth,
                 double confidence);

}  // namespace snitt::activity
