#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activity/forecast.hpp"
#include "data/row_table.hpp"

namespace snitt::activity {

/// What the methods see of one series, and what is kept from them.
struct PreparedSeries {
  PeriodSeries series;  ///< cut to what is used
  ForecastInput input;
  std::vector<SeriesEvent> events;
  std::vector<std::size_t> masked;  ///< by the caller
  std::vector<double> actual;       ///< [horizon], NaN where not known
  std::vector<double> counted;      ///< [period] before masking
  bool demand_ends = false;
};

/// Rows of all tables of a forecast, series by series.
class ForecastResults {
 public:
  explicit ForecastResults(const ForecastOptions& options);
  void add(const PreparedSeries& p, const std::vector<MethodForecast>& methods,
           const CalendarEffect& calendar, const Backtest& test);
  /// A series that has no forecast, and why.
  void refuse(const std::string& series, const std::string& why);
  ForecastResult finish();

 private:
  ErrorGrowth growth_of(const PreparedSeries& p, const std::string& chosen, const Backtest& test);
  void add_choice(const PreparedSeries& p, const MethodForecast& f, const CalendarEffect& calendar,
                  const Backtest& test);
  void add_methods(const PreparedSeries& p, const std::vector<MethodForecast>& methods, const Backtest& test,
                   const std::string& chosen);
  void add_forecast(const PreparedSeries& p, const MethodForecast& f, const ErrorGrowth& growth);
  void add_years(const PreparedSeries& p, const MethodForecast& f, const ErrorGrowth& growth);
  void add_need(const PreparedSeries& p, std::size_t from, std::size_t to, double sum, double deviation,
                const ErrorGrowth& growth);
  void add_test(const PreparedSeries& p, const std::vector<MethodForecast>& methods,
                const std::string& chosen, const Backtest& test);
  void add_events(const PreparedSeries& p);

  const ForecastOptions& options_;
  RowTable forecasts_, choice_, methods_, parameters_, all_, backtest_, events_, years_, test_, need_,
      refused_;
  std::vector<std::string> reasons_;
  std::vector<std::string> without_capacity_;  ///< series, where others have one
  std::vector<double> mape_, test_mape_;
  double inside_ = 0, tested_ = 0;
  std::optional<Quantity> single_year_;
  std::size_t series_ = 0;
  std::string text_;
};

}  // namespace snitt::activity
