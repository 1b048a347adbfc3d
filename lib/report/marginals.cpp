#include "report/marginals.hpp"

#include <algorithm>
#include <array>

namespace snitt::report {

bool is_total_word(const std::string& word) {
  constexpr std::array words{
      "total", "totals",     "totalt",           "all",      "alle",       "both",       "begge", "sum",
      "i alt", "both sexes", "begge kj\u00f8nn", "all ages", "alle aldre", "grand total"};
  std::string lower = word;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return lower == one; });
}

std::vector<std::string> marginal_columns(const Rows& rows) {
  std::vector<std::string> columns;
  for (const Column& column : rows.table().columns) {
    const std::vector<std::string>& words = rows.words(column.name);
    const auto totals = std::count_if(words.begin(), words.end(), is_total_word);
    if (totals > 0 && static_cast<std::size_t>(totals) < words.size()) columns.push_back(column.name);
  }
  return columns;
}

std::vector<std::size_t> rows_by(const Rows& rows, const std::vector<std::string>& shown) {
  const std::vector<std::string> marginals = marginal_columns(rows);
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (std::all_of(marginals.begin(), marginals.end(), [&](const std::string& column) {
          const bool is_shown = std::find(shown.begin(), shown.end(), column) != shown.end();
          return is_total_word(rows.word(column, row)) != is_shown;
        }))
      kept.push_back(row);
  return kept;
}

Table rows_of(const Table& table, const std::vector<std::size_t>& kept) {
  Table rest = table;
  for (Column& column : rest.columns)
    std::visit(
        [&](auto& values) {
          const auto keep = [&](auto& all) {
            for (std::size_t i = 0; i < kept.size(); ++i) all[i] = all[kept[i]];
            all.resize(kept.size());
          };
          if constexpr (requires { values.codes; })
            keep(values.codes);
          else
            keep(values);
        },
        column.values);
  return rest;
}

Table without_totals(const Table& table) {
  const Column* flag = nullptr;
  for (const Column& column : table.columns)
    if (column.name.ends_with("is_total")) flag = &column;
  const auto totals = flag == nullptr ? std::nullopt : numbers_of(*flag);
  if (!totals) return table;
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < totals->size(); ++row)
    if ((*totals)[row] == 0) kept.push_back(row);
  const std::string name = flag->name;
  Table rest = rows_of(table, kept);
  std::erase_if(rest.columns, [&](const Column& column) { return column.name == name; });
  return rest;
}

Table cells_alone(const Table& table) {
  const Table unmarked = without_totals(table);
  const Rows rows(unmarked);
  const std::vector<std::string> marginals = marginal_columns(rows);
  return marginals.empty() ? unmarked : rows_of(unmarked, rows_by(rows, marginals));
}

}  // namespace snitt::report
