#pragma once
#include <string>
#include <vector>

#include "activity/cell_table.hpp"
#include "activity/secondary_suppression.hpp"
#include "data/calibration.hpp"

/// From a table of counts to one that may be handed out.
namespace snitt::activity {

struct SuppressionOptions {
  CellTableOptions cells;
  SuppressionRule rule;
};

/// Nothing in it tells which of the hidden cells are small: that would narrow what they can be.
struct SuppressedTable {
  /// The rows as they came; in hidden ones counts and other numbers are missing, and a column `suppressed`
  /// says "not shown". Zeros that are hidden are added; rows of cells that
  /// belong to no published table are left out, for which of them occur would tell of the others.
  Table shown;
  CalibrationRecord record;     ///< tables totals and audit (what a reader can work out of every hidden cell)
  std::size_t small = 0;        ///< cells that are hidden for their own sake: for the person at the terminal
  std::size_t protecting = 0;   ///< and for the sake of others
  std::size_t unprotected = 0;  ///< hidden cells that a reader could work out all the same
};

/// Throws as cell_table does.
SuppressedTable suppressed(const Table& table, const SuppressionOptions& options, const std::string& where);

}  // namespace snitt::activity
