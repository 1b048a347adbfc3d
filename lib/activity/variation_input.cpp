#include "activity/variation_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

constexpr std::size_t fewest_areas = 3;

const Column* find(const Table& table, const std::string& named, std::initializer_list<const char*> usual,
                   const std::string& where) {
  if (!named.empty()) return &column_of(table, named, where);
  for (const char* name : usual)
    if (const Column* column = table.find(name)) return column;
  return nullptr;
}

std::vector<double> numbers(const Column* column, const std::string& where) {
  if (column == nullptr) return {};
  std::vector<double> values = numbers_of(*column, where);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] >= 0) || std::isinf(values[i]))
      throw InputError("{}: row {}: column '{}' has {}; expected 0 or more", where, i + 1, column->name,
                       values[i]);
  return values;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// What the table does not have, from what it has.
void complete(VariationGroup& group, bool has_expected, bool has_rate) {
  AreaRates& a = group.areas;
  if (!has_expected) {
    const double crude = sum(a.observed) / sum(a.persons);
    a.expected.clear();
    for (const double n : a.persons) a.expected.push_back(crude * n);
  }
  if (has_rate) return;
  a.rate.clear();
  for (std::size_t i = 0; i < a.observed.size(); ++i)
    a.rate.push_back(a.observed[i] / (a.persons.empty() ? a.expected[i] : a.persons[i]));
}

}  // namespace

VariationInput variation_input(const Table& table, const VariationColumns& columns, double least_count,
                               const std::string& where) {
  VariationInput input;
  if (columns.area == "area" && table.find("area") == nullptr && table.find("smr") != nullptr)
    throw InputError(
        "{}: has no column 'area': its rates are of all areas together; run snitt-activity-rates with area in "
        "--by (--area-column when areas have another name)",
        where);
  const Column& area = column_of(table, columns.area, where, "--area-column");
  const Column* observed_column = find(table, columns.observed, {"observed", "count"}, where);
  if (observed_column == nullptr)
    throw InputError("{}: has no column observed or count (--observed-column names it)", where);
  const Column* expected_column = find(table, columns.expected, {"expected"}, where);
  const Column* rate_column = find(table, columns.rate, {"direct", "rate", "crude"}, where);
  const Column* persons_column = find(table, columns.persons, {"person_years", "population"}, where);
  if (expected_column == nullptr && persons_column == nullptr)
    throw InputError(
        "{}: has neither expected events nor person-years to hold the counts against "
        "(--expected-column or --persons-column names them)",
        where);
  if (expected_column == nullptr)
    input.notes.push_back(
        "there are no expected events: counts are held against person-years, and age is not allowed for");

  input.dimensions = columns.by;
  if (columns.by.empty())
    for (const Column& column : table.columns)
      if (column.name != columns.area && (is_text(column) || column.name == "year"))
        input.dimensions.push_back(column.name);
  std::vector<std::vector<std::string>> keys(input.dimensions.size());
  for (std::size_t d = 0; d < keys.size(); ++d)
    keys[d] = texts_of(column_of(table, input.dimensions[d], where, "--by"));

  const std::vector<std::string> names = texts_of(area);
  const auto observed = numbers(observed_column, where), expected = numbers(expected_column, where);
  const auto rate = numbers(rate_column, where), persons = numbers(persons_column, where);
  std::map<std::vector<std::string>, VariationGroup> groups;
  std::set<std::pair<std::vector<std::string>, std::string>> seen;
  // Sorted, so that the order of rows changes nothing, not even the last digit of a sum.
  std::vector<std::size_t> order(table.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  for (const std::size_t row : order) {
    std::vector<std::string> key;
    for (const auto& values : keys) key.push_back(values[row]);
    if (!seen.emplace(key, names[row]).second)
      throw InputError(
          "{}: row {}: area '{}' is there twice in one group; expected one row (--by names the columns that "
          "tell groups apart)",
          where, row + 1, names[row]);
    VariationGroup& group = groups[key];
    group.key = key;
    const bool is_empty =
        (expected_column && !(expected[row] > 0)) || (persons_column && !(persons[row] > 0));
    if (is_empty || observed[row] < least_count) {
      input.left_out.push_back(
          {key, names[row], observed[row],
           is_empty ? "no events expected" : fmt::format("fewer than {:g} events", least_count)});
      continue;
    }
    group.names.push_back(names[row]);
    group.areas.observed.push_back(observed[row]);
    if (expected_column) group.areas.expected.push_back(expected[row]);
    if (rate_column) group.areas.rate.push_back(rate[row]);
    if (persons_column) group.areas.persons.push_back(persons[row]);
  }
  for (auto& [key, group] : groups) {
    if (group.names.size() < fewest_areas || !(sum(group.areas.observed) > 0)) {
      for (std::size_t i = 0; i < group.names.size(); ++i)
        input.left_out.push_back({key, group.names[i], group.areas.observed[i],
                                  "fewer than three areas, or no events, in the group"});
      continue;
    }
    complete(group, expected_column != nullptr, rate_column != nullptr);
    input.groups.push_back(std::move(group));
  }
  if (input.groups.empty())
    throw InputError("{}: no group has three areas with events; expected rates of several areas", where);
  return input;
}

}  // namespace snitt::activity
