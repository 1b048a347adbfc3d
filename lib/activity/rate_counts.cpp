#include "activity/rate_counts.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

const Column* any_of(const Table& table, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const Column* column = table.find(name)) return column;
  return nullptr;
}

/// 2024 for "2024", "2024-03", "2024-Q1"; 0 without.
int year_in(const std::string& text) {
  if (text.size() < 4 || text.find_first_not_of("0123456789") < 4) return 0;
  return std::stoi(text.substr(0, 4));
}

constexpr int open_end = 999;

/// 9 for "05-09", no end for "90+", nothing for "5".
std::optional<int> last_age_of(const std::string& group) {
  if (group.find('+') != std::string::npos) return open_end;
  const std::size_t dash = group.find('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  const int last = first_age_of(group.substr(dash + 1));
  return last < 0 ? std::nullopt : std::optional(last);
}

/// A row of totals would count everything twice.
void refuse_total(const std::string& word, const Column* column, std::size_t row, const std::string& where) {
  static const std::set<std::string> totals{"total",       "totalt",      "Total", "Totalt", "all",   "All",
                                            "alle",        "Alle",        "both",  "Both",   "begge", "Begge",
                                            "begge kjønn", "Begge kjønn", "sum",   "Sum"};
  if (column != nullptr && totals.contains(word))
    throw InputError("{}: row {}: column '{}' has '{}'; expected cells without their totals", where, row + 1,
                     column->name, word);
}

const Column& number_column(const Table& table, const CountColumns& columns, const std::string& where) {
  if (!columns.number.empty()) return column_of(table, columns.number, where, "--count-column");
  const Column* column = any_of(table, {"count", "examinations", "persons", "n"});
  if (column == nullptr)
    throw InputError(
        "{}: has no column count; expected one row per cell with its count (--count-column names it)",
        where);
  return *column;
}

}  // namespace

RateCounts rate_counts(const Table& table, const CountColumns& columns, const std::string& where) {
  RateCounts counts;
  const Column& number = number_column(table, columns, where);
  const Column* area = table.find(columns.area);
  const Column* year = any_of(table, {"year", "calyear", "aar"});
  if (year == nullptr) year = any_of(table, {"month", "quarter"});
  const Column* sex = any_of(table, {"sex", "kjonn"});
  const Column* age_group = any_of(table, {"age_group"});
  const Column* age = age_group ? age_group : any_of(table, {"age_from", "age"});
  counts.has_area = area != nullptr;
  counts.has_year = year != nullptr;
  counts.has_sex = sex != nullptr;
  counts.has_age = age != nullptr;
  counts.has_frequency = !columns.frequency.empty();

  std::vector<std::vector<std::string>> groups;
  for (const std::string& name : columns.by) {
    if (name == columns.area && area) {
      counts.by_area = true;
    } else if (name == "year" && year) {
      counts.by_year = true;
    } else {
      groups.push_back(texts_of(column_of(table, name, where, "--by")));
      counts.dimensions.push_back(name);
    }
  }
  const auto texts = [&](const Column* column) {
    return column ? texts_of(*column) : std::vector<std::string>(table.rows());
  };
  const auto areas = texts(area), years = texts(year), sexes = texts(sex), ages = texts(age);
  const std::vector<double> numbers = numbers_of(number, where);
  std::vector<double> frequency;
  if (counts.has_frequency) frequency = numbers_of(column_of(table, columns.frequency, where), where);
  for (const Column& column : table.columns) {
    const bool known = &column == &number || &column == area || &column == year || &column == sex ||
                       &column == age || column.name == "age_from" || column.name == "persons" ||
                       column.name == columns.frequency ||
                       std::find(columns.by.begin(), columns.by.end(), column.name) != columns.by.end();
    if (!known && (is_text(column) || std::holds_alternative<std::vector<std::int64_t>>(column.values)))
      counts.added_up.push_back(column.name);
  }

  std::set<std::pair<int, std::optional<int>>> groups_of_age;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    CountRow row;
    for (const auto& group : groups) row.group.push_back(group[i]);
    refuse_total(areas[i], area, i, where);
    refuse_total(sexes[i], sex, i, where);
    refuse_total(ages[i], age, i, where);
    row.area = areas[i];
    row.year = year_in(years[i]);
    row.sex = sex_of(sexes[i]);
    row.age_from = first_age_of(ages[i]);
    row.number = numbers[i];
    if (!(row.number >= 0) || std::isinf(row.number))
      throw InputError(
          "{}: row {}: column '{}' has {}; expected a count of 0 or more (a suppressed cell has no rate)",
          where, i + 1, number.name, row.number);
    row.squared = row.number * columns.inflation;
    if (counts.has_frequency) {
      if (!(frequency[i] >= 1))
        throw InputError("{}: row {}: column '{}' has {}; expected events per person, 1 or more", where,
                         i + 1, columns.frequency, frequency[i]);
      row.squared = row.number * frequency[i] * frequency[i];
      row.number *= frequency[i];
    }
    if (row.age_from >= 0)
      groups_of_age.emplace(row.age_from, age_group ? last_age_of(ages[i]) : std::nullopt);
    counts.rows.push_back(std::move(row));
  }
  counts.age_groups.assign(groups_of_age.begin(), groups_of_age.end());
  return counts;
}

void merge(RateCounts& counts, const RateCounts& more, const std::string& where) {
  const bool same = counts.has_area == more.has_area && counts.has_year == more.has_year &&
                    counts.has_sex == more.has_sex && counts.has_age == more.has_age;
  if (!same)
    throw InputError(
        "{}: has other columns of area, year, sex or age than the first table; expected the same", where);
  counts.rows.insert(counts.rows.end(), more.rows.begin(), more.rows.end());
  counts.age_groups.insert(counts.age_groups.end(), more.age_groups.begin(), more.age_groups.end());
  std::sort(counts.age_groups.begin(), counts.age_groups.end());
  counts.age_groups.erase(std::unique(counts.age_groups.begin(), counts.age_groups.end()),
                          counts.age_groups.end());
}

}  // namespace snitt::activity
