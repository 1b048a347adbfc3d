#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "activity/count.hpp"
#include "activity/count_compare.hpp"
#include "activity/count_merge.hpp"
#include "base/error.hpp"
#include "base/time_zone.hpp"
#include "base/words.hpp"
#include "formats/csv.hpp"
#include "formats/date_text.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-count", "activity", "count examinations, with every row that was not counted accounted for",
    "Reads tables of examinations (snitt-activity-extract) together and writes one table of counts for each "
    "--by, with one "
    "row per cell: columns of words, or year, quarter, month, week, weekday, hour, age_group, age_from, area "
    "(by "
    "--catchment-map), modality, region, kind, code and laterality, which follow from dates, ages, places "
    "and "
    "codes. Each can be the words of a --where.\n\n"
    "Every row falls to the first rule that applies: a status that does not count, a repeated row, a "
    "secondary "
    "reading, additional codes alone, a date in the future, outside the period, no word of --where. Then "
    "rows "
    "of one unit are merged, the earliest standing for them. The table reconciliation has rows in, what each "
    "rule "
    "took off, and rows counted, by source; they always add up. Examinations whose key stands in "
    "rows that differ are listed (conflicts), and so are codes that match nothing (unmatched_codes), which "
    "count as AN.\n\n"
    "The first table of counts is the file's own, the others are beside it under their names: snitt-info "
    "lists "
    "them, snitt-export --calibration-table writes them as CSV.\n\n"
    "A job array counts with --shard 1/16 to 16/16 over the same inputs, each taking the examinations that "
    "fall to it, "
    "and --merge adds the results: the same counts as in one run, persons too. --compare holds tables of "
    "counts "
    "against each other: what the first has and the others together have not."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  std::vector<std::string> by;
  std::string unit = "exam";
  bool persons = false;
  std::string code_list;
  std::string catchment_map;
  std::string catchment_column;
  std::vector<std::string> where;
  std::string from;
  std::string until;
  std::string as_of;
  std::vector<std::string> exclude_status{"cancelled", "no-show", "rejected", "scheduled"};
  std::vector<std::string> secondary_codes{"ZTX0BC"};
  bool keep_duplicates = false;
  std::string uncounted;
  std::string shard;
  double memory_mb = 600;
  bool merge = false;
  bool compare = false;
  std::vector<std::string> value_columns;
};

void declare(Options& options, Settings& s) {
  options.inputs("RECORDS", s.inputs, "table of examinations; with --merge and --compare, of counts");
  options.output(s.output, "table of counts to write");
  options.texts("--by", s.by, "NAME,...",
                "dimensions of a table of counts; may be given more than once; modality when not given");
  options.choice("--unit", s.unit,
                 {{"row", "each row"},
                  {"exam", "each key of column exam"},
                  {"accession", "each key of column accession"},
                  {"study", "each key of column study"},
                  {"contact", "each patient at each provider on each day"},
                  {"code", "each code that counts, of each row"}},
                 "what is counted once");
  options.flag("--persons", s.persons, "count different patients too");
  options.section("Meaning");
  options.file(
      "--code-list", s.code_list,
      "CSV with columns code, modality, region, as sample_data/activity/code-lists/ncrp-2023.csv; codes that "
      "it has not follow the structure of Norwegian codes");
  options.file("--catchment-map", s.catchment_map, "CSV from municipality and district to area");
  options.text("--catchment-column", s.catchment_column, "NAME", "of the area in that map");
  options.section("What counts");
  options.texts("--where", s.where, "NAME=WORD,...",
                "only rows with one of these words; NAME= for a missing one");
  options.text("--from", s.from, "DATE", "first day counted, as 2024-01-01, local time");
  options.text("--to", s.until, "DATE", "last day counted");
  options.text("--as-of", s.as_of, "DATE",
               "later days are in the future; when not given, the time at which the records were extracted");
  options.texts("--exclude-status", s.exclude_status, "WORD,...", "statuses that do not count");
  options.texts("--secondary-codes", s.secondary_codes, "CODE,...",
                "additional codes of readings that do not count");
  options.flag("--keep-duplicates", s.keep_duplicates, "count repeated rows each time");
  options.extra_output("--uncounted", s.uncounted,
                       "table to write of all rows that were not counted: source, row, rule");
  options.section("Large and many tables");
  options.text("--shard", s.shard, "K/N", "count the K-th of N shares of the examinations");
  options.value("--memory-mb", s.memory_mb, {1, 1e6},
                "for finding repeated keys; less takes more walks over the rows");
  options.flag("--merge", s.merge, "add tables of counts, of shards or of records that share nothing");
  options.flag("--compare", s.compare, "hold the first table of counts against the others together");
  options.texts("--value-column", s.value_columns, "NAME+...",
                "with --compare, for each input: the column of counts, or several that are added; 'count' "
                "when not given");
  options.example(
      "snitt-activity-count sample_data/activity/ris-records.h5 --by modality,sector --by month,care_level --code-list "
      "sample_data/activity/code-lists/ncrp-2023.csv -o counts.h5",
      "Two tables of counts");
  options.example("snitt-activity-count sample_data/activity/ris-records.h5 --shard 1/2 -o share-1.h5", "A share of the work");
  options.example(
      "snitt-activity-count counts.h5 --compare sample_data/activity/example_counts.csv -o difference.h5",
      "Differences between tables of counts");
}

std::int64_t day_of(const std::string& option, const std::string& text) {
  formats::DateText date;
  if (!formats::parse_date(text, formats::usual_date_forms().front(), date) || date.has_time)
    throw UsageError("{} '{}': expected a day as 2024-12-31", option, text);
  return date.seconds / 86400;
}

activity::CountUnit unit_of(const std::string& word) {
  using enum activity::CountUnit;
  for (const activity::CountUnit unit : {row, exam, accession, study, contact, code})
    if (word == activity::name_of(unit)) return unit;
  throw UsageError("--unit '{}'", word);
}

activity::Shard shard_of(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t slash = text.find('/');
  const auto number = [&](const std::string& part) {
    if (part.empty() || part.size() > 6 || part.find_first_not_of("0123456789") != std::string::npos)
      throw UsageError("--shard '{}': expected K/N, as 1/16", text);
    return static_cast<std::size_t>(std::stoul(part));
  };
  if (slash == std::string::npos) number("");
  const std::size_t k = number(text.substr(0, slash));
  const std::size_t n = number(text.substr(slash + 1));
  if (k < 1 || k > n) throw UsageError("--shard '{}': expected K from 1 to N", text);
  return {k - 1, n};
}

activity::CountSettings settings_of(const Settings& s) {
  activity::CountSettings settings;
  for (const std::string& table : s.by) settings.tables.push_back(split_at_commas({table}));
  if (settings.tables.empty()) settings.tables = {{"modality"}};
  settings.unit = unit_of(s.unit);
  settings.persons = s.persons;
  if (!s.code_list.empty()) settings.codes = activity::read_code_list(s.code_list);
  if (!s.catchment_map.empty())
    settings.catchment = activity::read_catchment_map(s.catchment_map, s.catchment_column);
  settings.excluded_status = split_at_commas(s.exclude_status);
  settings.secondary_codes = split_at_commas(s.secondary_codes);
  settings.keep_duplicates = s.keep_duplicates;
  if (!s.from.empty()) settings.from_day = day_of("--from", s.from);
  if (!s.until.empty()) settings.until_day = day_of("--to", s.until);
  if (!s.as_of.empty()) settings.as_of_s = static_cast<double>((day_of("--as-of", s.as_of) + 1) * 86400);
  settings.where = activity::conditions_of(s.where);
  settings.shard = shard_of(s.shard);
  settings.memory_bytes = static_cast<std::size_t>(s.memory_mb * (1 << 20));
  return settings;
}

Table uncounted_table(const std::vector<activity::UncountedRow>& rows) {
  std::vector<std::int64_t> lines;
  Categorical sources, rules;
  const auto code = [](Categorical& words, const std::string& word) {
    const auto at = std::find(words.categories.begin(), words.categories.end(), word);
    words.codes.push_back(static_cast<std::int32_t>(at - words.categories.begin()));
    if (at == words.categories.end()) words.categories.push_back(word);
  };
  for (const activity::UncountedRow& row : rows) {
    code(sources, row.source);
    code(rules, row.rule);
    lines.push_back(row.row);
  }
  return {{{"source", "", "name of the source", std::move(sources)},
           {"row", "1", "its row", std::move(lines)},
           {"rule", "", "why it was not counted", std::move(rules)}}};
}

void refuse_together(const Settings& s) {
  const bool counts = !s.by.empty() || !s.code_list.empty() || !s.catchment_map.empty() || s.persons ||
                      !s.shard.empty() || !s.uncounted.empty() || !s.from.empty() || !s.until.empty();
  if (s.merge && s.compare) throw UsageError("--merge and --compare are given together");
  if ((s.merge || s.compare) && counts)
    throw UsageError("{} works on tables of counts; give what is counted, and how, when they are made",
                     s.merge ? "--merge" : "--compare");
  if (s.merge && !s.where.empty())
    throw UsageError("--where is given with --merge; give it when the counts are made");
  if (!s.compare && !s.value_columns.empty()) throw UsageError("--value-column is given without --compare");
}

activity::CountResult worked_out(const Settings& s, shell::Session& session,
                                 std::vector<activity::UncountedRow>& rows) {
  if (s.merge) {
    std::vector<activity::CountFile> files;
    for (const std::string& path : s.inputs) {
      const auto record = store::read_calibration(path);
      if (!record || record->method != "activity-count")
        throw InputError("{}: is no table of counts of snitt-activity-count; expected what --merge can add",
                         path);
      files.push_back({path, store::read_table(path), *record});
    }
    return activity::merge_counts(files);
  }
  if (s.compare) {
    if (!s.value_columns.empty() && s.value_columns.size() != s.inputs.size())
      throw UsageError("--value-column is given {} times for {}", s.value_columns.size(),
                       counted(s.inputs.size(), "input"));
    std::vector<activity::ComparedTable> tables;
    for (std::size_t i = 0; i < s.inputs.size(); ++i)
      tables.push_back({s.inputs[i],
                        store::is_snitt_file(s.inputs[i]) ? store::read_table(s.inputs[i])
                                                          : formats::read_csv(s.inputs[i]),
                        s.value_columns.empty() ? "count" : s.value_columns[i]});
    return activity::compare_counts(tables, activity::conditions_of(s.where));
  }
  return activity::count_records(s.inputs, settings_of(s), s.uncounted.empty() ? nullptr : &rows,
                                 session.monitor());
}

void run(const Settings& s, shell::Session& session) {
  for (const std::string* path : {&s.output, &s.uncounted})
    if (!path->empty()) store::refuse_foreign_name(*path);
  refuse_together(s);
  std::vector<activity::UncountedRow> rows;
  activity::CountResult result = worked_out(s, session, rows);
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  nlohmann::json json = shell::calibration_json(result.record);
  for (const auto& [name, table] : result.record.tables) json[name] = shell::table_json(table);
  for (const auto& [name, table] : result.tables) json["counts"][name] = shell::table_json(table);
  const auto& [first_name, first] = result.tables.front();
  for (std::size_t i = 1; i < result.tables.size(); ++i) result.record.tables.push_back(result.tables[i]);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_table(s.output, first, session.provenance(), if_exists, &result.record);
  if (!s.uncounted.empty())
    store::write_table(s.uncounted, uncounted_table(rows), session.provenance(), if_exists);
  session.result(shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
