#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "activity/basis.hpp"
#include "activity/record_check.hpp"
#include "base/error.hpp"
#include "base/time_zone.hpp"
#include "base/words.hpp"
#include "data/activity_columns.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"
#include "store/table_stream.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-check", "activity", "find what is odd in records of examinations before they are counted",
    "RECORDS are tables of examinations as snitt-activity-extract writes them; several are looked at "
    "together. The output is a table of findings: months that are missing or incomplete, lasting changes of "
    "level (of providers, modalities and codes), exact copies and keys that stand in rows that differ, "
    "columns without values, values that look like defaults (also times of day), impossible years of birth, "
    "times in the wrong order, equal or in the future, and, with the lists, codes and providers that are "
    "not known. Each finding says how many rows it is about, where the first is, what it means and what to "
    "do. "
    "Nothing is changed or left out.\n\n"
    "A table without a column leaves out the checks that need it; the table looked_at says which columns "
    "were "
    "there."};

struct Settings {
  std::vector<std::string> records;
  std::string output;
  std::string extracted;
  std::string code_list;
  std::string providers;
  activity::CheckOptions check;
  std::string fail_on = "none";
};

void declare(Options& options, Settings& s) {
  options.inputs("RECORDS", s.records, "table of examinations");
  options.output(s.output, "table of findings to write");
  options.text("--as-of", s.extracted, "DATE",
               "day the data were taken, as 2025-01-31; times after it lie in the future");
  options.file("--code-list", s.code_list, "CSV with a column 'code' of all codes there are");
  options.file("--providers", s.providers, "CSV whose first column lists the providers there are");
  options.value("--default-share", s.check.default_share, {0.5, 1},
                "share of rows from which a value looks like a default");
  options.value("--shift-ratio", s.check.shift_ratio, {1.01, 100},
                "smallest lasting change of a monthly level that is told, up or down");
  options.value("--few-per-month", s.check.few_per_month, {1, 1e6},
                "series with fewer rows in a usual month are not searched for gaps and shifts");
  options.choice(
      "--fail-on", s.fail_on,
      {{"none", "never"}, {"error", "what cannot be"}, {"warning", "that and what may bend figures"}},
      "findings that make the status 1");
  options.example("snitt-activity-check sample_data/activity/ris-records.h5 -o findings.h5",
                  "What is odd in the sample export");
  options.example(
      "snitt-activity-check sample_data/activity/ris-records.h5 --code-list "
      "sample_data/activity/code-lists/ncrp-2023.csv --as-of 2025-02-01 -o findings-codes.h5",
      "With the codes there are, and the day the data were taken");
}

std::set<std::string> first_column(const std::string& path, const char* name) {
  std::set<std::string> words;
  if (path.empty()) return words;
  const formats::CsvText csv = formats::read_csv_text(path);
  const std::size_t column = name ? formats::column_index(csv, name) : 0;
  for (const auto& row : csv.rows) words.insert(row[column]);
  return words;
}

double end_of_day_s(const std::string& date) {
  int year = 0, month = 0, day = 0;
  char rest = 0;
  if (std::sscanf(date.c_str(), "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3 ||
      !is_date(year, month, day))
    throw UsageError("--as-of '{}': expected a day such as 2025-01-31", date);
  // A day and a bit: local time may be ahead of UTC.
  return static_cast<double>(seconds_of_date(year, month, day)) + 1.6 * 86400;
}

struct LookedAt {
  double rows = 0;
  std::set<std::string> columns;
};

LookedAt look(const std::string& path, const std::vector<std::unique_ptr<activity::RecordCheck>>& checks) {
  store::require_table_file(path, "snitt-activity-extract makes a table of examinations from exports");
  const store::TableReader reader(path);
  std::set<std::string> wanted;
  for (const auto& check : checks)
    for (const std::string& name : check->columns())
      if (reader.find(name)) wanted.insert(name);
  const std::vector<std::string> names(wanted.begin(), wanted.end());
  namespace c = activity_columns;
  // Dimensions of counts are called as columns of examinations are; these only examinations have.
  const std::vector<std::string> telling{c::exam,    c::codes,    c::fingerprint, c::requested,   c::scheduled,
                                         c::arrived, c::examined, c::exam_end,    c::preliminary, c::reported};
  if (std::none_of(telling.begin(), telling.end(), [&](const auto& name) { return reader.find(name); })) {
    std::vector<std::string> there;
    for (const Column& column : reader.columns()) there.push_back(column.name);
    throw InputError(
        "{}: is no table of examinations: expected one of the columns {} (snitt-activity-extract makes them); "
        "its columns are {}",
        path, fmt::join(telling, ", "), fmt::join(there, ", "));
  }
  activity::CategoryLists categories;
  for (const std::string& name : names)
    if (std::holds_alternative<Categorical>(reader.find(name)->values))
      categories[name] = reader.categories(name);
  for (std::size_t first = 0; first < reader.rows(); first += store::TableReader::block_rows) {
    const std::size_t count = std::min(store::TableReader::block_rows, reader.rows() - first);
    const Table rows = reader.read(names, first, count);
    const activity::RecordBlock block(rows, categories, first);
    for (const auto& check : checks) check->add(block);
  }
  return {static_cast<double>(reader.rows()), wanted};
}

CalibrationRecord record_of(const std::vector<activity::Finding>& findings, double rows, std::size_t files) {
  CalibrationRecord record;
  record.method = "check of records";
  std::map<activity::Gravity, double> numbers;
  std::map<std::string, double> kinds;
  for (const activity::Finding& f : findings) {
    numbers[f.gravity] += 1;
    kinds[f.check] += 1;
  }
  record.summary = {plain("tables", static_cast<double>(files), "1", "looked at"),
                    plain("rows", rows, "1", "in them"),
                    plain("errors", numbers[activity::Gravity::error], "1", "findings that cannot be"),
                    plain("warnings", numbers[activity::Gravity::warning], "1", "that may bend figures"),
                    plain("notes", numbers[activity::Gravity::note], "1", "worth knowing")};
  for (const auto& [kind, number] : kinds) record.summary.push_back(plain(kind, number, "1", "findings"));
  record.verdict =
      numbers[activity::Gravity::error] + numbers[activity::Gravity::warning] > 0 ? "doubtful" : "good";
  for (const activity::Finding& f : findings)
    if (f.gravity == activity::Gravity::error && record.reasons.size() < 5)
      record.reasons.push_back(fmt::format("{} ({}){}{}: {:.0f} of {:.0f} rows, first at {:.0f}: {}", f.check,
                                           f.column, f.provider.empty() ? "" : " of ", f.provider, f.rows,
                                           f.of, f.first_row, f.message));
  const double told = static_cast<double>(record.reasons.size());
  if (const double errors = numbers[activity::Gravity::error]; errors > told)
    record.reasons.push_back(
        fmt::format("… and {:.0f} more errors, in the table of findings", errors - told));
  if (record.verdict == "doubtful" && record.reasons.empty())
    record.reasons.push_back("there are warnings: read the table of findings before counting");
  return record;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::CheckOptions options = s.check;
  options.known_codes = first_column(s.code_list, "code");
  options.known_providers = first_column(s.providers, nullptr);
  if (!s.extracted.empty()) options.extracted_s = end_of_day_s(s.extracted);
  const auto checks = activity::record_checks(options);
  double rows = 0;
  std::set<std::string> columns;
  for (const std::string& path : s.records) {
    const LookedAt looked = look(path, checks);
    rows += looked.rows;
    columns.insert(looked.columns.begin(), looked.columns.end());
  }
  std::vector<activity::Finding> findings;
  for (const auto& check : checks) check->finish(findings);
  CalibrationRecord record = record_of(findings, rows, s.records.size());
  Table looked_at{{{"column", "", "that was there to be checked",
                    std::vector<std::string>(columns.begin(), columns.end())}}};
  record.tables.emplace_back("looked_at", looked_at);
  const Table table = activity::findings_table(findings);
  store::write_table(s.output, table, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["findings"] = shell::table_json(table);
  session.result(shell::calibration_text(record), json);
  const bool fails = std::any_of(findings.begin(), findings.end(), [&](const activity::Finding& f) {
    return (s.fail_on != "none" && f.gravity == activity::Gravity::error) ||
           (s.fail_on == "warning" && f.gravity == activity::Gravity::warning);
  });
  if (fails) throw CheckFailed("{}: has findings (--fail-on {})", s.output, s.fail_on);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
