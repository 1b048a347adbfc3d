#include "report/dose_figures.hpp"

#include <algorithm>
#include <cmath>

#include "report/bar_plot.hpp"
#include "report/box_plot.hpp"
#include "report/column_roles.hpp"
#include "report/curve_plot.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t most_boxes = 60;

bool has_columns(const Table& table, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const char* name) { return table.find(name) != nullptr; });
}

/// Distributions of one measure, one box per region (or what else names the examination) and scanner.
Figures distributions(const Rows& rows, const std::string& measure, const std::vector<std::size_t>& among,
                      const std::string& caption, const Wording& w) {
  std::string what = "target_region";
  for (const char* candidate : {"exam", "target_region", "procedure", "protocol"})
    if (rows.has_words(candidate) && rows.distinct(candidate).size() > 1) {
      what = candidate;
      break;
    }
  std::vector<Part> parts = parts_by(rows, {what, "scanner"}, among);
  BoxPlot plot;
  for (const Part& part : parts) {
    std::vector<double> values;
    for (const std::size_t row : part.rows)
      if (std::isfinite(rows.number(measure, row))) values.push_back(rows.number(measure, row));
    if (!values.empty()) plot.boxes.push_back(box_of(part.name.empty() ? w("(none)") : part.name, values, w));
  }
  if (plot.boxes.empty()) return {};
  std::stable_sort(plot.boxes.begin(), plot.boxes.end(),
                   [](const Box& a, const Box& b) { return a.name < b.name; });
  const std::size_t all = plot.boxes.size();
  plot.boxes.resize(std::min(all, most_boxes));
  plot.x_label = w.column(measure, rows.table().find(measure)->units);
  plot.title = w.say("{} by {} and scanner", plot.x_label, w.column(what));
  const std::string rest =
      all == plot.boxes.size() ? "" : " " + w.say("The first {} of {} are drawn.", plot.boxes.size(), all);
  return {{"", svg(plot, w), caption + rest}};
}

Figures counts(const Rows& rows, const std::string& column, const std::string& title,
               const std::string& x_label, const Wording& w) {
  BarPlot plot;
  plot.title = title;
  plot.x_label = x_label;
  for (const Part& part : parts_by(rows, {column}, all_rows(rows)))
    plot.bars.push_back(
        {part.name.empty() ? w("(none)") : part.name, {static_cast<double>(part.rows.size())}});
  std::stable_sort(plot.bars.begin(), plot.bars.end(),
                   [](const Bar& a, const Bar& b) { return a.parts[0] > b.parts[0]; });
  constexpr std::size_t most_bars = 25;
  if (plot.bars.empty() || plot.bars.size() > most_bars) return {};
  return {{"", svg(plot, w), title + "."}};
}

std::vector<std::size_t> typical_rows(const Rows& rows) {
  std::vector<std::size_t> typical;
  for (const std::size_t row : all_rows(rows))
    if (rows.number("typical", row) != 0) typical.push_back(row);
  return typical;
}

}  // namespace

DoseTable dose_table(const Table& table) {
  if (has_columns(table, {"event", "study", "ctdivol_mgy", "typical", "reason"})) return DoseTable::events;
  if (has_columns(table, {"study", "dlp_mgy_cm", "dlp_typical_mgy_cm", "typical_events"}))
    return DoseTable::studies;
  if (has_columns(table, {"file", "used", "kind", "known_events"})) return DoseTable::files;
  if (has_columns(table, {"file", "place", "value", "expected"})) return DoseTable::anomalies;
  return DoseTable::none;
}

Figures dose_figures(DoseTable kind, const std::string& name, const Table& table, const Wording& w) {
  const Rows rows(table);
  const std::string box = w("Box: lower to upper quartile; whiskers: 5th to 95th percentile; dot: median.");
  Figures figures;
  if (kind == DoseTable::events) {
    figures = distributions(rows, "ctdivol_mgy", typical_rows(rows),
                            w.say("CTDIvol of irradiation events that count as typical. {}", box), w);
    append(figures, counts(rows, "role", w.say("Table {}: irradiation events by their role", name),
                           w("irradiation events"), w));
  } else if (kind == DoseTable::studies) {
    figures = distributions(rows, "dlp_typical_mgy_cm", all_rows(rows),
                            w.say("DLP of studies over their typical events. {}", box), w);
  } else if (kind == DoseTable::files) {
    figures = counts(rows, "kind", w.say("Table {}: files by what they are", name), w("files"), w);
  }
  return figures;
}

bool is_patient_size(const Table& slices) {
  return has_columns(slices, {"z_mm", "water_equivalent_diameter_mm", "effective_diameter_mm"});
}

Figures patient_size_figures(const Table& slices, const Wording& w) {
  const Rows rows(slices);
  const auto plot_of = [&](const std::string& y_label, std::initializer_list<const char*> columns) {
    CurvePlot plot;
    for (const char* column : columns) {
      const std::vector<double>& values = rows.numbers(column);
      if (std::none_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) continue;
      Curve curve;
      curve.name = w.column(column, slices.find(column)->units);
      curve.x = rows.numbers("z_mm");
      curve.y = values;
      constexpr std::size_t few = 40;
      curve.kind = values.size() <= few ? Curve::Kind::line_and_dots : Curve::Kind::line;
      plot.curves.push_back(std::move(curve));
    }
    plot.x_label = w.column("z_mm", "mm");
    plot.y_label = y_label;
    plot.title = w.say("{} over {}", y_label, plot.x_label);
    plot.from_zero = true;
    return plot;
  };
  Figures figures;
  const CurvePlot size = plot_of(
      w("diameter (mm)"), {"water_equivalent_diameter_mm", "effective_diameter_mm", "corrected_diameter_mm"});
  const CurvePlot dose = plot_of(w("dose (mGy)"), {"ssde_mgy", "ctdivol_mgy"});
  if (!size.curves.empty()) figures.push_back({"", svg(size, w), w("Size of the patient slice by slice.")});
  if (!dose.curves.empty())
    figures.push_back({"", svg(dose, w), w("Size-specific dose estimate slice by slice.")});
  return figures;
}

}  // namespace snitt::report
