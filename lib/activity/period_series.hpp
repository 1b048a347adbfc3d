#pragma once
#include <map>
#include <string>
#include <vector>

#include "data/table.hpp"

/// Counts by month, quarter or year, from a long table of cells.
namespace snitt::activity {

/// Which columns say when and how many. What is empty is looked for: "month" with "2024-03", or "year" with
/// "month" or "quarter" beside it, or "year" alone.
struct SeriesColumns {
  std::string time;               ///< "2024-03", "2024-03-31", "2024Q1", "2024"
  std::string year;               ///< 2024; of a fiscal year "2023-24", "2023/24" or 2023
  std::string month;              ///< 1 to 12, or a name whose first three letters tell it
  std::int64_t fiscal_start = 1;  ///< month in which the years of `year` begin
  std::string count = "count";
  std::vector<std::string> by;  ///< a series for each combination of their values
};

/// One value per period without gaps: periods without a row are NaN.
struct PeriodSeries {
  std::string name;                           ///< values of the `by` columns joined by " / ", or "all"
  int per_year = 12;                          ///< 12, 4 or 1
  int first = 0;                              ///< year * per_year + period of the first value
  std::vector<double> values;                 ///< sums of the cells
  std::string time(std::size_t index) const;  ///< "2024-03", "2024Q1", "2024"; index may lie ahead
  int year(std::size_t index) const { return (first + static_cast<int>(index)) / per_year; }
  int period(std::size_t index) const { return (first + static_cast<int>(index)) % per_year; }  ///< from 0
  /// Position of "2024-03" relative to the first value, which may be negative; throws UsageError.
  int index_of(const std::string& time) const;
};

/// Series by name. Throws InputError naming row, column and value. Cells whose count is missing make their
/// period missing.
std::vector<PeriodSeries> period_series(const Table& table, const SeriesColumns& columns,
                                        const std::string& where);

/// 1 to 12 from a number or from a name in English, Norwegian, Danish, Swedish or German; 0 for none.
int month_of(const std::string& text);

}  // namespace snitt::activity
