#include "report/calibration_report.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "report/columns.hpp"
#include "report/page.hpp"
#include "report/transform_text.hpp"

namespace snitt::report {
namespace {

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* one) { return name == one; });
}

void add_summary(const CalibrationReport& report, Page& page) {
  const CalibrationRecord& record = report.record;
  page.verdict(record.verdict, ", found by " + record.method);
  if (!record.reasons.empty()) page.list(record.reasons);
  page.heading("What was found");
  std::vector<std::vector<std::string>> rows;
  for (const Quantity& quantity : record.summary)
    rows.push_back({quantity.name + (quantity.description.empty() ? "" : "\n" + quantity.description),
                    value_text(quantity)});
  page.table({"quantity", "value (95 % confidence interval)"}, rows, {false, true});
}

void add_counts(const std::string& name, const Table& table, Page& page) {
  for (const Column& column : table.columns) {
    const auto words = words_of(column);
    if (!words || !(column.name.ends_with("status") || is_one_of(column.name, {"reason", "use"}))) continue;
    std::map<std::string, std::size_t> counts;
    for (const std::string& word : *words) ++counts[word];
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::vector<std::string>> rows;
    for (const auto& [word, count] : sorted)
      rows.push_back(
          {word.empty() ? "(none)" : word, std::to_string(count),
           fmt::format("{:.1f} %", 100 * static_cast<double>(count) / static_cast<double>(words->size()))});
    page.heading(fmt::format("{}: {}", name, column.name));
    page.table({column.name, "rows", "share"}, rows, {false, true, true});
  }
}

void add_list_of_tables(const CalibrationRecord& record, Page& page) {
  if (record.tables.empty()) return;
  page.heading("Tables in the file");
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, table] : record.tables) {
    std::vector<std::string> columns;
    for (const Column& column : table.columns) columns.push_back(column.name);
    rows.push_back({name, std::to_string(table.rows()), fmt::format("{}", fmt::join(columns, ", "))});
  }
  page.table({"table", "rows", "columns"}, rows, {false, true, false});
  page.paragraph("snitt-export --calibration-table NAME writes one of them, or the summary, as CSV.");
}

}  // namespace

std::string calibration_page(const CalibrationReport& report) {
  Page page(report.title);
  const auto show = [&](const Figures& figures) {
    std::string heading;
    for (const Figure& figure : figures) {
      if (figure.heading != heading) page.heading(figure.heading);
      heading = figure.heading;
      page.figure(figure.svg, figure.caption);
    }
  };
  add_summary(report, page);
  if (report.transform) {
    page.heading(report.transform->name.text());
    add_transform(*report.transform, page);
  }
  if (report.table) show(curve_figures(*report.table, report.record, page.wording()));
  for (const auto& [name, table] : report.record.tables) {
    show(calibration_figures(name, table, report.record, report.image, page.wording()));
    add_counts(name, table, page);
  }
  add_list_of_tables(report.record, page);
  page.footer(report.made_by);
  return page.finish();
}

}  // namespace snitt::report
