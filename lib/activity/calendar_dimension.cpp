#include <fmt/format.h>

#include <array>
#include <cmath>

#include "activity/dimension.hpp"
#include "base/time_zone.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

constexpr int first_year = 1900;
constexpr int years = 300;

enum class Part : std::uint8_t { year, quarter, month, week, weekday, hour };

struct PartRule {
  const char* name;
  Part part;
  std::int32_t per_year;  ///< numbers of one year; 0: the same in all years
  std::int32_t size;
  const char* description;
};
constexpr std::array<PartRule, 6> parts{
    {{"year", Part::year, 1, years, "local year of the examination"},
     {"quarter", Part::quarter, 4, 4 * years, "local quarter"},
     {"month", Part::month, 12, 12 * years, "local month"},
     {"week", Part::week, 53, 53 * years, "local week of ISO 8601"},
     {"weekday", Part::weekday, 0, 7, "local day of the week, 1 Monday to 7 Sunday"},
     {"hour", Part::hour, 0, 24, "local hour of the start, 0 to 23"}}};

/// Times repeat by the day: the calendar is asked once for each.
class TimeDimension : public Dimension {
 public:
  explicit TimeDimension(const PartRule& rule) : rule_(rule), name_(rule.name), of_day_(days, -1) {
    if (rule.part == Part::hour) return;
    for (std::int64_t day = 0; day < days; ++day)
      of_day_[static_cast<std::size_t>(day)] = number_of_day((day + first_day) * 86400);
  }
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override {
    return {activity_columns::examined, activity_columns::utc_offset};
  }
  void numbers(const CountInput&, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* examined = numbers_in(batch, activity_columns::examined);
    const auto* offset = numbers_in(batch, activity_columns::utc_offset);
    for (; first != last; ++first, ++out) {
      const double local = examined == nullptr
                               ? std::nan("")
                               : (*examined)[first->row] + (offset == nullptr ? 0 : (*offset)[first->row]);
      const double day = std::floor(local / 86400);
      if (!(day >= first_day && day < first_day + days))
        *out = -1;
      else if (rule_.part == Part::hour)
        *out = static_cast<std::int32_t>((local - day * 86400) / 3600);
      else
        *out = of_day_[static_cast<std::size_t>(static_cast<std::int64_t>(day) - first_day)];
    }
  }
  std::size_t size() const override { return static_cast<std::size_t>(rule_.size); }
  std::string word(std::int32_t number) const override {
    if (rule_.part == Part::weekday) return std::to_string(number + 1);
    if (rule_.part == Part::hour) return fmt::format("{:02}", number);
    const int year = first_year + number / rule_.per_year;
    const int rest = number % rule_.per_year + 1;
    if (rule_.part == Part::quarter) return fmt::format("{}-Q{}", year, rest);
    if (rule_.part == Part::month) return fmt::format("{}-{:02}", year, rest);
    if (rule_.part == Part::week) return fmt::format("{}-W{:02}", year, rest);
    return std::to_string(year);
  }
  std::string description() const override { return rule_.description; }

 private:
  static constexpr std::int64_t first_day = -25567;  // 1900-01-01
  static constexpr std::int64_t days = 109573;       // to 2199-12-31
  std::int32_t number_of_day(std::int64_t seconds) const {
    const CalendarTime time = calendar_time(seconds);
    const IsoWeek week = iso_week(seconds);
    switch (rule_.part) {
      case Part::year:
        return time.year - first_year;
      case Part::quarter:
        return (time.year - first_year) * 4 + (time.month - 1) / 3;
      case Part::month:
        return (time.year - first_year) * 12 + time.month - 1;
      case Part::week:
        return week.year < first_year ? -1 : (week.year - first_year) * 53 + week.week - 1;
      default:
        return time.weekday - 1;
    }
  }
  PartRule rule_;
  std::string name_;
  std::vector<std::int32_t> of_day_;
};

/// Five-year groups "00-04" to "90+", by their names or by their first year.
class AgeDimension : public Dimension {
 public:
  explicit AgeDimension(bool by_first_year)
      : by_first_year_(by_first_year), name_(by_first_year ? "age_from" : "age_group") {}
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override { return {activity_columns::age}; }
  void numbers(const CountInput&, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* age = numbers_in(batch, activity_columns::age);
    for (; first != last; ++first, ++out) {
      const double years_old = age == nullptr ? std::nan("") : (*age)[first->row];
      *out = years_old >= 0 ? static_cast<std::int32_t>(std::min(years_old, 90.0) / 5) : -1;
    }
  }
  std::size_t size() const override { return 19; }
  std::string word(std::int32_t number) const override {
    if (by_first_year_) return std::to_string(5 * number);
    return number == 18 ? "90+" : fmt::format("{:02}-{:02}", 5 * number, 5 * number + 4);
  }
  std::string description() const override {
    return by_first_year_ ? "first year of the age group" : "age at the examination in groups of five years";
  }

 private:
  bool by_first_year_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Dimension> make_calendar_dimension(const std::string& name) {
  for (const PartRule& rule : parts)
    if (name == rule.name) return std::make_unique<TimeDimension>(rule);
  if (name == "age_group" || name == "age_from") return std::make_unique<AgeDimension>(name == "age_from");
  return nullptr;
}

}  // namespace snitt::activity
