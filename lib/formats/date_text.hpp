#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Dates and times as registries write them.
namespace snitt::formats {

/// The order of a date's parts and what is between them; a time of day may follow: "hh:mm", "hh:mm:ss",
/// "hh.mm", "hhmm", fractions of seconds, and a zone, "Z" or "+01:00".
struct DateForm {
  std::string name;  ///< "DD.MM.YYYY"
  char order[3] = {'Y', 'M', 'D'};
  char separator = '-';     ///< '\0': none, all parts at their full width
  bool short_year = false;  ///< two digits: 69 to 99 are 19.., 00 to 68 are 20.. (POSIX)
};

/// From "DD.MM.YYYY hh:mm" and the like, of which only the date's part decides; nothing when it is none.
std::optional<DateForm> parse_date_form(std::string_view text);
/// ISO, D.M.Y, D/M/Y, D-M-Y and YYYYMMDD: those between which no date is ambiguous.
const std::vector<DateForm>& usual_date_forms();

struct DateText {
  std::int64_t seconds = 0;  ///< since 1970-01-01T00:00:00 of the time as written
  std::int32_t year = 1970;
  std::optional<std::int32_t> offset_s;  ///< from UTC, when the text says it
  bool has_time = false;
};

/// False when the whole text is no date of that form, or none of the calendar (1800 to 2199).
bool parse_date(std::string_view text, const DateForm& form, DateText& out);

}  // namespace snitt::formats
