#include "report/calibration_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/columns.hpp"
#include "report/plot.hpp"
#include "report/residual_image.hpp"
#include "statistics/summary.hpp"

namespace snitt::report {
namespace {

const std::vector<std::string> group_columns{"role", "use", "status", "wire"};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const Column* numeric(const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  return column != nullptr && numbers_of(*column) ? column : nullptr;
}

/// The errors of a table of residuals; nothing for other tables.
const Column* error_column(const Table& table) {
  if (const Column* column = numeric(table, "error_mm")) return column;
  for (const Column& column : table.columns) {
    const bool error = contains(column.name, "error") || contains(column.name, "residual") ||
                       contains(column.name, "misfit");
    const bool one_direction = contains(column.name, "_u_") || contains(column.name, "_v_");
    const bool statistic = contains(column.name, "rms") || contains(column.name, "mean");
    if (error && !one_direction && !statistic && numbers_of(column)) return &column;
  }
  return nullptr;
}

std::string in_words(const RowGroups& groups, std::size_t group) {
  return groups.names[group].empty() && groups.names.size() > 1 ? "(none)" : groups.names[group];
}

Figures arrow_figures(const std::string& name, const Table& table, const std::optional<ReportImage>& given,
                      const Wording& w) {
  std::array<std::vector<double>, 4> values;
  const std::array<const char*, 4> names{"u_px", "v_px", "error_u_px", "error_v_px"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Column* column = numeric(table, names[i]);
    if (column == nullptr) return {};
    values[i] = *numbers_of(*column);
  }
  const RowGroups groups = grouped_rows(table, group_columns);
  ResidualImage image;
  const Column* used_column = numeric(table, "used");
  const auto used = used_column == nullptr ? std::nullopt : numbers_of(*used_column);
  std::size_t left_out = 0;
  double last_u = 1;
  double last_v = 1;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    image.arrows.push_back({values[0][row], values[1][row], values[2][row], values[3][row], groups.group[row],
                            used && (*used)[row] == 0});
    if (image.arrows.back().left_out) ++left_out;
    if (std::isfinite(values[0][row])) last_u = std::max(last_u, values[0][row]);
    if (std::isfinite(values[1][row])) last_v = std::max(last_v, values[1][row]);
  }
  for (std::size_t g = 0; g < groups.names.size(); ++g) image.groups.push_back(in_words(groups, g));
  if (given) {
    image.columns = static_cast<double>(given->columns);
    image.rows = static_cast<double>(given->rows);
    image.pixel_aspect = given->pixel_aspect;
    image.picture = given->png;
  } else {
    image.columns = std::ceil(1.05 * last_u);
    image.rows = std::ceil(1.05 * last_v);
  }
  const std::string pale =
      left_out == 0 ? "" : w.say(" {} of them, left out of the result, are dashed and pale.", left_out);
  const std::string over = given ? w.say(", over {}", given->caption) : "";
  return {{w("Residuals in the image"), svg(image),
           w.say("Table {}, {} rows{}: each arrow starts where something was seen. Arrows that point the "
                 "same way in "
                 "one part of the image are a systematic error.{}",
                 name, table.rows(), over, pale)}};
}

/// What errors are shown over: the first of the usual columns, else the number of the row.
struct Course {
  std::string label = "row";
  std::vector<double> values;
};

Course course_of(const Table& table) {
  for (const char* name : {"time_s", "time", "frame", "sample"})
    if (const Column* column = numeric(table, name)) return {label_of(*column), *numbers_of(*column)};
  Course course;
  for (std::size_t row = 0; row < table.rows(); ++row) course.values.push_back(static_cast<double>(row));
  return course;
}

/// Where a plot of errors ends, so that a few gross ones do not press the others into its first bar: ten
/// robust deviations above the median, if less than a fifth of the errors is beyond and that by half as much
/// again.
double end_of_plot(const std::vector<double>& errors) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::vector<double> finite;
  std::copy_if(errors.begin(), errors.end(), std::back_inserter(finite),
               [](double e) { return std::isfinite(e); });
  if (finite.empty()) return inf;
  const double end = statistics::median(finite) + 10 * statistics::robust_deviation(finite);
  const auto beyond = std::count_if(finite.begin(), finite.end(), [&](double e) { return e > end; });
  const bool few = 5 * static_cast<std::size_t>(beyond) < finite.size();
  return few && *std::max_element(finite.begin(), finite.end()) > 1.5 * end ? end : inf;
}

Figures error_figures(const std::string& name, const Table& table, const Wording& w) {
  const Column* column = error_column(table);
  if (column == nullptr) return {};
  const std::vector<double> errors = *numbers_of(*column);
  const RowGroups groups = grouped_rows(table, group_columns);
  const Course course = course_of(table);
  const double end = end_of_plot(errors);
  const auto beyond = std::count_if(errors.begin(), errors.end(), [&](double e) { return e > end; });
  Histogram histogram{label_of(*column), w("rows"), {}};
  Plot plot;
  plot.x_label = course.label;
  plot.y_label = label_of(*column);
  plot.from_zero = true;
  for (std::size_t g = 0; g < groups.names.size(); ++g) {
    Group group{in_words(groups, g), {}};
    Series series{in_words(groups, g), {}, {}, Mark::dots};
    for (std::size_t row = 0; row < errors.size(); ++row)
      if (groups.group[row] == g && errors[row] <= end) {
        group.values.push_back(errors[row]);
        series.x.push_back(course.values[row]);
        series.y.push_back(errors[row]);
      }
    histogram.groups.push_back(std::move(group));
    plot.series.push_back(std::move(series));
  }
  const std::string heading = w.say("Errors: {}", name);
  const std::string meaning = column->description.empty() ? "" : ": " + column->description;
  const std::string left_out = beyond == 0 ? ""
                                           : w.say(" {} of {} are larger than {} and left out here.", beyond,
                                                   errors.size(), w.number(end));
  return {
      {heading, svg(histogram), w.say("How often each {} occurs{}.{}", label_of(*column), meaning, left_out)},
      {heading, svg(plot),
       w.say("{} over {}: a drift or a bad stretch shows here.", label_of(*column), course.label)}};
}

/// The result that a curve was searched for: in the units of its horizontal axis and with an interval.
const Quantity* result_over(const Column& x, const CalibrationRecord& record) {
  if (const Quantity* same = record.find(x.name)) return same;
  for (const Quantity& quantity : record.summary)
    if (quantity.units == x.units && (contains(quantity.name, "lag") || contains(quantity.name, "offset")))
      return &quantity;
  return nullptr;
}

/// The columns of a table over its first one; columns of one unit share a plot.
Figures line_figures(const std::string& name, const Table& table, const CalibrationRecord& record,
                     const Wording& w) {
  if (table.columns.size() < 2) return {};
  const Column& x = table.columns.front();
  const auto over = numbers_of(x);
  if (!over) return {};
  std::vector<std::pair<std::string, Plot>> plots;  // by unit
  const Quantity* result = contains(name, "curve") ? result_over(x, record) : nullptr;
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const auto values = numbers_of(column);
    const bool count = std::holds_alternative<std::vector<std::int64_t>>(column.values);
    if (!values || column.name == "used" || (count && contains(name, "curve"))) continue;
    const bool plain = column.units.empty() || column.units == "1";  // nothing in common with other numbers
    auto found = std::find_if(plots.begin(), plots.end(),
                              [&](const auto& p) { return !plain && p.first == column.units; });
    if (found == plots.end()) {
      Plot plot;
      plot.x_label = label_of(x);
      plot.y_label = label_of(column);
      if (result != nullptr) {
        plot.marked_x = result->value;
        if (std::isfinite(result->low) && std::isfinite(result->high))
          plot.band_x = {{result->low, result->high}};
      }
      plots.emplace_back(column.units, plot);
      found = plots.end() - 1;
    }
    if (!found->second.series.empty())  // several in one plot: the legend names them, the axis has the unit
      found->second.y_label = column.units;
    std::string label = label_of(column);
    found->second.series.push_back({label, *over, *values, Mark::line});
  }
  Figures figures;
  const std::string heading =
      contains(name, "curve") ? w.say("Search curve: {}", name) : w.say("Signals: {}", name);
  for (const auto& [unit, plot] : plots)
    figures.push_back({heading, svg(plot),
                       result == nullptr ? w.say("Table {}.", name)
                                         : w.say("Table {}; the line marks {}, {}, the band its interval.",
                                                 name, result->name, value_text(*result))});
  return figures;
}

/// Correlations, when the table is a covariance matrix.
Figures correlation_figures(const Table& table, const Wording& w) {
  if (table.columns.size() < 3) return {};
  const auto names = words_of(table.columns.front());
  if (!names || names->size() + 1 != table.columns.size()) return {};
  std::vector<std::vector<double>> covariance;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const Column& column = table.columns[i + 1];
    const auto values = numbers_of(column);
    if (!values || column.name != (*names)[i]) return {};
    covariance.push_back(*values);
  }
  std::vector<std::size_t> free;  // what was held fixed, or not found, has no correlation
  for (std::size_t i = 0; i < names->size(); ++i)
    if (covariance[i][i] > 0 && std::isfinite(covariance[i][i])) free.push_back(i);
  if (free.size() < 2) return {};
  std::vector<std::string> shown;
  std::vector<std::vector<double>> correlation;
  for (const std::size_t r : free) {
    shown.push_back((*names)[r]);
    correlation.emplace_back();
    for (const std::size_t c : free)
      correlation.back().push_back(covariance[c][r] / std::sqrt(covariance[r][r] * covariance[c][c]));
  }
  return {{w("Correlation of the parameters"), correlation_svg(shown, correlation),
           w("Near 1 or −1: the recording tells the two apart badly; more varied motion would.")}};
}

}  // namespace

std::optional<std::array<double, 2>> last_image_point(const CalibrationRecord& record) {
  std::optional<std::array<double, 2>> last;
  for (const auto& [name, table] : record.tables) {
    if (numeric(table, "error_u_px") == nullptr || numeric(table, "error_v_px") == nullptr) continue;
    const Column* u = numeric(table, "u_px");
    const Column* v = numeric(table, "v_px");
    if (u == nullptr || v == nullptr) continue;
    if (!last) last = {0.0, 0.0};
    const std::vector<double> columns = *numbers_of(*u);
    const std::vector<double> rows = *numbers_of(*v);
    for (const double value : columns) (*last)[0] = std::fmax((*last)[0], value);
    for (const double value : rows) (*last)[1] = std::fmax((*last)[1], value);
  }
  return last;
}

Figures curve_figures(const Table& table, const CalibrationRecord& record, const Wording& wording) {
  return line_figures("curve", table, record, wording);
}

bool has_calibration_columns(const std::string& name, const Table& table) {
  if (name == "curve" || name == "signals" || name == "residuals" || numeric(table, "error_u_px") != nullptr)
    return true;
  if (table.columns.size() > 2 && words_of(table.columns.front()) &&
      !correlation_figures(table, Wording()).empty())
    return true;
  const Column* column = error_column(table);
  return column != nullptr && contains(" mm px s ms deg rad ", " " + column->units + " ");
}

Figures calibration_figures(const std::string& name, const Table& table, const CalibrationRecord& record,
                            const std::optional<ReportImage>& image, const Wording& wording) {
  Figures figures = arrow_figures(name, table, image, wording);
  append(figures, contains(name, "curve") || contains(name, "signal")
                      ? line_figures(name, table, record, wording)
                      : error_figures(name, table, wording));
  append(figures, correlation_figures(table, wording));
  return figures;
}

}  // namespace snitt::report
