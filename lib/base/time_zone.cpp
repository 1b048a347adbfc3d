#include "base/time_zone.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "base/time_rule.hpp"

namespace snitt {
namespace {

constexpr std::int64_t day_s = 86400;
/// Rules are written out up to here; later times have the last offset.
constexpr int last_year = 2199;

std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::uint64_t big_endian(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::int64_t signed_32(const std::string& bytes, std::size_t at) {
  return static_cast<std::int32_t>(big_endian(bytes, at, 4));
}

/// What a file of zones says: the offset before all changes, the changes, and the rule after them.
struct ZoneFile {
  std::int64_t first_offset_s = 0;
  std::vector<OffsetChange> changes;
  std::string rule;
};

/// One block of RFC 8536: its header's counts and where its data begin and end.
struct Block {
  std::size_t utc_flags, wall_flags, leaps, times, types, letters;
  std::size_t start;
  std::size_t end(std::size_t time_size) const {
    return start + times * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) + wall_flags +
           utc_flags;
  }
};

std::optional<Block> block_at(const std::string& bytes, std::size_t at) {
  constexpr std::size_t header = 44;
  if (bytes.size() < at + header || bytes.compare(at, 4, "TZif") != 0) return std::nullopt;
  std::array<std::size_t, 6> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = big_endian(bytes, at + 20 + 4 * i, 4);
  for (const std::size_t count : counts)
    if (count > bytes.size()) return std::nullopt;
  return Block{counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], at + header};
}

std::optional<ZoneFile> parse_zone(const std::string& bytes) {
  auto block = block_at(bytes, 0);
  if (!block) return std::nullopt;
  std::size_t time_size = 4;
  const bool has_second = bytes[4] >= '2';
  if (has_second) {
    block = block_at(bytes, block->end(4));
    if (!block) return std::nullopt;
    time_size = 8;
  }
  if (block->types == 0 || bytes.size() < block->end(time_size)) return std::nullopt;
  const std::size_t kinds = block->start + block->times * time_size;
  const std::size_t types = kinds + block->times;
  ZoneFile zone;
  zone.first_offset_s = signed_32(bytes, types);
  for (std::size_t i = 0; i < block->times; ++i) {
    const auto kind = static_cast<unsigned char>(bytes[kinds + i]);
    if (kind >= block->types) return std::nullopt;
    const std::int64_t at = time_size == 8
                                ? static_cast<std::int64_t>(big_endian(bytes, block->start + 8 * i, 8))
                                : signed_32(bytes, block->start + 4 * i);
    if (!zone.changes.empty() && at <= zone.changes.back().utc_s) return std::nullopt;
    zone.changes.push_back({at, signed_32(bytes, types + 6 * kind)});
  }
  if (has_second) {
    const std::size_t footer = block->end(8);
    const std::size_t end = bytes.find('\n', footer + 1);
    if (footer < bytes.size() && end != std::string::npos)
      zone.rule = bytes.substr(footer + 1, end - footer - 1);
  }
  return zone;
}

bool is_safe_name(const std::string& name) {
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '/' && c != '_' && c != '-' && c != '+')
      return false;
  return !name.empty() && name.front() != '/';
}

/// Zones that have kept the European Union's rule since October 1996.
bool keeps_central_european_time(const std::string& name) {
  static const std::vector<std::string> places{
      "Amsterdam",  "Berlin", "Brussels", "Budapest", "Copenhagen", "Ljubljana",
      "Luxembourg", "Madrid", "Oslo",     "Paris",    "Prague",     "Rome",
      "Stockholm",  "Vienna", "Warsaw",   "Zagreb",   "Zurich"};
  return std::any_of(places.begin(), places.end(),
                     [&](const std::string& place) { return name == "Europe/" + place; });
}

constexpr const char* central_european = "CET-1CEST,M3.5.0,M10.5.0/3";

/// "+01:00", "-0330".
std::optional<std::int64_t> fixed_offset(const std::string& name) {
  if (name == "UTC" || name == "Z" || name == "GMT" || name == "Etc/UTC") return 0;
  if (name.size() < 3 || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  std::string digits;
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (name[i] == ':' && i == 3) continue;
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
    digits += name[i];
  }
  if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
  const int hours = std::stoi(digits.substr(0, 2));
  const int minutes = digits.size() == 4 ? std::stoi(digits.substr(2)) : 0;
  if (hours > 18 || minutes > 59) return std::nullopt;
  return (name[0] == '-' ? -1 : 1) * (hours * std::int64_t{3600} + minutes * 60);
}

ZoneFile zone_of(const TimeRule& rule, int first_year) {
  ZoneFile zone;
  zone.first_offset_s = rule.standard_offset_s;
  zone.changes = changes_of(rule, first_year, last_year);
  return zone;
}

}  // namespace

struct TimeZone::Changes {
  std::string description;
  std::vector<std::int64_t> start{std::numeric_limits<std::int64_t>::min()};  ///< in UTC, of each stretch
  std::vector<std::int64_t> offset;
  /// The stretch that holds the start of each span of 2^22 seconds (48 days), so that no search is needed.
  static constexpr int span_bits = 22;
  std::int64_t first_span = 0;
  std::vector<std::uint32_t> stretch_of_span;

  Changes(std::string name, const ZoneFile& zone) : description(std::move(name)) {
    offset.push_back(zone.first_offset_s);
    for (const OffsetChange& change : zone.changes) {
      if (change.offset_s == offset.back()) continue;
      start.push_back(change.utc_s);
      offset.push_back(change.offset_s);
    }
    first_span = seconds_of_date(1900, 1, 1) >> span_bits;
    const std::int64_t last_span = seconds_of_date(last_year + 1, 1, 1) >> span_bits;
    for (std::int64_t span = first_span; span <= last_span; ++span)
      stretch_of_span.push_back(static_cast<std::uint32_t>(searched(span << span_bits)));
  }
  std::size_t searched(std::int64_t utc_s) const {
    return static_cast<std::size_t>(std::upper_bound(start.begin() + 1, start.end(), utc_s) - start.begin() -
                                    1);
  }
  std::size_t stretch_at(std::int64_t utc_s) const {
    const std::int64_t span = (utc_s >> span_bits) - first_span;
    if (span < 0 || span >= static_cast<std::int64_t>(stretch_of_span.size())) return searched(utc_s);
    std::size_t i = stretch_of_span[static_cast<std::size_t>(span)];
    while (i + 1 < start.size() && start[i + 1] <= utc_s) ++i;
    return i;
  }
};

std::int64_t seconds_of_date(int year, int month, int day) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                        std::chrono::day(static_cast<unsigned>(day));
  return date.time_since_epoch().count() * day_s;
}

bool is_date(int year, int month, int day) {
  using namespace std::chrono;
  return month >= 1 && day >= 1 &&
         (std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
          std::chrono::day(static_cast<unsigned>(day)))
             .ok();
}

CalendarTime calendar_time(std::int64_t seconds) {
  using namespace std::chrono;
  const std::int64_t day = floor_divided(seconds, day_s);
  const auto rest = static_cast<int>(seconds - day * day_s);
  const sys_days date{days(day)};
  const year_month_day ymd(date);
  CalendarTime time;
  time.year = static_cast<int>(ymd.year());
  time.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  time.day = static_cast<int>(static_cast<unsigned>(ymd.day()));
  time.weekday = static_cast<int>(weekday(date).iso_encoding());
  time.hour = rest / 3600;
  time.minute = rest / 60 % 60;
  time.second = rest % 60;
  return time;
}

IsoWeek iso_week(std::int64_t seconds) {
  // A week belongs to the year that has its Thursday.
  const std::int64_t day = floor_divided(seconds, day_s) * day_s;
  const std::int64_t thursday = day + (4 - calendar_time(day).weekday) * day_s;
  const int year = calendar_time(thursday).year;
  return {year, static_cast<int>((thursday - seconds_of_date(year, 1, 1)) / (7 * day_s)) + 1};
}

TimeZone TimeZone::load(const std::string& name) {
  const auto made = [&](const std::string& description, const ZoneFile& zone) {
    return TimeZone(std::make_shared<const Changes>(description, zone));
  };
  if (const auto offset = fixed_offset(name)) return made(name, {*offset, {}, {}});
  if (name.find(',') != std::string::npos) {
    const auto rule = parse_time_rule(name);
    if (!rule)
      throw InputError("time zone '{}': is no rule of summer time; expected one like {}", name,
                       central_european);
    return made(name, zone_of(*rule, 1900));
  }
  if (!is_safe_name(name))
    throw InputError("time zone '{}': expected a name such as Europe/Oslo, UTC, +01:00, or a rule such as {}",
                     name, central_european);
  const char* folder = std::getenv("TZDIR");
  const std::string path =
      std::string(folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo") + "/" + name;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (file && bytes << file.rdbuf()) {
    auto zone = parse_zone(bytes.str());
    if (!zone) throw InputError("{}: is no file of time zones (RFC 8536), or is damaged", path);
    if (const auto rule = parse_time_rule(zone->rule)) {
      const int from = zone->changes.empty() ? 1900 : calendar_time(zone->changes.back().utc_s).year;
      const std::int64_t known =
          zone->changes.empty() ? std::numeric_limits<std::int64_t>::min() : zone->changes.back().utc_s;
      for (const OffsetChange& change : changes_of(*rule, from, last_year))
        if (change.utc_s > known) zone->changes.push_back(change);
    }
    return made(name, *zone);
  }
  if (keeps_central_european_time(name))
    return made(name + " (rule since 1996, no zone files)",
                zone_of(*parse_time_rule(central_european), 1996));
  throw InputError(
      "time zone '{}': {} is not there; expected a name of the time zone database with its files installed "
      "(package tzdata), or a rule that needs none, such as {}",
      name, path, central_european);
}

std::int64_t TimeZone::offset_at(std::int64_t utc_s) const {
  return changes_->offset[changes_->stretch_at(utc_s)];
}

TimeZone::Moment TimeZone::moment_of(std::int64_t local_s) const {
  const Changes& z = *changes_;
  // No offset is larger than 26 hours, so that no earlier stretch can hold this local time.
  std::size_t i = z.stretch_at(local_s - 26 * std::int64_t{3600});
  const auto ends_before = [&](std::size_t k) {
    return k + 1 < z.start.size() && z.start[k + 1] <= local_s - z.offset[k];
  };
  while (ends_before(i)) {
    if (local_s - z.offset[i + 1] < z.start[i + 1])  // after the end of this, before the start of the next
      return {local_s - z.offset[i], z.offset[i + 1], Reading::never};
    ++i;
  }
  const bool again = i + 1 < z.start.size() && z.start[i + 1] <= local_s - z.offset[i + 1];
  return {local_s - z.offset[i], z.offset[i], again ? Reading::twice : Reading::once};
}

const std::string& TimeZone::description() const { return changes_->description; }

}  // namespace snitt
