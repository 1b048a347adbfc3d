#include "data/table.hpp"

namespace snitt {

std::size_t Column::size() const {
  return std::visit(
      [](const auto& v) -> std::size_t {
        if constexpr (requires { v.codes; })
          return v.codes.size();
        else
          return v.size();
      },
      values);
}

const Column* Table::find(const std::string& name) const {
  for (const Column& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

}  // namespace snitt
