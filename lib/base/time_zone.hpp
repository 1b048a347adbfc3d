#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace snitt {

/// A moment's place in the calendar, in whatever time the seconds are counted in.
struct CalendarTime {
  int year = 1970;
  int month = 1;    ///< 1 to 12
  int day = 1;      ///< 1 to 31
  int weekday = 4;  ///< ISO 8601: 1 Monday to 7 Sunday
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// Seconds since 1970-01-01T00:00:00 of a date in the proleptic Gregorian calendar.
std::int64_t seconds_of_date(int year, int month, int day);
bool is_date(int year, int month, int day);
CalendarTime calendar_time(std::int64_t seconds);
/// Week of ISO 8601 and the year it belongs to: 2024-12-30 is in week 1 of 2025.
struct IsoWeek {
  int year = 1970;
  int week = 1;
};
IsoWeek iso_week(std::int64_t seconds);

/// Local time and UTC of one place, by the rules that held and hold there. Cheap to copy, safe to share
/// between threads.
class TimeZone {
 public:
  /// `name`: "Europe/Oslo" as in the system's time zone files ($TZDIR or /usr/share/zoneinfo, RFC 8536);
  /// "UTC"; "+01:00"; or a rule that needs no files, as POSIX writes them: "CET-1CEST,M3.5.0,M10.5.0/3".
  /// Where the files are missing, the zones of the European Union's rule are known by name from 1996 on.
  /// Throws InputError naming what was looked for and the way out.
  static TimeZone load(const std::string& name);
  static TimeZone utc() { return load("UTC"); }

  /// Seconds to add to UTC to get local time.
  std::int64_t offset_at(std::int64_t utc_s) const;
  std::int64_t local_of(std::int64_t utc_s) const { return utc_s + offset_at(utc_s); }

  /// How a local time reads: once, never (the hour that is left out in spring) or twice (in autumn).
  enum class Reading : std::uint8_t { once, never, twice };
  struct Moment {
    std::int64_t utc_s = 0;
    std::int64_t offset_s = 0;  ///< at that moment
    Reading reading = Reading::once;
  };
  /// Of a time that reads twice the earlier; one that never was is read with the offset before the change, so
  /// that 02:30 becomes 03:30.
  Moment moment_of(std::int64_t local_s) const;

  /// The name asked for, and what it rests on: "Europe/Oslo", "Europe/Oslo (rule since 1996, no zone files)".
  const std::string& description() const;

 private:
  struct Changes;
  explicit TimeZone(std::shared_ptr<const Changes> changes) : changes_(std::move(changes)) {}
  std::shared_ptr<const Changes> changes_;
};

}  // namespace snitt
