#include "phantom/records_clock.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace snitt::phantom {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// 01:00 UTC on the last Sunday of a month of 31 days.
std::int64_t change_minute(int year, int month) {
  std::int64_t day = days_of(year, month, 31);
  while (weekday_of(day) != 6) --day;
  return day * 1440 + 60;
}

constexpr int first_year = 1900, last_year = 2200;

/// Minutes of both changes of every year, looked up millions of times.
struct Changes {
  std::array<std::int64_t, last_year - first_year + 1> spring, autumn;
  Changes() {
    for (int year = first_year; year <= last_year; ++year) {
      spring[static_cast<std::size_t>(year - first_year)] = change_minute(year, 3);
      autumn[static_cast<std::size_t>(year - first_year)] = change_minute(year, 10);
    }
  }
};
const Changes& changes() {
  static const Changes all;
  return all;
}

/// Position in Changes of the year whose last days of March and October are near; right but for New Year's
/// Eve.
std::size_t year_index(std::int64_t utc_minute) {
  const auto year = 1970 + static_cast<int>(std::floor(static_cast<double>(utc_minute) / (365.2425 * 1440)));
  return static_cast<std::size_t>(std::clamp(year, first_year, last_year) - first_year);
}

}  // namespace

std::int64_t days_of(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

CalendarDate date_of(std::int64_t days) {
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const std::int64_t of_era = z - era * 146097;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t m = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(m < 10 ? m + 3 : m - 9);
  return {static_cast<int>(year + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(of_year - (153 * m + 2) / 5 + 1)};
}

int weekday_of(std::int64_t days) { return static_cast<int>(days + 3 - 7 * floor_div(days + 3, 7)); }

int offset_minutes(std::int64_t utc_minute) {
  const std::size_t year = year_index(utc_minute);
  return utc_minute >= changes().spring[year] && utc_minute < changes().autumn[year] ? 120 : 60;
}

std::int64_t utc_minute_of(std::int64_t local_minute, bool second) {
  const std::int64_t summer = local_minute - 120, winter = local_minute - 60;
  const bool is_summer = offset_minutes(summer) == 120, is_winter = offset_minutes(winter) == 60;
  if (is_summer && is_winter) return second ? winter : summer;
  // An hour that the spring leaves out is neither: taken as winter time, it shows one hour later.
  return is_summer ? summer : winter;
}

bool shown_twice(std::int64_t utc_minute) {
  const std::int64_t change = changes().autumn[year_index(utc_minute)];
  return utc_minute >= change - 60 && utc_minute < change + 60;
}

}  // namespace snitt::phantom
