#pragma once
#include <string>
#include <vector>

#include "data/calibration.hpp"

/// What a figure of activity rests on: versions of code lists and maps, the counting rule. It travels from
/// result to result as the table "basis" of a file's record.
namespace snitt::activity {

struct BasisEntry {
  std::string what;   ///< "code list", "catchment map", "counting rule", "population", "time zone"
  std::string value;  ///< "NCRP 2023 (sha256 3fa1…)"
};

/// Columns what, value.
Table basis_table(const std::vector<BasisEntry>& basis);
/// The table "basis" of a record; empty when it has none.
std::vector<BasisEntry> basis_of(const CalibrationRecord& record);
/// Both, each entry once, in order; of two values for one thing both stay, so that a mixture is seen.
std::vector<BasisEntry> joined(std::vector<BasisEntry> first, const std::vector<BasisEntry>& second);

}  // namespace snitt::activity
