#include "report/benchmark_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "report/box_plot.hpp"
#include "report/columns.hpp"
#include "report/dot_plot.hpp"
#include "report/funnel_plot.hpp"
#include "report/scatter_plot.hpp"

namespace snitt::report {
namespace {

constexpr std::array<const char*, 10> drawn_tables{
    "groups",       "levels",      "comparison", "adjusted",        "funnel",
    "dose_quality", "recommended", "variance",   "size_adjustment", "tests"};

/// The tables of one result, read by names.
struct Result {
  Rows groups;
  Rows levels;
  Rows comparison;
  Rows adjusted;
  Rows funnel;
  Rows quality;
  const Wording& wording;
};

const Table& table_or_none(const CalibrationRecord& record, const std::string& name) {
  static const Table none;
  const Table* table = record.table(name);
  return table == nullptr ? none : *table;
}

std::string n_text(double n, const Wording& wording) { return wording.say("n = {}", wording.number(n)); }

/// Groups by rising median, as they are read easiest.
std::vector<std::size_t> sorted(std::vector<std::size_t> rows, const Rows& table, const std::string& column) {
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    const double x = table.number(column, a);
    const double y = table.number(column, b);
    return x < y || (std::isnan(y) && !std::isnan(x));
  });
  return rows;
}

/// Reference level, achievable dose and published levels of all groups, for a measure of an exam.
std::vector<ReferenceLine> level_lines(const Result& r, const std::string& exam, const std::string& measure) {
  std::vector<ReferenceLine> lines;
  for (const std::size_t row : r.levels.where("exam", exam)) {
    if (r.levels.word("measure", row) != measure) continue;
    const auto number = [&](const char* name) { return r.levels.number(name, row); };
    lines.push_back({r.wording("reference level"), number("reference_level"), number("reference_level_low"),
                     number("reference_level_high")});
    lines.push_back(
        {r.wording("achievable"), number("achievable"), number("achievable_low"), number("achievable_high")});
  }
  constexpr std::size_t most = 6;  // lines that can still be told apart
  for (const std::size_t row : r.comparison.where("exam", exam)) {
    if (r.comparison.word("measure", row) != measure || !r.comparison.word("group", row).empty()) continue;
    const std::string region = r.comparison.word("region", row);
    const std::string name =
        fmt::format("{} {:.0f}", region.empty() ? r.comparison.word("source", row) : region,
                    r.comparison.number("year", row));
    const double value = r.comparison.number("reference", row);
    const bool known = std::any_of(lines.begin(), lines.end(), [&](const ReferenceLine& l) {
      return l.name == name && l.value == value;
    });
    if (!known && lines.size() < most) lines.push_back({name, value});
  }
  return lines;
}

void add_distributions(const Result& r, const std::string& exam, Figures& figures) {
  const Wording& w = r.wording;
  for (const std::string measure : {"ctdivol", "dlp"}) {
    BoxPlot plot;
    plot.title = w.say("{}: {} of each group", exam, w.column(measure));
    for (const std::size_t row : sorted(r.groups.where("exam", exam), r.groups, measure + "_median")) {
      const auto number = [&](const char* rest) { return r.groups.number(measure + rest, row); };
      if (std::isnan(number("_median"))) continue;
      Box box;
      box.name = r.groups.word("group", row);
      box.lower_quartile = number("_p25");
      box.median = number("_median");
      box.upper_quartile = number("_p75");
      box.median_low = number("_median_low");
      box.median_high = number("_median_high");
      box.note = n_text(r.groups.number("n", row), w);
      box.flagged = r.groups.number("small", row) > 0;
      plot.boxes.push_back(box);
    }
    if (plot.boxes.empty()) continue;
    const Column* column = r.groups.table().find(measure + "_median");
    plot.x_label = w.column(measure, column == nullptr ? "" : column->units);
    plot.lines = level_lines(r, exam, measure);
    figures.push_back(
        {exam, svg(plot, w),
         w("Box: lower to upper quartile of the patients. Dot and bar: the group's median with its 95 % "
           "interval; an open dot rests on few examinations. Lines: levels of all groups, shaded with "
           "their 95 % interval, and published ones.")});
  }
}

void add_adjusted(const Result& r, const std::string& exam, Figures& figures) {
  const Wording& w = r.wording;
  DotPlot plot;
  double size = std::nan("");
  for (const std::size_t row : sorted(r.adjusted.where("exam", exam), r.adjusted, "ctdivol")) {
    plot.dots.push_back({r.adjusted.word("group", row), r.adjusted.number("ctdivol", row),
                         r.adjusted.number("ctdivol_low", row), r.adjusted.number("ctdivol_high", row), 0,
                         ""});
    size = r.adjusted.number("size", row);
  }
  if (plot.dots.empty()) return;
  plot.title = w.say("{}: dose of each group for equal patients", exam);
  plot.x_label = w.column("ctdivol", "mGy");
  plot.from_zero = true;
  figures.push_back(
      {exam, svg(plot, w),
       std::isnan(size)
           ? w("CTDIvol of each group by the mixed model, with its 95 % interval.")
           : w.say("CTDIvol of each group for a patient of {} cm, by the mixed model, with its 95 % "
                   "interval: what remains when patients' size is taken out.",
                   w.number(size))});
}

void add_funnel(const Result& r, const std::string& exam, Figures& figures) {
  const Wording& w = r.wording;
  FunnelPlot plot;
  plot.limits = {{"95 %", {}, {}, {}}, {w("99.8 %"), {}, {}, {}}};
  double level = 0;
  for (const std::size_t row : r.funnel.where("exam", exam)) {
    const auto number = [&](const char* name) { return r.funnel.number(name, row); };
    const double share = number("share");
    plot.points.push_back(
        {r.funnel.word("group", row), number("n"), share, outside_of(r.funnel, row, share)});
    for (FunnelLimit& limit : plot.limits) limit.size.push_back(number("n"));
    plot.limits[0].low.push_back(number("low_95"));
    plot.limits[0].high.push_back(number("high_95"));
    plot.limits[1].low.push_back(number("low_998"));
    plot.limits[1].high.push_back(number("high_998"));
    plot.target = number("target");
    level = number("level");
  }
  if (plot.points.empty()) return;
  plot.title = w.say("{}: funnel of examinations above the level", exam);
  plot.x_label = w("examinations");
  plot.y_label = w.say("share above {} mGy", w.number(level));
  figures.push_back(
      {exam, svg(plot, w),
       w("Each mark is a group: its share of examinations above the level against their number. Chance alone "
         "keeps 95 % of groups inside the dashed lines and 99.8 % inside the dotted ones; triangles and "
         "diamonds "
         "are outside. Differences between groups beyond chance are expected: see z_additive in the table "
         "for "
         "limits that allow for them.")});
}

void add_quality(const Result& r, const std::string& exam, Figures& figures) {
  const Wording& w = r.wording;
  for (const std::size_t row : r.quality.where("exam", exam)) {
    const auto number = [&](const char* name) { return r.quality.number(name, row); };
    const bool noise = r.quality.word("quality", row) == "noise";
    const std::string column = noise ? "noise_median" : "quality_median";
    ScatterPlot plot;
    double lowest = INFINITY;
    double highest = 0;
    for (const std::size_t group : r.groups.where("exam", exam)) {
      const ScatterPoint point{r.groups.word("group", group), r.groups.number("ctdivol_median", group),
                               r.groups.number(column, group)};
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      plot.points.push_back(point);
      lowest = std::min(lowest, point.x);
      highest = std::max(highest, point.x);
    }
    if (plot.points.empty()) continue;
    const double dose = number("recommended_ctdivol");
    const double target = number("target");
    constexpr int steps = 60;  // of the curve
    for (int i = 0; i <= steps && std::isfinite(dose); ++i) {
      plot.curve_x.push_back(0.9 * lowest + (1.1 * highest - 0.9 * lowest) * i / steps);
      plot.curve_y.push_back(target * std::pow(plot.curve_x.back() / dose, number("exponent")));
    }
    plot.title = w.say("{}: dose against quality", exam);
    plot.x_label = w.column("ctdivol", "mGy");
    plot.y_label = noise ? w.column("noise", "HU") : w.column("quality");
    plot.y_lines = {{w.say("wanted {}", w.number(target)), target}};
    plot.x_lines = {{w("recommended"), dose, number("recommended_low"), number("recommended_high")},
                    {w("better quarter"), number("efficient_ctdivol"), number("efficient_low"),
                     number("efficient_high")}};
    std::erase_if(plot.x_lines, [](const ReferenceLine& line) { return !std::isfinite(line.value); });
    figures.push_back({exam, svg(plot, w),
                       w.say("Each dot is a group: its median dose and quality. The curve follows dose to "
                             "the power {} through the "
                             "recommended dose, {} mGy, which the group in the middle needs for the wanted "
                             "quality; shaded: 95 % intervals.",
                             w.number(number("exponent")),
                             w.interval(dose, number("recommended_low"), number("recommended_high")))});
  }
}

}  // namespace

bool is_benchmark(const Table& groups, const CalibrationRecord& record) {
  return record.method == "benchmark" && groups.find("exam") != nullptr && groups.find("group") != nullptr &&
         groups.find("ctdivol_median") != nullptr;
}

Figures benchmark_figures(const Table& groups, const CalibrationRecord& record, const Wording& wording) {
  const Result r{Rows(groups),
                 Rows(table_or_none(record, "levels")),
                 Rows(table_or_none(record, "comparison")),
                 Rows(table_or_none(record, "adjusted")),
                 Rows(table_or_none(record, "funnel")),
                 Rows(table_or_none(record, "dose_quality")),
                 wording};
  Figures figures;
  for (const std::string& exam : r.groups.distinct("exam")) {
    add_distributions(r, exam, figures);
    add_adjusted(r, exam, figures);
    add_funnel(r, exam, figures);
    add_quality(r, exam, figures);
  }
  return figures;
}

bool is_drawn_as_benchmark(const std::string& table) {
  return std::find(drawn_tables.begin(), drawn_tables.end(), table) != drawn_tables.end();
}

}  // namespace snitt::report
