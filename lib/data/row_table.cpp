#include "data/row_table.hpp"

#include <stdexcept>

namespace snitt {

RowTable::RowTable(std::vector<Heading> headings) {
  for (Heading& h : headings) {
    const bool text = h.units.empty();
    table_.columns.push_back({std::move(h.name), std::move(h.units), std::move(h.description), {}});
    if (text)
      table_.columns.back().values = std::vector<std::string>();
    else
      table_.columns.back().values = std::vector<double>();
  }
}

void RowTable::add(const std::vector<Cell>& cells) {
  if (cells.size() != table_.columns.size())
    throw std::logic_error("a row has another length than its table");
  for (std::size_t c = 0; c < cells.size(); ++c) {
    auto& values = table_.columns[c].values;
    if (auto* texts = std::get_if<std::vector<std::string>>(&values))
      texts->push_back(std::get<std::string>(cells[c]));
    else
      std::get<std::vector<double>>(values).push_back(std::get<double>(cells[c]));
  }
}

}  // namespace snitt
