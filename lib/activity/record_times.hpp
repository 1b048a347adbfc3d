#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "activity/work_calendar.hpp"
#include "base/time_zone.hpp"
#include "data/table.hpp"
#include "data/table_columns.hpp"

/// Moments of records.
namespace snitt::activity {

/// "2024-03-31T12:00:00Z", "2024-03-31 12:00:30+01:00"; without an offset local time of `zone`. Nothing for
/// other text. Seconds since 1970 UTC.
std::optional<double> moment_from(const std::string& text, const TimeZone& zone);

/// A column of moments [row] as seconds since 1970 UTC, NaN where missing: numbers as they are, text read as
/// above. Throws InputError naming row, column and value, and for numbers that are no seconds of 1900 to
/// 2200.
std::vector<double> moments_of(const Column& column, const TimeZone& zone, const std::string& where);

/// The words of a column without a text for each row: names sorted, "" for what is missing.
Words coded(const Column& column);

/// Why `--exclude column=value` leaves nothing out, with the values there are: a misspelt value must not look
/// like a clean table. Empty where some row has the value.
std::string nothing_excluded(const Words& words, const std::string& column, const std::string& value);

/// Groups of rows by the texts of columns, sorted by name: "CT / outpatient"; "all" without columns.
struct RecordGroups {
  std::vector<std::string> names;
  std::vector<std::uint32_t> code;  ///< [row]
};
RecordGroups groups_of(const Table& table, const std::vector<std::string>& by, const std::string& where);

/// A clock that runs between two times of the day, on working days only, in local time.
class WorkingClock {
 public:
  /// Seconds after midnight; for moments from `first_s` to `last_s` (UTC).
  WorkingClock(const TimeZone& zone, const WorkCalendar& calendar, double open_s, double close_s,
               double first_s, double last_s);
  /// Seconds it ran between two moments; below 0 where `to` is before `from`.
  double between(double from_s, double to_s) const { return reading(to_s) - reading(from_s); }
  bool is_open(double moment_s) const;
  /// What the clock shows: seconds it has run since its first day.
  double reading(double moment_s) const;

 private:
  struct Day {
    double open_s = 0;   ///< UTC
    double close_s = 0;  ///< equal on days off
    double before = 0;   ///< seconds run until this day
  };
  std::vector<Day> days_;
  std::int64_t first_day_ = 0;  ///< days since 1970, local
  TimeZone zone_;
};

}  // namespace snitt::activity
