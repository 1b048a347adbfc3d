#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/population.hpp"

/// Tables of counts as rates want them: numbers by group, area, year, sex and age.
namespace snitt::activity {

/// Which columns of a long table mean what.
struct CountColumns {
  std::string number;           ///< column of the counts; "": count, else examinations, n
  std::string area = "area";    ///< column of areas that the population has
  std::string frequency;        ///< column of events per person, of a table of persons by frequency
  double inflation = 1;         ///< of the variance of counts that are not of persons by frequency
  std::vector<std::string> by;  ///< dimensions of the result; area and year may be among them
};

struct CountRow {
  std::vector<std::string> group;  ///< [dimension of `by` but area and year]
  std::string area;                ///< "" when missing or when the table has no areas
  int year = 0;                    ///< 0 when missing or when the table has no years
  Sex sex = Sex::unknown;
  int age_from = -1;  ///< -1 when missing
  double number = 0;
  double squared = 0;  ///< Σ f² m of persons by frequency; equal to the number without
};

struct RateCounts {
  std::vector<std::string> dimensions;  ///< of `by`, without area and year
  bool by_area = false, by_year = false;
  bool has_area = false, has_year = false, has_sex = false, has_age = false, has_frequency = false;
  std::vector<CountRow> rows;
  /// First and, as far as a table says it, last ages of the groups that occur: (5, 9), (90, nothing).
  std::vector<std::pair<int, std::optional<int>>> age_groups;
  /// Dimensions of the table that were added up over.
  std::vector<std::string> added_up;
};

/// Reads one long table: dimensions as columns, and a number. Year from year, calyear, or the first four
/// digits of month or quarter. Throws InputError naming `where`, row and column: no column of counts, a
/// dimension that is not there, counts that are negative or missing.
RateCounts rate_counts(const Table& table, const CountColumns& columns, const std::string& where);
/// Appends `more`, which has the same dimensions. Throws InputError when it knows sex, age, area or year and
/// the other does not.
void merge(RateCounts& counts, const RateCounts& more, const std::string& where);

}  // namespace snitt::activity
