#include "report/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace snitt::report {

std::optional<std::vector<double>> numbers_of(const Column& column) {
  if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) return *reals;
  const auto whole = [](const auto& values) { return std::vector<double>(values.begin(), values.end()); };
  if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values)) return whole(*wholes);
  if (const auto* flags = std::get_if<std::vector<std::uint8_t>>(&column.values)) return whole(*flags);
  return std::nullopt;
}

std::optional<std::vector<std::string>> words_of(const Column& column) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values)) return *texts;
  const auto* coded = std::get_if<Categorical>(&column.values);
  if (coded == nullptr) return std::nullopt;
  std::vector<std::string> words;
  for (const std::int32_t code : coded->codes)
    words.push_back(code < 0 ? "" : coded->categories[static_cast<std::size_t>(code)]);
  return words;
}

const std::vector<double>& Rows::numbers(const std::string& name) const {
  const auto [found, made] = numbers_.try_emplace(name);
  const Column* column = made ? table_.find(name) : nullptr;
  if (column != nullptr) found->second = numbers_of(*column).value_or(std::vector<double>{});
  return found->second;
}

const std::vector<std::string>& Rows::words(const std::string& name) const {
  const auto [found, made] = words_.try_emplace(name);
  const Column* column = made ? table_.find(name) : nullptr;
  if (column != nullptr) found->second = words_of(*column).value_or(std::vector<std::string>{});
  return found->second;
}

double Rows::number(const std::string& name, std::size_t row) const {
  const std::vector<double>& all = numbers(name);
  return row < all.size() ? all[row] : std::numeric_limits<double>::quiet_NaN();
}

std::string Rows::word(const std::string& name, std::size_t row) const {
  const std::vector<std::string>& all = words(name);
  return row < all.size() ? all[row] : "";
}

std::vector<std::size_t> Rows::where(const std::string& name, const std::string& word) const {
  std::vector<std::size_t> rows;
  const std::vector<std::string>& all = words(name);
  for (std::size_t row = 0; row < all.size(); ++row)
    if (all[row] == word) rows.push_back(row);
  return rows;
}

std::vector<std::string> Rows::distinct(const std::string& name) const {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (const std::string& word : words(name))
    if (seen.insert(word).second) result.push_back(word);
  return result;
}

std::string label_of(const Column& column) {
  std::string name = column.name;
  const bool has_unit = !column.units.empty() && column.units != "1";
  if (has_unit && name.ends_with("_" + column.units)) name.resize(name.size() - column.units.size() - 1);
  std::replace(name.begin(), name.end(), '_', ' ');
  return has_unit ? fmt::format("{} ({})", name, column.units) : name;
}

RowGroups grouped_rows(const Table& table, const std::vector<std::string>& candidates) {
  constexpr std::size_t most = 6;  // colours
  for (const std::string& candidate : candidates) {
    const Column* column = table.find(candidate);
    const auto words = column == nullptr ? std::nullopt : words_of(*column);
    if (!words) continue;
    RowGroups groups;
    for (const std::string& word : *words) {
      auto found = std::find(groups.names.begin(), groups.names.end(), word);
      if (found == groups.names.end()) found = groups.names.insert(groups.names.end(), word);
      groups.group.push_back(static_cast<std::size_t>(found - groups.names.begin()));
    }
    if (groups.names.size() <= most) return groups;
  }
  return {{""}, std::vector<std::size_t>(table.rows(), 0)};
}

}  // namespace snitt::report
