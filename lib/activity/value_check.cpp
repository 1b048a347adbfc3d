#include "activity/value_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/time_zone.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

constexpr std::array<const char*, 14> word_columns{columns_of::patient,      columns_of::sex,
                                                   columns_of::municipality, columns_of::area,
                                                   columns_of::referrer,     columns_of::sector,
                                                   columns_of::provider,     columns_of::site,
                                                   columns_of::device,       columns_of::care_level,
                                                   columns_of::priority,     columns_of::codes,
                                                   columns_of::status,       columns_of::source_modality};
/// A default among these is a finding; that most rows have one sector or status is none.
constexpr std::array<const char*, 4> may_have_defaults{columns_of::care_level, columns_of::municipality,
                                                       columns_of::referrer, columns_of::priority};
constexpr std::array<const char*, 4> clock_columns{columns_of::requested, columns_of::examined,
                                                   columns_of::exam_end, columns_of::reported};
constexpr double told_share_missing = 0.01;
constexpr double enough_rows = 100;

struct Words {
  double missing = 0;
  double first_missing = 0;
  std::map<std::string, double> rows;
};

struct Clock {
  double stated = 0;
  std::map<int, double> rows;  ///< by minute of the day
};

struct SourceValues {
  double rows = 0;
  std::map<std::string, Words> words;
  std::map<std::string, Clock> clocks;
  double births = 0;
  double impossible_births = 0;
  double first_impossible = 0;
  double missing_births = 0;
};

class ValueCheck : public RecordCheck {
 public:
  explicit ValueCheck(const CheckOptions& options) : options_(options) {}

  std::vector<std::string> columns() const override {
    std::vector<std::string> names(word_columns.begin(), word_columns.end());
    names.insert(names.end(), clock_columns.begin(), clock_columns.end());
    names.insert(names.end(),
                 {columns_of::birth_year, columns_of::utc_offset, columns_of::source, columns_of::row});
    return names;
  }

  void add(const RecordBlock& block) override {
    const WordView source = block.words(columns_of::source);
    const std::vector<double> where = block.rows_of_source();
    std::map<std::int32_t, SourceValues*> known;
    std::vector<SourceValues*> of_row;
    for (std::size_t row = 0; row < block.rows(); ++row) {
      SourceValues*& values = known[source.code(row)];
      if (!values) values = &sources_[source[row]];
      of_row.push_back(values);
      values->rows += 1;
    }
    for (const char* column : word_columns) add_words(block.words(column), column, of_row, where);
    for (const char* column : clock_columns)
      add_clock(block.numbers(column), block.numbers(columns_of::utc_offset), column, of_row);
    add_births(block, of_row, where);
  }

  void finish(std::vector<Finding>& findings) override {
    for (const auto& [source, values] : sources_) {
      for (const auto& [column, words] : values.words)
        tell_words(source, column, words, values.rows, findings);
      for (const auto& [column, clock] : values.clocks) tell_clock(source, column, clock, findings);
      if (values.impossible_births > 0)
        findings.push_back({"impossible birth year", Gravity::error, source, "", columns_of::birth_year, "",
                            values.impossible_births, values.births, values.first_impossible,
                            "born after the examination, or more than 120 years before"});
    }
  }

 private:
  static void add_words(const WordView& view, const char* column, const std::vector<SourceValues*>& of_row,
                        const std::vector<double>& where) {
    if (!view.is_there()) return;
    std::map<std::pair<SourceValues*, std::int32_t>, double> rows;
    for (std::size_t row = 0; row < of_row.size(); ++row) {
      rows[{of_row[row], view.code(row)}] += 1;
      if (view.code(row) >= 0) continue;
      Words& words = of_row[row]->words[column];
      if (words.first_missing == 0) words.first_missing = where[row];
      words.missing += 1;
    }
    const bool keeps_words = std::find(may_have_defaults.begin(), may_have_defaults.end(),
                                       std::string(column)) != may_have_defaults.end();
    std::map<std::pair<SourceValues*, std::int32_t>, std::size_t> example;
    if (keeps_words)
      for (std::size_t row = 0; row < of_row.size(); ++row)
        example.emplace(std::pair{of_row[row], view.code(row)}, row);
    for (const auto& [key, number] : rows) {
      Words& words = key.first->words[column];
      if (key.second < 0 || !keeps_words) continue;
      words.rows[view[example.at(key)]] += number;
    }
  }

  static void add_clock(const NumberView& times, const NumberView& offset, const char* column,
                        const std::vector<SourceValues*>& of_row) {
    if (!times.is_there()) return;
    for (std::size_t row = 0; row < of_row.size(); ++row) {
      const double time = times[row];
      if (std::isnan(time)) continue;
      const double local = std::isnan(offset[row]) ? time : time + offset[row];
      Clock& clock = of_row[row]->clocks[column];
      clock.stated += 1;
      clock.rows[static_cast<int>(std::floor(local / 60)) % 1440] += 1;
    }
  }

  static void add_births(const RecordBlock& block, const std::vector<SourceValues*>& of_row,
                         const std::vector<double>& where) {
    const NumberView births = block.numbers(columns_of::birth_year);
    const NumberView examined = block.numbers(columns_of::examined);
    for (std::size_t row = 0; row < of_row.size() && births.is_there(); ++row) {
      if (std::isnan(births[row]) || std::isnan(examined[row])) continue;
      SourceValues& values = *of_row[row];
      values.births += 1;
      const int year = calendar_time(static_cast<std::int64_t>(examined[row])).year;
      if (births[row] <= year && births[row] >= year - 120) continue;
      if (values.first_impossible == 0) values.first_impossible = where[row];
      values.impossible_births += 1;
    }
  }

  void tell_words(const std::string& source, const std::string& column, const Words& words, double rows,
                  std::vector<Finding>& findings) const {
    if (words.missing / rows >= told_share_missing)
      findings.push_back({"missing values", words.missing / rows > 0.2 ? Gravity::warning : Gravity::note,
                          source, "", column, "", words.missing, rows, words.first_missing,
                          "rows without a value; figures by this column do not cover them"});
    for (const auto& [word, number] : words.rows)
      if (words.rows.size() > 1 && rows >= enough_rows && number / rows >= options_.default_share)
        findings.push_back({"default value", Gravity::warning, source, "", column,
                            column == columns_of::referrer ? "" : word, number, rows, 0,
                            "nearly every row has this value although there are others: a default that "
                            "nobody changes?"});
  }

  void tell_clock(const std::string& source, const std::string& column, const Clock& clock,
                  std::vector<Finding>& findings) const {
    if (clock.stated < enough_rows) return;
    for (const auto& [minute, number] : clock.rows)
      if (number / clock.stated >= 0.5 || (minute == 0 && number / clock.stated >= 0.05))
        findings.push_back({"default value", Gravity::warning, source, "", column,
                            fmt::format("{:02}:{:02}", minute / 60, minute % 60), number, clock.stated, 0,
                            "so many rows at one time of day: probably dates without a time; hours, waits in "
                            "hours and out-of-hours shares mean nothing for them"});
  }

  CheckOptions options_;
  std::map<std::string, SourceValues> sources_;
};

}  // namespace

std::unique_ptr<RecordCheck> value_check(const CheckOptions& options) {
  return std::make_unique<ValueCheck>(options);
}

}  // namespace snitt::activity
