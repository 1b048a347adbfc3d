#include "activity/work_calendar.hpp"

#include <gtest/gtest.h>

#include "activity/calendar_effect.hpp"
#include "base/error.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

using namespace std::chrono;

TEST(WorkCalendar, KnowsEaster) {
  EXPECT_EQ(easter_sunday(2024), 2024y / March / 31);
  EXPECT_EQ(easter_sunday(2025), 2025y / April / 20);
  EXPECT_EQ(easter_sunday(1981), 1981y / April / 19);
  EXPECT_EQ(easter_sunday(2038), 2038y / April / 25);  // the latest there is
  EXPECT_EQ(easter_sunday(1818), 1818y / March / 22);  // the earliest
}

TEST(WorkCalendar, CountsNorwaysWorkingDays) {
  // 2024: Good Friday and Maundy Thursday in March, Easter Monday 1 April; 1, 9, 17 and 20 May.
  const WorkCalendar norway("norway");
  EXPECT_EQ(norway.days(2024, 3).working, 19);
  EXPECT_EQ(norway.days(2024, 4).working, 21);
  EXPECT_EQ(norway.days(2024, 5).working, 19);
  EXPECT_EQ(norway.days(2024, 2).all, 29);
  double year = 0;
  for (int m = 1; m <= 12; ++m) year += norway.days(2024, m).working;
  EXPECT_EQ(year, 252);  // 262 weekdays less 10: 1.1, three of Easter, 1.5, 9.5, 17.5, 20.5, 25.12, 26.12
}

TEST(WorkCalendar, KnowsEnglandsProclaimedAndMovedHolidays) {
  const WorkCalendar england("england");
  EXPECT_EQ(england.days(2022, 6).working, 20);  // jubilee on 2 and 3 June, none at the end of May
  EXPECT_EQ(england.days(2022, 5).working, 21);
  EXPECT_EQ(england.days(2022, 9).working, 21);   // funeral
  EXPECT_EQ(england.days(2023, 5).working, 20);   // three
  EXPECT_EQ(england.days(2021, 12).working, 21);  // 25 and 26 on a weekend: 27 and 28
  EXPECT_EQ(england.days(2023, 1).working, 21);   // 1 January on a Sunday: the 2nd
}

TEST(WorkCalendar, TakesFurtherDaysAndRefusesUnknownCountries) {
  WorkCalendar none("none");
  EXPECT_EQ(none.days(2024, 5).working, 23);
  none.add(2024y / May / 17);
  EXPECT_EQ(none.days(2024, 5).working, 22);
  EXPECT_THROW(WorkCalendar("atlantis"), UsageError);
}

/// Counts that follow the days with this weight, with a trend, a season and a little noise.
std::vector<double> counts(double weight, double noise, const PeriodDays& days) {
  const CalendarEffect effect{true, weight, 0, 0};
  std::vector<double> y;
  for (std::size_t t = 0; t < days.size(); ++t) {
    const double u = statistics::uniform(statistics::random_bits(3, t)) - 0.5;
    y.push_back(1e4 * std::pow(1.004, static_cast<double>(t)) * (1 + 0.1 * static_cast<double>(t % 12 == 6)) *
                (1 + noise * u) * effect.factor(days[t], 12));
  }
  return y;
}

TEST(CalendarEffect, FindsWhatADayOffCounts) {
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), 2018 * 12, 12, 72);
  for (const double weight : {0.0, 0.2, 0.5}) {
    const CalendarEffect found = fit_calendar_effect(counts(weight, 0.01, days), days, 12);
    EXPECT_TRUE(found.used);
    EXPECT_NEAR(found.weight, weight, 0.051);  // one step of the search
  }
}

TEST(CalendarEffect, LeavesASeriesAloneThatDoesNotFollowDays) {
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), 2018 * 12, 12, 72);
  std::vector<double> y;
  for (std::size_t t = 0; t < days.size(); ++t)
    y.push_back(1000 * (1 + 0.05 * statistics::uniform(statistics::random_bits(5, t))));
  const CalendarEffect found = fit_calendar_effect(y, days, 12);
  EXPECT_FALSE(found.used);
  EXPECT_EQ(found.factor(days[0], 12), 1);
}

TEST(CalendarEffect, FactorsAverageToOne) {
  const PeriodDays days = days_of_periods(WorkCalendar("none"), 2000 * 12, 12, 400 * 12 / 4);
  const CalendarEffect effect{true, 0.3, 0, 0};
  double sum = 0;
  for (const auto& d : days) sum += effect.factor(d, 12);
  EXPECT_NEAR(sum / static_cast<double>(days.size()), 1, 1e-3);  // 100 of the 400 years of the calendar
}

}  // namespace
}  // namespace snitt::activity
