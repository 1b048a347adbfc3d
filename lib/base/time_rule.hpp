#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Rules of summer time as POSIX writes them (IEEE Std 1003.1, 8.3, TZ; RFC 8536, 3.3).
namespace snitt {

struct TimeRule {
  /// The day and second of local time at which a year's change is.
  struct Change {
    enum class Kind : std::uint8_t { month_week_day, julian, day_of_year } kind = Kind::month_week_day;
    int month = 1;
    int week = 1;  ///< 5: the last
    int day = 0;   ///< weekday, 0 Sunday; or day of the year
    std::int64_t time_s = 7200;
  };
  std::int64_t standard_offset_s = 0;  ///< to add to UTC
  std::int64_t summer_offset_s = 0;
  bool has_summer = false;
  Change to_summer;
  Change to_standard;
};

/// "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3"; nothing when it is no such rule.
std::optional<TimeRule> parse_time_rule(std::string_view text);

/// When the offset changes, in UTC, and what it is from then on.
struct OffsetChange {
  std::int64_t utc_s = 0;
  std::int64_t offset_s = 0;
};
/// The changes of the years from `first` to `last`, in order.
std::vector<OffsetChange> changes_of(const TimeRule& rule, int first, int last);

}  // namespace snitt
