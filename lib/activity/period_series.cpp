#include "activity/period_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

std::optional<int> whole(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

struct When {
  int per_year;
  int position;  ///< year * per_year + period
};

bool is_year(int y) { return y >= 1800 && y <= 2300; }

/// "2024-03", "2024-03-31", "2024/03", "2024.03", "202403", "2024M03", "2024Q1", "2024K1", "2024".
std::optional<When> when_of(const std::string& text) {
  if (text.size() < 4) return {};
  const auto year = whole(text.substr(0, 4));
  if (!year || !is_year(*year)) return {};
  std::string rest = text.substr(4);
  if (rest.empty()) return When{1, *year};
  if (rest[0] == '-' || rest[0] == '/' || rest[0] == '.' || rest[0] == ' ') rest.erase(0, 1);
  if (rest.empty()) return {};
  const char kind = static_cast<char>(std::toupper(static_cast<unsigned char>(rest[0])));
  if (kind == 'Q' || kind == 'K') {
    const auto quarter = whole(rest.substr(1));
    if (!quarter || *quarter < 1 || *quarter > 4) return {};
    return When{4, *year * 4 + *quarter - 1};
  }
  if (kind == 'M') rest.erase(0, 1);
  if (rest.size() > 2 && (rest[2] == '-' || rest[2] == '/' || rest[2] == '.')) rest = rest.substr(0, 2);
  const int month = month_of(rest);
  if (month == 0) return {};
  return When{12, *year * 12 + month - 1};
}

/// "2023-24", "2023/2024" or "2023": the year in which it begins.
std::optional<int> first_year(const std::string& text) {
  if (text.size() < 4) return {};
  const auto year = whole(text.substr(0, 4));
  if (!year || !is_year(*year)) return {};
  if (text.size() == 4) return year;
  if (text[4] != '-' && text[4] != '/') return {};
  const auto next = whole(text.substr(5));
  if (!next || (*next != (*year + 1) % 100 && *next != *year + 1)) return {};
  return year;
}

std::vector<When> times_of(const Table& table, const SeriesColumns& c, const std::string& where) {
  std::vector<When> times;
  SeriesColumns columns = c;
  if (columns.time.empty() && columns.year.empty()) {
    if (table.find("time"))
      columns.time = "time";
    else if (table.find("year"))
      columns.year = "year";
    else if (table.find("fy"))
      throw InputError(
          "{}: has a column 'fy'; give --year-column fy --month-column NAME --fiscal-start MONTH", where);
    else if (table.find("month"))
      columns.time = "month";
    else if (table.find("quarter"))
      columns.time = "quarter";
    else
      columns.time = "time";
    if (!columns.year.empty() && columns.month.empty() && table.find("month")) {
      // A column month of "2024-03" holds the year too.
      const std::vector<std::string> months = texts_of(*table.find("month"));
      if (!months.empty() && when_of(months.front()))
        columns.time = "month";
      else
        columns.month = "month";
    } else if (!columns.year.empty() && columns.month.empty() && table.find("quarter")) {
      const std::vector<std::string> quarters = texts_of(*table.find("quarter"));
      if (!quarters.empty() && when_of(quarters.front())) columns.time = "quarter";
    }
  }
  const auto text_column = [&](const std::string& name, const char* option) {
    return texts_of(column_of(table, name, where, option));
  };
  if (!columns.time.empty()) {
    const std::vector<std::string> texts = text_column(columns.time, "--time-column");
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto when = when_of(texts[i]);
      if (!when)
        throw InputError(
            "{}: row {}: column '{}' has '{}'; expected a period such as 2024-03, 2024Q1 or 2024", where,
            i + 1, columns.time, texts[i]);
      times.push_back(*when);
    }
    return times;
  }
  if (columns.month.empty())
    for (const char* part : {"month", "quarter"})
      if (table.find(part) && std::count(columns.by.begin(), columns.by.end(), part) == 0)
        throw InputError(
            "{}: has a column '{}' beside the year '{}', which would be summed over; expected {}, or a table "
            "without it for sums by year",
            where, part, columns.year,
            part == std::string("month") ? "--month-column month"
                                         : "--time-column with words such as 2024Q1");
  const std::vector<std::string> years = text_column(columns.year, "--year-column");
  std::vector<std::string> months;
  if (!columns.month.empty()) months = text_column(columns.month, "--month-column");
  for (std::size_t i = 0; i < years.size(); ++i) {
    const auto year = first_year(years[i]);
    if (!year)
      throw InputError("{}: row {}: column '{}' has '{}'; expected a year such as 2024 or 2023-24", where,
                       i + 1, columns.year, years[i]);
    if (years[i].size() > 4 && columns.fiscal_start == 1)
      throw InputError(
          "{}: row {}: column '{}' has '{}', a year of two calendar years; expected --fiscal-start with the "
          "month in which it begins, such as 4",
          where, i + 1, columns.year, years[i]);
    if (months.empty()) {
      times.push_back({1, *year});
      continue;
    }
    const int month = month_of(months[i]);
    if (month == 0)
      throw InputError("{}: row {}: column '{}' has '{}'; expected a month, 1 to 12 or its name", where,
                       i + 1, columns.month, months[i]);
    times.push_back({12, (*year + (month < columns.fiscal_start ? 1 : 0)) * 12 + month - 1});
  }
  return times;
}

}  // namespace

int month_of(const std::string& text) {
  if (const auto number = whole(text)) return *number >= 1 && *number <= 12 ? *number : 0;
  std::string three;
  for (std::size_t i = 0; i < text.size() && three.size() < 3; ++i)
    three += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  if (text.starts_with("M\xc3\xa4r") || text.starts_with("m\xc3\xa4r")) return 3;
  constexpr std::array<std::array<const char*, 3>, 12> names{{{"jan", "", ""},
                                                              {"feb", "", ""},
                                                              {"mar", "mrz", ""},
                                                              {"apr", "", ""},
                                                              {"may", "mai", "maj"},
                                                              {"jun", "", ""},
                                                              {"jul", "", ""},
                                                              {"aug", "", ""},
                                                              {"sep", "", ""},
                                                              {"oct", "okt", ""},
                                                              {"nov", "", ""},
                                                              {"dec", "des", "dez"}}};
  for (std::size_t m = 0; m < names.size(); ++m)
    for (const char* name : names[m])
      if (!three.empty() && three == name) return static_cast<int>(m + 1);
  return 0;
}

std::string PeriodSeries::time(std::size_t index) const {
  if (per_year == 12) return fmt::format("{:04}-{:02}", year(index), period(index) + 1);
  if (per_year == 4) return fmt::format("{:04}Q{}", year(index), period(index) + 1);
  return fmt::format("{:04}", year(index));
}

int PeriodSeries::index_of(const std::string& time) const {
  const auto when = when_of(time);
  if (!when || when->per_year != per_year)
    throw UsageError("'{}': expected a period such as {}", time, this->time(0));
  return when->position - first;
}

std::vector<PeriodSeries> period_series(const Table& table, const SeriesColumns& columns,
                                        const std::string& where) {
  const std::vector<When> times = times_of(table, columns, where);
  const std::vector<double> counts =
      numbers_of(column_of(table, columns.count, where, "--count-column"), where);
  std::vector<std::vector<std::string>> by;
  for (const std::string& name : columns.by) by.push_back(texts_of(column_of(table, name, where, "--by")));
  std::map<std::string, std::map<int, double>> cells;
  if (times.empty()) throw InputError("{}: has no rows", where);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i].per_year != times[0].per_year)
      throw InputError("{}: row {}: months, quarters and years are mixed; expected one kind of period", where,
                       i + 1);
    if (counts[i] < 0 || std::isinf(counts[i]))
      throw InputError("{}: row {}: column '{}' has {}; expected a count, 0 or above", where, i + 1,
                       columns.count, counts[i]);
    std::string name;
    for (const auto& words : by)
      name += (name.empty() ? "" : " / ") + (words[i].empty() ? "(none)" : words[i]);
    if (by.empty()) name = "all";
    cells[name].try_emplace(times[i].position, 0).first->second += counts[i];
  }
  std::vector<PeriodSeries> all;
  for (const auto& [name, sums] : cells) {
    PeriodSeries series;
    series.name = name;
    series.per_year = times[0].per_year;
    series.first = sums.begin()->first;
    const auto length = static_cast<std::size_t>(sums.rbegin()->first - series.first + 1);
    constexpr std::size_t longest = 100000;
    if (length > longest) throw InputError("{}: '{}' spans {} periods", where, name, length);
    series.values.assign(length, std::numeric_limits<double>::quiet_NaN());
    for (const auto& [position, sum] : sums)
      series.values[static_cast<std::size_t>(position - series.first)] = sum;
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace snitt::activity
