#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "phantom/records_clock.hpp"
#include "phantom/records_table.hpp"

namespace snitt::phantom {
namespace {

Population two_areas() {
  Population p;
  p.areas = {"North", "South, by the sea"};
  p.years = {2022, 2023};
  p.has_sex = true;
  for (int age = 0; age <= 90; age += 5) p.age_starts.push_back(age);
  for (std::size_t area = 0; area < 2; ++area)
    for (const int year : p.years)
      for (const Sex sex : {Sex::female, Sex::male})
        for (const int age : p.age_starts)
          p.rows.push_back({area, year, sex, age, (area == 0 ? 9000.0 : 3000.0) - 30 * age});
  return p;
}

RecordsSettings settings(double rows) {
  RecordsSettings s;
  s.seed = 7;
  s.rows = rows;
  s.first_year = 2022;
  s.last_year = 2023;
  return s;
}

const std::vector<RecordsPlace> places{
    {"0301", "030103", "North", 3}, {"0301", "030104", "North", 1}, {"1804", "", "South, by the sea", 1}};

struct Made {
  RecordsWorld world;
  RecordsEvents events;
  std::vector<RecordsRow> rows;  ///< of the examinations, without what noise adds
};
Made make(double rows) {
  Made made{records_world(settings(rows), two_areas(), places), {}, {}};
  made.events = records_events(made.world);
  for (std::size_t i = 0; i < made.events.events.size(); ++i) {
    const RecordsEvent& e = made.events.events[i];
    made.rows.push_back(records_row(made.world, made.events.strata[e.stratum], e, i, RecordsExtra::none));
  }
  return made;
}

const Made& sixty_thousand() {
  static const Made made = make(60000);
  return made;
}

std::string csv(const RecordsWorld& world, RecordsHeadings headings) {
  std::string text;
  records_csv(world, records_events(world), headings, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(RecordsClock, DatesGoThereAndBack) {
  EXPECT_EQ(days_of(1970, 1, 1), 0);
  EXPECT_EQ(days_of(2024, 2, 29), 19782);  // date -d 2024-02-29 +%s / 86400
  EXPECT_EQ(weekday_of(days_of(2024, 2, 29)), 3);
  for (std::int64_t day = days_of(1895, 1, 1); day < days_of(2105, 1, 1); ++day) {
    const CalendarDate date = date_of(day);
    ASSERT_EQ(days_of(date.year, date.month, date.day), day);
  }
}

TEST(RecordsClock, TheClockIsChangedAtOneUtc) {
  const std::int64_t spring = days_of(2024, 3, 31) * 1440 + 60, autumn = days_of(2024, 10, 27) * 1440 + 60;
  EXPECT_EQ(offset_minutes(spring - 1), 60);
  EXPECT_EQ(offset_minutes(spring), 120);
  EXPECT_EQ(offset_minutes(autumn - 1), 120);
  EXPECT_EQ(offset_minutes(autumn), 60);
  // 02:30 of the autumn's night is there twice, an hour apart; 02:30 of the spring's is not there at all.
  const std::int64_t twice = days_of(2024, 10, 27) * 1440 + 150;
  EXPECT_EQ(utc_minute_of(twice, true) - utc_minute_of(twice, false), 60);
  EXPECT_TRUE(shown_twice(utc_minute_of(twice, true)) && shown_twice(utc_minute_of(twice, false)));
  const std::int64_t never = utc_minute_of(days_of(2024, 3, 31) * 1440 + 150, false);
  EXPECT_EQ(never + offset_minutes(never), days_of(2024, 3, 31) * 1440 + 210);
}

TEST(Records, TheBytesDoNotDependOnThreads) {
  const RecordsWorld world = records_world(settings(20000), two_areas(), places);
  std::string one, seven;
  ThreadLimit(1).run([&] { one = csv(world, RecordsHeadings::english); });
  ThreadLimit(7).run([&] { seven = csv(world, RecordsHeadings::english); });
  EXPECT_TRUE(one == seven);
  RecordsSettings other = settings(20000);
  other.seed = 8;
  EXPECT_FALSE(one == csv(records_world(other, two_areas(), places), RecordsHeadings::english));
}

TEST(Records, TextAndTableHaveTheSameRows) {
  const RecordsWorld world = records_world(settings(3000), two_areas(), {});
  const RecordsEvents events = records_events(world);
  const Table table = records_table(world, events);
  for (const auto headings : {RecordsHeadings::english, RecordsHeadings::norwegian}) {
    const std::string text = csv(world, headings);
    EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), table.rows() + 1);
    EXPECT_NE(text.find("\"South, by the sea\""), std::string::npos);
  }
  EXPECT_EQ(records_truth(world, events).record.find("rows")->value, static_cast<double>(table.rows()));
}

TEST(Records, AsManyAreMadeAsAreAskedFor) {
  const Made& made = sixty_thousand();
  const double done = records_truth(made.world, made.events).record.find("completed")->value;
  // Chains make the variance some 1.3 times that of Poisson's distribution; patients of the year after are
  // planned, those of the year before have none of its repeats missing: 1 % for both ends.
  EXPECT_NEAR(done, 60000, 4 * std::sqrt(1.3 * 60000) + 600);
}

TEST(Records, AreasHaveTheRiskThatIsPlanted) {
  const Made& made = sixty_thousand();
  const RecordsTruth truth = records_truth(made.world, made.events);
  const auto& exams = std::get<std::vector<double>>(truth.areas.find("examinations")->values);
  const auto& expected = std::get<std::vector<double>>(truth.areas.find("expected")->values);
  for (std::size_t m = 0; m < 4; ++m) {
    const double ratio = (exams[m] / expected[m]) / (exams[4 + m] / expected[4 + m]);
    const double error = std::sqrt(1.3 * (1 / exams[m] + 1 / exams[4 + m]));
    EXPECT_NEAR(std::log(ratio), 0, 4 * error) << modality_words[m];
  }
}

TEST(Records, RepeatsFoundInTheRowsAreThosePlanted) {
  // Counted from patients, kinds and times alone, as an analyst would: no repeat that was not planted.
  const Made& made = sixty_thousand();
  std::map<std::tuple<std::uint64_t, std::size_t, int>, std::vector<const RecordsRow*>> series;
  for (const RecordsRow& row : made.rows)
    if (row.examined) series[{row.patient, row.kind, row.laterality}].push_back(&row);
  std::vector<std::array<std::size_t, 4>> repeated(records_kinds().size()), same(records_kinds().size());
  for (const auto& [key, rows] : series)
    for (std::size_t i = 0; i + 1 < rows.size(); ++i)
      for (std::size_t w = 0; w < 4; ++w) {
        const std::int64_t window = repeat_windows[w] * std::int64_t{1440};
        if (*rows[i]->examined + window > made.world.end_minute) continue;
        const std::int64_t gap = *rows[i + 1]->examined - *rows[i]->examined;
        ASSERT_GE(gap, 0);
        if (gap > window) continue;
        ++repeated[std::get<1>(key)][w];
        if (rows[i]->provider == rows[i + 1]->provider) ++same[std::get<1>(key)][w];
      }
  for (std::size_t k = 0; k < repeated.size(); ++k) {
    EXPECT_EQ(repeated[k], made.events.repeats[k].repeated) << records_kinds()[k].code;
    EXPECT_EQ(same[k], made.events.repeats[k].same_provider) << records_kinds()[k].code;
  }
}

TEST(Records, ChancesOfRepeatsAreThoseOfTheSettings) {
  const Made& made = sixty_thousand();
  // An ultrasound of the neck is neither paired nor follows another kind: its chance is the planted one.
  for (std::size_t k = 0; k < records_kinds().size(); ++k) {
    if (std::string(records_kinds()[k].code) != "SBA0AK") continue;
    double p = 0;
    for (std::size_t w = 0; w < 4; ++w) {
      p += made.world.settings.repeat[w];
      const auto n = static_cast<double>(made.events.repeats[k].followed[w]);
      EXPECT_NEAR(static_cast<double>(made.events.repeats[k].repeated[w]) / n, p,
                  4 * std::sqrt(p * (1 - p) / n));
    }
  }
}

TEST(Records, AScannerHasOnePatientAtATime) {
  const Made& made = sixty_thousand();
  std::map<std::size_t, std::int64_t> free_at;
  std::size_t overlaps = 0;
  for (const RecordsRow& row : made.rows) {
    if (!row.examined) continue;
    const bool at_the_end = *row.examined == made.world.end_minute - 1;  // cut off there
    if (free_at.contains(row.device) && *row.examined < free_at[row.device] && !at_the_end) ++overlaps;
    free_at[row.device] = *row.exam_end;
  }
  EXPECT_EQ(overlaps, 0U);
}

TEST(Records, TimesAreInOrderButForPlantedFaults) {
  const Made& made = sixty_thousand();
  std::size_t waits = 0, reports = 0;
  for (const RecordsRow& row : made.rows) {
    if (!row.examined) continue;
    EXPECT_LE(*row.arrived, *row.examined);
    EXPECT_LT(*row.examined, *row.exam_end);
    if (row.requested && *row.requested > *row.examined) ++waits;
    if (row.reported && *row.reported < *row.exam_end) ++reports;
    EXPECT_LT(row.reported.value_or(0), made.world.end_minute);
    EXPECT_EQ(row.requested && *row.requested > *row.examined, row.fault_wait);
    EXPECT_EQ(row.reported && *row.reported < *row.exam_end, row.fault_report);
  }
  const auto n = static_cast<double>(made.rows.size());
  EXPECT_NEAR(static_cast<double>(waits), 0.002 * n, 4 * std::sqrt(0.002 * n));
  EXPECT_NEAR(static_cast<double>(reports), 0.002 * n, 4 * std::sqrt(0.002 * n));
}

TEST(Records, ADuplicateIsTheRowAgain) {
  const RecordsWorld world = records_world(settings(20000), two_areas(), places);
  const RecordsEvents events = records_events(world);
  const Table table = records_table(world, events);
  const auto& prints = std::get<std::vector<std::int64_t>>(table.find("fingerprint")->values);
  const std::set<std::int64_t> distinct(prints.begin(), prints.end());
  const double duplicates = records_truth(world, events).record.find("duplicates")->value;
  EXPECT_GT(duplicates, 50);
  EXPECT_EQ(static_cast<double>(prints.size() - distinct.size()), duplicates);
}

TEST(Records, WhatCannotBeIsRefused) {
  EXPECT_THROW(records_world(settings(1000), two_areas(), {{"0301", "", "East", 1}}), InputError);
  EXPECT_THROW(records_world(settings(1000), two_areas(), {{"0301", "", "North", 1}}), InputError);
  Population without = two_areas();
  without.has_sex = false;
  EXPECT_THROW(records_world(settings(1000), without, {}), InputError);
}

}  // namespace
}  // namespace snitt::phantom
