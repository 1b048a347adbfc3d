#include "report/columns.hpp"

#include <fmt/format.h>

#include <algorithm>

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
