#include "activity/scanner_simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "statistics/queueing.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double week_h = 168;

ScannerModel always_open(std::size_t machines, double per_hour, double service_min, double cv) {
  ScannerModel model;
  model.classes = {{"all", per_hour * week_h, 0, service_min, cv, 0, true, true}};
  model.machines = machines;
  model.opening = opening_week("always");
  model.weeks = 20;
  return model;
}

struct Mean {
  double value, error;
};
Mean mean_wait_min(const ScannerModel& model, std::size_t c = 0, std::size_t replicates = 30) {
  std::vector<double> means;
  for (const Replicate& r : simulate_scanners(model, 3, replicates))
    means.push_back(statistics::mean(r.classes[c].waits_min));
  return {statistics::mean(means),
          statistics::standard_deviation(means) / std::sqrt(static_cast<double>(replicates))};
}

TEST(OpeningWeek, ReadsDaysAndHours) {
  const OpeningWeek week = opening_week("mon-fri 08:00-16:00, sat 09:00-13:30");
  EXPECT_DOUBLE_EQ(week.hours(), 44.5);
  EXPECT_TRUE(week.is_open(8));
  EXPECT_FALSE(week.is_open(16));
  EXPECT_EQ(week.next_opening(16), 24 + 8);
  EXPECT_EQ(week.next_opening(5 * 24 + 14), week_h + 8);  // Saturday afternoon to Monday
  EXPECT_EQ(week.next_closing(5 * 24 + 14), week_h + 16);
  EXPECT_EQ(week.after_open_hours(15, 2), 24 + 9);
  EXPECT_EQ(week.after_open_hours(8, 44.5 * 3 + 1), 3 * week_h + 9);
  EXPECT_TRUE(opening_week("always").always());
  for (const char* bad :
       {"mon 8-16", "mon-fri", "fri-mon 08:00-16:00", "mon-fri 16:00-08:00", "", "mon-frj 08:00-16:00"})
    EXPECT_THROW(opening_week(bad), UsageError) << bad;
}

TEST(ScannerSimulation, AgreesWithErlang) {
  for (const auto& [machines, rho] : {std::pair<std::size_t, double>{1, 0.7}, {3, 0.8}, {8, 0.9}}) {
    const double per_hour = 3 * rho * static_cast<double>(machines);
    const Mean simulated = mean_wait_min(always_open(machines, per_hour, 20, 1));
    const double expected = 60 * statistics::Queue{machines, per_hour, 3}.mean_wait();
    // Four standard errors of 30 replicates.
    EXPECT_NEAR(simulated.value, expected, 4 * simulated.error) << machines;
    EXPECT_LT(simulated.error, 0.1 * expected);
  }
}

TEST(ScannerSimulation, AgreesWithErlangsShares) {
  const ScannerModel model = always_open(3, 7.5, 20, 1);
  std::vector<double> shares;
  for (const Replicate& r : simulate_scanners(model, 5, 40)) {
    double within = 0;
    for (const double w : r.classes[0].waits_min) within += w <= 15 ? 1 : 0;
    shares.push_back(within / static_cast<double>(r.classes[0].waits_min.size()));
  }
  EXPECT_NEAR(statistics::mean(shares), (statistics::Queue{3, 7.5, 3}).share_within(0.25),
              4 * statistics::standard_deviation(shares) / std::sqrt(40.0));
}

TEST(ScannerSimulation, OneMachineAgreesWithPollaczekAndKhinchineWhateverTheSpread) {
  for (const double cv : {0.0, 0.4, 1.5}) {
    const Mean simulated = mean_wait_min(always_open(1, 2.1, 20, cv));
    EXPECT_NEAR(simulated.value, 60 * statistics::mean_wait_one_server(2.1, 1.0 / 3, cv), 4 * simulated.error)
        << cv;
  }
}

TEST(ScannerSimulation, SeveralMachinesAreNearAllenAndCunneen) {
  const Mean simulated = mean_wait_min(always_open(4, 10.2, 20, 0.5));
  const double expected = 60 * statistics::mean_wait_general({4, 10.2, 3}, 1, 0.5);
  EXPECT_NEAR(simulated.value, expected,
              0.1 * expected);  // an approximation that is good to some per cent in heavy traffic
}

TEST(ScannerSimulation, PrioritiesMoveWaitsAndKeepTheirSum) {
  // Kleinrock's conservation law: with equal service times the mean over all waits does not depend on who is
  // first. Cobham: W1 = R / (1 - rho1), W2 = R / ((1 - rho1)(1 - rho)), R = lambda E[S²] / 2 = rho E[S] for
  // exponential times.
  ScannerModel model = always_open(1, 0, 20, 1);
  model.classes = {{"first", 0.9 * week_h, 0, 20, 1, 0, true, true},
                   {"second", 1.2 * week_h, 1, 20, 1, 0, true, true}};
  const double rest = 0.7 * 20;  // minutes
  const Mean first = mean_wait_min(model, 0), second = mean_wait_min(model, 1);
  EXPECT_NEAR(first.value, rest / 0.7, 4 * first.error);
  EXPECT_NEAR(second.value, rest / 0.7 / 0.3, 4 * second.error);
}

TEST(ScannerSimulation, MoreMachinesNeverMakeTheSamePatientsWaitLonger) {
  ScannerModel model = always_open(2, 5, 20, 0.5);
  double before = 1e9;
  for (std::size_t machines = 2; machines < 6; ++machines) {
    model.machines = machines;
    const double wait = mean_wait_min(model, 0, 4).value;
    EXPECT_LE(wait, before);
    before = wait;
  }
}

TEST(ScannerSimulation, TimeIsKeptInOpeningHours) {
  ScannerModel model;
  model.opening = opening_week("mon-fri 08:00-16:00");
  model.machines = 2;
  model.classes = {{"out", 100, 1, 30, 0.4, 0, false, false}, {"acute", 20, 0, 30, 0.4, 0, true, true}};
  const Replicate r = simulate_once(model, 1, 0);
  EXPECT_DOUBLE_EQ(r.open_h, 2 * 40 * 52);
  // All work is in opening hours, overtime or on call: 120 patients a week, half an hour each, within four
  // standard errors.
  const double work = r.busy_open_h + r.overtime_h + r.on_call_h;
  const double expected = 120 * 0.5 * 52;
  EXPECT_NEAR(work, expected, 4 * 0.5 * std::sqrt(120 * 52 * 1.16));
  EXPECT_GT(r.overtime_h, 0);
  EXPECT_GT(r.on_call_h, 52 * 20 * 0.5 * 0.5);  // 128 of 168 hours are closed
}

TEST(ScannerSimulation, NobodyIsServedAtNightWhoIsNotOnCall) {
  ScannerModel model;
  model.opening = opening_week("mon-fri 08:00-16:00");
  model.classes = {{"out", 40, 1, 20, 0, 0, false, false}};
  const Replicate r = simulate_once(model, 1, 0);
  EXPECT_EQ(r.on_call_h, 0);
  EXPECT_LT(r.overtime_h, 52 * 5 / 3.0);  // no more than one patient's 20 minutes a day
}

TEST(ScannerSimulation, FailuresTakeTheirShareOfTime) {
  ScannerModel model = always_open(1, 0.5, 20, 1);
  model.hours_between_failures = 90;
  model.repair_h = 10;
  model.weeks = 500;
  // Up 90, down 10 on average: one tenth. Per run 840 cycles: standard error of the share 0.9 * 0.1 *
  // sqrt(2/840).
  double sum = 0;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const Replicate r = simulate_once(model, 1, i);
    sum += r.broken_h / r.open_h / 4;
  }
  EXPECT_NEAR(sum, 0.1, 4 * 0.09 * std::sqrt(2.0 / 840) / 2);
}

TEST(ScannerSimulation, PatientsWhoDoNotComeCostTimeAndAreNotExamined) {
  ScannerModel model = always_open(1, 1, 20, 0);
  model.classes[0].no_show = 0.25;
  model.no_show_min = 8;
  model.weeks = 200;
  const Replicate r = simulate_once(model, 1, 0);
  const double came = static_cast<double>(r.classes[0].waits_min.size()), not_come = r.classes[0].not_come;
  EXPECT_NEAR(not_come / (came + not_come), 0.25, 4 * std::sqrt(0.25 * 0.75 / (came + not_come)));
  EXPECT_NEAR(r.busy_open_h * 60, came * 20 + not_come * 8, 60);  // those at both ends of the time
}

TEST(ScannerSimulation, IsAFunctionOfItsSeed) {
  const ScannerModel model = always_open(2, 5, 20, 0.5);
  const auto a = simulate_scanners(model, 1, 3), b = simulate_scanners(model, 1, 5),
             c = simulate_scanners(model, 2, 3);
  EXPECT_EQ(a[2].classes[0].waits_min, b[2].classes[0].waits_min);
  EXPECT_NE(a[0].classes[0].waits_min, c[0].classes[0].waits_min);
}

}  // namespace
}  // namespace snitt::activity
