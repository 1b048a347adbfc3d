#include <algorithm>
#include <cmath>

#include "report/bar_plot.hpp"
#include "report/column_roles.hpp"
#include "report/dot_plot.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t most_dots = 60;    // in one plot
constexpr std::size_t most_panels = 12;  // of one column

const Column& column_of(const Rows& rows, const std::string& name) { return *rows.table().find(name); }

std::string axis_label(const Rows& rows, const std::string& name, const Wording& w) {
  return w.column(name, column_of(rows, name).units);
}

/// The columns whose words divide the rows into panels, and those that name a row in one.
struct Layout {
  std::vector<std::string> panel;
  std::vector<std::string> names;
};

Layout layout_of(const Rows& rows, std::vector<std::string> labels) {
  Layout layout;
  if (labels.size() > 1 && rows.size() > 4) {
    const std::size_t panels = rows.distinct(labels.front()).size();
    if (panels > 1 && panels <= most_panels && 2 * panels <= rows.size()) {
      layout.panel = {labels.front()};
      labels.erase(labels.begin());
    }
  }
  layout.names = std::move(labels);
  return layout;
}

std::string left_out_text(std::size_t shown, std::size_t all, const Wording& w) {
  if (shown == all) return "";
  return " " + w.say("The first {} of {} are drawn.", w.number(static_cast<double>(shown)),
                     w.number(static_cast<double>(all)));
}

}  // namespace

Figures interval_figures(const std::string& name, const Table& table, const Wording& w) {
  const Rows rows(table);
  const std::vector<Estimate> estimates = estimates_of(table);
  const std::vector<std::string> labels = label_columns(rows);
  if (estimates.empty() || labels.empty()) return {};
  const Layout layout = layout_of(rows, labels);
  Figures figures;
  for (const Part& panel : parts_by(rows, layout.panel, all_rows(rows)))
    for (const Estimate& estimate : estimates) {
      DotPlot plot;
      const std::string what = axis_label(rows, estimate.value, w);
      plot.title = panel.name.empty() ? what : panel.name + ": " + what;
      plot.x_label = what;
      std::size_t finite = 0;
      for (const Part& part : parts_by(rows, layout.names, panel.rows))
        for (const std::size_t row : part.rows) {
          const double value = rows.number(estimate.value, row);
          if (!std::isfinite(value)) continue;
          ++finite;
          if (plot.dots.size() < most_dots)
            plot.dots.push_back(
                {part.name, value, rows.number(estimate.low, row), rows.number(estimate.high, row), 0, ""});
        }
      if (plot.dots.empty()) continue;
      figures.push_back({panel.name.empty() ? "" : panel.name, svg(plot, w),
                         w.say("Table {}: {} with 95 % intervals.", name, what) +
                             left_out_text(plot.dots.size(), finite, w)});
    }
  return figures;
}

Figures count_figures(const std::string& name, const Table& table, const Wording& w) {
  const Rows rows(table);
  const std::vector<std::string> counts = count_columns(rows);
  const std::vector<std::string> labels = label_columns(rows);
  constexpr std::size_t most_labels = 4;
  constexpr std::size_t most_bars = 40;
  Figures figures;
  if (counts.empty()) return figures;
  const std::string& count = counts.front();
  for (const std::string& label : labels) {
    const std::vector<Part> parts = parts_by(rows, {label}, all_rows(rows));
    if (parts.size() < 2 || parts.size() > most_bars || figures.size() == most_labels) continue;
    BarPlot plot;
    plot.title = w.say("{} by {}", axis_label(rows, count, w), w.column(label));
    plot.x_label = axis_label(rows, count, w);
    for (const Part& part : parts) {
      double sum = 0;
      for (const std::size_t row : part.rows) {
        const double value = rows.number(count, row);
        sum += std::isfinite(value) ? value : 0;
      }
      plot.bars.push_back({part.name.empty() ? w("(none)") : part.name, {sum}});
    }
    const bool ordered = label.starts_with("age") || label == "weekday" || label == "hour";
    std::stable_sort(plot.bars.begin(), plot.bars.end(), [&](const Bar& a, const Bar& b) {
      return ordered ? a.name < b.name : a.parts[0] > b.parts[0];
    });
    figures.push_back({"", svg(plot, w), w.say("Table {}: {}.", name, plot.title)});
  }
  return figures;
}

}  // namespace snitt::report
