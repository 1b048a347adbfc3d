#include "activity/count.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "activity/count_cells.hpp"
#include "base/error.hpp"
#include "base/time_zone.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace c = activity_columns;

std::string day_text(std::int64_t day) {
  const CalendarTime time = calendar_time(day * 86400);
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}

/// The rule that a figure rests on, in full, so that two figures can be held against each other.
std::string counting_rule(const CountSettings& s) {
  std::string rule = fmt::format("snitt-1: each {} once", name_of(s.unit));
  rule += fmt::format("; without {}", fmt::join(s.excluded_status, ", "));
  if (!s.keep_duplicates) rule += ", repeated rows";
  rule += fmt::format(", secondary readings ({}), rows of additional codes only, future dates",
                      fmt::join(s.secondary_codes, ", "));
  if (s.from_day) rule += "; from " + day_text(*s.from_day);
  if (s.until_day) rule += "; until " + day_text(*s.until_day);
  for (const auto& [name, words] : s.where) rule += fmt::format("; {} is {}", name, fmt::join(words, " or "));
  return rule;
}

Table reconciliation_table(const CountedCells& found, const CountRules& rules, CountUnit unit) {
  std::vector<std::string> sources, steps;
  std::vector<std::int64_t> rows;
  const auto add = [&](const std::string& source, const std::string& step, std::size_t n, bool taken_off) {
    sources.push_back(source);
    steps.push_back(step);
    rows.push_back(taken_off ? -static_cast<std::int64_t>(n) : static_cast<std::int64_t>(n));
  };
  for (std::size_t s = 0; s < found.sources.size(); ++s) {
    const std::vector<std::size_t>& of_rule = found.rows[s];
    std::size_t in = 0;
    for (std::size_t rule = 0; rule < of_rule.size(); ++rule)
      if (rule != rules.other_shard) in += of_rule[rule];
    if (in == 0 && of_rule[rules.other_shard] == 0) continue;
    add(found.sources[s], "rows in", in, false);
    for (std::size_t rule = rules.first_status; rule < of_rule.size(); ++rule)
      add(found.sources[s], rules.names[rule], of_rule[rule], true);
    add(found.sources[s], "rows counted", of_rule[CountRules::counted], false);
    if (unit == CountUnit::code) add(found.sources[s], "codes counted", found.units_of_source[s], false);
  }
  return {{{"source", "", "name of the source", sources},
           {"step", "", "rule, in the order of their application", steps},
           {"rows", "1", "rows; below 0 those that a rule took off", rows}}};
}

/// The sum of what became of the rows is the rows, whatever was done with them.
void check_books(const CountInputs& inputs, const CountedCells& found, CountUnit unit) {
  std::size_t rows = 0;
  std::size_t counted = 0;
  for (const auto& of_rule : found.rows) {
    for (const std::size_t n : of_rule) rows += n;
    counted += of_rule[CountRules::counted];
  }
  std::size_t in_tables = found.units;
  for (const auto& [name, table] : found.tables) {
    in_tables = 0;
    for (const std::int64_t n : std::get<std::vector<std::int64_t>>(table.find("count")->values))
      in_tables += static_cast<std::size_t>(n);
    if (in_tables != found.units)
      throw std::logic_error(fmt::format("table {} has {} of {} units", name, in_tables, found.units));
  }
  if (rows != inputs.rows() || (unit != CountUnit::code && counted != found.units))
    throw std::logic_error(fmt::format("{} of {} rows are accounted for, {} of {} units", rows, inputs.rows(),
                                       counted, found.units));
}

/// Source and row of some rows, read in one walk.
std::vector<UncountedRow> look_up(const CountInputs& inputs, const std::vector<std::size_t>& rows) {
  std::vector<UncountedRow> found(rows.size());
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a] < rows[b]; });
  std::size_t next = 0;
  for (const CountInput& input : inputs.all()) {
    const std::size_t end = input.first_row + input.reader->rows();
    while (next < order.size() && rows[order[next]] < end) {
      constexpr std::size_t batch = store::TableReader::block_rows;
      const std::size_t first = (rows[order[next]] - input.first_row) / batch * batch;
      const std::size_t count = std::min(batch, input.reader->rows() - first);
      const Table block = input.reader->read({c::source, c::row}, first, count);
      const auto* sources = codes_in(block, c::source);
      const auto* lines = keys_in(block, c::row);
      for (; next < order.size() && rows[order[next]] < input.first_row + first + count; ++next) {
        const std::size_t r = rows[order[next]] - input.first_row - first;
        UncountedRow& row = found[order[next]];
        if (sources != nullptr && (*sources)[r] >= 0)
          row.source = input.reader->categories(c::source)[static_cast<std::size_t>((*sources)[r])];
        row.row = lines != nullptr ? (*lines)[r] : static_cast<std::int64_t>(first + r + 1);
      }
    }
  }
  return found;
}

Table conflicts_table(const CountInputs& inputs, const Conflicts& conflicts) {
  std::vector<std::size_t> rows;
  std::vector<std::int64_t> numbers, lines;
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < conflicts.first.size(); ++i)
    for (const std::size_t row : conflicts.first[i]) {
      rows.push_back(row);
      numbers.push_back(static_cast<std::int64_t>(i + 1));
    }
  for (const UncountedRow& row : look_up(inputs, rows)) {
    sources.push_back(row.source);
    lines.push_back(row.row);
  }
  return {{{"conflict", "1", "rows with one number have one examination's key and differ", numbers},
           {"source", "", "name of the source", sources},
           {"row", "1", "its row", lines}}};
}

double number(std::size_t n) { return static_cast<double>(n); }

void judge(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
           const CountedCells& found, const Conflicts& conflicts, std::size_t without_key,
           CalibrationRecord& record) {
  const auto doubt = [&](std::string reason) { record.reasons.push_back(std::move(reason)); };
  const bool merges = settings.unit != CountUnit::row && settings.unit != CountUnit::code;
  if (settings.unit == CountUnit::exam && !inputs.any_has(c::exam))
    doubt("no input has a column exam: each row was counted");
  else if (merges && without_key > 0)
    doubt(fmt::format("{} rows have no key of their {} and were counted each by itself", without_key,
                      name_of(settings.unit)));
  if (conflicts.keys > 0)
    doubt(
        fmt::format("{} examinations stand in {} rows that differ; see the table conflicts, and choose what "
                    "is counted (--unit)",
                    conflicts.keys, conflicts.rows));
  if (!inputs.all_have(c::status))
    doubt("an input has no column status: cancelled examinations cannot be told from others");
  if (!inputs.all_have(c::fingerprint))
    doubt("an input has no column fingerprint: repeated rows cannot be found");
  if (inputs.all().size() > 1 && inputs.all().front().salt != 0)
    doubt(
        "keys and pseudonyms are running numbers of each input: what stands in two of them is counted twice; "
        "extract with --key");
  std::size_t future = 0;
  for (const auto& of_rule : found.rows) future += of_rule[rules.future];
  if (future > 0) doubt(fmt::format("{} rows are dated after the data were taken and were left out", future));
  if (!found.unmatched.empty())
    doubt(fmt::format(
        "{} codes are in no list and follow no rule, and count as AN; see the table unmatched_codes",
        found.unmatched.size()));
  if (found.several_modalities > 0 && settings.unit != CountUnit::code)
    doubt(fmt::format(
        "{} rows have codes of several modalities and count under the first; --unit code counts each",
        found.several_modalities));
  if (found.without_codes > 0)
    doubt(fmt::format("{} rows have no code that counts, and are in no cell", found.without_codes));
  if (found.units == 0)
    doubt(
        "nothing was counted: every row was excluded, or is in no cell; the table reconciliation says by which "
        "rule");
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

Table unmatched_table(const CountedCells& found) {
  std::vector<std::string> codes;
  std::vector<std::int64_t> rows;
  for (const auto& [code, n] : found.unmatched) {
    codes.push_back(code);
    rows.push_back(static_cast<std::int64_t>(n));
  }
  return {{{"code", "", "that matches nothing", codes}, {"rows", "1", "counted rows with it", rows}}};
}

std::vector<BasisEntry> basis_of_count(const CountInputs& inputs, const CountSettings& settings) {
  std::vector<BasisEntry> basis{{"counting rule", counting_rule(settings)}, settings.codes.basis()};
  if (settings.catchment) basis.push_back(settings.catchment->basis());
  if (settings.shard.count > 1)
    basis.push_back(
        {"shard", fmt::format("{}/{} by {}", settings.shard.index + 1, settings.shard.count,
                              settings.persons || settings.unit == CountUnit::contact ? "patient" : "exam")});
  for (const CountInput& input : inputs.all()) basis = joined(basis, input.basis);
  return basis;
}

}  // namespace

const char* name_of(CountUnit unit) {
  switch (unit) {
    case CountUnit::row:
      return "row";
    case CountUnit::exam:
      return "exam";
    case CountUnit::accession:
      return "accession";
    case CountUnit::study:
      return "study";
    case CountUnit::contact:
      return "contact";
    case CountUnit::code:
      return "code";
  }
  return "?";
}

CountResult count_records(const std::vector<std::string>& paths, const CountSettings& settings,
                          std::vector<UncountedRow>* uncounted, Monitor& monitor) {
  const CountInputs inputs(paths, settings.codes);
  const auto want = [&](CountUnit unit, const char* column) {
    if (settings.unit == unit && !inputs.any_has(column))
      throw InputError("{}: has no column '{}', by which --unit {} counts", paths.front(), column,
                       name_of(unit));
  };
  want(CountUnit::accession, c::accession);
  want(CountUnit::study, c::study);
  want(CountUnit::contact, c::patient);
  want(CountUnit::contact, c::examined);
  want(CountUnit::code, c::codes);
  if (settings.persons && !inputs.any_has(c::patient))
    throw InputError("{}: has no column 'patient', by which persons are counted", paths.front());

  const CountRules rules = rules_of(settings);
  monitor.progress("counting", 0, 4);
  RowRules row_rules = apply_rules(inputs, settings, rules);
  monitor.progress("counting", 1, 4);
  if (!settings.keep_duplicates) mark_duplicates(inputs, settings, rules, row_rules);
  monitor.progress("counting", 2, 4);
  std::size_t without_key = 0;
  const Conflicts conflicts = merge_units(inputs, settings, rules, row_rules, without_key);
  monitor.progress("counting", 3, 4);
  CountedCells found = count_cells(inputs, settings, rules, row_rules);
  check_books(inputs, found, settings.unit);
  if (uncounted != nullptr) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < row_rules.size(); ++i)
      if (row_rules[i] != CountRules::counted && row_rules[i] != rules.other_shard) rows.push_back(i);
    *uncounted = look_up(inputs, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) (*uncounted)[i].rule = rules.names[row_rules[rows[i]]];
  }

  CountResult result;
  result.counted = found.units;
  CalibrationRecord& record = result.record;
  record.method = "activity-count";
  judge(inputs, settings, rules, found, conflicts, without_key, record);
  std::size_t in = 0;
  std::size_t excluded = 0;
  std::size_t merged = 0;
  for (const auto& of_rule : found.rows)
    for (std::size_t rule = 0; rule < of_rule.size(); ++rule) {
      if (rule == rules.other_shard) continue;
      in += of_rule[rule];
      if (rule == rules.merged) merged += of_rule[rule];
      if (rule != rules.merged && rule != CountRules::counted) excluded += of_rule[rule];
    }
  record.summary = {
      plain("rows_in", number(in), "1", "rows of the records"),
      plain("rows_excluded", number(excluded), "1", "by rules; see the table reconciliation"),
      plain("rows_merged", number(merged), "1", "into units that were counted"),
      plain("counted", number(found.units), "1", std::string("units: ") + name_of(settings.unit)),
      plain("conflicts", number(conflicts.keys), "1", "examinations in rows that differ")};
  record.tables.emplace_back("reconciliation", reconciliation_table(found, rules, settings.unit));
  record.tables.emplace_back("conflicts", conflicts_table(inputs, conflicts));
  record.tables.emplace_back("unmatched_codes", unmatched_table(found));
  record.tables.emplace_back("basis", basis_table(basis_of_count(inputs, settings)));
  result.tables = std::move(found.tables);
  return result;
}

}  // namespace snitt::activity
