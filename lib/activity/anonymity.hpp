#pragma once
#include <string>
#include <vector>

#include "data/calibration.hpp"

namespace snitt::activity {

/// How many people share each combination of columns that could tell who somebody is (k-anonymity, Sweeney
/// 2002). `weight` names a column of counts; "" when each row is one. `patient` names the column of
/// pseudonyms, by which people are counted instead of rows; "" for none.
///
/// Summary: smallest_k, rows_below (and their share). Tables: "k_classes" (size, combinations, people below
/// and at it), "k_columns" (per column: what would be left if it were dropped), so that one sees what to
/// coarsen. Throws InputError for a column that is not there.
CalibrationRecord anonymity(const Table& table, const std::vector<std::string>& columns,
                            const std::string& weight, const std::string& patient, double wanted_k,
                            const std::string& where);

}  // namespace snitt::activity
