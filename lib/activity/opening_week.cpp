#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "activity/scanner_simulation.hpp"
#include "base/error.hpp"
#include "base/words.hpp"

namespace snitt::activity {
namespace {

constexpr double week_h = 168;

int day_of(const std::string& word) {
  constexpr std::array<const char*, 7> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  for (std::size_t d = 0; d < days.size(); ++d)
    if (word == days[d]) return static_cast<int>(d);
  return -1;
}

double into_week(double moment_h) { return moment_h - std::floor(moment_h / week_h) * week_h; }

}  // namespace

double OpeningWeek::hours() const {
  double sum = 0;
  for (const auto& [from, to] : open_h) sum += to - from;
  return sum;
}

bool OpeningWeek::is_open(double moment_h) const {
  const double at = into_week(moment_h);
  for (const auto& [from, to] : open_h)
    if (at >= from && at < to) return true;
  return false;
}

double OpeningWeek::next_opening(double moment_h) const {
  if (is_open(moment_h)) return moment_h;
  const double monday = moment_h - into_week(moment_h), at = into_week(moment_h);
  for (const auto& interval : open_h)
    if (interval.first > at) return monday + interval.first;
  return monday + week_h + open_h.front().first;
}

double OpeningWeek::next_closing(double moment_h) const {
  if (always()) return std::numeric_limits<double>::infinity();
  const double monday = moment_h - into_week(moment_h), at = into_week(moment_h);
  for (const auto& interval : open_h)
    if (interval.second > at) return monday + interval.second;
  return monday + week_h + open_h.front().second;
}

double OpeningWeek::after_open_hours(double moment_h, double open_hours) const {
  if (always()) return moment_h + open_hours;
  const double weeks = std::floor(open_hours / hours());
  double at = moment_h + weeks * week_h, left = open_hours - weeks * hours();
  for (;;) {
    at = next_opening(at);
    const double room = next_closing(at) - at;
    if (left < room) return at + left;
    left -= room;
    at += room;
  }
}

OpeningWeek opening_week(const std::string& text) {
  OpeningWeek week;
  if (text == "always") {
    week.open_h = {{0, week_h}};
    return week;
  }
  const auto refuse = [&] {
    throw UsageError(
        "opening hours '{}': expected days and hours such as 'mon-fri 08:00-16:00, sat 09:00-13:00', or "
        "always",
        text);
  };
  for (std::string part : split_at_commas({text})) {
    while (!part.empty() && part.front() == ' ') part.erase(0, 1);
    const std::size_t space = part.find(' ');
    if (space == std::string::npos) refuse();
    const std::string days = part.substr(0, space);
    const int first = day_of(days.substr(0, 3));
    const int last = days.size() == 7 && days[3] == '-' ? day_of(days.substr(4))
                     : days.size() == 3                 ? first
                                                        : -1;
    int h1 = 0, m1 = 0, h2 = 0, m2 = 0;
    char end = 0;
    const bool read = std::sscanf(part.c_str() + space, " %2d:%2d-%2d:%2d%c", &h1, &m1, &h2, &m2, &end) == 4;
    const double from = h1 + m1 / 60.0, to = h2 + m2 / 60.0;
    if (first < 0 || last < first || !read || !(from >= 0 && from < to && to <= 24)) refuse();
    for (int d = first; d <= last; ++d) week.open_h.emplace_back(24 * d + from, 24 * d + to);
  }
  std::sort(week.open_h.begin(), week.open_h.end());
  std::vector<std::pair<double, double>> joined;
  for (const auto& interval : week.open_h) {
    if (!joined.empty() && interval.first <= joined.back().second)
      joined.back().second = std::max(joined.back().second, interval.second);
    else
      joined.push_back(interval);
  }
  week.open_h = joined;
  return week;
}

}  // namespace snitt::activity
