#pragma once
#include <cstddef>
#include <string>

#include "data/table.hpp"
#include "report/page.hpp"

namespace snitt::report {

/// A whole table on a page.
struct DataTable {
  std::string name;              ///< as its file calls it
  std::size_t most_rows = 1000;  ///< the rest is left out, and said to be
  std::size_t fold_from = 16;    ///< with as many rows it is folded
};

/// The table with its columns' words and units, numbers to four digits; `data-v` of a cell has them in full,
/// and "" for a missing one. Can be sorted. What the columns are stands in a fold below.
void add_table(const Table& table, const DataTable& view, Page& page);

}  // namespace snitt::report
