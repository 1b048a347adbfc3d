#include "data/population.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.hpp"

namespace snitt {
namespace {

std::string lower(const std::string& word) {
  std::string text;
  for (const char c : word)
    text += static_cast<unsigned char>(c) < 128 ? static_cast<char>(std::tolower(c)) : c;
  return text;
}

const Column* any_of(const Table& table, std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (const Column& column : table.columns)
      if (lower(column.name) == name) return &column;
  return nullptr;
}

std::string text_at(const Column& column, std::size_t row) {
  if (const auto* v = std::get_if<std::vector<std::string>>(&column.values)) return (*v)[row];
  if (const auto* v = std::get_if<std::vector<std::int64_t>>(&column.values))
    return std::to_string((*v)[row]);
  if (const auto* v = std::get_if<Categorical>(&column.values))
    return v->codes[row] < 0 ? "" : v->categories[static_cast<std::size_t>(v->codes[row])];
  if (const auto* v = std::get_if<std::vector<double>>(&column.values))
    return std::isnan((*v)[row]) ? "" : fmt::format("{}", (*v)[row]);
  return std::get<std::vector<std::uint8_t>>(column.values)[row] != 0 ? "true" : "false";
}

std::optional<double> number_at(const Column& column, std::size_t row) {
  if (const auto* v = std::get_if<std::vector<std::int64_t>>(&column.values))
    return static_cast<double>((*v)[row]);
  if (const auto* v = std::get_if<std::vector<double>>(&column.values)) return (*v)[row];
  return std::nullopt;
}

int year_at(const Column& column, std::size_t row, const std::string& where) {
  const std::string text = text_at(column, row);
  const bool digits =
      !text.empty() && text.size() <= 4 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits)
    throw InputError("{}: row {}: column '{}' has '{}'; expected a year", where, row + 1, column.name, text);
  return std::stoi(text);
}

}  // namespace

Sex sex_of(const std::string& word) {
  static const std::set<std::string> female{"female",  "f",     "woman", "women", "k",      "kvinne",
                                            "kvinner", "jente", "2",     "hunn",  "females"};
  static const std::set<std::string> male{"male", "m", "man", "men", "mann", "menn", "gutt", "1", "males"};
  const std::string text = lower(word);
  if (female.contains(text)) return Sex::female;
  return male.contains(text) ? Sex::male : Sex::unknown;
}

std::string sex_word(Sex sex) {
  if (sex == Sex::unknown) return "";
  return sex == Sex::female ? "female" : "male";
}

int first_age_of(const std::string& age_group) {
  const std::size_t digit = age_group.find_first_of("0123456789");
  if (digit == std::string::npos) return -1;
  if (digit > 0 && age_group[digit - 1] == '<') return 0;
  int age = 0;
  for (std::size_t i = digit; i < age_group.size() && i < digit + 3 && std::isdigit(age_group[i]) != 0; ++i)
    age = age * 10 + (age_group[i] - '0');
  return age;
}

Population population_from(const Table& table, const std::string& where, const std::string& area_column) {
  const Column* persons = any_of(table, {"population", "pop", "persons", "inhabitants", "befolkning"});
  if (persons == nullptr)
    throw InputError("{}: has no column population, pop, persons, inhabitants or befolkning", where);
  const Column* area =
      area_column.empty() ? any_of(table, {"area", "bohf", "catchment"}) : table.find(area_column);
  if (!area_column.empty() && area == nullptr) throw InputError("{}: has no column '{}'", where, area_column);
  const Column* year = any_of(table, {"year", "calyear", "aar"});
  const Column* sex = any_of(table, {"sex", "kjonn"});
  const Column* age = any_of(table, {"age_from", "age", "age_group"});

  Population population;
  population.has_sex = sex != nullptr;
  std::map<std::string, std::size_t> index;
  std::set<int> years, ages;
  std::set<std::tuple<std::size_t, int, Sex, int>> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    PopulationRow cell;
    const std::string name = area ? text_at(*area, row) : "";
    const auto [place, is_new] = index.emplace(name, population.areas.size());
    if (is_new) population.areas.push_back(name);
    cell.area = place->second;
    if (year) cell.year = year_at(*year, row, where);
    if (sex) {
      cell.sex = sex_of(text_at(*sex, row));
      if (cell.sex == Sex::unknown)
        throw InputError("{}: row {}: column '{}' has '{}'; expected female or male", where, row + 1,
                         sex->name, text_at(*sex, row));
    }
    if (age) {
      cell.age_from = first_age_of(text_at(*age, row));
      if (cell.age_from < 0)
        throw InputError("{}: row {}: column '{}' has '{}'; expected an age or a group such as 05-09", where,
                         row + 1, age->name, text_at(*age, row));
    }
    const auto number = number_at(*persons, row);
    if (!number || !(*number >= 0) || std::isinf(*number))
      throw InputError("{}: row {}: column '{}' has '{}'; expected a number of persons", where, row + 1,
                       persons->name, text_at(*persons, row));
    cell.persons = *number;
    if (!seen.emplace(cell.area, cell.year, cell.sex, cell.age_from).second)
      throw InputError("{}: row {}: {} {} {} {} is there twice; expected every stratum once", where, row + 1,
                       name, cell.year, sex_word(cell.sex), cell.age_from);
    years.insert(cell.year);
    ages.insert(cell.age_from);
    population.rows.push_back(cell);
  }
  if (population.rows.empty()) throw InputError("{}: has no rows; expected inhabitants by area", where);
  population.years.assign(years.begin(), years.end());
  population.age_starts.assign(ages.begin(), ages.end());
  return population;
}

}  // namespace snitt
