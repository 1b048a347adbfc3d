#include "shell/records_input.hpp"

#include <cstdio>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "store/layouts.hpp"

namespace snitt::shell {

Table read_records(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

std::vector<std::pair<std::string, std::string>> columns_and_values(const char* option,
                                                                    const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& word : words) {
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos || equal == 0)
      throw UsageError("{} '{}': expected NAME=VALUE", option, word);
    pairs.emplace_back(word.substr(0, equal), word.substr(equal + 1));
  }
  return pairs;
}

std::pair<double, double> hours_of_day(const char* option, const std::string& text) {
  int h1 = 0, m1 = 0, h2 = 0, m2 = 0;
  char end = 0;
  const bool read = std::sscanf(text.c_str(), "%2d:%2d-%2d:%2d%c", &h1, &m1, &h2, &m2, &end) == 4;
  const double from = h1 * 3600.0 + m1 * 60.0, to = h2 * 3600.0 + m2 * 60.0;
  constexpr double day = 86400;
  if (!read || m1 < 0 || m1 > 59 || m2 < 0 || m2 > 59 || !(from >= 0 && from < to && to <= day))
    throw UsageError("{} '{}': expected FROM-TO such as 08:00-16:00", option, text);
  return {from, to};
}

}  // namespace snitt::shell
