#include "quality/phantom_table.hpp"

#include <utility>

#include "quality/phantom_result.hpp"

namespace snitt::quality {

Column number_column(std::string name, std::string units, std::string description) {
  return {std::move(name), std::move(units), std::move(description), std::vector<double>{}};
}

Column text_column(std::string name, std::string description) {
  return {std::move(name), "", std::move(description), std::vector<std::string>{}};
}

void add_row(Table& table, const std::vector<std::string>& texts, const std::vector<double>& numbers) {
  std::size_t text = 0;
  std::size_t number = 0;
  for (Column& column : table.columns) {
    if (auto* words = std::get_if<std::vector<std::string>>(&column.values))
      words->push_back(texts.at(text++));
    else
      std::get<std::vector<double>>(column.values).push_back(numbers.at(number++));
  }
}

Table& PhantomFindings::table(const std::string& name, const std::vector<Column>& columns) {
  for (auto& [known, table] : tables)
    if (known == name) return table;
  tables.emplace_back(name, Table{columns});
  return tables.back().second;
}

std::string PhantomMeasure::verdict() const {
  if (nominal != nominal || tolerance != tolerance || value != value) return "";
  const double off = value - nominal;
  return (off < 0 ? -off : off) <= tolerance ? "pass" : "fail";
}

}  // namespace snitt::quality
