#include "activity/count_compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "base/words.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

struct Compared {
  std::string name;
  const Table* table;
  std::vector<bool> counts;    ///< [row] whether it meets the conditions
  std::vector<double> values;  ///< [row]
  std::vector<std::string> value_columns;
};

Compared prepared(const ComparedTable& given,
                  const std::vector<std::pair<std::string, std::vector<std::string>>>& where) {
  Compared compared{std::filesystem::path(given.name).filename().string(), &given.table, {}, {}, {}};
  compared.counts.assign(given.table.rows(), true);
  compared.values.assign(given.table.rows(), 0);
  for (std::size_t at = 0; at <= given.values.size();) {
    const std::size_t end = std::min(given.values.find('+', at), given.values.size());
    const std::string name = given.values.substr(at, end - at);
    at = end + 1;
    compared.value_columns.push_back(name);
    const std::vector<double> numbers =
        numbers_of(column_of(given.table, name, given.name, "--value-column"), given.name);
    for (std::size_t row = 0; row < numbers.size(); ++row)
      compared.values[row] += std::isnan(numbers[row]) ? 0 : numbers[row];
  }
  for (const auto& [name, words] : where) {
    const Column* column = given.table.find(name);
    if (column == nullptr) continue;
    const std::vector<std::string> texts = texts_of(*column);
    for (std::size_t row = 0; row < texts.size(); ++row)
      if (std::find(words.begin(), words.end(), texts[row]) == words.end()) compared.counts[row] = false;
  }
  return compared;
}

std::map<std::string, double> sums_by(const Compared& compared, const std::string& dimension) {
  std::map<std::string, double> sums;
  const std::vector<std::string> words = dimension.empty() ? std::vector<std::string>(compared.values.size())
                                                           : texts_of(*compared.table->find(dimension));
  for (std::size_t row = 0; row < words.size(); ++row)
    if (compared.counts[row]) sums[words[row]] += compared.values[row];
  return sums;
}

/// Columns of words that all tables have and no condition settles.
std::vector<std::string> shared_dimensions(const std::vector<Compared>& all) {
  std::vector<std::string> names;
  for (const Column& column : all.front().table->columns) {
    const bool is_shared = std::all_of(all.begin(), all.end(), [&](const Compared& compared) {
      const Column* found = compared.table->find(column.name);
      return found != nullptr && (is_text(*found) || column.name == "year") &&
             std::find(compared.value_columns.begin(), compared.value_columns.end(), column.name) ==
                 compared.value_columns.end();
    });
    if (is_shared) names.push_back(column.name);
  }
  return names;
}

}  // namespace

std::vector<std::pair<std::string, std::vector<std::string>>> conditions_of(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::vector<std::string>>> conditions;
  for (const std::string& text : texts) {
    const std::size_t equal = text.find('=');
    if (equal == std::string::npos || equal == 0) throw UsageError("--where '{}': expected NAME=WORD", text);
    conditions.emplace_back(text.substr(0, equal), split_at_commas({text.substr(equal + 1)}));
  }
  return conditions;
}

CountResult compare_counts(const std::vector<ComparedTable>& tables,
                           const std::vector<std::pair<std::string, std::vector<std::string>>>& where) {
  if (tables.size() < 2) throw UsageError("--compare wants two tables of counts or more, the whole first");
  std::vector<Compared> all;
  for (const ComparedTable& table : tables) all.push_back(prepared(table, where));
  std::vector<std::string> dimensions = shared_dimensions(all);
  dimensions.insert(dimensions.begin(), "");
  std::vector<std::string> by, words, parts;
  std::vector<double> counts, shares;
  double whole_total = 0;
  double difference_total = 0;
  for (const std::string& dimension : dimensions) {
    std::vector<std::map<std::string, double>> sums;
    std::map<std::string, double> there;
    for (const Compared& compared : all) {
      sums.push_back(sums_by(compared, dimension));
      for (const auto& [word, sum] : sums.back()) there[word] = 0;
    }
    for (const auto& [word, unused] : there) {
      const auto add = [&](const std::string& part, double count, double whole) {
        by.push_back(dimension.empty() ? "all" : dimension);
        words.push_back(word);
        parts.push_back(part);
        counts.push_back(count);
        shares.push_back(whole == 0 ? std::nan("") : 100 * count / whole);
      };
      const double whole = sums[0].contains(word) ? sums[0].at(word) : 0;
      double rest = whole;
      add(all[0].name, whole, whole);
      for (std::size_t i = 1; i < all.size(); ++i) {
        const double part = sums[i].contains(word) ? sums[i].at(word) : 0;
        add(all[i].name, part, whole);
        rest -= part;
      }
      add("unexplained", rest, whole);
      if (dimension.empty()) {
        whole_total = whole;
        difference_total = rest;
      }
    }
  }
  CountResult result;
  result.tables.emplace_back("difference",
                             Table{{{"by", "", "dimension, or all", by},
                                    {"word", "", "of that dimension", words},
                                    {"part", "", "table, or what the others leave of the first", parts},
                                    {"count", "1", "examinations", counts},
                                    {"percent", "%", "of the first table", shares}}});
  CalibrationRecord& record = result.record;
  record.method = "activity-compare";
  if (difference_total != 0)
    record.reasons.push_back(
        fmt::format("{} of the {} counts of {} ({:.1f} %) are in none of the others; name their source, or "
                    "the rule that counts them differently",
                    difference_total, whole_total, all[0].name, 100 * difference_total / whole_total));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.summary = {plain("whole", whole_total, "1", "counts of the first table"),
                    plain("parts", whole_total - difference_total, "1", "counts of the others together"),
                    plain("unexplained", difference_total, "1", "difference")};
  return result;
}

}  // namespace snitt::activity
