#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "statistics/ratio_funnel.hpp"

/// Variation of rates between areas, from a table of rates.
namespace snitt::activity {

struct VariationColumns {
  std::string area = "area";
  std::string observed;  ///< "": observed, else count
  std::string expected;  ///< "": expected; without such a column: by person-years
  std::string rate;  ///< "": direct, else rate or crude; without: observed over person-years or over expected
  std::string persons;  ///< "": person_years, else population; without: equal weights
  /// Columns whose combinations are analyzed apart; empty: year and all columns of words but the area.
  std::vector<std::string> by;
};

struct VariationOptions {
  double least_count = 0;  ///< areas with fewer events are left out
  double winsorise = 0.1;
  statistics::RatioScale scale = statistics::RatioScale::square_root;
  std::size_t replicates = 1000;  ///< of the bootstrap
  std::uint64_t seed = 1;
  int quadrature_points = 25;
};

struct VariationResult {
  Table measures;            ///< one row per group and measure
  CalibrationRecord record;  ///< tables areas, scenarios, left_out
};

/// Throws InputError naming column and row: no such column, numbers that are negative or missing, an area
/// that is there twice in a group, and when no group has three areas.
VariationResult variation(const Table& rates, const VariationColumns& columns,
                          const VariationOptions& options, const std::string& where);

}  // namespace snitt::activity
