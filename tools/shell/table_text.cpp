#include "shell/table_text.hpp"

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

}  // namespace snitt::shell
