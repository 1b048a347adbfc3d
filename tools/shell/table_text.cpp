#include "shell/table_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace snitt::shell {
namespace {

nlohmann::json cell(const Column& column, std::size_t row) {
  return std::visit(
      [&](const auto& values) -> nlohmann::json {
        if constexpr (requires { values.codes; }) {
          const std::int32_t code = values.codes[row];
          return code < 0 ? nlohmann::json()
                          : nlohmann::json(values.categories[static_cast<std::size_t>(code)]);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<double>>) {
          return std::isfinite(values[row]) ? nlohmann::json(values[row]) : nlohmann::json();
        } else {
          return values[row];
        }
      },
      column.values);
}

}  // namespace

nlohmann::json table_json(const Table& table) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < table.rows(); ++i) {
    nlohmann::json row = nlohmann::json::object();
    for (const Column& column : table.columns) row[column.name] = cell(column, i);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string table_text(const Table& table) {
  std::vector<std::vector<std::string>> cells(table.rows() + 1);
  for (const Column& column : table.columns) {
    cells[0].push_back(column.name);
    for (std::size_t r = 0; r < table.rows(); ++r) {
      const nlohmann::json value = cell(column, r);
      if (value.is_number_float())
        cells[r + 1].push_back(fmt::format("{:.5g}", value.get<double>()));
      else if (value.is_string())
        cells[r + 1].push_back(value.get<std::string>().empty() ? "-" : value.get<std::string>());
      else
        cells[r + 1].push_back(value.is_null() ? "-" : value.dump());
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : cells) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::size_t width = 0;
      for (const std::vector<std::string>& other : cells) width = std::max(width, other[c].size());
      text += c + 1 == row.size() ? row[c] : fmt::format("{:<{}}  ", row[c], width);
    }
    text += '\n';
  }
  return text;
}

}  // namespace snitt::shell
