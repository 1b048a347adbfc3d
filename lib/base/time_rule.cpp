#include "base/time_rule.hpp"

#include <algorithm>

#include "base/time_zone.hpp"

namespace snitt {
namespace {

constexpr std::int64_t day_s = 86400;

class RuleScanner {
 public:
  explicit RuleScanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos || end < 3) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t letters = 0;
    while (letters < text_.size() && ((text_[letters] | 0x20) >= 'a' && (text_[letters] | 0x20) <= 'z'))
      ++letters;
    text_.remove_prefix(letters);
    return letters >= 3;
  }
  std::optional<int> number(int most) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < text_.size() && digits < 4 && text_[digits] >= '0' && text_[digits] <= '9')
      value = 10 * value + (text_[digits++] - '0');
    if (digits == 0 || value > most) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }
  /// "[+-]hh[:mm[:ss]]" in seconds; a week's worth of hours is allowed (RFC 8536).
  std::optional<std::int64_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number(167);
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * std::int64_t{3600};
    for (std::int64_t unit = 60; unit > 0 && take(':'); unit = unit == 60 ? 1 : 0) {
      const auto part = number(59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }
  std::optional<TimeRule::Change> change() {
    TimeRule::Change change;
    if (take('M')) {
      const auto month = number(12);
      if (!month || *month < 1 || !take('.')) return std::nullopt;
      const auto week = number(5);
      if (!week || *week < 1 || !take('.')) return std::nullopt;
      const auto day = number(6);
      if (!day) return std::nullopt;
      change = {TimeRule::Change::Kind::month_week_day, *month, *week, *day, 7200};
    } else {
      change.kind = take('J') ? TimeRule::Change::Kind::julian : TimeRule::Change::Kind::day_of_year;
      const auto day = number(365);
      if (!day) return std::nullopt;
      change.day = *day;
    }
    if (take('/')) {
      const auto at = time();
      if (!at) return std::nullopt;
      change.time_s = *at;
    }
    return change;
  }

 private:
  std::string_view text_;
};

std::int64_t start_of(const TimeRule::Change& change, int year) {
  switch (change.kind) {
    case TimeRule::Change::Kind::julian: {  // 1 to 365, 29 February is never counted
      const bool leap = is_date(year, 2, 29);
      return seconds_of_date(year, 1, 1) + (change.day - 1 + (leap && change.day > 59 ? 1 : 0)) * day_s;
    }
    case TimeRule::Change::Kind::day_of_year:
      return seconds_of_date(year, 1, 1) + change.day * day_s;
    case TimeRule::Change::Kind::month_week_day:
      break;
  }
  const std::int64_t first = seconds_of_date(year, change.month, 1);
  const int weekday = calendar_time(first).weekday % 7;
  int day = 1 + (change.day - weekday + 7) % 7 + 7 * (change.week - 1);
  while (!is_date(year, change.month, day)) day -= 7;
  return first + (day - 1) * day_s;
}

}  // namespace

std::optional<TimeRule> parse_time_rule(std::string_view text) {
  RuleScanner scan(text);
  TimeRule rule;
  if (!scan.name()) return std::nullopt;
  const auto west = scan.time();  // POSIX counts westwards
  if (!west) return std::nullopt;
  rule.standard_offset_s = -*west;
  if (scan.done()) return rule;
  if (!scan.name()) return std::nullopt;
  rule.has_summer = true;
  rule.summer_offset_s = rule.standard_offset_s + 3600;
  if (scan.done() || !scan.take(',')) {
    const auto summer = scan.time();
    if (!summer || !scan.take(',')) return std::nullopt;
    rule.summer_offset_s = -*summer;
  }
  const auto to_summer = scan.change();
  if (!to_summer || !scan.take(',')) return std::nullopt;
  const auto to_standard = scan.change();
  if (!to_standard || !scan.done()) return std::nullopt;
  rule.to_summer = *to_summer;
  rule.to_standard = *to_standard;
  return rule;
}

std::vector<OffsetChange> changes_of(const TimeRule& rule, int first, int last) {
  std::vector<OffsetChange> changes;
  if (!rule.has_summer) return changes;
  for (int year = first; year <= last; ++year) {
    changes.push_back({start_of(rule.to_summer, year) + rule.to_summer.time_s - rule.standard_offset_s,
                       rule.summer_offset_s});
    changes.push_back({start_of(rule.to_standard, year) + rule.to_standard.time_s - rule.summer_offset_s,
                       rule.standard_offset_s});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const OffsetChange& a, const OffsetChange& b) { return a.utc_s < b.utc_s; });
  return changes;
}

}  // namespace snitt
