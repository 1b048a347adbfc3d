#pragma once
#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include "data/table.hpp"

namespace snitt {

/// A table that is written row by row.
class RowTable {
 public:
  struct Heading {
    std::string name;
    std::string units;  ///< "" for text
    std::string description;
  };
  using Cell = std::variant<std::string, double>;

  explicit RowTable(std::vector<Heading> headings);
  /// One cell per heading: text where the units are "", else a number.
  void add(std::initializer_list<Cell> cells) { add(std::vector<Cell>(cells)); }
  void add(const std::vector<Cell>& cells);
  const Table& table() const { return table_; }

 private:
  Table table_;
};

}  // namespace snitt
