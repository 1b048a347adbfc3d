#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "activity/anonymity.hpp"
#include "activity/basis.hpp"
#include "activity/suppression.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "data/table_columns.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-suppress", "activity", "hide small numbers so that nobody can work them out",
    "COUNTS is a table with one row per cell: columns that say which cell it is (--by) and a count. Cells "
    "below the "
    "threshold are not shown, nor are totals below it. Because a total minus the others would give a hidden "
    "cell away, "
    "further cells are hidden, as little as possible, and every hidden cell is audited: by linear "
    "programming, from "
    "everything that is shown and all sums, between which values must it lie? The range must be at least the "
    "margin "
    "wide. What cannot be protected is named, and the status is 1.\n\n"
    "All totals over all dimensions count as published. Where fewer are, say so with --publish, once per "
    "table that is "
    "handed out; tables that are published together must be suppressed together. --hierarchy adds groups, as "
    "areas "
    "above municipalities or years above months.\n\n"
    "In the output, numbers of hidden rows are missing in every column but the dimensions, so that no rate "
    "or "
    "median "
    "gives them away; the column suppressed does not tell which of them are small. The published totals are "
    "the table "
    "totals, what a reader can work out the table audit. Earlier releases of the same cells are not known "
    "here: "
    "compare them before publishing.\n\n"
    "With --quasi-identifiers the input may also be a table of records, and nothing is hidden: the output "
    "says how "
    "many records (or patients) share each combination of these columns, and which column to coarsen."};

struct Settings {
  std::string counts;
  std::string output;
  std::vector<std::string> by;
  std::string count_column = "count";
  std::vector<std::string> also;
  std::int64_t threshold = 5;
  std::optional<std::int64_t> margin;
  std::string zeros = "show";
  std::vector<std::string> publish;
  std::vector<std::string> hierarchies;
  std::string total_word = "total";
  std::vector<std::string> quasi_identifiers;
  std::string patient_column;
};

void declare(Options& options, Settings& s) {
  options.input("COUNTS", s.counts, "table of counts: Snitt table or CSV");
  options.output(s.output, "table to write");
  options.section("Cells");
  options.texts("--by", s.by, "COLUMN",
                "columns that say which cell a row is; by default all columns of words");
  options.text("--count-column", s.count_column, "NAME", "how many");
  options.texts("--also-count", s.also, "COLUMN",
                "further counts that must not be small, such as persons, which is taken when it is there");
  options.texts("--publish", s.publish, "COLUMNS",
                "a table that is handed out, as dimensions joined by commas; may be given again. By default "
                "the table by all dimensions with all its totals");
  options.texts("--hierarchy", s.hierarchies, "COLUMN=FILE",
                "CSV whose first two columns are value and group of a dimension");
  options.text("--total-word", s.total_word, "WORD", "what totals are called");
  options.section("Rule");
  options.value("--threshold", s.threshold, {1, 1e6}, "counts below this are not shown");
  options.value("--margin", s.margin, {1, 1e9},
                "width of the range that must remain for every hidden cell; by default the threshold");
  options.choice("--zeros", s.zeros,
                 {{"show", "as zeros; they are no small numbers"}, {"hide", "like small numbers"}},
                 "what becomes of zeros");
  options.section("Anonymity");
  options.texts("--quasi-identifiers", s.quasi_identifiers, "COLUMNS",
                "report k-anonymity over these columns instead; --threshold is the k that is wanted");
  options.text("--patient-column", s.patient_column, "NAME", "count people by this column instead of rows");
  options.example(
      "snitt-activity-suppress sample_data/activity/small-counts.csv --by area,modality -o shown.h5",
      "Hide what is below 5 and what would give it away");
  options.example(
      "snitt-activity-suppress sample_data/activity/small-counts.csv --quasi-identifiers area,modality "
      "--threshold 10 -o anonymity.h5",
      "How many examinations share area and modality");
}

Table read_any_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

activity::Hierarchy hierarchy_from(const std::string& path) {
  const formats::CsvText csv = formats::read_csv_text(path);
  if (csv.names.size() < 2)
    throw InputError("{}: has {} column; expected two: value and group", path, csv.names.size());
  activity::Hierarchy hierarchy;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    const std::string& value = csv.rows[row][0];
    const auto [entry, is_new] = hierarchy.emplace(value, csv.rows[row][1]);
    if (!is_new && entry->second != csv.rows[row][1])
      throw InputError("{}: line {}: '{}' belongs to '{}' and to '{}'; expected one group", path,
                       csv.lines[row], value, entry->second, csv.rows[row][1]);
  }
  return hierarchy;
}

activity::SuppressionOptions options_of(const Settings& s, const Table& table) {
  activity::SuppressionOptions options;
  options.cells.count = s.count_column;
  options.cells.also = split_at_commas(s.also);
  if (options.cells.also.empty() && table.find("persons") && s.count_column != "persons")
    options.cells.also = {"persons"};
  options.cells.dimensions = split_at_commas(s.by);
  if (options.cells.dimensions.empty())
    for (const Column& column : table.columns)
      if (is_text(column)) options.cells.dimensions.push_back(column.name);
  for (const std::string& list : s.publish) options.cells.published.push_back(split_at_commas({list}));
  for (const std::string& word : s.hierarchies) {
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos || equal == 0 || equal + 1 == word.size())
      throw UsageError("--hierarchy '{}': expected COLUMN=FILE", word);
    options.cells.hierarchies[word.substr(0, equal)] = hierarchy_from(word.substr(equal + 1));
  }
  options.cells.total_word = s.total_word;
  options.rule = {static_cast<double>(s.threshold), static_cast<double>(s.margin.value_or(s.threshold)),
                  s.zeros == "show"};
  return options;
}

void write(const Settings& s, const Table& main, CalibrationRecord& record, shell::Session& session) {
  if (store::is_snitt_file(s.counts))
    if (const auto source = store::read_calibration(s.counts))
      if (const auto basis = activity::basis_of(*source); !basis.empty())
        record.tables.emplace_back("basis", activity::basis_table(basis));
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, main, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  for (const auto& [name, table] : record.tables) json[name] = shell::table_json(table);
  session.result(shell::calibration_text(record), json);
}

void report_anonymity(const Settings& s, const Table& table, shell::Session& session) {
  if (!s.by.empty() || !s.publish.empty() || !s.hierarchies.empty())
    throw UsageError(
        "--quasi-identifiers hides nothing; expected it without --by, --publish and --hierarchy");
  const bool weighted = s.patient_column.empty() && table.find(s.count_column);
  CalibrationRecord record =
      activity::anonymity(table, split_at_commas(s.quasi_identifiers), weighted ? s.count_column : "",
                          s.patient_column, static_cast<double>(s.threshold), s.counts);
  const Table classes = *record.table("k_classes");
  write(s, classes, record, session);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const Table table = read_any_table(s.counts);
  // From a plain digest of the table, whoever guesses its form could test guesses of what is hidden.
  session.withhold_digest(s.counts);
  if (!s.quasi_identifiers.empty()) return report_anonymity(s, table, session);
  activity::SuppressedTable result = activity::suppressed(table, options_of(s, table), s.counts);
  session.monitor().inform(fmt::format("{} below {}, {} hidden to protect them",
                                       counted(result.small, "cell"), s.threshold,
                                       counted(result.protecting, "cell")));
  const bool all_safe = result.unprotected == 0;
  write(s, result.shown, result.record, session);
  if (!all_safe)
    throw CheckFailed("{}: {} could be worked out by a reader; do not hand the table out", s.output,
                      counted(result.unprotected, "hidden cell"));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
