#include "report/activity_figures.hpp"

#include <algorithm>
#include <cmath>

#include "report/column_roles.hpp"
#include "report/curve_plot.hpp"
#include "report/dot_plot.hpp"
#include "report/forecast_figures.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t most_dots = 60;

const Table& table_or_none(const CalibrationRecord& record, const std::string& name) {
  static const Table none;
  const Table* table = record.table(name);
  return table == nullptr ? none : *table;
}

/// The columns of words beside the one that names the rows of a plot.
std::vector<std::string> others(const Rows& rows, const std::string& name) {
  std::vector<std::string> labels = label_columns(rows);
  std::erase(labels, name);
  return labels;
}

/// Rates of areas against that of all, sorted: the standardized ones where there are any.
Figures rate_figures(const Rows& rows, const CalibrationRecord& record, const Wording& w) {
  const bool standardized = rows.has_numbers("direct");
  const std::string rate = standardized ? "direct" : "crude";
  const std::vector<std::string> labels = label_columns(rows);
  if (!rows.has_numbers(rate) || labels.empty()) return {};
  const std::string unit_column = rows.has_words("area") ? "area" : labels.back();
  const std::vector<std::string> panels = others(rows, unit_column);
  const Rows all(table_or_none(record, "all_areas"));
  Figures figures;
  for (const Part& panel : parts_by(rows, panels, all_rows(rows))) {
    DotPlot plot;
    for (const std::size_t row : panel.rows)
      if (std::isfinite(rows.number(rate, row)) && plot.dots.size() < most_dots)
        plot.dots.push_back({rows.word(unit_column, row), rows.number(rate, row),
                             rows.number(rate + "_low", row), rows.number(rate + "_high", row), 0,
                             w.say("n = {}", w.number(rows.number("count", row)))});
    if (plot.dots.empty()) continue;
    std::stable_sort(plot.dots.begin(), plot.dots.end(),
                     [](const Dot& a, const Dot& b) { return a.value > b.value; });
    for (const Part& sum : parts_by(all, panels, all_rows(all)))
      if (sum.name == panel.name && std::isfinite(all.number(rate, sum.rows.front())))
        plot.lines = {{w("all"), all.number(rate, sum.rows.front())}};
    plot.x_label = w.column(rate, rows.table().find(rate)->units);
    plot.title = (panel.name.empty() ? "" : panel.name + ": ") +
                 w.say("{} by {}", plot.x_label, w.column(unit_column));
    plot.from_zero = true;
    figures.push_back({panel.name, svg(plot, w),
                       standardized
                           ? w("Rates standardized for sex and age, with their 95 % intervals; the line is "
                               "the rate of all.")
                           : w("Crude rates with their 95 % intervals; the line is the rate of all.")});
  }
  return figures;
}

/// Hours in the unit that a length of time is read in, and the word for it.
std::pair<double, std::string> unit_of(double longest_h, const Wording& w) {
  constexpr double four_days_h = 96;
  constexpr double two_hours_h = 2;
  if (longest_h > four_days_h) return {24, w("days")};
  if (longest_h > two_hours_h) return {1, w("hours")};
  return {1.0 / 60, w("minutes")};
}

/// The medians of all groups, one plot per measure: with the open ones where these were told apart.
Figures median_figures(const Rows& rows, const Wording& w) {
  const bool with_open = rows.has_numbers("km_median_h");
  const std::string median = with_open ? "km_median" : "median";
  Figures figures;
  for (const Part& panel : parts_by(rows, {"measure"}, all_rows(rows))) {
    double longest = 0;
    for (const std::size_t row : panel.rows) {
      const double value = rows.number(median + "_h", row);
      if (std::isfinite(value)) longest = std::max(longest, value);
    }
    const auto [unit_h, unit] = unit_of(longest, w);
    DotPlot plot;
    for (const std::size_t row : panel.rows) {
      if (!std::isfinite(rows.number(median + "_h", row)) || plot.dots.size() == most_dots) continue;
      const std::string clock = rows.word("clock", row);
      std::string name = rows.word("group", row);
      if (!clock.empty() && clock != "elapsed" && clock != "dates") name += ", " + w(clock);
      plot.dots.push_back({name, rows.number(median + "_h", row) / unit_h,
                           rows.number(median + "_low_h", row) / unit_h,
                           rows.number(median + "_high_h", row) / unit_h, 0,
                           w.say("n = {}", w.number(rows.number("n", row)))});
    }
    if (plot.dots.empty()) continue;
    plot.from_zero = true;
    plot.x_label = w.say("{}: median ({})", w.column(panel.name), unit);
    plot.title = plot.x_label;
    figures.push_back({"", svg(plot, w),
                       with_open ? w("Medians with what is still open (Kaplan-Meier), with 95 % intervals.")
                                 : w("Medians of what has ended, with 95 % intervals.")});
  }
  return figures;
}

/// The time by which 99 % are done in every group: what comes after would press the rest together. The end of
/// the longest where in some group so many are never seen to end.
double time_of_99(const Rows& rows, const std::vector<std::size_t>& among) {
  constexpr double left = 0.01;
  std::map<std::string, double> done;
  double longest = 0;
  for (const std::size_t row : among) {
    const double time = rows.number("time_h", row);
    if (!std::isfinite(time)) continue;
    double& end = done.try_emplace(rows.word("group", row), INFINITY).first->second;
    if (rows.number("survival", row) <= left) end = std::min(end, time);
    longest = std::max(longest, time);
  }
  double last = 0;
  for (const auto& [group, time] : done) last = std::max(last, time);
  return std::min(last, longest);
}

/// What is still waiting over the time since it began.
Figures waiting_curves(const Rows& rows, const Wording& w) {
  const bool has_clock = rows.has_words("clock");
  Figures figures;
  for (const Part& panel : parts_by(rows, {"measure"}, all_rows(rows))) {
    std::vector<std::size_t> elapsed = panel.rows;
    std::erase_if(elapsed,
                  [&](std::size_t row) { return has_clock && rows.word("clock", row) != "elapsed"; });
    const double end_h = time_of_99(rows, elapsed);
    const double unit_h = unit_of(end_h, w).first;
    bool is_cut = false;
    CurvePlot plot;
    for (const Part& part : parts_by(rows, {"group"}, elapsed)) {
      Curve curve;
      curve.name = part.name;
      curve.kind = Curve::Kind::steps;
      for (const std::size_t row : part.rows) {
        if (rows.number("time_h", row) > end_h) {
          is_cut = true;
          continue;
        }
        curve.x.push_back(rows.number("time_h", row) / unit_h);
        curve.y.push_back(rows.number("survival", row));
        curve.low.push_back(rows.number("low", row));
        curve.high.push_back(rows.number("high", row));
      }
      constexpr std::size_t most_curves = 6;
      if (!curve.x.empty() && plot.curves.size() < most_curves) plot.curves.push_back(std::move(curve));
    }
    if (plot.curves.empty()) continue;
    plot.x_label = unit_h > 1 ? w("time (days)") : unit_h == 1 ? w("time (hours)") : w("time (minutes)");
    plot.y_label = w("share not yet ended");
    plot.title = w.say("{}: share not yet ended", w.column(panel.name));
    plot.y_lines = {{"50 %", 0.5}, {"10 %", 0.1}};
    plot.from_zero = true;
    figures.push_back({w.column(panel.name), svg(plot, w),
                       w("Kaplan-Meier curves with 95 % bands: what is still open counts until it was last "
                         "seen. Where a curve "
                         "crosses 50 % is the median.") +
                           (is_cut ? " " + w("The axis ends where 99 % are done in every group.") : "")});
  }
  return figures;
}

Figures limit_figures(const Rows& rows, const Wording& w) {
  Figures figures;
  for (const Part& panel : parts_by(rows, {"measure"}, all_rows(rows))) {
    DotPlot plot;
    for (const std::size_t row : panel.rows) {
      const std::string clock = rows.word("clock", row);
      std::string name = fmt::format("{}, \u2264 {} {}", rows.word("group", row),
                                     w.number(rows.number("limit", row)), w(rows.word("limit_unit", row)));
      if (clock != "elapsed" && clock != "dates" && !clock.empty()) name += ", " + clock;
      if (std::isfinite(rows.number("share", row)) && plot.dots.size() < most_dots)
        plot.dots.push_back({name, rows.number("share", row), rows.number("low", row),
                             rows.number("high", row), 0, w.say("n = {}", w.number(rows.number("n", row)))});
    }
    const bool all_within =
        std::all_of(plot.dots.begin(), plot.dots.end(), [](const Dot& dot) { return dot.value == 1; });
    if (plot.dots.empty() || all_within) continue;
    plot.from_zero = true;
    plot.x_label = w("share within the limit");
    plot.title = w.say("{}: share within the limit", w.column(panel.name));
    figures.push_back(
        {w.column(panel.name), svg(plot, w), w("Share that ended within each limit, with 95 % intervals.")});
  }
  return figures;
}

/// Use of each scanner's opening hours.
Figures use_figures(const Rows& rows, const Wording& w) {
  Figures figures;
  for (const Part& panel : parts_by(rows, {"modality"}, all_rows(rows))) {
    DotPlot plot;
    for (const std::size_t row : panel.rows)
      if (std::isfinite(rows.number("used_of_opening", row)) && plot.dots.size() < most_dots)
        plot.dots.push_back({rows.word("device", row), rows.number("used_of_opening", row),
                             rows.number("used_low", row), rows.number("used_high", row), 0,
                             w.say("n = {}", w.number(rows.number("exams", row)))});
    if (plot.dots.empty()) continue;
    std::stable_sort(plot.dots.begin(), plot.dots.end(),
                     [](const Dot& a, const Dot& b) { return a.value > b.value; });
    plot.from_zero = true;
    plot.x_label = w("share of opening hours in use");
    plot.title = (panel.name.empty() ? "" : panel.name + ": ") + plot.x_label;
    figures.push_back({panel.name, svg(plot, w),
                       w("Share of each scanner's opening hours with a patient, with 95 % intervals.")});
  }
  return figures;
}

/// A share over the number of machines, one curve per class of patients.
Figures capacity_figures(const Rows& rows, const std::string& value, const std::string& low,
                         const std::string& high, const Wording& w) {
  if (!rows.has_numbers("machines") || !rows.has_numbers(value)) return {};
  Figures figures;
  for (const Part& panel : parts_by(rows, {"modality"}, all_rows(rows))) {
    CurvePlot plot;
    for (const Part& part : parts_by(rows, {"class"}, panel.rows)) {
      Curve curve;
      curve.name = part.name;
      curve.kind = Curve::Kind::line_and_dots;
      for (const std::size_t row : part.rows) {
        curve.x.push_back(rows.number("machines", row));
        curve.y.push_back(rows.number(value, row));
        curve.low.push_back(rows.number(low, row));
        curve.high.push_back(rows.number(high, row));
      }
      plot.curves.push_back(std::move(curve));
    }
    plot.from_zero = true;
    plot.x_label = w.column("machines");
    plot.y_label = w.column(value);
    plot.title =
        (panel.name.empty() ? "" : panel.name + ": ") + w.say("{} over {}", plot.y_label, plot.x_label);
    figures.push_back(
        {panel.name, svg(plot, w), w.say("{} by the number of machines, with 95 % bands.", plot.y_label)});
  }
  return figures;
}

}  // namespace

std::optional<Figures> activity_figures(const std::string& name, const Table& table,
                                        const CalibrationRecord& record, const Wording& w) {
  const Rows rows(table);
  const std::string& method = record.method;
  if (method == "activity-rates")
    return rows.has_words("area") || rows.has_numbers("person_years")
               ? (name == "all_areas" ? Figures{} : rate_figures(rows, record, w))
               : Figures{};
  if (method == "turnaround") {
    if (rows.has_numbers("survival") && rows.has_numbers("time_h")) return waiting_curves(rows, w);
    if (rows.has_numbers("median_h") && rows.has_words("measure")) return median_figures(rows, w);
    return name == "limits" ? limit_figures(rows, w) : Figures{};
  }
  // Measures of variation have units of their own, and scenarios are not to be added up.
  if (method == "activity-variation") return funnel_figures(name, table, w);
  if (method.starts_with("forecast")) return forecast_figures(name, table, record, w);
  if (rows.has_numbers("used_of_opening") && rows.has_words("device")) return use_figures(rows, w);
  if (rows.has_numbers("machines") && rows.has_numbers("share_within"))
    return capacity_figures(rows, "share_within", "share_low", "share_high", w);
  if (rows.has_numbers("machines") && rows.has_numbers("used"))
    return capacity_figures(rows, "used", "used_low", "used_high", w);
  return std::nullopt;
}

}  // namespace snitt::report
