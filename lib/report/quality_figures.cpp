#include "report/quality_figures.hpp"

#include <algorithm>
#include <cmath>

#include "report/column_roles.hpp"
#include "report/curve_plot.hpp"
#include "report/dot_plot.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

/// How far each insert is from its nominal value.
Figures insert_figures(const std::string& name, const Rows& rows, const Wording& w) {
  if (!rows.has_numbers("difference_hu") || !rows.has_words("material")) return {};
  DotPlot plot;
  plot.title = w("inserts: measured less nominal");
  plot.x_label = w("measured less nominal (HU)");
  for (const std::size_t row : all_rows(rows)) {
    const double difference = rows.number("difference_hu", row);
    if (!std::isfinite(difference)) continue;
    const double tolerance = rows.number("tolerance_hu", row);
    Dot dot{rows.word("material", row),
            difference,
            std::nan(""),
            std::nan(""),
            0,
            w.say("{} HU", w.number(rows.number("hu", row), 1))};
    if (std::isfinite(tolerance)) dot.shape = std::abs(difference) > tolerance ? 1 : 0;
    plot.dots.push_back(dot);
  }
  if (plot.dots.empty()) return {};
  plot.lines = {{w("nominal"), 0}};
  const bool beyond =
      std::any_of(plot.dots.begin(), plot.dots.end(), [](const Dot& d) { return d.shape == 1; });
  if (beyond) plot.series = {w("within tolerance, or without one"), w("beyond tolerance")};
  return {
      {"", svg(plot, w),
       w.say("Table {}: difference of each insert from its nominal value; on the right what was measured.",
             name)}};
}

/// Curves over frequency or size, one per object: the words in the rows, or a number that divides them.
Figures curves(const std::string& name, const Rows& rows, const std::string& x, const std::string& y,
               const std::string& number, const std::string& caption, std::vector<ReferenceLine> lines,
               const Wording& w, const Curve& beside = {}) {
  if (!rows.has_numbers(x) || !rows.has_numbers(y)) return {};
  std::vector<std::string> labels = label_columns(rows);
  std::erase(labels, "module");
  const std::vector<Part> words = parts_by(rows, labels, all_rows(rows));
  CurvePlot plot;
  for (const Part& part : words) {
    std::map<double, std::vector<std::size_t>> divided;
    for (const std::size_t row : part.rows)
      divided[number.empty() ? 0 : rows.number(number, row)].push_back(row);
    for (const auto& [value, members] : divided) {
      Curve curve;
      curve.name =
          number.empty() ? part.name : w.number(value) + " " + unit_text(rows.table().find(number)->units);
      std::vector<std::size_t> order = members;
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return rows.number(x, a) < rows.number(x, b); });
      for (const std::size_t row : order) {
        curve.x.push_back(rows.number(x, row));
        curve.y.push_back(rows.number(y, row));
      }
      constexpr std::size_t few = 30;
      if (curve.x.size() < few) curve.kind = Curve::Kind::line_and_dots;
      plot.curves.push_back(std::move(curve));
    }
  }
  constexpr std::size_t most = 12;
  const std::size_t all = plot.curves.size();
  plot.curves.resize(std::min(all, most));
  if (!beside.x.empty()) plot.curves.push_back(beside);
  plot.x_label = w.column(x, rows.table().find(x)->units);
  plot.y_label = w.column(y, rows.table().find(y)->units);
  if (y == "value") plot.y_label = w.column(name);
  plot.title = w.say("{} over {}", plot.y_label, plot.x_label);
  plot.y_lines = std::move(lines);
  plot.from_zero = true;
  const std::string more = all > most ? " " + w.say("The first {} of {} are drawn.", most, all) : "";
  return {{"", svg(plot, w), caption + more}};
}

/// The transfer function's columns are called value in phantoms and transfer in patients.
std::string transfer_column(const Rows& rows) {
  for (const char* name : {"ttf", "mtf", "transfer", "value", "modulation"})
    if (rows.has_numbers(name)) return name;
  return "";
}

/// The contrast over noise that a target of its size needs to be told from noise: the table's limit over the
/// noise that its rows stand on, the middle one of the targets of a size.
Curve detection_limit(const Rows& rows, const Wording& w) {
  std::map<double, std::vector<double>> by_size;
  for (const std::size_t row : all_rows(rows)) {
    const double contrast = std::abs(rows.number("contrast_hu", row));
    const double limit = rows.number("limit_hu", row) * rows.number("contrast_to_noise", row) / contrast;
    if (std::isfinite(limit)) by_size[rows.number("diameter_mm", row)].push_back(limit);
  }
  Curve curve;
  curve.name = w("detection limit");
  for (auto& [size, limits] : by_size) {
    std::sort(limits.begin(), limits.end());
    curve.x.push_back(size);
    curve.y.push_back(limits[limits.size() / 2]);
  }
  return curve;
}

Figures slice_figures(const Rows& rows, const Wording& w) {
  return curves("", rows, "z_mm", "global_noise_hu", "", w("Global noise level slice by slice."), {}, w);
}

}  // namespace

bool is_phantom_quality(const CalibrationRecord& record) {
  return record.table("modules") != nullptr && record.table("localization") != nullptr;
}

std::optional<Figures> quality_figures(const std::string& name, const Table& table,
                                       const CalibrationRecord& record, const Wording& w) {
  const Rows rows(table);
  const bool patient = record.method == "patient quality";
  if (!patient && !is_phantom_quality(record)) return std::nullopt;
  if (patient && rows.has_numbers("global_noise_hu") && rows.has_numbers("z_mm"))
    return slice_figures(rows, w);
  if (name == "inserts") return insert_figures(name, rows, w);
  const std::vector<ReferenceLine> tenth{{"50 %", 0.5}, {"10 %", 0.1}};
  if (name == "ttf")
    return curves(name, rows, "frequency_per_mm", transfer_column(rows), "",
                  w.say("Table {}: task transfer function of each insert, by its edge.", name), tenth, w);
  if (name == "mtf" || name == "resolution" || name == "line_pairs")
    return curves(name, rows, "frequency_per_mm", transfer_column(rows), "",
                  w.say("Table {}: how much of a contrast is left at each frequency.", name), tenth, w);
  if (name == "nps_radial" || name == "noise_power")
    return curves(name, rows, "frequency_per_mm", "power_hu2_mm2", "",
                  w.say("Table {}: noise power spectrum, mean over directions.", name), {}, w);
  if (name == "low_contrast")
    return curves(name, rows, "diameter_mm", "contrast_to_noise", "nominal_contrast_hu",
                  w.say("Table {}: contrast over noise of each target by its size.", name) +
                      (rows.has_numbers("limit_hu")
                           ? " " + w("Targets below the detection limit are not told from noise.")
                           : ""),
                  {}, w, detection_limit(rows, w));
  if (name == "detectability" || name == "tasks") {
    Figures figures = spectrum_figures(name, table, w);
    return figures.empty() ? interval_figures(name, table, w) : figures;
  }
  return Figures{};
}

}  // namespace snitt::report
