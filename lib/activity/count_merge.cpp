#include "activity/count_merge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

const std::vector<std::string>& other_tables() {
  static const std::vector<std::string> names{"reconciliation", "conflicts", "unmatched_codes", "basis"};
  return names;
}

std::string dimensions_of(const Table& table) {
  std::string names;
  for (const Column& column : table.columns)
    if (column.name != "count" && column.name != "persons") names += (names.empty() ? "" : ",") + column.name;
  return names;
}

std::vector<std::pair<std::string, Table>> tables_of(const CountFile& file) {
  std::vector<std::pair<std::string, Table>> tables{{dimensions_of(file.table), file.table}};
  for (const auto& [name, table] : file.record.tables)
    if (std::find(other_tables().begin(), other_tables().end(), name) == other_tables().end())
      tables.emplace_back(name, table);
  return tables;
}

std::string value_of(const std::vector<BasisEntry>& basis, const std::string& what) {
  for (const BasisEntry& entry : basis)
    if (entry.what == what) return entry.value;
  return "";
}

/// Sums of whole numbers by the words of the other columns, sorted as they are.
class Sums {
 public:
  void add(const Table& table, const std::vector<std::string>& numbers) {
    std::vector<std::vector<std::string>> words;
    std::vector<const std::vector<std::int64_t>*> values;
    std::vector<const Column*> columns;
    for (const Column& column : table.columns) {
      if (std::find(numbers.begin(), numbers.end(), column.name) == numbers.end()) {
        columns.push_back(&column);
        words.push_back(texts_of(column));
      } else {
        values.push_back(&std::get<std::vector<std::int64_t>>(column.values));
      }
    }
    for (std::size_t row = 0; row < table.rows(); ++row) {
      std::vector<std::string> key;
      for (const auto& column : words) key.push_back(column[row]);
      const auto [at, is_new] = sums_.try_emplace(key, std::vector<std::int64_t>(numbers.size(), 0));
      if (is_new) order_.push_back(key);
      for (std::size_t i = 0; i < values.size(); ++i) at->second[i] += (*values[i])[row];
    }
    if (headings_.empty())
      for (const Column* column : columns)
        headings_.push_back({column->name, column->units, column->description, {}});
  }

  /// Rows in the order of their words, missing ones last, or in that of their appearance.
  Table table(const std::vector<Column>& numbers, bool sorted) const {
    std::vector<std::vector<std::string>> keys = order_;
    if (sorted)
      std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
        for (std::size_t i = 0; i < a.size(); ++i) {
          if (a[i] == b[i]) continue;
          if (a[i].empty() || b[i].empty()) return b[i].empty();
          return a[i] < b[i];
        }
        return false;
      });
    Table table;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      Column column = headings_[i];
      if (!sorted) {
        std::vector<std::string> texts;
        for (const auto& key : keys) texts.push_back(key[i]);
        column.values = std::move(texts);
      } else {
        Categorical words;
        std::set<std::string> different;
        for (const auto& key : keys)
          if (!key[i].empty()) different.insert(key[i]);
        words.categories.assign(different.begin(), different.end());
        for (const auto& key : keys)
          words.codes.push_back(key[i].empty() ? -1
                                               : static_cast<std::int32_t>(std::distance(
                                                     different.begin(), different.find(key[i]))));
        column.values = std::move(words);
      }
      table.columns.push_back(std::move(column));
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      std::vector<std::int64_t> values;
      for (const auto& key : keys) values.push_back(sums_.at(key)[i]);
      Column column = numbers[i];
      column.values = std::move(values);
      table.columns.push_back(std::move(column));
    }
    return table;
  }

 private:
  std::vector<Column> headings_;
  std::map<std::vector<std::string>, std::vector<std::int64_t>> sums_;
  std::vector<std::vector<std::string>> order_;
};

/// Whether the files are the shards of one set.
bool are_shards(const std::vector<CountFile>& files) {
  std::map<std::string, std::set<std::size_t>> sets;
  std::size_t shards = 0;
  for (const CountFile& file : files) {
    const std::string shard = value_of(basis_of(file.record), "shard");
    if (shard.empty()) continue;
    ++shards;
    const std::size_t slash = shard.find('/');
    const auto index = static_cast<std::size_t>(std::stoul(shard.substr(0, slash)));
    if (!sets[shard.substr(slash + 1)].insert(index).second)
      throw InputError("{}: is shard {}, which is there twice", file.path, shard);
  }
  if (shards == 0) return false;
  if (shards != files.size() || sets.size() != 1)
    throw InputError("{}: shards of one set are wanted, and nothing else beside them", files.front().path);
  const auto& [of, indices] = *sets.begin();
  const auto wanted = static_cast<std::size_t>(std::stoul(of.substr(0, of.find(' '))));
  for (std::size_t k = 1; k <= wanted; ++k)
    if (!indices.contains(k))
      throw InputError("{}: shard {}/{} is missing beside it", files.front().path, k, wanted);
  return true;
}

void refuse_other_rules(const std::vector<CountFile>& files) {
  for (const char* what : {"counting rule", "code list", "catchment map"}) {
    const std::string first = value_of(basis_of(files.front().record), what);
    for (const CountFile& file : files)
      if (value_of(basis_of(file.record), what) != first)
        throw InputError("{}: its {} is '{}'; that of {} is '{}'; such counts cannot be added", file.path,
                         what, value_of(basis_of(file.record), what), files.front().path, first);
  }
}

}  // namespace

CountResult merge_counts(const std::vector<CountFile>& files) {
  refuse_other_rules(files);
  const bool shards = are_shards(files);
  CountResult result;
  const auto first = tables_of(files.front());
  for (std::size_t t = 0; t < first.size(); ++t) {
    const bool has_persons = first[t].second.find("persons") != nullptr;
    std::vector<Column> numbers{*first[t].second.find("count")};
    if (has_persons && shards) numbers.push_back(*first[t].second.find("persons"));
    Sums sums;
    for (const CountFile& file : files) {
      const auto tables = tables_of(file);
      if (tables.size() != first.size() || tables[t].first != first[t].first ||
          (tables[t].second.find("persons") != nullptr) != has_persons)
        throw InputError("{}: has other tables of counts than {}", file.path, files.front().path);
      Table table = tables[t].second;
      if (has_persons && !shards)
        std::erase_if(table.columns, [](const Column& column) { return column.name == "persons"; });
      sums.add(table, shards && has_persons ? std::vector<std::string>{"count", "persons"}
                                            : std::vector<std::string>{"count"});
    }
    result.tables.emplace_back(first[t].first, sums.table(numbers, true));
  }
  CalibrationRecord& record = result.record;
  record.method = "activity-count";
  std::vector<BasisEntry> basis;
  std::map<std::string, Sums> lists;
  std::map<std::string, Quantity> quantities;
  for (const CountFile& file : files) {
    std::vector<BasisEntry> entries = basis_of(file.record);
    std::erase_if(entries, [](const BasisEntry& entry) { return entry.what == "shard"; });
    basis = joined(basis, entries);
    for (const char* name : {"reconciliation", "unmatched_codes"})
      if (const Table* table = file.record.table(name)) lists[name].add(*table, {"rows"});
    for (const Quantity& quantity : file.record.summary) {
      const auto [at, is_new] = quantities.try_emplace(quantity.name, quantity);
      if (!is_new) at->second.value += quantity.value;
    }
    for (const std::string& reason : file.record.reasons)
      if (std::find(record.reasons.begin(), record.reasons.end(), reason) == record.reasons.end())
        record.reasons.push_back(reason);
  }
  if (!shards && files.size() > 1)
    record.reasons.push_back(
        "the parts were counted each by itself: what stands in two of them is counted twice, and persons "
        "cannot be added; count "
        "them together, or with --shard");
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  for (const Quantity& quantity : files.front().record.summary)
    record.summary.push_back(quantities.at(quantity.name));
  result.counted =
      static_cast<std::size_t>(quantities.contains("counted") ? quantities.at("counted").value : 0);
  record.tables.emplace_back(
      "reconciliation",
      lists["reconciliation"].table({{"rows", "1", "rows; below 0 those that a rule took off", {}}}, false));
  record.tables.emplace_back(
      "unmatched_codes", lists["unmatched_codes"].table({{"rows", "1", "counted rows with it", {}}}, false));
  record.tables.emplace_back("basis", basis_table(basis));
  return result;
}

}  // namespace snitt::activity
