#include "report/forecast_figures.hpp"

#include <cmath>

#include "report/column_roles.hpp"
#include "report/curve_plot.hpp"
#include "report/dot_plot.hpp"

namespace snitt::report {
namespace {

/// What is known of a series: the values that the back-test forecast, and those of the test.
Curve history_of(const std::string& series, const CalibrationRecord& record, const Rows& forecasts,
                 const Wording& w) {
  std::map<double, double> known;
  const auto add = [&](const Rows& rows) {
    const std::vector<double> times = times_of(rows, "time");
    for (const std::size_t row : rows.where("series", series)) {
      const double value = rows.number("actual", row);
      if (std::isfinite(value) && std::isfinite(times[row])) known[times[row]] = value;
    }
  };
  if (const Table* backtest = record.table("backtest")) add(Rows(*backtest));
  add(forecasts);
  Curve curve;
  curve.name = w("observed");
  for (const auto& [time, value] : known) {
    curve.x.push_back(time);
    curve.y.push_back(value);
  }
  return curve;
}

std::vector<std::pair<double, std::string>> year_ticks(const Curve& a, const Curve& b) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const Curve* curve : {&a, &b})
    for (const double x : curve->x) {
      low = std::min(low, x);
      high = std::max(high, x);
    }
  std::vector<std::pair<double, std::string>> ticks;
  for (double year = std::ceil(low - 1e-9); year <= high + 1e-9; ++year)
    ticks.emplace_back(year, fmt::format("{:.0f}", year));
  return ticks;
}

Figures series_with_bands(const Rows& rows, const CalibrationRecord& record, const Wording& w) {
  const std::vector<double> times = times_of(rows, "time");
  const std::vector<std::string> all = rows.distinct("series");
  constexpr std::size_t most_series = 12;
  Figures figures;
  for (std::size_t s = 0; s < all.size() && s < most_series; ++s) {
    Curve forecast;
    forecast.name = w("forecast");
    for (const std::size_t row : rows.where("series", all[s])) {
      forecast.x.push_back(times[row]);
      forecast.y.push_back(rows.number("forecast", row));
      forecast.low.push_back(rows.number("low_95", row));
      forecast.high.push_back(rows.number("high_95", row));
    }
    CurvePlot plot;
    const Curve known = history_of(all[s], record, rows, w);
    plot.x_ticks = year_ticks(known, forecast);
    if (plot.x_ticks.size() < 2) plot.x_ticks.clear();
    plot.curves = {known, forecast};
    if (known.x.empty()) plot.curves.erase(plot.curves.begin());
    plot.x_label = w.column("year");
    plot.y_label = w.column("count");
    plot.title = w.say("{}: observed and forecast", all[s]);
    plot.from_zero = true;
    const std::string more = all.size() > most_series && s == 0
                                 ? " " + w.say("The first {} of {} are drawn.", most_series, all.size())
                                 : "";
    figures.push_back({all[s], svg(plot, w),
                       w("What was observed in the periods that the methods were tried on, and the forecast "
                         "with its 95 % band.") +
                           more});
  }
  return figures;
}

Figures method_errors(const Rows& rows, const Wording& w) {
  Figures figures;
  for (const Part& panel : parts_by(rows, {"series"}, all_rows(rows))) {
    DotPlot plot;
    for (const std::size_t row : panel.rows) {
      const double error = rows.number("mape_percent", row);
      if (!std::isfinite(error)) continue;
      const bool chosen = rows.number("chosen", row) != 0;
      plot.dots.push_back({rows.word("method", row), error, std::nan(""), std::nan(""),
                           chosen ? std::size_t{3} : std::size_t{0}, chosen ? w("chosen") : ""});
    }
    if (plot.dots.empty()) continue;
    plot.from_zero = true;
    plot.x_label = w("mean absolute error in the back-test (%)");
    plot.title = panel.name + ": " + plot.x_label;
    figures.push_back({panel.name, svg(plot, w),
                       w("How far each method's forecasts were off when it was tried on the past; the "
                         "diamond was chosen.")});
  }
  return figures;
}

/// What has to be bought, before all else: it is what the forecast was made for.
Figures purchases(const Rows& rows, const Wording& w) {
  DotPlot plot;
  constexpr std::size_t most = 60;
  const std::size_t all_series = rows.distinct("series").size();
  for (std::size_t row = 0; row < rows.size() && plot.dots.size() < most; ++row) {
    const std::string period = rows.word("from", row) + " \u2013 " + rows.word("to", row);
    plot.dots.push_back({all_series > 1 ? rows.word("series", row) + ", " + period : period,
                         rows.number("to_buy", row), rows.number("low_95", row), rows.number("high_95", row),
                         0, w.say("own {}", w.number(rows.number("own_capacity", row)))});
  }
  if (plot.dots.empty()) return {};
  plot.from_zero = true;
  plot.x_label = w("examinations to buy");
  plot.title = plot.x_label;
  return {{"", svg(plot, w),
           w("Demand beyond own capacity (on the right), with 95 % prediction intervals.") +
               (rows.size() > most ? " " + w.say("The first {} of {} are drawn.", most, rows.size()) : "")}};
}

}  // namespace

Figures forecast_figures(const std::string& name, const Table& table, const CalibrationRecord& record,
                         const Wording& w) {
  const Rows rows(table);
  if (rows.has_numbers("low_95") && rows.has_numbers("forecast") && rows.has_words("time"))
    return series_with_bands(rows, record, w);
  if (name == "methods" && rows.has_numbers("mape_percent")) return method_errors(rows, w);
  if (name == "private_need" && rows.has_numbers("to_buy")) return purchases(rows, w);
  return {};
}

}  // namespace snitt::report
