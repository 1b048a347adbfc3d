#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"

namespace snitt {

enum class Sex { female, male, unknown };

/// Female for "female", "F", "woman", "K", "kvinne", "2"; male for "male", "M", "man", "mann", "1" (ISO 5218
/// has 1 and 2), in capitals or not; anything else is unknown.
Sex sex_of(const std::string& word);
/// "female", "male", "".
std::string sex_word(Sex sex);
/// First age of a group as tables have it: "05-09", "5-9 years", "90+", "<5" (0), "40"; -1 for a word without
/// an age.
int first_age_of(const std::string& age_group);

/// Inhabitants of one stratum in one area and year.
struct PopulationRow {
  std::size_t area = 0;  ///< in Population::areas
  int year = 0;
  Sex sex = Sex::unknown;
  int age_from = -1;  ///< first age of the group
  double persons = 0;
};

/// Inhabitants by area, year, sex and age.
struct Population {
  std::vector<std::string> areas;  ///< in the order of the table; one named "" when it has no areas
  std::vector<int> years;          ///< ascending; a single 0 when the table has no years
  std::vector<int> age_starts;     ///< ascending; a single -1 when it has no ages
  bool has_sex = false;
  std::vector<PopulationRow> rows;
};

/// A long table, one row per stratum: persons in column population, pop, persons, inhabitants or befolkning;
/// area in area, bohf or catchment; year in year, calyear or aar; sex in sex or kjonn; age in age_from, age
/// or age_group. `area_column` names another column of areas. What the table has no column for is not divided
/// by. Throws InputError naming `where`, row and column for missing or negative numbers, unknown words and
/// strata that are there twice.
Population population_from(const Table& table, const std::string& where, const std::string& area_column = "");

}  // namespace snitt
