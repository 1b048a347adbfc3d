#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "activity/forecast.hpp"
#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

std::string first_of(const Table& table, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (table.find(name)) return name;
  return *names.begin();
}

/// "age and sex" of each row, ages by their lower bound; "" where one of them is not known.
std::vector<std::string> strata_of(const Table& table, const std::string& where, bool with_sex) {
  std::vector<std::string> ages =
      texts_of(column_of(table, first_of(table, {"age_from", "age_group", "age"}), where));
  for (std::size_t i = 0; i < ages.size(); ++i) {
    if (is_missing(ages[i])) {
      ages[i].clear();
      continue;
    }
    int from = 0;
    const auto [end, error] = std::from_chars(ages[i].data(), ages[i].data() + ages[i].size(), from);
    if (error != std::errc())
      throw InputError("{}: row {}: age '{}'; expected a number or a group such as 00-04 or 90+", where,
                       i + 1, ages[i]);
    ages[i] = fmt::format("{:03}", from);
  }
  if (!with_sex) return ages;
  const std::vector<std::string> sex = texts_of(column_of(table, "sex", where));
  for (std::size_t i = 0; i < ages.size(); ++i)
    ages[i] = ages[i].empty() || is_missing(sex[i]) ? "" : ages[i] + " " + sex[i];
  return ages;
}

std::string series_name(const std::vector<std::vector<std::string>>& by, std::size_t row) {
  std::string name;
  for (const auto& words : by) name += (name.empty() ? "" : " / ") + words[row];
  return name.empty() ? "all" : name;
}

using ByStratum = std::map<std::string, std::map<int, double>>;  ///< [stratum][year]

ByStratum sums_of(const Table& table, const std::string& where, const std::string& what, bool with_sex,
                  const std::vector<bool>& rows) {
  const std::vector<std::string> strata = strata_of(table, where, with_sex);
  const std::vector<double> years =
      numbers_of(column_of(table, first_of(table, {"year", "calyear"}), where), where);
  const std::vector<double> values = numbers_of(column_of(table, what, where), where);
  ByStratum sums;
  for (std::size_t i = 0; i < strata.size(); ++i)
    if ((rows.empty() || rows[i]) && !strata[i].empty())
      sums[strata[i]][static_cast<int>(years[i])] += values[i];
  return sums;
}

/// Expected examinations of each year of the population.
std::map<int, double> expected(const ByStratum& population, const ByStratum& counts, const std::string& where,
                               const std::string& population_name) {
  std::map<int, double> demand;
  for (const auto& [stratum, by_year] : counts) {
    const auto people = population.find(stratum);
    if (people == population.end())
      throw InputError("{}: stratum '{}' is not in {}; expected the same age groups and sexes in both", where,
                       stratum, population_name);
    double counted = 0, lived = 0;
    for (const auto& [year, count] : by_year) {
      const auto p = people->second.find(year);
      if (p == people->second.end())
        throw InputError("{}: year {} is not in {}; expected the population of every counted year", where,
                         year, population_name);
      counted += count;
      lived += p->second;
    }
    if (lived <= 0) continue;
    for (const auto& [year, persons] : people->second) demand[year] += persons * counted / lived;
  }
  return demand;
}

}  // namespace

std::map<std::string, std::map<int, double>> demand_by_year(const Table& population,
                                                            const std::string& population_name,
                                                            const Table& counts,
                                                            const std::string& counts_name,
                                                            const std::vector<PeriodSeries>& series,
                                                            const std::vector<std::string>& by) {
  const bool with_sex = population.find("sex") && counts.find("sex");
  const ByStratum people = sums_of(population, population_name,
                                   first_of(population, {"persons", "pop", "population"}), with_sex, {});
  std::vector<std::vector<std::string>> words;
  for (const std::string& name : by)
    if (counts.find(name)) words.push_back(texts_of(*counts.find(name)));
  const bool separate = !by.empty() && words.size() == by.size();
  if (!separate) words.clear();
  std::map<std::string, std::map<int, double>> demand;
  for (const PeriodSeries& s : series) {
    std::vector<bool> rows;
    if (separate) {
      for (std::size_t i = 0; i < counts.rows(); ++i) rows.push_back(series_name(words, i) == s.name);
      if (std::find(rows.begin(), rows.end(), true) == rows.end())
        throw InputError("{}: has no rows of '{}'", counts_name, s.name);
    }
    demand[s.name] =
        expected(people, sums_of(counts, counts_name, "count", with_sex, rows), counts_name, population_name);
  }
  return demand;
}

std::map<std::string, double> capacity_by_series(const Table& table, const std::string& name,
                                                 const std::vector<std::string>& by,
                                                 const std::vector<std::string>& series) {
  std::vector<std::vector<std::string>> words;
  for (const std::string& column : by) words.push_back(names_of(table, column, name));
  std::vector<double> capacity;
  if (table.find("capacity")) {
    capacity = numbers_of(*table.find("capacity"), name);
  } else {
    capacity = numbers_of(column_of(table, "units", name), name);
    const std::vector<double> each = numbers_of(column_of(table, "exams_per_unit", name), name);
    for (std::size_t i = 0; i < capacity.size(); ++i) capacity[i] *= each[i];
  }
  std::map<std::string, double> sums;
  for (std::size_t i = 0; i < capacity.size(); ++i) {
    if (!(capacity[i] >= 0))
      throw InputError("{}: row {}: capacity {}; expected a number of examinations a year", name, i + 1,
                       capacity[i]);
    const std::string of = series_name(words, i);
    // A capacity of nothing would be passed over, and with it what has to be bought.
    if (std::find(series.begin(), series.end(), of) == series.end())
      throw InputError("{}: row {}: {} '{}' is no series{}; the series are {}", name, i + 1,
                       fmt::join(by, " / "), of, did_you_mean(of, series), some_of(series));
    sums[of] += capacity[i];
  }
  return sums;
}

}  // namespace snitt::activity
