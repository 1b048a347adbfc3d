#pragma once
#include <string>
#include <utility>
#include <vector>

#include "activity/count_rules.hpp"

/// Cross-tabulations of the rows that count.
namespace snitt::activity {

/// What the second walk over the rows finds.
struct CountedCells {
  std::vector<std::pair<std::string, Table>> tables;  ///< by the names of their dimensions
  std::size_t units = 0;
  std::size_t without_codes = 0;  ///< units that are codes: rows that have none
  std::size_t several_modalities =
      0;  ///< rows whose codes are of several modalities, counted under the first
  std::vector<std::string> sources;
  std::vector<std::vector<std::size_t>> rows;  ///< [source][rule]
  std::vector<std::size_t> units_of_source;
  /// Codes that matched nothing, with the rows that have them.
  std::vector<std::pair<std::string, std::size_t>> unmatched;
};

CountedCells count_cells(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                         const RowRules& row_rules);

}  // namespace snitt::activity
