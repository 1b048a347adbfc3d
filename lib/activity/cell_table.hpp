#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/table.hpp"

/// A table of counts with all its totals, as disclosure control sees it: cells and the sums between them.
namespace snitt::activity {

/// One dimension as a tree: leaves are the values in the rows, above them groups if there are any, at the top
/// the total.
struct CellDimension {
  std::string name;
  std::vector<std::string> nodes;                  ///< leaves first, the total last
  std::vector<std::vector<std::size_t>> children;  ///< [node]; empty for a leaf
  std::size_t leaves = 0;
  std::size_t total() const { return nodes.size() - 1; }
};

/// Child to parent, by value: municipality to area, month to year.
using Hierarchy = std::map<std::string, std::string>;

/// The parent is the sum of the parts.
struct CellSum {
  std::size_t parent = 0;
  std::vector<std::size_t> parts;
};

/// Every combination of nodes is a cell.
struct CellTable {
  std::vector<CellDimension> dimensions;
  std::vector<double> count;  ///< [cell]: mixed radix, the last dimension fastest
  std::vector<double> least;  ///< [cell]: the smallest of all counted columns (examinations, persons)
  std::vector<double>
      known_least;  ///< [cell]: what every reader knows it to be at least: 0, or 1 where zeros show
  std::vector<std::uint8_t> published;  ///< [cell]: belongs to a table that is handed out
  std::vector<CellSum> sums;            ///< each cell that is not made of leaves alone has one
  std::vector<std::size_t> row_cell;    ///< [row of the source]

  std::size_t cells() const { return count.size(); }
  std::vector<std::size_t> nodes_of(std::size_t cell) const;  ///< [dimension]
  bool is_interior(std::size_t cell) const;                   ///< made of leaves alone
  /// "area=Oslo, sex=total".
  std::string name_of(std::size_t cell) const;
};

struct CellTableOptions {
  std::vector<std::string> dimensions;
  std::string count = "count";
  std::vector<std::string> also;                    ///< further counted columns, such as persons
  std::map<std::string, Hierarchy> hierarchies;     ///< by dimension
  std::vector<std::vector<std::string>> published;  ///< lists of dimensions; none: everything is
  std::string total_word = "total";
};

/// Throws InputError naming column and row: a count that is negative, no whole number or missing, a
/// combination that is there twice, a value that a hierarchy does not know, more than 2 million cells.
CellTable cell_table(const Table& table, const CellTableOptions& options, const std::string& where);

}  // namespace snitt::activity
