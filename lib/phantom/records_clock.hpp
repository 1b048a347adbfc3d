#pragma once
#include <cstdint>
#include <string>

/// Norwegian local time, from the rule that the European Union has had since 1996: summer time from the last
/// Sunday of March to the last Sunday of October, 01:00 UTC both.
namespace snitt::phantom {

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's algorithm).
std::int64_t days_of(int year, int month, int day);
struct CalendarDate {
  int year, month, day;
};
CalendarDate date_of(std::int64_t days);
/// 0 Monday to 6 Sunday.
int weekday_of(std::int64_t days);
/// Minutes that local time is ahead of UTC: 60 or 120.
int offset_minutes(std::int64_t utc_minute);
/// The UTC minute of a local one. Of the two that the autumn's change gives, the first or the second; what
/// the spring's change leaves out is moved on by an hour.
std::int64_t utc_minute_of(std::int64_t local_minute, bool second);
/// Whether the clock of the wall shows this minute twice in that night.
bool shown_twice(std::int64_t utc_minute);

}  // namespace snitt::phantom
