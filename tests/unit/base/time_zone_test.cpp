#include "base/time_zone.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/time_rule.hpp"

namespace snitt {
namespace {

constexpr const char* rule = "CET-1CEST,M3.5.0,M10.5.0/3";

std::int64_t at(int year, int month, int day, int hour, int minute = 0) {
  return seconds_of_date(year, month, day) + hour * 3600 + minute * 60;
}

TEST(Calendar, KnownDates) {
  EXPECT_EQ(seconds_of_date(1970, 1, 1), 0);
  EXPECT_EQ(seconds_of_date(2000, 3, 1), 951868800);  // date -u -d 2000-03-01 +%s
  EXPECT_TRUE(is_date(2024, 2, 29));
  EXPECT_FALSE(is_date(2023, 2, 29));
  EXPECT_FALSE(is_date(2023, 13, 1));
  const CalendarTime time = calendar_time(-1);
  EXPECT_EQ(time.year, 1969);
  EXPECT_EQ(time.hour * 10000 + time.minute * 100 + time.second, 235959);
  EXPECT_EQ(time.weekday, 3);  // Wednesday
}

TEST(Calendar, EveryDayOfFourCenturiesComesBack) {
  for (std::int64_t day = seconds_of_date(1800, 1, 1); day < seconds_of_date(2200, 1, 1); day += 86400) {
    const CalendarTime time = calendar_time(day);
    ASSERT_EQ(seconds_of_date(time.year, time.month, time.day), day);
  }
}

TEST(Calendar, WeeksOfIso8601) {  // examples of the standard
  EXPECT_EQ(iso_week(seconds_of_date(2024, 12, 30)).year, 2025);
  EXPECT_EQ(iso_week(seconds_of_date(2024, 12, 30)).week, 1);
  EXPECT_EQ(iso_week(seconds_of_date(2021, 1, 3)).year, 2020);
  EXPECT_EQ(iso_week(seconds_of_date(2021, 1, 3)).week, 53);
  EXPECT_EQ(iso_week(seconds_of_date(2024, 7, 1)).week, 27);
}

void expect_norwegian_time(const TimeZone& zone) {
  EXPECT_EQ(zone.offset_at(at(2024, 1, 15, 12)), 3600);
  EXPECT_EQ(zone.offset_at(at(2024, 7, 15, 12)), 7200);
  // Changed on 31 March and 27 October 2024 at 01:00 UTC.
  EXPECT_EQ(zone.offset_at(at(2024, 3, 31, 1) - 1), 3600);
  EXPECT_EQ(zone.offset_at(at(2024, 3, 31, 1)), 7200);
  EXPECT_EQ(zone.offset_at(at(2024, 10, 27, 1) - 1), 7200);
  EXPECT_EQ(zone.offset_at(at(2024, 10, 27, 1)), 3600);
  EXPECT_EQ(zone.offset_at(at(2060, 7, 1, 0)), 7200);

  const auto once = zone.moment_of(at(2024, 3, 31, 3));
  EXPECT_EQ(once.utc_s, at(2024, 3, 31, 1));
  EXPECT_EQ(once.reading, TimeZone::Reading::once);
  const auto never = zone.moment_of(at(2024, 3, 31, 2, 30));
  EXPECT_EQ(never.reading, TimeZone::Reading::never);
  EXPECT_EQ(zone.local_of(never.utc_s), at(2024, 3, 31, 3, 30));
  EXPECT_EQ(never.offset_s, 7200);
  const auto twice = zone.moment_of(at(2024, 10, 27, 2, 30));
  EXPECT_EQ(twice.reading, TimeZone::Reading::twice);
  EXPECT_EQ(twice.utc_s, at(2024, 10, 27, 0, 30));
  EXPECT_EQ(zone.moment_of(at(2024, 10, 27, 3)).reading, TimeZone::Reading::once);
}

TEST(TimeZone, RuleOfTheEuropeanUnion) { expect_norwegian_time(TimeZone::load(rule)); }

TEST(TimeZone, NamedZone) {
  const TimeZone zone = TimeZone::load("Europe/Oslo");
  expect_norwegian_time(zone);
  if (zone.description() == "Europe/Oslo") {             // with files
    EXPECT_EQ(zone.offset_at(at(1970, 7, 1, 0)), 3600);  // no summer time in Norway from 1966 to 1979
  }
}

TEST(TimeZone, BareContainerKnowsTheZonesOfTheRule) {
  ASSERT_EQ(setenv("TZDIR", "/nowhere", 1), 0);
  const TimeZone zone = TimeZone::load("Europe/Oslo");
  EXPECT_THROW(TimeZone::load("Asia/Tokyo"), InputError);
  ASSERT_EQ(unsetenv("TZDIR"), 0);
  expect_norwegian_time(zone);
  EXPECT_NE(zone.description().find("no zone files"), std::string::npos);
}

TEST(TimeZone, EveryHourOfTenYearsComesBack) {
  const TimeZone zone = TimeZone::load(rule);
  for (std::int64_t t = at(2015, 1, 1, 0); t < at(2025, 1, 1, 0); t += 1800) {
    const auto moment = zone.moment_of(zone.local_of(t));
    const bool is_second = moment.reading == TimeZone::Reading::twice && moment.utc_s != t;
    ASSERT_EQ(t - moment.utc_s, is_second ? 3600 : 0);
    ASSERT_NE(moment.reading, TimeZone::Reading::never);
  }
}

TEST(TimeZone, FixedOffsets) {
  EXPECT_EQ(TimeZone::load("UTC").offset_at(0), 0);
  EXPECT_EQ(TimeZone::load("+05:30").offset_at(0), 19800);
  EXPECT_EQ(TimeZone::load("-0330").moment_of(0).utc_s, 12600);
}

TEST(TimeZone, SouthernRulesAndOtherForms) {
  const TimeZone sydney = TimeZone::load("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_EQ(sydney.offset_at(at(2024, 1, 1, 0)), 39600);
  EXPECT_EQ(sydney.offset_at(at(2024, 7, 1, 0)), 36000);
  EXPECT_TRUE(parse_time_rule("<+0330>-3:30"));
  EXPECT_EQ(parse_time_rule("<+0330>-3:30")->standard_offset_s, 12600);
  EXPECT_TRUE(parse_time_rule("IST-2IDT,M3.4.4/26,M10.5.0"));  // hours beyond a day
  EXPECT_TRUE(parse_time_rule("X-1Y") == std::nullopt);
  for (const char* wrong : {"", "CET", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0"})
    EXPECT_FALSE(parse_time_rule(wrong)) << wrong;
}

TEST(TimeZone, WrongNamesAreNamed) {
  for (const char* wrong : {"Europe/Olso", "../etc/passwd", "/etc/passwd", "", "CET-1CEST,M3"}) {
    try {
      TimeZone::load(wrong);
      ADD_FAILURE() << wrong;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(std::string("'") + wrong + "'"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace snitt
