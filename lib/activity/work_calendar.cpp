#include "activity/work_calendar.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace snitt::activity {
namespace {

using std::chrono::days;
using std::chrono::Monday;
using std::chrono::month_day;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

sys_days date(int year, unsigned month, unsigned day) {
  return sys_days(year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)));
}

sys_days first(weekday wanted, sys_days from) {
  while (weekday(from) != wanted) from += days(1);
  return from;
}

sys_days last(weekday wanted, sys_days until) {
  while (weekday(until) != wanted) until -= days(1);
  return until;
}

bool is_weekend(sys_days day) { return weekday(day).iso_encoding() > 5; }

std::vector<sys_days> norwegian(int year, sys_days easter) {
  return {date(year, 1, 1),  easter - days(3),  easter - days(2),   easter,
          easter + days(1),  date(year, 5, 1),  date(year, 5, 17),  easter + days(39),
          easter + days(49), easter + days(50), date(year, 12, 25), date(year, 12, 26)};
}

std::vector<sys_days> danish(int year, sys_days easter) {
  std::vector<sys_days> off{date(year, 1, 1),   easter - days(3),  easter - days(2),  easter,
                            easter + days(1),   easter + days(39), easter + days(49), easter + days(50),
                            date(year, 12, 25), date(year, 12, 26)};
  if (year <= 2023) off.push_back(easter + days(26));  // the day of prayer was given up in 2024
  return off;
}

std::vector<sys_days> swedish(int year, sys_days easter) {
  return {date(year, 1, 1),
          date(year, 1, 6),
          easter - days(2),
          easter,
          easter + days(1),
          date(year, 5, 1),
          easter + days(39),
          date(year, 6, 6),
          first(std::chrono::Friday, date(year, 6, 19)),
          date(year, 12, 24),
          date(year, 12, 25),
          date(year, 12, 26)};
}

/// Bank holidays of England and Wales: those on weekends move to the next weekday that is free; the single
/// ones were proclaimed.
std::vector<sys_days> english(int year, sys_days easter) {
  std::vector<sys_days> off{easter - days(2), easter + days(1), last(Monday, date(year, 8, 31))};
  off.push_back(year == 2020 ? date(2020, 5, 8) : first(Monday, date(year, 5, 1)));
  if (year == 2002 || year == 2012 || year == 2022) {  // jubilees
    off.push_back(year == 2022 ? date(2022, 6, 2) : date(year, 6, 4));
    off.push_back(year == 2022 ? date(2022, 6, 3) : date(year, 6, year == 2012 ? 5 : 3));
  } else {
    off.push_back(last(Monday, date(year, 5, 31)));
  }
  if (year == 2011) off.push_back(date(2011, 4, 29));
  if (year == 2022) off.push_back(date(2022, 9, 19));
  if (year == 2023) off.push_back(date(2023, 5, 8));
  for (sys_days day : {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)}) {
    while (is_weekend(day) || std::find(off.begin(), off.end(), day) != off.end()) day += days(1);
    off.push_back(day);
  }
  return off;
}

}  // namespace

year_month_day easter_sunday(int year) {
  const int a = year % 19, b = year / 100, c = year % 100;
  const int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int sum = h + l - 7 * m + 114;
  return year_month_day(
      sys_days(date(year, static_cast<unsigned>(sum / 31), static_cast<unsigned>(sum % 31 + 1))));
}

WorkCalendar::WorkCalendar(const std::string& country) : country_(country) {
  for (const char* known : {"norway", "england", "denmark", "sweden", "none"})
    if (country == known) return;
  throw UsageError("country '{}': expected norway, england, denmark, sweden or none", country);
}

std::vector<sys_days> WorkCalendar::holidays(int year) const {
  const sys_days easter = sys_days(easter_sunday(year));
  std::vector<sys_days> off;
  if (country_ == "norway") off = norwegian(year, easter);
  if (country_ == "england") off = english(year, easter);
  if (country_ == "denmark") off = danish(year, easter);
  if (country_ == "sweden") off = swedish(year, easter);
  std::sort(off.begin(), off.end());
  off.erase(std::unique(off.begin(), off.end()), off.end());
  return off;
}

bool WorkCalendar::is_working(sys_days day) const {
  if (is_weekend(day) || further_.contains(day)) return false;
  const std::vector<sys_days> off = holidays(static_cast<int>(year_month_day(day).year()));
  return !std::binary_search(off.begin(), off.end(), day);
}

WorkCalendar::Days WorkCalendar::days(int year, int month) const {
  const std::vector<sys_days> off = holidays(year);
  const sys_days from = date(year, static_cast<unsigned>(month), 1);
  const sys_days to = month == 12 ? date(year + 1, 1, 1) : date(year, static_cast<unsigned>(month) + 1, 1);
  Days count;
  for (sys_days day = from; day < to; day += std::chrono::days(1)) {
    ++count.all;
    if (!is_weekend(day) && !further_.contains(day) && !std::binary_search(off.begin(), off.end(), day))
      ++count.working;
  }
  return count;
}

}  // namespace snitt::activity
