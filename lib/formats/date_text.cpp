#include "formats/date_text.hpp"

#include <array>

namespace snitt::formats {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number of `fewest` to `most` digits at the front, which is taken off.
inline bool take_number(std::string_view& text, std::size_t fewest, std::size_t most, int& value) {
  std::size_t digits = 0;
  value = 0;
  while (digits < most && digits < text.size() && is_digit(text[digits]))
    value = 10 * value + (text[digits++] - '0');
  text.remove_prefix(digits);
  return digits >= fewest;
}

inline bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Days from 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
inline std::int64_t days_of(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return std::int64_t{era} * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

inline bool is_day(int year, int month, int day) {
  static constexpr std::array<int, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1800 || year > 2199 || month < 1 || month > 12 || day < 1 ||
      day > longest[static_cast<std::size_t>(month)])
    return false;
  return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

bool take_zone(std::string_view& text, DateText& out) {
  if (take_char(text, 'Z')) {
    out.offset_s = 0;
    return true;
  }
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return true;
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_number(text, 2, 2, hours) || hours > 18) return false;
  take_char(text, ':');
  if (!text.empty() && (!take_number(text, 2, 2, minutes) || minutes > 59)) return false;
  out.offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

bool take_time(std::string_view& text, DateText& out) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_number(text, 1, 2, hour)) return false;
  const char between = text.empty() ? '\0' : text.front();
  const bool is_separated = between == ':' || between == '.';
  if (is_separated) text.remove_prefix(1);
  if (!take_number(text, 2, 2, minute)) return false;
  const bool has_seconds = is_separated ? take_char(text, between) : !text.empty() && is_digit(text.front());
  if (has_seconds && !take_number(text, 2, 2, second)) return false;
  if (has_seconds && (take_char(text, '.') || take_char(text, ','))) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    text.remove_prefix(digits);  // activity is counted in seconds at most
    if (digits == 0) return false;
  }
  const bool is_end_of_day = hour == 24 && minute == 0 && second == 0;
  if ((hour > 23 && !is_end_of_day) || minute > 59 || second > 60) return false;
  out.seconds += hour * 3600 + minute * 60 + second;
  out.has_time = true;
  return take_zone(text, out);
}

}  // namespace

std::optional<DateForm> parse_date_form(std::string_view text) {
  DateForm form;
  form.name = std::string(text);
  std::size_t parts = 0;
  std::array<std::size_t, 3> lengths{};
  std::size_t i = 0;
  form.separator = '\0';
  while (i < text.size() && parts < 3) {
    const char c = text[i];
    if (c != 'Y' && c != 'M' && c != 'D') return std::nullopt;
    std::size_t end = i;
    while (end < text.size() && text[end] == c) ++end;
    form.order[parts] = c;
    lengths[parts] = end - i;
    for (std::size_t k = 0; k < parts; ++k)
      if (form.order[k] == c) return std::nullopt;
    if (c == 'Y' && end - i != 4 && end - i != 2) return std::nullopt;
    if (c != 'Y' && end - i > 2) return std::nullopt;
    if (c == 'Y') form.short_year = end - i == 2;
    i = end;
    ++parts;
    if (parts == 3) break;
    const bool separated =
        i < text.size() && (text[i] == '-' || text[i] == '.' || text[i] == '/' || text[i] == ' ');
    if (parts == 2 && separated != (form.separator != '\0')) return std::nullopt;
    if (separated) {
      if (parts == 2 && text[i] != form.separator) return std::nullopt;
      form.separator = text[i++];
    }
  }
  if (parts != 3) return std::nullopt;
  if (form.separator == '\0' && lengths[0] + lengths[1] + lengths[2] != (form.short_year ? 6U : 8U))
    return std::nullopt;
  for (; i < text.size(); ++i)
    if (std::string_view(" Thms:.,fZzH").find(text[i]) == std::string_view::npos) return std::nullopt;
  return form;
}

const std::vector<DateForm>& usual_date_forms() {
  static const std::vector<DateForm> forms = [] {
    std::vector<DateForm> result;
    for (const char* name :
         {"YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "YYYYMMDD", "YYYY/MM/DD", "YYYY.MM.DD"})
      result.push_back(*parse_date_form(name));
    return result;
  }();
  return forms;
}

bool parse_date(std::string_view text, const DateForm& form, DateText& out) {
  int year = 0;
  int month = 0;
  int day = 0;
  const bool tight = form.separator == '\0';
  for (std::size_t part = 0; part < 3; ++part) {
    bool found = false;
    switch (form.order[part]) {
      case 'Y':
        found = take_number(text, form.short_year ? 2 : 4, form.short_year ? 2 : 4, year);
        break;
      case 'M':
        found = take_number(text, tight ? 2 : 1, 2, month);
        break;
      default:
        found = take_number(text, tight ? 2 : 1, 2, day);
    }
    if (!found || (part < 2 && !tight && !take_char(text, form.separator))) return false;
  }
  if (form.short_year) year += year >= 69 ? 1900 : 2000;
  if (!is_day(year, month, day)) return false;
  out = {};
  out.year = year;
  out.seconds = days_of(year, month, day) * 86400;
  if (text.empty()) return true;
  if (!take_char(text, 'T') && !take_char(text, ' ') && !tight) return false;
  while (take_char(text, ' ')) {
  }
  return take_time(text, out) && text.empty();
}

}  // namespace snitt::formats
