#include "quality/phantom_table.hpp"

#include <fmt/format.h>

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

std::vector<std::string> object_names(const PhantomModule& module) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < module.objects.size(); ++i) {
    const PhantomObject& object = module.objects[i];
    int before = 0;
    for (std::size_t k = 0; k < i; ++k)
      before +=
          module.objects[k].kind == object.kind && module.objects[k].material == object.material ? 1 : 0;
    names.push_back(before == 0 ? object.material : fmt::format("{} {}", object.material, before + 1));
  }
  return names;
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
