#include "activity/utilization.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

const char* const oslo = "CET-1CEST,M3.5.0,M10.5.0/3";

Table records(std::vector<std::pair<std::string, std::vector<std::string>>> columns) {
  Table table;
  for (auto& [name, cells] : columns) table.columns.push_back({name, "", "", cells});
  return table;
}

double value(const Table& table, const std::string& column, std::size_t row = 0) {
  return std::get<std::vector<double>>(table.find(column)->values).at(row);
}

UtilizationOptions local() {
  UtilizationOptions options;
  options.zone = TimeZone::load(oslo);
  return options;
}

TEST(Sessions, JoinWhatOverlapsAndOnePatientsExaminations) {
  const std::vector<DeviceExam> exams{
      {600, 1200, 1}, {0, 500, 1}, {1100, 1500, 2}, {4000, 4600, 2}, {4700, 5000, 3}};
  const auto sessions = sessions_of(exams, 300);
  ASSERT_EQ(sessions.size(), 3u);
  EXPECT_EQ(sessions[0].start_s, 0);
  EXPECT_EQ(sessions[0].end_s, 1500);
  EXPECT_EQ(sessions[0].exams, 3u);
  EXPECT_EQ(sessions[0].overlaps, 1u);  // patient 2 at 1100 while 1 until 1200
  EXPECT_EQ(sessions[2].patient, 3);
  EXPECT_EQ(sessions_of(exams, 0).size(), 4u);
}

TEST(Utilization, ADayByHand) {
  // Thursday: 08:00-08:30, 08:40-09:10 (change of 10 min), 12:00-12:30 (idle), 17:00-17:30 out of hours.
  const Table t = records(
      {{"device", {"A", "A", "A", "A"}},
       {"examined", {"2024-02-01T08:00", "2024-02-01T08:40", "2024-02-01T12:00", "2024-02-01T17:00"}},
       {"exam_end", {"2024-02-01T08:30", "2024-02-01T09:10", "2024-02-01T12:30", "2024-02-01T17:30"}}});
  Monitor silent;
  UtilizationOptions options = local();
  const UtilizationResult r = utilization(t, "x", options, silent);
  EXPECT_EQ(value(r.devices, "exams"), 4);
  EXPECT_DOUBLE_EQ(value(r.devices, "busy_h"), 2);
  EXPECT_DOUBLE_EQ(value(r.devices, "used_of_span"), 2 / 9.5);
  EXPECT_DOUBLE_EQ(value(r.devices, "used_of_opening"), 1.5 / 8);
  EXPECT_DOUBLE_EQ(value(r.devices, "outside_share"), 0.25);
  EXPECT_DOUBLE_EQ(value(r.devices, "exams_per_busy_hour"), 2);
  EXPECT_DOUBLE_EQ(value(r.devices, "exams_per_opening_hour"), 3 / 8.0);
  EXPECT_DOUBLE_EQ(value(r.devices, "change_median_min"), 10);
  EXPECT_DOUBLE_EQ(value(r.devices, "idle_gaps_per_day"), 2);
  EXPECT_DOUBLE_EQ(value(r.devices, "idle_h_per_day"), 2 + 50 / 60.0 + 4.5);
  options.setup_min = 15;  // of the second session only the ten minutes in which the scanner was free
  const UtilizationResult with = utilization(t, "x", options, silent);
  EXPECT_DOUBLE_EQ(value(with.devices, "busy_h"), 2 + (15 + 10 + 15 + 15) / 60.0);
}

TEST(Utilization, CutsAtMidnightAndCountsUnusedDays) {
  // Friday 23:00 to Saturday 01:00, then Wednesday: Monday and Tuesday unused, the weekend no working days.
  const Table t = records({{"device", {"A", "A"}},
                           {"examined", {"2024-02-02T23:00", "2024-02-07T10:00"}},
                           {"exam_end", {"2024-02-03T01:00", "2024-02-07T11:00"}}});
  Monitor silent;
  const UtilizationResult r = utilization(t, "x", local(), silent);
  const Table& days = *r.record.table("days");
  ASSERT_EQ(days.rows(), 5u);  // Friday, Saturday, Monday, Tuesday, Wednesday
  EXPECT_DOUBLE_EQ(value(days, "busy_h", 0), 1);
  EXPECT_DOUBLE_EQ(value(days, "busy_h", 1), 1);
  EXPECT_EQ(value(r.devices, "unused_days"), 3);  // Saturday has no examination that began on it
  EXPECT_DOUBLE_EQ(value(r.devices, "used_of_opening"), 1.0 / 32);
}

TEST(Utilization, AnEndLeftOpenAndCancelledRowsAreAccountedFor) {
  const Table t = records(
      {{"device", {"A", "A", "A", "", "A"}},
       {"status", {"completed", "cancelled", "completed", "completed", "completed"}},
       {"examined", {"2024-02-01T08:00", "", "2024-02-01T09:00", "2024-02-01T10:00", "2024-02-01T11:00"}},
       {"exam_end", {"2024-02-01T08:30", "", "2024-02-03T09:00", "2024-02-01T10:30", ""}}});
  Monitor silent;
  const UtilizationResult r = utilization(t, "x", local(), silent);
  double sum = 0;
  const Table& a = *r.record.table("accounting");
  for (std::size_t i = 1; i < a.rows(); ++i) sum += value(a, "rows", i);
  EXPECT_EQ(value(a, "rows", 0), 5);
  EXPECT_EQ(sum, 5);
  EXPECT_EQ(value(a, "rows", a.rows() - 1), 1);
}

TEST(Utilization, RowsThatStandThereTwiceCountOnce) {
  const Table t = records({{"device", {"A", "A", "A"}},
                           {"patient", {"p", "p", "q"}},
                           {"examined", {"2024-02-01T08:00", "2024-02-01T08:00", "2024-02-01T08:00"}},
                           {"exam_end", {"2024-02-01T08:30", "2024-02-01T08:30", "2024-02-01T08:30"}}});
  Monitor silent;
  const UtilizationResult r = utilization(t, "x", local(), silent);
  EXPECT_EQ(value(r.devices, "exams"), 2);
  EXPECT_EQ(value(r.devices, "overlaps"), 1);  // two patients at a time are told, not taken away
}

TEST(Utilization, SeesAClockThatIsWrong) {
  std::vector<double> arrived, start, end;
  std::vector<std::string> device, modality;
  for (int i = 0; i < 300; ++i) {
    device.push_back(std::string("CT ") + std::to_string(i % 3 + 1));
    modality.push_back("CT");
    arrived.push_back(1.7e9 + i * 3600.0);
    start.push_back(arrived.back() + 600 + (i % 3 == 2 ? 3600 : 0));
    end.push_back(start.back() + 600);
  }
  const Table t{{{"device", "", "", device},
                 {"modality", "", "", modality},
                 {"arrived", "s", "", arrived},
                 {"examined", "s", "", start},
                 {"exam_end", "s", "", end}}};
  Monitor silent;
  const UtilizationResult r = utilization(t, "x", local(), silent);
  const Table& clock = *r.record.table("clock");
  EXPECT_EQ(value(clock, "suspect", 0), 0);
  EXPECT_EQ(value(clock, "suspect", 2), 1);
  EXPECT_DOUBLE_EQ(value(clock, "shift_min", 2), 60);
}

TEST(Utilization, BusyTimeIsTheSameInAnyOrderOfRowsAndNoLongerThanItsParts) {
  std::vector<double> start, end;
  std::vector<std::string> device;
  double sum = 0;
  for (int i = 0; i < 500; ++i) {
    start.push_back(1.7e9 + (i * 7919 % 500) * 1000.0);
    end.push_back(start.back() + 300 + i % 7 * 200);
    sum += end.back() - start.back();
    device.push_back("A");
  }
  const auto table = [&] {
    return Table{{{"device", "", "", device}, {"examined", "s", "", start}, {"exam_end", "s", "", end}}};
  };
  Monitor silent;
  const double busy = value(utilization(table(), "x", local(), silent).devices, "busy_h");
  std::reverse(start.begin(), start.end());
  std::reverse(end.begin(), end.end());
  EXPECT_EQ(value(utilization(table(), "x", local(), silent).devices, "busy_h"), busy);
  EXPECT_LE(busy, sum / 3600);
  // 1000 s apart: of lengths 300, 500 … 1500 s the last three reach 100, 300 and 500 s into the next, 129 of
  // 900 s on average.
  EXPECT_GT(busy, (1 - 129.0 / 900) * sum / 3600);
}

TEST(Utilization, RefusesWhatHasNoDevice) {
  Monitor silent;
  EXPECT_THROW(utilization(records({{"examined", {"2024-01-01"}}}), "x", local(), silent), InputError);
}

TEST(Utilization, SaysThatNoRowHasWhatWasToBeExcluded) {
  const Table t = records({{"device", {"A"}},
                           {"examined", {"2024-02-01T08:00"}},
                           {"exam_end", {"2024-02-01T08:30"}}});
  Monitor silent;
  UtilizationOptions options = local();
  options.exclude = {{"device", "B"}};
  const UtilizationResult r = utilization(t, "x", options, silent);
  EXPECT_EQ(r.record.verdict, "doubtful");
  ASSERT_EQ(r.record.reasons.size(), 1u);
  EXPECT_NE(r.record.reasons[0].find("device has 'A'"), std::string::npos) << r.record.reasons[0];
}

}  // namespace
}  // namespace snitt::activity
