#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/bar_plot.hpp"
#include "report/column_roles.hpp"
#include "report/cross_table.hpp"
#include "report/dot_plot.hpp"
#include "report/marginals.hpp"
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
  const Table own = without_totals(in_language(table, w));
  const Rows rows(own);
  const std::vector<std::string> counts = count_columns(rows);
  const std::vector<std::string> labels = label_columns(rows);
  constexpr std::size_t most_labels = 4;
  constexpr std::size_t most_bars = 40;
  constexpr std::size_t most_parts = 6;
  Figures figures;
  if (counts.empty()) return figures;
  const std::string& count = counts.front();
  const std::vector<double>& values = rows.numbers(count);
  const bool withheld = std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  const bool has_sums = !marginal_columns(rows).empty();
  // Of two kinds of words the fewer are the parts of a bar.
  std::vector<std::string> bars = labels;
  std::vector<std::string> parts{""};
  std::string part_column;
  if (labels.size() == 2) {
    const bool first_is_fewer = rows.distinct(labels[0]).size() <= rows.distinct(labels[1]).size();
    const std::string& fewer = labels[first_is_fewer ? 0 : 1];
    if (rows.distinct(fewer).size() <= most_parts && !rows_by(rows, labels).empty()) {
      bars = {labels[first_is_fewer ? 1 : 0]};
      part_column = fewer;
      parts = rows.distinct(fewer);
      if (has_sums) std::erase_if(parts, is_total_word);
    }
  }
  for (const std::string& label : bars) {
    std::vector<std::string> shown{label};
    if (!part_column.empty()) shown.push_back(part_column);
    const std::vector<Part> groups = parts_by(rows, {label}, rows_by(rows, shown));
    if (groups.size() < 2 || groups.size() > most_bars || figures.size() == most_labels) continue;
    BarPlot plot;
    plot.title = w.say("{} by {}", axis_label(rows, count, w), w.column(label));
    plot.x_label = axis_label(rows, count, w);
    if (!part_column.empty())
      for (const std::string& part : parts) plot.series.push_back(part.empty() ? w("(none)") : part);
    for (const Part& group : groups) {
      Bar bar{group.name.empty() ? w("(none)") : group.name, std::vector<double>(parts.size(), 0)};
      for (const std::size_t row : group.rows) {
        const std::string part = rows.word(part_column, row);
        const auto at = part_column.empty() ? 0 : std::find(parts.begin(), parts.end(), part) - parts.begin();
        bar.parts[static_cast<std::size_t>(at)] += values[row];  // NaN stays: no sum over what is withheld
      }
      const bool complete =
          std::all_of(bar.parts.begin(), bar.parts.end(), [](double v) { return std::isfinite(v); });
      if (complete) plot.bars.push_back(std::move(bar));
    }
    if (plot.bars.empty()) continue;
    const bool ordered = label.starts_with("age") || label == "weekday" || label == "hour";
    const auto sum = [](const Bar& bar) { return std::accumulate(bar.parts.begin(), bar.parts.end(), 0.0); };
    std::stable_sort(plot.bars.begin(), plot.bars.end(),
                     [&](const Bar& a, const Bar& b) { return ordered ? a.name < b.name : sum(a) > sum(b); });
    figures.push_back({"", svg(plot, w),
                       w.say("Table {}: {}.", name, plot.title) +
                           (has_sums ? " " + w("Rows of totals are not added to others.") : "") +
                           (withheld ? " " + w("Bars with a count that is not told are left out.") : "")});
  }
  return figures;
}

}  // namespace snitt::report
