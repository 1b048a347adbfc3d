#include "activity/turnaround.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

// The European Union's rule written out, so that no zone files are wanted.
const char* const oslo = "CET-1CEST,M3.5.0,M10.5.0/3";

Table records(std::vector<std::pair<std::string, std::vector<std::string>>> columns) {
  Table table;
  for (auto& [name, cells] : columns) table.columns.push_back({name, "", "", cells});
  return table;
}

double cell(const Table& table, const std::string& column, const std::string& key, const std::string& value,
            const std::string& clock = "elapsed") {
  const auto keys = texts_of(*table.find(key));
  const auto* clocks = table.find("clock");
  const auto clock_words = clocks ? texts_of(*clocks) : std::vector<std::string>(keys.size(), clock);
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == value && clock_words[i] == clock) return std::get<std::vector<double>>(table.find(column)->values)[i];
  ADD_FAILURE() << column << " of " << value;
  return std::numeric_limits<double>::quiet_NaN();
}

TurnaroundOptions local() {
  TurnaroundOptions options;
  options.zone = TimeZone::load(oslo);
  return options;
}

TEST(Moments, AreReadWithAndWithoutOffsets) {
  const TimeZone zone = TimeZone::load(oslo);
  EXPECT_EQ(moment_from("1970-01-01T00:00:00Z", zone), 0);
  EXPECT_EQ(moment_from("1970-01-01 01:00", zone), 0);
  EXPECT_EQ(moment_from("1970-01-01T02:00:30.5+02:00", zone), 30.5);
  EXPECT_EQ(moment_from("1970-01-02", zone), 86400 - 3600);
  for (const char* bad : {"31.12.2024", "2024-13-01", "2024-02-30", "2024-01-01T25:00", "2024-01-01T12", "2024-01-01T12:00x"})
    EXPECT_FALSE(moment_from(bad, zone)) << bad;
}

TEST(Turnaround, ANightInWhichClocksArePutBackIsAnHourLonger) {
  // 27 October 2024: 03:00 becomes 02:00. 31 March: 02:00 becomes 03:00.
  const Table t = records({{"examined", {"2024-10-26T20:00:00", "2024-03-30T20:00:00"}},
                           {"reported", {"2024-10-27T08:00:00", "2024-03-31T08:00:00"}}});
  Monitor silent;
  const TurnaroundResult r = turnaround(t, "x", local(), silent);
  EXPECT_EQ(cell(r.intervals, "mean_h", "measure", "report"), 12);  // 13 and 11
  EXPECT_EQ(cell(r.intervals, "median_h", "measure", "report"), 12);
  EXPECT_EQ(cell(r.intervals, "p95_h", "measure", "report"), 12.9);  // type 7: 11 + 0.95 * 2
}

TEST(Turnaround, QuantilesSharesAndCounts) {
  std::vector<std::string> begin(10, "2024-01-01T00:00:00"), end;
  for (int h = 1; h <= 8; ++h) end.push_back("2024-01-01T0" + std::to_string(h) + ":00:00");
  end.push_back("2023-12-31T23:00:00");  // before it begins
  end.push_back("");                      // still open
  const Table t = records({{"examined", begin}, {"reported", end}});
  TurnaroundOptions options = local();
  options.as_of_s = moment_from("2024-01-01T10:00:00", options.zone);
  options.limit_hours = {4};
  Monitor silent;
  const TurnaroundResult r = turnaround(t, "x", options, silent);
  EXPECT_EQ(cell(r.intervals, "n", "measure", "report"), 8);
  EXPECT_EQ(cell(r.intervals, "negative", "measure", "report"), 1);
  EXPECT_EQ(cell(r.intervals, "open", "measure", "report"), 1);
  EXPECT_EQ(cell(r.intervals, "median_h", "measure", "report"), 4.5);
  EXPECT_NEAR(cell(r.intervals, "p90_h", "measure", "report"), 7.3, 1e-12);
  EXPECT_EQ(cell(r.intervals, "km_median_h", "measure", "report"), 5);  // of nine, one of them longer than 10 hours
  const Table& limits = *r.record.table("limits");
  EXPECT_EQ(cell(limits, "share", "measure", "report"), 0.5);
  EXPECT_NEAR(cell(limits, "km_share", "measure", "report"), 4.0 / 9, 1e-12);
  EXPECT_EQ(cell(limits, "overdue", "measure", "report"), 1);
  // Wilson, 4 of 8: 0.2152 to 0.7848 (Newcombe 1998's formula by hand)
  EXPECT_NEAR(cell(limits, "low", "measure", "report"), 0.21521, 1e-5);
  EXPECT_EQ(r.record.verdict, "doubtful");
}

TEST(Turnaround, CensoringKeepsTheMedianWhereItIs) {
  // Exponential lengths of median 20 days, begun evenly over 40 days: those that ended by the end are short ones.
  std::vector<double> begin, end;
  const double day = 86400;
  for (int i = 0; i < 4000; ++i) {
    const double u = (i % 200 + 0.5) / 200;
    begin.push_back(40 * day * (i / 200 + 0.5) / 20);
    end.push_back(begin.back() - std::log(1 - u) * 20 / std::log(2.0) * day);
  }
  const Table t{{{"examined", "s", "", begin}, {"reported", "s", "", end}}};
  TurnaroundOptions options;
  options.as_of_s = 40 * day;
  Monitor silent;
  const TurnaroundResult r = turnaround(t, "x", options, silent);
  EXPECT_LT(cell(r.intervals, "median_h", "measure", "report"), 12 * 24);
  EXPECT_NEAR(cell(r.intervals, "km_median_h", "measure", "report"), 20 * 24, 24);  // grid of 200 lengths, 20 begins
}

TEST(Turnaround, CancelledRowsAndTheFutureAreLeftOutAndCounted) {
  const Table t = records({{"status", {"completed", "cancelled", "no-show", "completed", "completed"}},
                           {"priority", {"", "", "", "acute", ""}},
                           {"requested", {"2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01", "2024-06-01"}},
                           {"examined", {"2024-01-03", "", "", "2024-01-02", "2024-06-02"}}});
  TurnaroundOptions options = local();
  options.as_of_s = moment_from("2024-02-01", options.zone);
  options.exclude = {{"priority", "acute"}};
  Monitor silent;
  const TurnaroundResult r = turnaround(t, "x", options, silent);
  const Table& a = *r.record.table("accounting");
  EXPECT_EQ(cell(a, "rows", "what", "rows"), 5);
  EXPECT_EQ(cell(a, "rows", "what", "left out: cancelled"), 1);
  EXPECT_EQ(cell(a, "rows", "what", "left out: priority is acute"), 1);
  EXPECT_EQ(cell(a, "rows", "what", "left out: begins after the extract date"), 1);
  EXPECT_EQ(cell(a, "rows", "what", "used"), 1);
  EXPECT_EQ(cell(r.intervals, "n", "measure", "wait"), 1);
}

TEST(Turnaround, TotalsAreSumsOverGroupsWhateverTheOrderOfRows) {
  std::vector<std::string> modality, begin, end;
  for (int i = 0; i < 60; ++i) {
    modality.push_back(i % 3 ? "CT" : "MR");
    begin.push_back("2024-01-01T00:00:00");
    end.push_back(i % 7 ? "2024-01-0" + std::to_string(1 + i % 5) + "T12:00:00" : "");
  }
  TurnaroundOptions options = local();
  Monitor silent;
  const TurnaroundResult all = turnaround(records({{"modality", modality}, {"examined", begin}, {"reported", end}}), "x", options, silent);
  options.by = {"modality"};
  const TurnaroundResult split = turnaround(records({{"modality", modality}, {"examined", begin}, {"reported", end}}), "x", options, silent);
  for (const char* column : {"n", "open", "zero"})
    EXPECT_EQ(cell(split.intervals, column, "group", "CT") + cell(split.intervals, column, "group", "MR"),
              cell(all.intervals, column, "group", "all"));
  std::reverse(modality.begin(), modality.end());
  std::reverse(end.begin(), end.end());
  const TurnaroundResult turned = turnaround(records({{"modality", modality}, {"examined", begin}, {"reported", end}}), "x", options, silent);
  EXPECT_EQ(cell(turned.intervals, "km_median_h", "group", "CT"), cell(split.intervals, "km_median_h", "group", "CT"));
}

TEST(WorkingClock, RunsOnWorkingDaysInLocalTime) {
  const TimeZone zone = TimeZone::load(oslo);
  const auto at = [&](const char* text) { return *moment_from(text, zone); };
  const WorkingClock clock(zone, WorkCalendar("norway"), 8 * 3600, 16 * 3600, at("2024-03-01"), at("2024-05-01"));
  EXPECT_EQ(clock.between(at("2024-03-04T09:00"), at("2024-03-04T11:30")), 2.5 * 3600);
  EXPECT_EQ(clock.between(at("2024-03-04T06:00"), at("2024-03-05T22:00")), 16 * 3600);
  // From Wednesday before Easter at 15:00 to Tuesday after it at 09:00, over the change to summer time.
  EXPECT_EQ(clock.between(at("2024-03-27T15:00"), at("2024-04-02T09:00")), 2 * 3600);
  EXPECT_TRUE(clock.is_open(at("2024-04-02T08:00")));
  EXPECT_FALSE(clock.is_open(at("2024-04-02T16:00")));
  EXPECT_FALSE(clock.is_open(at("2024-04-01T12:00")));
}

TEST(WaitingList, CountsWhoWasRequestedAndNotExamined) {
  const Table t = records({{"requested", {"2024-01-01", "2024-01-10", "2024-01-20", "2024-02-10"}},
                           {"examined", {"2024-01-15", "2024-02-05", "", "2024-02-12"}}});
  TurnaroundOptions options = local();
  options.list_at_s = {*moment_from("2024-01-31", options.zone)};
  options.as_of_s = moment_from("2024-03-01", options.zone);
  Monitor silent;
  const TurnaroundResult r = turnaround(t, "x", options, silent);
  const Table& list = *r.record.table("waiting_list");
  EXPECT_EQ(cell(list, "waiting", "group", "all"), 2);         // of 10 and 20 January
  EXPECT_EQ(cell(list, "median_days", "group", "all"), 16);    // 21 and 11
  EXPECT_EQ(cell(list, "examined_per_week", "group", "all"), 0.25);
  EXPECT_EQ(cell(list, "added_per_week", "group", "all"), 0.5);
  EXPECT_EQ(cell(list, "weeks_to_clear", "group", "all"), 8);
  const auto ages = std::get<std::vector<double>>(r.record.table("waiting_ages")->find("waiting")->values);
  double sum = 0;
  for (const double a : ages) sum += a;
  EXPECT_EQ(sum, 2);
}

TEST(Turnaround, RefusesTablesWithoutMoments) {
  Monitor silent;
  EXPECT_THROW(turnaround(records({{"modality", {"CT"}}}), "x", local(), silent), InputError);
  EXPECT_THROW(turnaround(records({{"examined", {"2024-01-01"}}}), "x", local(), silent), InputError);
  EXPECT_THROW(turnaround(records({{"examined", {"yesterday"}}, {"reported", {""}}}), "x", local(), silent), InputError);
}

TEST(Turnaround, SaysThatNoRowHasWhatWasToBeExcluded) {
  const Table t = records({{"priority", {"emergency", "planned"}},
                           {"examined", {"2024-02-01T08:00", "2024-02-01T09:00"}},
                           {"reported", {"2024-02-01T10:00", "2024-02-01T12:00"}}});
  Monitor silent;
  TurnaroundOptions options = local();
  options.exclude = {{"priority", "Emergency"}};
  const TurnaroundResult r = turnaround(t, "x", options, silent);
  EXPECT_EQ(r.record.verdict, "doubtful");
  ASSERT_EQ(r.record.reasons.size(), 1u);
  EXPECT_NE(r.record.reasons[0].find("priority=Emergency left nothing out"), std::string::npos);
  EXPECT_NE(r.record.reasons[0].find("'emergency', 'planned'"), std::string::npos) << r.record.reasons[0];
  options.exclude = {{"priority", "emergency"}};
  EXPECT_EQ(turnaround(t, "x", options, silent).record.verdict, "good");
}

TEST(Turnaround, TellsTheMediansOfEveryGroup) {
  const Table t = records({{"modality", {"CT", "MR"}},
                           {"examined", {"2024-02-01T08:00", "2024-02-01T09:00"}},
                           {"reported", {"2024-02-01T10:00", "2024-02-01T12:00"}}});
  Monitor silent;
  TurnaroundOptions options = local();
  EXPECT_EQ(turnaround(t, "x", options, silent).text, "");  // the summary has them
  options.by = {"modality"};
  const std::string text = turnaround(t, "x", options, silent).text;
  EXPECT_NE(text.find("report_median_h, CT: 2"), std::string::npos) << text;
  EXPECT_NE(text.find("report_median_h, MR: 3"), std::string::npos) << text;
}

}  // namespace
}  // namespace snitt::activity
