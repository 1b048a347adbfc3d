#include "report/report_input.hpp"

#include <algorithm>
#include <array>

#include "report/activity_figures.hpp"
#include "report/benchmark_figures.hpp"
#include "report/calibration_figures.hpp"
#include "report/columns.hpp"
#include "report/cross_table.hpp"
#include "report/dose_figures.hpp"
#include "report/findings.hpp"
#include "report/quality_figures.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

/// Kinds of results by the beginning of their method.
struct MethodTitle {
  std::string_view method;
  std::string_view title;
};
constexpr std::array titles{
    MethodTitle{"benchmark-summary", "Doses of a site for sharing"},
    MethodTitle{"benchmark", "Doses compared between groups"},
    MethodTitle{"patient size", "Size of the patient"},
    MethodTitle{"visual grading", "Visual grading"},
    MethodTitle{"multi-reader", "Readers' areas under the curve"},
    MethodTitle{"activity-rates", "Rates"},
    MethodTitle{"activity-variation", "Variation between areas"},
    MethodTitle{"activity-count", "Examinations counted"},
    MethodTitle{"activity-repeats", "Repeated examinations"},
    MethodTitle{"turnaround", "Waiting and reporting times"},
    MethodTitle{"forecast", "Forecasts"},
    MethodTitle{"utilization", "Use of scanners"},
    MethodTitle{"capacity", "Capacity"},
    MethodTitle{"check of records", "What is odd in the records"},
    MethodTitle{"k-anonymity", "How many share their data"},
    MethodTitle{"cell suppression", "Counts with small numbers left out"},
    MethodTitle{"patient quality", "Image quality of patients"},
    MethodTitle{"registration error", "Error of a registration"},
    MethodTitle{"pivot", "Calibration of a pointer"},
    MethodTitle{"n-wire", "Calibration of a probe"},
    MethodTitle{"time alignment", "Calibration of time"},
    MethodTitle{"landmarks", "Registration of landmarks"},
    MethodTitle{"images", "Registration of images"},
    MethodTitle{"deformable", "Registration of images"},
    MethodTitle{"trimmed-icp", "Registration of points or center lines"},
    MethodTitle{"airway-path", "Registration of a path in the airways"},
};

bool same(const Table& a, const Table& b) {
  return a.columns.size() == b.columns.size() && a.rows() == b.rows() &&
         std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(),
                    [](const Column& x, const Column& y) {
                      return x.name == y.name && numbers_of(x).has_value() == numbers_of(y).has_value();
                    });
}

bool has_benchmark(const ReportInput& input) {
  return input.table && input.record && is_benchmark(*input.table, *input.record);
}

/// What the table of a file is called.
std::string name_of_table(const ReportInput& input) {
  if (has_benchmark(input)) return "groups";
  if (is_patient_size(*input.table)) return "slices";
  switch (dose_table(*input.table)) {
    case DoseTable::events:
      return "events";
    case DoseTable::studies:
      return "studies";
    case DoseTable::files:
      return "files";
    case DoseTable::anomalies:
      return "anomalies";
    case DoseTable::none:
      break;
  }
  return input.name.substr(0, input.name.rfind('.'));
}

/// Those under one heading together, in the order of the headings' first appearance.
Figures grouped(Figures figures) {
  std::vector<std::string> headings;
  for (const Figure& figure : figures)
    if (std::find(headings.begin(), headings.end(), figure.heading) == headings.end())
      headings.push_back(figure.heading);
  std::stable_sort(figures.begin(), figures.end(), [&](const Figure& a, const Figure& b) {
    return std::find(headings.begin(), headings.end(), a.heading) <
           std::find(headings.begin(), headings.end(), b.heading);
  });
  // What has no heading stands first: after a heading it would seem to belong to it.
  std::stable_partition(figures.begin(), figures.end(),
                        [](const Figure& figure) { return figure.heading.empty(); });
  return figures;
}

}  // namespace

std::string title_of(const ReportInput& input, const Wording& wording) {
  if (input.record) {
    if (is_phantom_quality(*input.record)) return wording("Image quality of a phantom");
    for (const MethodTitle& known : titles)
      if (input.record->method.starts_with(known.method)) return wording(known.title);
    std::string method = input.record->method;
    return method;
  }
  if (input.transform) return wording.say("Transform {}", input.transform->name.text());
  if (!input.png.empty()) return wording("Picture");
  if (!input.table) return wording("Not shown");
  switch (dose_table(*input.table)) {
    case DoseTable::events:
      return wording("Irradiation events");
    case DoseTable::studies:
      return wording("Studies and their dose");
    case DoseTable::files:
      return wording("What became of each file");
    case DoseTable::anomalies:
      return wording("What is odd in the documents");
    case DoseTable::none:
      break;
  }
  return wording("Table");
}

std::vector<std::pair<std::string, Table>> tables_of(const ReportInput& input, const Wording& wording) {
  std::vector<std::pair<std::string, Table>> tables;
  const bool repeated = input.table && input.record &&
                        std::any_of(input.record->tables.begin(), input.record->tables.end(),
                                    [&](const auto& one) { return same(one.second, *input.table); });
  if (input.table && !repeated) {
    const std::string name = name_of_table(input);
    if (auto [cross, by] = cross_table(*input.table, wording); cross.rows() > 0)
      tables.emplace_back(wording.say("{} by {}", name, by), std::move(cross));
    tables.emplace_back(name, in_language(*input.table, wording));
  }
  if (!input.record) return tables;
  if (!input.record->summary.empty()) tables.emplace_back("summary", summary_table(*input.record));
  tables.insert(tables.end(), input.record->tables.begin(), input.record->tables.end());
  return tables;
}

std::vector<std::string> remarks_of(const ReportInput& input, const Wording& wording) {
  if (!input.refused.empty()) return {input.refused};
  if (input.record && input.table && is_check_of_records(*input.record)) {
    constexpr std::size_t most = 8;
    std::vector<std::string> warnings = warnings_of(*input.table, most, wording);
    std::vector<std::string> texts;
    const Rows findings(*input.table);
    // Without errors the record's reason only says that there are warnings.
    if (!findings.where("gravity", "error").empty() || warnings.empty()) texts = input.record->reasons;
    texts.insert(texts.end(), warnings.begin(), warnings.end());
    if (!texts.empty() || input.record->verdict == "good") return texts;
  }
  if (input.record && input.record->verdict != "good")
    return input.record->reasons.empty() ? std::vector<std::string>{wording("The verdict is doubtful.")}
                                         : input.record->reasons;
  if (!input.table) return {};
  const Rows rows(*input.table);
  if (dose_table(*input.table) == DoseTable::anomalies && rows.size() > 0)
    return {
        wording.say("{} places in the documents are odd.", wording.number(static_cast<double>(rows.size())))};
  if (dose_table(*input.table) == DoseTable::files) {
    std::size_t unread = 0;
    for (const std::string& kind : rows.words("kind"))
      unread += kind == "damaged" || kind == "unreadable" ? 1 : 0;
    if (unread > 0)
      return {wording.say("{} of {} files are damaged or could not be read.",
                          wording.number(static_cast<double>(unread)),
                          wording.number(static_cast<double>(rows.size())))};
  }
  return {};
}

Figures figures_of(const ReportInput& input, const Wording& wording) {
  Figures figures;
  const bool benchmark = has_benchmark(input);
  if (benchmark) figures = benchmark_figures(*input.table, *input.record, wording);
  const CalibrationRecord* record = input.record ? &*input.record : nullptr;
  for (const auto& [name, table] : tables_of(input, wording)) {
    const bool cross = input.table && name.starts_with(name_of_table(input) + " ");
    // Rows of unrelated findings are no sum of anything.
    if (record != nullptr && is_check_of_records(*record)) continue;
    if (name == "summary" || cross || (benchmark && is_drawn_as_benchmark(name))) continue;
    if (const DoseTable kind = dose_table(table); kind != DoseTable::none)
      append(figures, dose_figures(kind, name, table, wording));
    else if (record != nullptr && !table.columns.empty() && table.columns.front().name.starts_with("lag"))
      append(figures, curve_figures(table, *record, wording));  // with the lag that was found in it
    else if (is_patient_size(table))
      append(figures, patient_size_figures(table, wording));
    else if (auto quality = record == nullptr ? std::nullopt : quality_figures(name, table, *record, wording))
      append(figures, std::move(*quality));
    else if (auto activity =
                 record == nullptr ? std::nullopt : activity_figures(name, table, *record, wording))
      append(figures, std::move(*activity));
    else {
      Figures general = table_figures(name, table, record, wording);
      for (Figure& figure : general)
        if (name == "excluded" && figure.heading.empty()) figure.heading = wording("Left out");
      append(figures, std::move(general));
    }
  }
  return grouped(std::move(figures));
}

}  // namespace snitt::report
