#include "activity/standard_population.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.hpp"

namespace snitt::activity {
namespace {

StandardPopulation from_weights(std::string name, const std::vector<std::pair<int, double>>& weights) {
  StandardPopulation standard{std::move(name), false, {}};
  for (const auto& [age, weight] : weights) standard.rows.push_back({0, 0, Sex::unknown, age, weight});
  return standard;
}

}  // namespace

StandardPopulation named_standard(const std::string& name) {
  if (name == "esp2013")
    return from_weights("European standard population 2013",
                        {{0, 1000},  {1, 4000},  {5, 5500},  {10, 5500}, {15, 5500}, {20, 6000}, {25, 6000},
                         {30, 6500}, {35, 7000}, {40, 7000}, {45, 7000}, {50, 7000}, {55, 6500}, {60, 6000},
                         {65, 5500}, {70, 5000}, {75, 4000}, {80, 2500}, {85, 1500}, {90, 800},  {95, 200}});
  if (name == "who2000")
    return from_weights(
        "WHO world standard population 2000-2025",
        {{0, 8.86},  {5, 8.69},  {10, 8.60}, {15, 8.47}, {20, 8.22}, {25, 7.93}, {30, 7.61},
         {35, 7.15}, {40, 6.59}, {45, 6.04}, {50, 5.37}, {55, 4.55}, {60, 3.72}, {65, 2.96},
         {70, 2.21}, {75, 1.52}, {80, 0.91}, {85, 0.44}, {90, 0.15}, {95, 0.04}, {100, 0.005}});
  throw InputError("standard population '{}': expected esp2013 or who2000", name);
}

StandardPopulation standard_from(const Population& population, const std::string& area, int year,
                                 const std::string& where) {
  const auto at = std::find(population.areas.begin(), population.areas.end(), area);
  if (!area.empty() && at == population.areas.end())
    throw InputError("{}: has no area '{}'; there are: {}", where, area, fmt::join(population.areas, ", "));
  if (year != 0 && !std::binary_search(population.years.begin(), population.years.end(), year))
    throw InputError("{}: has no year {}; there are: {}", where, year, fmt::join(population.years, ", "));
  std::map<std::tuple<Sex, int>, double> sums;
  for (const PopulationRow& row : population.rows) {
    if (!area.empty() && row.area != static_cast<std::size_t>(at - population.areas.begin())) continue;
    if (year != 0 && row.year != year) continue;
    sums[{row.sex, row.age_from}] += row.persons;
  }
  StandardPopulation standard;
  standard.name = fmt::format("{}, {}", area.empty() ? "all areas" : area,
                              year == 0 ? "all years" : std::to_string(year));
  standard.has_sex = population.has_sex;
  for (const auto& [key, persons] : sums)
    standard.rows.push_back({0, 0, std::get<0>(key), std::get<1>(key), persons});
  return standard;
}

std::vector<int> starts_of(const StandardPopulation& standard) {
  std::set<int> starts;
  for (const PopulationRow& row : standard.rows) starts.insert(row.age_from);
  return {starts.begin(), starts.end()};
}

}  // namespace snitt::activity
