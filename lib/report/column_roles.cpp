#include "report/column_roles.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include "base/utf8.hpp"

namespace snitt::report {
namespace {

bool is_numeric(const Column& column) {
  return numbers_of(column).has_value() && !std::holds_alternative<std::vector<std::uint8_t>>(column.values);
}

bool contains(const std::string& name, std::string_view part) { return name.find(part) != std::string::npos; }

template <std::size_t N>
bool is_one_of(const std::string& name, const std::array<const char*, N>& names) {
  return std::any_of(names.begin(), names.end(), [&](const char* one) { return name == one; });
}

std::optional<int> whole(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What an interval without a name of its own may be of.
bool may_have_an_interval(const std::string& name) {
  return !is_one_of(name, std::array{"error", "se", "sd", "degrees", "z", "p", "n", "year"}) &&
         !contains(name, "_low") && !contains(name, "_high");
}

}  // namespace

std::vector<Estimate> estimates_of(const Table& table) {
  std::vector<Estimate> all;
  const auto numeric = [&](const std::string& name) {
    const Column* column = table.find(name);
    return column != nullptr && is_numeric(*column);
  };
  std::string before;
  for (const Column& column : table.columns) {
    if (!is_numeric(column)) continue;
    for (const auto& [low, high] : {std::pair{"_low", "_high"}, {"_lower", "_upper"}})
      if (numeric(column.name + low) && numeric(column.name + high))
        all.push_back({column.name, column.name + low, column.name + high});
    for (const auto& [low, high] : {std::pair{"low", "high"}, {"lower", "upper"}, {"low_95", "high_95"}})
      if (column.name == low && numeric(high) && !before.empty()) all.push_back({before, low, high});
    if (may_have_an_interval(column.name)) before = column.name;
  }
  return all;
}

std::vector<std::string> label_columns(const Rows& rows) {
  std::vector<std::string> labels;
  for (const Column& column : rows.table().columns) {
    const std::vector<std::string>& words = rows.words(column.name);
    if (words.empty() ||
        is_one_of(column.name, std::array{"reason", "definition", "description", "month", "quarter", "week",
                                          "date", "day", "period", "place", "note", "units", "by_chance",
                                          "among_others", "meaning", "message", "of", "suppressed"}))
      continue;
    const std::vector<std::string> distinct = rows.distinct(column.name);
    std::size_t letters = 0;
    for (const std::string& word : distinct) letters += character_count(word);
    constexpr std::size_t longest = 36;  // on average: more is prose
    const bool says_nothing = distinct.size() < 2 && rows.size() > 1;
    if (!says_nothing && letters <= longest * distinct.size()) labels.push_back(column.name);
  }
  return labels;
}

std::optional<double> years_of(const std::string& time) {
  constexpr double months = 12;
  if (time.size() < 4) return std::nullopt;
  const auto year = whole(std::string_view(time).substr(0, 4));
  if (!year || *year < 1900 || *year > 2200) return std::nullopt;
  if (time.size() == 4) return *year;
  const std::string_view rest = std::string_view(time).substr(5);
  if (time[4] != '-' || rest.size() < 2) return std::nullopt;
  if (rest[0] == 'Q' || rest[0] == 'W') {
    const auto number = whole(rest.substr(1));
    if (!number) return std::nullopt;
    return *year + (*number - 1) / (rest[0] == 'Q' ? 4.0 : 52.18);
  }
  const auto month = whole(rest.substr(0, 2));
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  double day = 1;
  if (rest.size() >= 5 && rest[2] == '-') day = whole(rest.substr(3, 2)).value_or(1);
  return *year + (*month - 1 + (day - 1) / 31) / months;
}

std::vector<double> times_of(const Rows& rows, const std::string& column) {
  std::vector<double> times;
  for (std::size_t row = 0; row < rows.size(); ++row)
    times.push_back(rows.has_words(column) ? years_of(rows.word(column, row)).value_or(std::nan(""))
                                           : rows.number(column, row));
  return times;
}

std::optional<std::string> time_column(const Rows& rows) {
  for (const char* name : {"date", "day", "week", "month", "quarter", "period", "year", "aar_year"}) {
    if (!rows.has_words(name) && !rows.has_numbers(name)) continue;
    const std::vector<double> times = times_of(rows, name);
    const bool are_years =
        std::all_of(times.begin(), times.end(), [](double t) { return t > 1900 && t < 2200; });
    if (are_years && std::set<double>(times.begin(), times.end()).size() > 2) return name;
  }
  return std::nullopt;
}

std::optional<std::string> abscissa(const Rows& rows) {
  constexpr std::array parts{"frequency", "radius",   "diameter", "distance", "z_mm",  "position",
                             "hours",     "days",     "minutes",  "time",     "lag",   "threshold",
                             "size",      "age_from", "score",    "window",   "angle", "limit"};
  constexpr std::size_t fewest = 5;
  for (const Column& column : rows.table().columns) {
    if (!is_numeric(column)) continue;
    const bool named = std::any_of(parts.begin(), parts.end(),
                                   [&](const char* part) { return contains(column.name, part); });
    if (!named || contains(column.name, "median") || contains(column.name, "_low") ||
        contains(column.name, "_high"))
      continue;
    const std::vector<double>& values = rows.numbers(column.name);
    if (std::set<double>(values.begin(), values.end()).size() >= fewest) return column.name;
  }
  return std::nullopt;
}

std::vector<std::string> count_columns(const Rows& rows) {
  std::vector<std::string> counts;
  for (const Column& column : rows.table().columns)
    if (is_numeric(column) &&
        (column.name == "antall_count" || column.name.find("fte") != std::string::npos ||
         is_one_of(column.name, std::array{"count", "rows", "examinations", "events", "persons", "files",
                                           "findings", "number"})))
      counts.push_back(column.name);
  return counts;
}

std::vector<std::size_t> all_rows(const Rows& rows) {
  std::vector<std::size_t> all(rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

std::vector<Part> parts_by(const Rows& rows, const std::vector<std::string>& columns,
                           const std::vector<std::size_t>& among) {
  std::vector<Part> parts;
  std::map<std::string, std::size_t> known;
  for (const std::size_t row : among) {
    std::string name;
    for (const std::string& column : columns) {
      const std::string word = rows.word(column, row);
      if (!word.empty()) name += (name.empty() ? "" : ", ") + word;
    }
    const auto [found, added] = known.emplace(name, parts.size());
    if (added) parts.push_back({name, {}});
    parts[found->second].rows.push_back(row);
  }
  return parts;
}

}  // namespace snitt::report
