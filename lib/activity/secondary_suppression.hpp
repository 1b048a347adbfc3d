#pragma once
#include <cstdint>
#include <vector>

#include "activity/cell_table.hpp"
#include "activity/disclosure_audit.hpp"

/// Which cells are not shown, so that small ones cannot be worked out from the others and the totals.
namespace snitt::activity {

struct SuppressionRule {
  double threshold = 5;     ///< counts above 0 and below this are not shown
  double margin = 5;        ///< a reader must be left with a range at least this wide for every hidden cell
  bool zeros_shown = true;  ///< else 0 counts as small
};

struct Suppression {
  std::vector<std::uint8_t> primary;    ///< [cell]: small
  std::vector<std::uint8_t> secondary;  ///< [cell]: not small, but would give a small one away
  std::vector<CellRange> ranges;        ///< what a reader can work out, of every cell that is not shown
  std::vector<std::size_t> open;        ///< cells that could not be given the margin
  std::size_t hidden_zeros = 0;         ///< zeros that had to be hidden although zeros are shown
  bool is_hidden(std::size_t cell) const { return primary[cell] || secondary[cell]; }
};

/// Small cells first; then, cell by cell, the cheapest set of further cells (by the sum of their counts) that
/// lets the cell move by the margin while all that is shown stays as it is: a linear programme (Kelly, Golden
/// and Assad 1992; Fischetti and Salazar 2001 give the exact problem, of which this is the usual relaxation).
/// Then each further cell is shown again where all stay safe without it. Every cell that is hidden in the end
/// has been audited. Few further cells, not provably the fewest.
Suppression suppress(const CellTable& table, const SuppressionRule& rule);

}  // namespace snitt::activity
