#include "activity/record_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

constexpr std::int64_t day_s = 86400;

std::int64_t floor_day(double seconds) { return static_cast<std::int64_t>(std::floor(seconds / day_s)); }

}  // namespace

std::optional<double> moment_from(const std::string& text, const TimeZone& zone) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, used = 0;
  double s = 0;
  const char* t = text.c_str();
  if (std::sscanf(t, "%4d-%2d-%2d%n", &y, &mo, &d, &used) != 3 || used != 10 || !is_date(y, mo, d)) return {};
  t += used;
  if (*t == 'T' || *t == ' ') {
    ++t;
    used = 0;
    if (std::sscanf(t, "%2d:%2d%n", &h, &mi, &used) != 2 || used != 5) return {};
    t += used;
    if (*t == ':') {
      used = 0;
      if (std::sscanf(t, ":%6lf%n", &s, &used) != 1 || used < 3 || t[1] < '0' || t[1] > '9') return {};
      t += used;
    }
  }
  if (h > 24 || mi > 59 || s >= 61) return {};
  const double local = static_cast<double>(seconds_of_date(y, mo, d)) + h * 3600.0 + mi * 60.0 + s;
  if (*t == '\0') {
    const auto whole = static_cast<std::int64_t>(std::floor(local));
    return static_cast<double>(zone.moment_of(whole).utc_s) + (local - static_cast<double>(whole));
  }
  if (*t == 'Z' && t[1] == '\0') return local;
  int oh = 0, om = 0;
  char sign = 0;
  used = 0;
  if (std::sscanf(t, "%c%2d:%2d%n", &sign, &oh, &om, &used) == 3 && (sign == '+' || sign == '-') &&
      t[used] == '\0')
    return local - (sign == '+' ? 1 : -1) * (oh * 3600.0 + om * 60.0);
  return {};
}

std::vector<double> moments_of(const Column& column, const TimeZone& zone, const std::string& where) {
  if (is_text(column)) {
    const std::vector<std::string> texts = texts_of(column);
    std::vector<double> moments;
    moments.reserve(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (is_missing(texts[i])) {
        moments.push_back(std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      const auto moment = moment_from(texts[i], zone);
      if (!moment)
        throw InputError("{}: row {}: column '{}' has '{}'; expected a moment such as 2024-03-31T12:00:00",
                         where, i + 1, column.name, texts[i]);
      moments.push_back(*moment);
    }
    return moments;
  }
  std::vector<double> moments = numbers_of(column, where);
  constexpr double from = -2208988800.0, to = 7258118400.0;  // 1900, 2200
  for (std::size_t i = 0; i < moments.size(); ++i)
    if (!std::isnan(moments[i]) && !(moments[i] > from && moments[i] < to))
      throw InputError("{}: row {}: column '{}' has {}; expected seconds since 1970 in UTC", where, i + 1,
                       column.name, moments[i]);
  return moments;
}

Words coded(const Column& column) {
  const auto* words = std::get_if<Categorical>(&column.values);
  if (!words) return words_of(texts_of(column));
  Words all{words->categories, {}};
  all.names.emplace_back();
  std::sort(all.names.begin(), all.names.end());
  all.names.erase(std::unique(all.names.begin(), all.names.end()), all.names.end());
  const auto position = [&](const std::string& name) {
    return static_cast<std::uint32_t>(std::lower_bound(all.names.begin(), all.names.end(), name) -
                                      all.names.begin());
  };
  std::vector<std::uint32_t> of_code;
  for (const std::string& name : words->categories) of_code.push_back(position(name));
  const std::uint32_t missing = position("");
  all.code.reserve(words->codes.size());
  for (const std::int32_t c : words->codes)
    all.code.push_back(c < 0 ? missing : of_code[static_cast<std::size_t>(c)]);
  return all;
}

std::string nothing_excluded(const Words& words, const std::string& column, const std::string& value) {
  std::vector<std::uint8_t> used(words.names.size(), 0);
  for (const std::uint32_t code : words.code) used[code] = 1;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i]) values.push_back(words.names[i]);
  if (std::find(values.begin(), values.end(), value) != values.end()) return {};
  return fmt::format("--exclude {}={} left nothing out, as no row has this value{}; {} has {}", column, value,
                     did_you_mean(value, values), column, some_of(values));
}

RecordGroups groups_of(const Table& table, const std::vector<std::string>& by, const std::string& where) {
  RecordGroups groups;
  groups.code.assign(table.rows(), 0);
  if (by.empty()) {
    groups.names = {"all"};
    return groups;
  }
  std::vector<std::string> names{""};
  for (const std::string& name : by) {
    const Words words = coded(column_of(table, name, where, "--by"));
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> pairs;
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < groups.code.size(); ++i) {
      const auto key = std::make_pair(groups.code[i], words.code[i]);
      const auto [it, fresh] = pairs.try_emplace(key, static_cast<std::uint32_t>(joined.size()));
      if (fresh) {
        const std::string& word = words.names[key.second];
        joined.push_back(names[key.first] + (names[key.first].empty() ? "" : " / ") +
                         (word.empty() ? "(none)" : word));
      }
      groups.code[i] = it->second;
    }
    names = joined;
  }
  // In the order of their names, whatever the order of rows.
  groups.names = names;
  std::sort(groups.names.begin(), groups.names.end());
  groups.names.erase(std::unique(groups.names.begin(), groups.names.end()), groups.names.end());
  std::vector<std::uint32_t> place;
  for (const std::string& name : names)
    place.push_back(static_cast<std::uint32_t>(
        std::lower_bound(groups.names.begin(), groups.names.end(), name) - groups.names.begin()));
  for (std::uint32_t& code : groups.code) code = place[code];
  return groups;
}

WorkingClock::WorkingClock(const TimeZone& zone, const WorkCalendar& calendar, double open_s, double close_s,
                           double first_s, double last_s)
    : zone_(zone) {
  first_day_ = floor_day(first_s) - 1;
  const std::int64_t last_day = floor_day(last_s) + 1;
  constexpr std::int64_t longest = 366 * 300;
  if (last_day - first_day_ > longest) throw ComputationError("records span {} days", last_day - first_day_);
  double ran = 0;
  for (std::int64_t day = first_day_; day <= last_day; ++day) {
    const std::int64_t midnight = day * day_s;
    Day d;
    d.before = ran;
    d.open_s = static_cast<double>(zone.moment_of(midnight + static_cast<std::int64_t>(open_s)).utc_s);
    d.close_s = static_cast<double>(zone.moment_of(midnight + static_cast<std::int64_t>(close_s)).utc_s);
    if (!calendar.is_working(std::chrono::sys_days(std::chrono::days(day)))) d.close_s = d.open_s;
    ran += d.close_s - d.open_s;
    days_.push_back(d);
  }
}

double WorkingClock::reading(double moment_s) const {
  const double local =
      moment_s + static_cast<double>(zone_.offset_at(static_cast<std::int64_t>(std::floor(moment_s))));
  const std::int64_t i =
      std::clamp<std::int64_t>(floor_day(local) - first_day_, 0, static_cast<std::int64_t>(days_.size()) - 1);
  const Day& d = days_[static_cast<std::size_t>(i)];
  return d.before + std::clamp(moment_s - d.open_s, 0.0, d.close_s - d.open_s);
}

bool WorkingClock::is_open(double moment_s) const {
  const double local =
      moment_s + static_cast<double>(zone_.offset_at(static_cast<std::int64_t>(std::floor(moment_s))));
  const std::int64_t i = floor_day(local) - first_day_;
  if (i < 0 || i >= static_cast<std::int64_t>(days_.size())) return false;
  const Day& d = days_[static_cast<std::size_t>(i)];
  return moment_s >= d.open_s && moment_s < d.close_s;
}

}  // namespace snitt::activity
