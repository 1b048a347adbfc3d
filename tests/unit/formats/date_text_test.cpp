#include "formats/date_text.hpp"

#include <gtest/gtest.h>

#include "base/time_zone.hpp"

namespace snitt::formats {
namespace {

std::optional<DateText> read(const std::string& text, const std::string& form) {
  DateText date;
  if (!parse_date(text, *parse_date_form(form), date)) return std::nullopt;
  return date;
}

TEST(DateText, ReadsTheFormsOfRegistries) {
  const std::int64_t day = seconds_of_date(2024, 2, 29);
  for (const auto& [text, form] : {std::pair{"2024-02-29", "YYYY-MM-DD"},
                                   {"29.02.2024", "DD.MM.YYYY"},
                                   {"29.2.2024", "DD.MM.YYYY"},
                                   {"29/02/2024", "DD/MM/YYYY"},
                                   {"02/29/2024", "MM/DD/YYYY"},
                                   {"20240229", "YYYYMMDD"},
                                   {"290224", "DDMMYY"},
                                   {"29-02-24", "DD-MM-YY"}}) {
    const auto date = read(text, form);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->seconds, day) << text;
    EXPECT_FALSE(date->has_time);
    EXPECT_EQ(date->year, 2024);
  }
}

TEST(DateText, ReadsTheTimeOfDayInItsForms) {
  const std::int64_t expected = seconds_of_date(2024, 12, 31) + 7 * 3600 + 5 * 60;
  for (const char* text : {"2024-12-31T07:05", "2024-12-31 07:05", "2024-12-31  7:05:00", "2024-12-31 07.05",
                           "2024-12-31T0705", "2024-12-31T07:05:00.123", "2024-12-31T070500"}) {
    const auto date = read(text, "YYYY-MM-DD hh:mm");
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->seconds, expected) << text;
    EXPECT_TRUE(date->has_time && !date->offset_s) << text;
  }
  EXPECT_EQ(read("202412310705", "YYYYMMDDhhmm")->seconds, expected);
  EXPECT_EQ(read("2024-12-30T24:00", "YYYY-MM-DD")->seconds, seconds_of_date(2024, 12, 31));
  EXPECT_EQ(read("2024-12-31T07:05Z", "YYYY-MM-DD")->offset_s, 0);
  EXPECT_EQ(read("2024-12-31T07:05+01:00", "YYYY-MM-DD")->offset_s, 3600);
  EXPECT_EQ(read("2024-12-31T07:05:00-0330", "YYYY-MM-DD")->offset_s, -12600);
}

TEST(DateText, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "24-01-01", "2024-1", "2024-01-01x",
        "2024-01-01T", "2024-01-01T25:00", "2024-01-01T10:60", "2024-01-01T1", "31.12.2024", "0000-00-00",
        "2024-01-01T10:00+99:00", "2024/01/01", "2024-01.01"})
    EXPECT_FALSE(read(text, "YYYY-MM-DD")) << text;
  EXPECT_FALSE(read("2024131", "YYYYMMDD"));
  for (const char* form :
       {"", "YYYY", "DD.MM", "DD.MM-YYYY", "DDMMY", "DD.DD.YYYY", "dd.mm.yyyy", "DD.MM.YYYY at noon"})
    EXPECT_FALSE(parse_date_form(form)) << form;
}

TEST(DateText, EveryUsualFormIsReadByItselfAlone) {
  for (const char* text :
       {"2024-05-06", "06.05.2024", "06/05/2024", "06-05-2024", "20240506", "2024/05/06", "2024.05.06"}) {
    int fitting = 0;
    DateText date;
    for (const DateForm& form : usual_date_forms()) {
      if (!parse_date(text, form, date)) continue;
      ++fitting;
      EXPECT_EQ(date.seconds, seconds_of_date(2024, 5, 6));
    }
    EXPECT_EQ(fitting, 1) << text;
  }
}

}  // namespace
}  // namespace snitt::formats
