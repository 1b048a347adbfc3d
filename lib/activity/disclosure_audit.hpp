#pragma once
#include <cstdint>
#include <vector>

#include "activity/cell_table.hpp"

/// What a reader of a suppressed table could still work out.
namespace snitt::activity {

/// Between which values a cell that is not shown must lie, given every cell that is, the sums, and the least
/// that every reader knows it to be (CellTable::known_least): by linear programming, which is what a
/// determined reader would do.
struct CellRange {
  std::size_t cell = 0;
  double low = 0;
  double high = 0;  ///< infinite when nothing bounds it
};

/// Of every published cell that is `hidden` (and of no other). Cells that are not published are unknown, too.
std::vector<CellRange> audit(const CellTable& table, const std::vector<std::uint8_t>& hidden);

/// The same for the cells named alone.
std::vector<CellRange> audit(const CellTable& table, const std::vector<std::uint8_t>& hidden,
                             const std::vector<std::size_t>& cells);

/// Cells that are unknown and linked by sums with `cell`, itself included: nothing else bears on its range.
std::vector<std::size_t> linked_unknowns(const CellTable& table, const std::vector<std::uint8_t>& hidden,
                                         std::size_t cell);

}  // namespace snitt::activity
