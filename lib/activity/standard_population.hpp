#pragma once
#include <string>
#include <vector>

#include "data/population.hpp"

namespace snitt::activity {

/// Weights of a standard population by first age of the group, and by sex when it has them.
struct StandardPopulation {
  std::string name;
  bool has_sex = false;
  std::vector<PopulationRow> rows;  ///< area and year are not used
};

/// "esp2013" (Eurostat, Revision of the European Standard Population, 2013) or "who2000" (Ahmad et al. 2001,
/// WHO GPE discussion paper 31: world average 2000-2025); the same weights for women and men.
StandardPopulation named_standard(const std::string& name);

/// The inhabitants of all areas, of one area ("" for all) and one year (0 for all years together).
/// Throws InputError for an area or year that the population does not have.
StandardPopulation standard_from(const Population& population, const std::string& area, int year,
                                 const std::string& where);

/// First ages of its groups, ascending.
std::vector<int> starts_of(const StandardPopulation& standard);

}  // namespace snitt::activity
