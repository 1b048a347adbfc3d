#pragma once
#include <string>
#include <utility>
#include <vector>

#include "activity/count.hpp"

/// Tables of counts from several sources, held against each other.
namespace snitt::activity {

struct ComparedTable {
  std::string name;  ///< path; shown without its folders
  Table table;
  std::string values;  ///< columns of counts, added, joined by '+': "inpatient+outpatient"
};

/// "NAME=WORD,WORD" as name and words. Throws UsageError.
std::vector<std::pair<std::string, std::vector<std::string>>> conditions_of(
    const std::vector<std::string>& texts);

/// The total of the first table, of each other, and what the first has that the others together have not;
/// then the same by each dimension that all tables have. Rows that do not meet a condition whose column the
/// table has are left out. Throws InputError naming a column that is not there or holds no numbers.
CountResult compare_counts(const std::vector<ComparedTable>& tables,
                           const std::vector<std::pair<std::string, std::vector<std::string>>>& where);

}  // namespace snitt::activity
