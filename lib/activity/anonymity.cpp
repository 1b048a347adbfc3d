#include "activity/anonymity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

/// Codes of the columns that tell people apart, and how much a row counts.
struct Identities {
  std::vector<std::vector<std::uint32_t>> codes;  ///< [column][row]
  std::vector<double> weight;                     ///< [row]
  std::vector<std::uint32_t> patient;             ///< [row]; empty: rows are counted
};

/// Combinations of all columns but `left_out`, and who is in them.
struct Classes {
  std::vector<double> sizes;  ///< records or people of each combination
  double everybody = 0;       ///< records, or different people
  double few = 0;             ///< of them, in one or more combinations that are too small
};

Classes classes_of(const Identities& who, std::size_t left_out, double wanted_k) {
  const std::size_t rows = who.weight.size();
  std::vector<std::uint32_t> group(rows, 0);
  for (std::size_t c = 0; c < who.codes.size(); ++c) {
    if (c == left_out) continue;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> numbers;
    for (std::size_t row = 0; row < rows; ++row)
      group[row] = numbers.emplace(std::pair{group[row], who.codes[c][row]}, numbers.size()).first->second;
  }
  const std::uint32_t groups = rows ? *std::max_element(group.begin(), group.end()) + 1 : 0;
  Classes classes;
  classes.sizes.assign(groups, 0);
  if (who.patient.empty()) {
    for (std::size_t row = 0; row < rows; ++row) classes.sizes[group[row]] += who.weight[row];
    for (const double size : classes.sizes) {
      classes.everybody += size;
      classes.few += size < wanted_k ? size : 0;
    }
  } else {
    std::set<std::pair<std::uint32_t, std::uint32_t>> members;
    for (std::size_t row = 0; row < rows; ++row)
      if (who.weight[row] > 0 && members.emplace(group[row], who.patient[row]).second)
        classes.sizes[group[row]] += 1;
    std::set<std::uint32_t> everybody, few;  // who is in several combinations is one person
    for (const auto& [combination, patient] : members) {
      everybody.insert(patient);
      if (classes.sizes[combination] < wanted_k) few.insert(patient);
    }
    classes.everybody = static_cast<double>(everybody.size());
    classes.few = static_cast<double>(few.size());
  }
  classes.sizes.erase(std::remove(classes.sizes.begin(), classes.sizes.end(), 0.0), classes.sizes.end());
  return classes;
}

}  // namespace

CalibrationRecord anonymity(const Table& table, const std::vector<std::string>& columns,
                            const std::string& weight, const std::string& patient, double wanted_k,
                            const std::string& where) {
  if (columns.empty()) throw UsageError("{}: expected columns that could tell who somebody is", where);
  Identities who;
  for (const std::string& name : columns)
    who.codes.push_back(words_of(texts_of(column_of(table, name, where))).code);
  who.weight.assign(table.rows(), 1);
  if (!weight.empty()) who.weight = numbers_of(column_of(table, weight, where), where);
  for (std::size_t row = 0; row < who.weight.size(); ++row)
    if (!(who.weight[row] >= 0))
      throw InputError("{}: row {}: {} is {}; expected 0 or above", where, row + 1, weight, who.weight[row]);
  if (!patient.empty()) who.patient = words_of(texts_of(column_of(table, patient, where))).code;

  const Classes all = classes_of(who, columns.size(), wanted_k);
  const std::vector<double>& sizes = all.sizes;
  const double everybody = all.everybody;
  const double few = all.few;
  CalibrationRecord record;
  record.method = "k-anonymity";
  const double smallest = sizes.empty() ? 0 : *std::min_element(sizes.begin(), sizes.end());
  const std::string counted = patient.empty() ? "records" : "people";
  record.summary = {
      plain("k_smallest", smallest, "1", counted + " in the smallest combination"),
      plain("k_combinations", static_cast<double>(sizes.size()), "1", "that occur"),
      plain("k_below", few, "1", fmt::format("{} in combinations of fewer than {}", counted, wanted_k)),
      plain("k_share_below", everybody > 0 ? few / everybody : 0, "1", "of all " + counted)};
  RowTable classes(
      {{"size", "1", counted + " that share a combination"},
       {"combinations", "1", "of this size"},
       {"counted", "1", counted + " in them"},
       {"share_up_to", "1", "of all " + counted + ", in combinations of this size and smaller"}});
  std::map<double, std::size_t> by_size;
  for (const double s : sizes) ++by_size[s];
  double up_to = 0;
  double memberships = 0;  // a person in two combinations has two
  for (const double size : sizes) memberships += size;
  for (const auto& [size, number] : by_size) {
    up_to += size * static_cast<double>(number);
    classes.add({size, static_cast<double>(number), size * static_cast<double>(number), up_to / memberships});
  }
  RowTable without({{"column", "", "left out"},
                    {"smallest", "1", "smallest combination of the others"},
                    {"share_below", "1", "of all, in combinations that are too small"}});
  for (std::size_t c = 0; c < columns.size() && columns.size() > 1; ++c) {
    const Classes others = classes_of(who, c, wanted_k);
    without.add({columns[c],
                 others.sizes.empty() ? 0 : *std::min_element(others.sizes.begin(), others.sizes.end()),
                 others.everybody > 0 ? others.few / others.everybody : 0});
  }
  record.tables = {{"k_classes", classes.table()}, {"k_columns", without.table()}};
  if (few > 0)
    record.reasons.push_back(
        fmt::format("{:.0f} of {:.0f} {} are in combinations of fewer than {:.0f}: coarsen a column (the "
                    "table k_columns tells which helps most) before rows leave the house",
                    few, everybody, counted, wanted_k));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return record;
}

}  // namespace snitt::activity
