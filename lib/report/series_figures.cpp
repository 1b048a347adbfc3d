#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/column_roles.hpp"
#include "report/cross_table.hpp"
#include "report/curve_plot.hpp"
#include "report/marginals.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t most_curves = 6;   // that can be told apart
constexpr std::size_t most_panels = 12;  // of one table

std::string axis_label(const Rows& rows, const std::string& name, const Wording& w) {
  const Column* column = rows.table().find(name);
  return w.column(name, column == nullptr ? "" : column->units);
}

/// What is drawn over time or another axis: the column, and its interval if it has one.
struct Ordinate {
  std::string value;
  std::string low;
  std::string high;
};

/// The sum of a count over rows of one x, the one value of anything else.
Curve curve_of(const Rows& rows, const Part& part, const std::vector<double>& x, const Ordinate& y,
               bool sum) {
  std::vector<std::size_t> order = part.rows;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  Curve curve;
  curve.name = part.name;
  for (const std::size_t row : order) {
    const double value = rows.number(y.value, row);
    if (sum && !curve.x.empty() && curve.x.back() == x[row]) {
      if (std::isfinite(value)) curve.y.back() += value;
      continue;
    }
    curve.x.push_back(x[row]);
    curve.y.push_back(value);
    if (!y.low.empty()) {
      curve.low.push_back(rows.number(y.low, row));
      curve.high.push_back(rows.number(y.high, row));
    }
  }
  return curve;
}

double last_of(const Curve& curve) {
  for (std::size_t i = curve.y.size(); i > 0; --i)
    if (std::isfinite(curve.y[i - 1])) return curve.y[i - 1];
  return -INFINITY;
}

/// The curves of one panel; of more than can be told apart those that end highest.
std::size_t keep_highest(std::vector<Curve>& curves) {
  std::erase_if(curves, [](const Curve& curve) { return !std::isfinite(last_of(curve)); });
  const std::size_t all = curves.size();
  if (all <= most_curves) return 0;
  std::stable_sort(curves.begin(), curves.end(),
                   [](const Curve& a, const Curve& b) { return last_of(a) > last_of(b); });
  curves.resize(most_curves);
  return all - most_curves;
}

/// Which words divide the rows into plots and which into curves of one.
std::pair<std::vector<std::string>, std::vector<std::string>> panels_and_curves(const Rows& rows) {
  std::vector<std::string> labels = label_columns(rows);
  if (labels.size() < 2 || parts_by(rows, labels, all_rows(rows)).size() <= most_curves) return {{}, labels};
  const std::size_t panels = rows.distinct(labels.front()).size();
  if (panels > most_panels) return {{}, labels};
  const std::vector<std::string> rest(labels.begin() + 1, labels.end());
  return {{labels.front()}, rest};
}

/// The places and words of times.
std::vector<std::pair<double, std::string>> ticks_of(const std::vector<double>& times) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const double time : times) {
    low = std::min(low, time);
    high = std::max(high, time);
  }
  std::vector<std::pair<double, std::string>> ticks;
  for (double year = std::ceil(low - 1e-9); year <= high + 1e-9; ++year)
    ticks.emplace_back(year, fmt::format("{:.0f}", year));
  if (ticks.size() > 2) return ticks;
  ticks.clear();  // within a year or two: quarters
  for (double quarter = std::ceil(4 * low - 1e-9); quarter <= 4 * high + 1e-9; ++quarter) {
    const double year = std::floor(quarter / 4);
    ticks.emplace_back(quarter / 4, fmt::format("{:.0f}-{:02.0f}", year, 3 * (quarter - 4 * year) + 1));
  }
  return ticks;
}

std::string more_text(std::size_t left_out, const Wording& w) {
  return left_out == 0
             ? ""
             : " " + w.say("{} lower ones are left to the table.", w.number(static_cast<double>(left_out)));
}

std::vector<Ordinate> ordinates(const Rows& rows, const std::string& x) {
  std::vector<Ordinate> all;
  std::vector<std::string> taken{x};
  for (const Estimate& e : estimates_of(rows.table())) {
    all.push_back({e.value, e.low, e.high});
    taken.insert(taken.end(), {e.value, e.low, e.high});
  }
  const bool has_estimates = !all.empty();
  for (const std::string& count : count_columns(rows))
    if (!has_estimates && std::find(taken.begin(), taken.end(), count) == taken.end())
      all.push_back({count, "", ""});
  return all;
}

}  // namespace

Figures series_figures(const std::string& name, const Table& table, const Wording& w) {
  const Table own = without_totals(in_language(table, w));
  const Rows rows(own);
  const auto time = time_column(rows);
  if (!time) return {};
  const std::vector<double> times = times_of(rows, *time);
  const std::vector<std::string> counts = count_columns(rows);
  const auto [panel_columns, curve_columns] = panels_and_curves(rows);
  Figures figures;
  for (const Ordinate& y : ordinates(rows, *time))
    for (const Part& panel : parts_by(rows, panel_columns, all_rows(rows))) {
      CurvePlot plot;
      const bool sum = std::find(counts.begin(), counts.end(), y.value) != counts.end();
      for (const Part& part : parts_by(rows, curve_columns, panel.rows))
        plot.curves.push_back(curve_of(rows, part, times, y, sum));
      const std::size_t left_out = keep_highest(plot.curves);
      if (plot.curves.empty()) continue;
      constexpr std::size_t few_points = 40;
      for (Curve& curve : plot.curves)
        if (curve.x.size() <= few_points) curve.kind = Curve::Kind::line_and_dots;
      plot.y_label = axis_label(rows, y.value, w);
      plot.x_label = w.column(*time);
      plot.title = (panel.name.empty() ? "" : panel.name + ": ") + w.say("{} over time", plot.y_label);
      plot.from_zero = true;
      plot.x_ticks = ticks_of(times);
      figures.push_back({panel.name, svg(plot, w),
                         w.say("Table {}: {} over time{}.", name, plot.y_label,
                               y.low.empty() ? "" : w(", with 95 % bands")) +
                             more_text(left_out, w)});
    }
  return figures;
}

Figures spectrum_figures(const std::string& name, const Table& table, const Wording& w) {
  const Rows rows(table);
  const auto x = abscissa(rows);
  if (!x) return {};
  std::vector<Ordinate> all = ordinates(rows, *x);
  if (all.empty())
    for (const Column& column : table.columns) {
      const bool real = std::holds_alternative<std::vector<double>>(column.values);
      if (real && column.name != *x) all.push_back({column.name, "", ""});
    }
  constexpr std::size_t most_ordinates = 4;
  if (all.size() > most_ordinates) all.resize(most_ordinates);
  const auto [panel_columns, curve_columns] = panels_and_curves(rows);
  const bool steps = name.find("survival") != std::string::npos || name.find("kaplan") != std::string::npos;
  Figures figures;
  for (const Part& panel : parts_by(rows, panel_columns, all_rows(rows)))
    for (const Ordinate& y : all) {
      CurvePlot plot;
      for (const Part& part : parts_by(rows, curve_columns, panel.rows)) {
        plot.curves.push_back(curve_of(rows, part, rows.numbers(*x), y, false));
        if (steps) plot.curves.back().kind = Curve::Kind::steps;
        constexpr std::size_t few_points = 12;
        if (!steps && plot.curves.back().x.size() <= few_points)
          plot.curves.back().kind = Curve::Kind::line_and_dots;
      }
      const std::size_t left_out = keep_highest(plot.curves);
      if (plot.curves.empty()) continue;
      plot.x_label = axis_label(rows, *x, w);
      plot.y_label = axis_label(rows, y.value, w);
      plot.title =
          (panel.name.empty() ? "" : panel.name + ": ") + w.say("{} over {}", plot.y_label, plot.x_label);
      plot.from_zero = true;
      figures.push_back(
          {panel.name, svg(plot, w),
           w.say("Table {}: {} over {}.", name, plot.y_label, plot.x_label) + more_text(left_out, w)});
    }
  return figures;
}

}  // namespace snitt::report
