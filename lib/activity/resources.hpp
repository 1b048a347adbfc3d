#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "activity/basis.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"

/// Machines, people and what they do, from printed tables, with the tables' own sums held against their cells.
namespace snitt::activity {

struct NamedTable {
  Table table;
  std::string name;  ///< of the file, for messages
};

struct ResourceOptions {
  /// What a column is called in the tables; the first that is there is taken: {"fte", "aarsverk_fte_printed"}.
  std::vector<std::pair<std::string, std::string>> names;
  std::vector<std::string> modalities;   ///< columns of the equipment table; empty: all that hold numbers
  std::vector<double> claims_percent;    ///< growths of staff that somebody states
  std::vector<std::string> claim_words;  ///< as they were given, for their digits
  std::vector<BasisEntry> basis;
};

struct ResourceResult {
  Table productivity;  ///< modality, sector: units, examinations, examinations per unit
  CalibrationRecord record;
};

/// `equipment`: unit, sector, kind ("unit", or anything else for a printed sum of the sector; sector "all" sums
/// everything), one column of numbers per modality. `activity`: modality, sector, exams. `staff`: group, year, fte, and
/// perhaps total (1: a printed sum of the group). Tables: equipment, staff, staff_years, claims, basis. A printed sum that
/// is not that of its cells, and cells that are empty, make the verdict doubtful. Throws InputError.
ResourceResult resources(const NamedTable& equipment, const std::vector<NamedTable>& activity,
                         const std::vector<NamedTable>& staff, const ResourceOptions& options);

}  // namespace snitt::activity
