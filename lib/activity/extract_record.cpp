#include "activity/extract_record.hpp"

#include <fmt/format.h>

#include "activity/basis.hpp"
#include "base/digest.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

using formats::FieldKind;

double number(std::size_t n) { return static_cast<double>(n); }

Table columns_table(const RecordPlan& plan) {
  std::vector<std::string> names, sources, kinds;
  for (const PlannedColumn& planned : plan.columns) {
    names.push_back(planned.rule.name);
    std::string from;
    for (const std::string& column : planned.mapping.columns) from += (from.empty() ? "" : " + ") + column;
    sources.push_back(planned.is_constant ? "always '" + planned.constant + "'" : from);
    switch (planned.rule.kind) {
      case FieldKind::key:
        kinds.emplace_back("keyed digest");
        break;
      case FieldKind::person:
        kinds.emplace_back("pseudonym");
        break;
      case FieldKind::number:
        kinds.emplace_back("number");
        break;
      case FieldKind::time:
        kinds.emplace_back("time");
        break;
      case FieldKind::birth_date:
        kinds.emplace_back("ages alone");
        break;
      case FieldKind::codes:
        kinds.emplace_back("codes");
        break;
      default:
        kinds.emplace_back("words");
    }
  }
  return {{{"column", "", "of the table", names},
           {"source", "", "column of the export", sources},
           {"kind", "", "what became of it", kinds}}};
}

Table rejected_table(const ExtractTally& tally) {
  std::vector<std::string> columns, reasons, sources;
  std::vector<std::int64_t> rows, lines;
  for (const auto& [what, reason] : tally.reasons) {
    columns.push_back(what.first);
    reasons.push_back(what.second);
    rows.push_back(static_cast<std::int64_t>(reason.rows));
    sources.push_back(reason.source);
    lines.push_back(static_cast<std::int64_t>(reason.first_line));
  }
  return {{{"column", "", "of the export; empty for the row as a whole", columns},
           {"reason", "", "why", reasons},
           {"rows", "1", "rows left out", rows},
           {"source", "", "where the first stands", sources},
           {"first_line", "1", "its line", lines}}};
}

Table unknown_table(const RecordFacts& facts) {
  std::vector<std::string> columns, words, taken;
  std::vector<std::int64_t> rows;
  for (const UnknownWord& unknown : facts.unknown) {
    columns.push_back(unknown.column);
    words.push_back(unknown.word);
    taken.push_back(unknown.taken_as.empty() ? "missing" : unknown.taken_as);
    rows.push_back(static_cast<std::int64_t>(unknown.rows));
  }
  return {{{"column", "", "of the table", columns},
           {"word", "", "of the export", words},
           {"taken_as", "", "what it became", taken},
           {"rows", "1", "rows with it", rows}}};
}

Table times_table(const RecordPlan& plan, const RecordFacts& facts) {
  std::vector<std::string> columns, forms;
  std::vector<std::int64_t> rows, lines, missing, without, never, twice;
  for (const PlannedColumn& planned : plan.columns) {
    const auto found = facts.times.find(planned.rule.name);
    if (found == facts.times.end()) continue;
    const TimeFacts& times = found->second;
    for (std::size_t i = 0; i < times.forms.size(); ++i) {
      if (times.forms[i].rows == 0) continue;
      columns.push_back(planned.rule.name);
      forms.push_back(planned.forms[i].name);
      rows.push_back(static_cast<std::int64_t>(times.forms[i].rows));
      lines.push_back(static_cast<std::int64_t>(times.forms[i].first_line));
      missing.push_back(static_cast<std::int64_t>(times.missing));
      without.push_back(static_cast<std::int64_t>(times.without_hour));
      never.push_back(static_cast<std::int64_t>(times.never));
      twice.push_back(static_cast<std::int64_t>(times.twice));
    }
  }
  return {{{"column", "", "of the table", columns},
           {"form", "", "of its dates", forms},
           {"rows", "1", "rows with a date of that form", rows},
           {"first_line", "1", "the first of them", lines},
           {"missing", "1", "rows without a time, in the column", missing},
           {"without_hour", "1", "dates without an hour, taken as midnight", without},
           {"never", "1", "times in the hour that is left out in spring, taken an hour later", never},
           {"twice", "1", "times in the hour that is there twice in autumn, taken as the first", twice}}};
}

void judge_times(const RecordPlan& plan, const RecordFacts& facts, CalibrationRecord& record) {
  for (const PlannedColumn& planned : plan.columns) {
    const auto found = facts.times.find(planned.rule.name);
    if (found == facts.times.end()) continue;
    std::string mixture;
    std::size_t used = 0;
    for (std::size_t i = 0; i < found->second.forms.size(); ++i) {
      const TimeFacts::Form& form = found->second.forms[i];
      if (form.rows == 0) continue;
      mixture += fmt::format("{}{} in {} rows from line {}", used == 0 ? "" : ", ", planned.forms[i].name,
                             form.rows, form.first_line);
      ++used;
    }
    if (used > 1)
      record.reasons.push_back(
          fmt::format("column '{}' mixes forms of dates: {}; see that none of them means another day",
                      planned.mapping.columns.front(), mixture));
  }
}

}  // namespace

CalibrationRecord extraction_record(const RecordPlan& plan, const formats::ActivityMapping& mapping,
                                    const RecordFacts& facts, const ExtractTally& tally) {
  CalibrationRecord record;
  record.method = "activity-extract";
  record.reasons = tally.notes;
  judge_times(plan, facts, record);
  if (facts.rows == 0)
    record.reasons.push_back("the table has no rows: the inputs have none, or none that could be read");
  for (const UnknownWord& unknown : facts.unknown)
    if (unknown.taken_as != unknown.word)
      record.reasons.push_back(fmt::format(
          "column '{}': the word '{}' of {} rows is not known and was taken as {}; name it in the mapping",
          unknown.column, unknown.word, unknown.rows,
          unknown.taken_as.empty() ? "missing" : unknown.taken_as));
  if (tally.rejected > 0)
    record.reasons.push_back(fmt::format(
        "{} rows could not be read and are not in the table; see the table rejected", tally.rejected));
  if (facts.impossible_ages > 0)
    record.reasons.push_back(fmt::format(
        "{} rows have an age below 0 or above 125, which was taken as missing", facts.impossible_ages));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  std::size_t never = 0;
  std::size_t twice = 0;
  for (const auto& [name, times] : facts.times) {
    never += times.never;
    twice += times.twice;
  }
  record.summary = {plain("rows_in", number(facts.rows + tally.rejected), "1", "rows of the inputs"),
                    plain("rows_rejected", number(tally.rejected), "1", "that could not be read"),
                    plain("rows", number(facts.rows), "1", "in the table"),
                    plain("blank_lines", number(tally.blank_lines), "1", "passed over"),
                    plain("times_never", number(never), "1", "in the hour that is left out in spring"),
                    plain("times_twice", number(twice), "1", "in the hour that is there twice in autumn")};
  record.tables.emplace_back("columns", columns_table(plan));
  record.tables.emplace_back("rejected", rejected_table(tally));
  record.tables.emplace_back("unknown_words", unknown_table(facts));
  record.tables.emplace_back("times", times_table(plan, facts));
  record.tables.emplace_back(
      "basis", basis_table({{"mapping", fmt::format("{} (sha256 {})", mapping.source,
                                                    sha256(formats::mapping_text(mapping)).substr(0, 16))},
                            {"time zone", plan.zone.description()},
                            {"pseudonyms", plan.secret.empty() ? "running numbers of this file"
                                                               : "HMAC-SHA256, 128 bits"}}));
  return record;
}

}  // namespace snitt::activity
