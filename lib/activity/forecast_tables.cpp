#include "activity/forecast_tables.hpp"

namespace snitt::activity::headings {
namespace {

const RowTable::Heading series{"series", "", "which series"};
const RowTable::Heading time{"time", "", "period"};
const RowTable::Heading method{"method", "", "of forecasting"};

}  // namespace

std::vector<RowTable::Heading> forecasts() {
  return {series,
          time,
          {"horizon", "1", "periods ahead of the last that was used"},
          method,
          {"forecast", "1", "examinations"},
          {"low_80", "1", "lower end of the 80 % prediction interval"},
          {"high_80", "1", "upper end of the 80 % prediction interval"},
          {"low_95", "1", "lower end of the 95 % prediction interval"},
          {"high_95", "1", "upper end of the 95 % prediction interval"},
          {"working_days", "1", "Monday to Friday without holidays"},
          {"actual", "1", "what was counted, where the period was kept for the test"}};
}

std::vector<RowTable::Heading> choice() {
  return {series,
          {"chosen", "", "method of the forecast"},
          {"reason", "", "why"},
          {"first", "", "first period that was used"},
          {"last", "", "last period that was used"},
          {"periods", "1", "with a value that was used"},
          {"calendar", "1", "1: counts follow the days of their month"},
          {"day_off_weight", "1", "what a day off counts of a working day"},
          {"calendar_gain", "1", "share of the double yearly differences that the calendar takes away"}};
}

std::vector<RowTable::Heading> methods() {
  return {
      series,
      method,
      {"form", "", "what was chosen inside the method for the forecast"},
      {"chosen", "1", "1: this is the forecast"},
      {"origins", "1", "of the back-test"},
      {"forecasts", "1", "of the back-test"},
      {"mape_percent", "%", "mean absolute error in per cent of the count"},
      {"mase", "1", "mean absolute error relative to that of last year's value"},
      {"bias_percent", "%", "mean of actual over forecast, less one"},
      {"difference", "%", "mean absolute error less that of the combination, percentage points"},
      {"difference_error", "%", "its standard error; missing where the origins span less than two horizons"},
      {"noise_percent", "%", "standard deviation of errors that do not grow"},
      {"drift_percent", "%", "standard deviation that each period ahead adds"},
      {"degrees", "1", "of freedom of the intervals"}};
}

std::vector<RowTable::Heading> parameters() {
  return {series, method, {"parameter", "", "name"}, {"value", "1", "fitted to all periods that were used"}};
}

std::vector<RowTable::Heading> all_forecasts() {
  return {series, time, {"horizon", "1", "periods ahead"}, method, {"forecast", "1", "examinations"}};
}

std::vector<RowTable::Heading> backtest() {
  return {series,
          method,
          {"origin", "", "last period that was known"},
          {"horizon", "1", "periods ahead"},
          time,
          {"forecast", "1", "examinations"},
          {"actual", "1", "examinations counted"}};
}

std::vector<RowTable::Heading> events() {
  return {series,
          time,
          {"event", "", "missing, masked, outlier or level shift"},
          {"ratio", "1", "to what the surroundings let expect; of a shift new over old level"},
          {"used", "1", "1: the period was used all the same"}};
}

std::vector<RowTable::Heading> years() {
  return {series,
          {"from", "", "first period"},
          {"to", "", "last period"},
          {"forecast", "1", "examinations"},
          {"low_80", "1", "lower end of the 80 % prediction interval"},
          {"high_80", "1", "upper end of the 80 % prediction interval"},
          {"low_95", "1", "lower end of the 95 % prediction interval"},
          {"high_95", "1", "upper end of the 95 % prediction interval"},
          {"last_year", "1", "counted in the last year that was used"},
          {"growth_percent", "%", "over the last year"}};
}

std::vector<RowTable::Heading> test() {
  return {series,
          method,
          {"chosen", "1", "1: this is the forecast"},
          {"periods", "1", "that were kept for the test"},
          {"mape_percent", "%", "mean absolute error in per cent of the count"},
          {"bias_percent", "%", "sum of the counts over sum of the forecasts, less one"},
          {"inside_80", "1", "share of counts inside the 80 % prediction intervals"},
          {"inside_95", "1", "share of counts inside the 95 % prediction intervals"}};
}

std::vector<RowTable::Heading> private_need() {
  return {series,
          {"from", "", "first period"},
          {"to", "", "last period"},
          {"demand", "1", "examinations expected"},
          {"own_capacity", "1", "examinations that own equipment can do in that time"},
          {"to_buy", "1", "demand beyond own capacity"},
          {"low_80", "1", "lower end of the 80 % prediction interval"},
          {"high_80", "1", "upper end of the 80 % prediction interval"},
          {"low_95", "1", "lower end of the 95 % prediction interval"},
          {"high_95", "1", "upper end of the 95 % prediction interval"},
          {"probability", "1", "that anything has to be bought"},
          {"spare", "1", "own capacity beyond demand"}};
}

}  // namespace snitt::activity::headings
