#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "calibration/time_alignment.hpp"
#include "calibration/time_record.hpp"
#include "motion_fixture.hpp"
#include "statistics/summary.hpp"

/// A line seen at many columns, of which no two need have the same lag.
namespace snitt::calibration {
namespace {

using test::Motion;
using test::sampled;
using test::Stream;
using test::tracker;
using test::video;
using testing::HasSubstr;

constexpr LineColumns columns{100, 300, 500};
constexpr double lag = 0.06;

AlignmentOptions coarse() {
  AlignmentOptions options;
  options.maximum_lag_s = 0.3;
  options.step_s = 0.005;
  return options;
}

struct Tank {
  double scan_s_per_px = 0;  ///< a column shows what was so much earlier than its left neighbour's
  double rocking = 0;        ///< deviation of the line's slope, and
  double follows_speed = 0;  ///< the part of it that follows the motion, per px/s
  double pivot_px = 300;     ///< the column that rocking leaves in place, under the tracked point
  double noise_px = 2;       ///< of the row at the middle
  double slope_noise = 0.01;
};

/// The row at the middle column and the slope, as a line's least squares would give them.
MotionSignal line(const Tank& tank, const Motion& motion, std::uint64_t seed) {
  MotionSignal signal = sampled(motion, video(), seed);
  const Motion rocks(seed + 7000);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  signal.columns = columns;
  for (std::size_t i = 0; i < signal.value.size(); ++i) {
    const double t = signal.time_s[i];
    const auto row = [&](double column) {
      return 10 * motion.at(t - tank.scan_s_per_px * (column - columns.middle_px));
    };
    const double speed = 10 * (motion.at(t + 0.01) - motion.at(t - 0.01)) / 0.02;
    const double angle = tank.rocking / 8 * rocks.at(t) + tank.follows_speed * speed;
    const double slope =
        (row(columns.right_px) - row(columns.left_px)) / (columns.right_px - columns.left_px);
    signal.value[i] =
        row(columns.middle_px) + (columns.middle_px - tank.pivot_px) * angle + tank.noise_px * normal(random);
    signal.slope.push_back(slope + angle + tank.slope_noise * normal(random));
  }
  return signal;
}

TimeAlignment found_in(const Tank& tank, std::uint64_t run) {
  const Motion motion(1000 + run);
  Stream moving = tracker(lag);
  moving.noise = 0.2;
  return align(line(tank, motion, 2 * run), sampled(motion, moving, 2 * run + 1), coarse());
}

TEST(ColumnLag, OfAStillLineIsNoneAndRaisesNoDoubt) {
  int doubted = 0;
  for (std::uint64_t run = 0; run < 100; ++run) {
    const TimeAlignment found = found_in({}, run);
    doubted += found.depends_on_column;
    EXPECT_LT(std::abs(found.left_lag_s - found.right_lag_s), 0.02);
  }
  EXPECT_LE(doubted, 10);  // 5 % of intervals leave out the truth
}

TEST(ColumnLag, IsThatOfColumnsWhichShowDifferentTimesAndItsIntervalHolds) {
  Tank tank;
  tank.scan_s_per_px = 1e-4;  // 40 ms from the first to the last column
  int covered = 0;
  int held = 0;
  std::vector<double> widths;
  std::vector<double> errors;
  for (std::uint64_t run = 0; run < 200; ++run) {
    const TimeAlignment found = found_in(tank, run);
    EXPECT_TRUE(found.depends_on_column);
    covered += std::abs(found.column_lag_s_per_px + tank.scan_s_per_px) <= found.column_lag_half_width;
    // The first column's true lag is 80 ms, the last one's 40; each is found within its noise.
    EXPECT_NEAR(found.left_lag_s, lag + 0.02, 0.01);
    EXPECT_NEAR(found.right_lag_s, lag - 0.02, 0.01);
    held += found.low_s <= lag - 0.015 && lag + 0.015 <= found.high_s;
    errors.push_back(found.column_lag_s_per_px + tank.scan_s_per_px);
    widths.push_back(2 * found.column_lag_half_width);
  }
  EXPECT_GE(covered, 183);
  EXPECT_LE(covered, 197);
  EXPECT_GE(held, 190);
  std::printf("lag per column: covered %d of 200, median width %.2f us, error %.2f +- %.2f us\n", covered,
              1e6 * statistics::median(widths), 1e6 * statistics::mean(errors),
              1e6 * statistics::standard_deviation(errors));
}

TEST(ColumnLag, OfAProbeThatRocksIsDoubtedAndTheIntervalHoldsTheLagUnderTheTrackedPoint) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> pivot(columns.left_px, columns.right_px);
  int covered = 0;
  for (std::uint64_t run = 0; run < 60; ++run) {
    Tank tank;
    tank.rocking = 0.02;
    tank.follows_speed = 2e-4;
    tank.pivot_px = pivot(random);
    const TimeAlignment found = found_in(tank, run);
    EXPECT_TRUE(found.depends_on_column);
    covered += found.low_s <= lag && lag <= found.high_s;
  }
  EXPECT_GE(covered, 55);  // at a pivot by a border half of the noise lies beyond
}

TEST(ColumnLag, SaysWhetherTheProbeRocksOrTheColumnsShowDifferentTimes) {
  Tank tank;
  tank.scan_s_per_px = 1e-4;
  const Motion motion(3);
  MotionSignal fixed = line(tank, motion, 1);
  MotionSignal moving = sampled(motion, tracker(lag), 2);
  const auto reason = [&] {
    const CalibrationRecord record = time_record(fixed, moving, align(fixed, moving, coarse()));
    EXPECT_EQ(record.verdict, "doubtful");
    EXPECT_EQ(record.find("column_px")->value, 300);
    EXPECT_NEAR(record.find("time_offset_left_s")->value, lag + 0.02, 0.005);
    EXPECT_NEAR(record.find("time_offset_right_s")->value, lag - 0.02, 0.005);
    return record.reasons.front();
  };
  EXPECT_THAT(reason(), HasSubstr("the probe rocks: hold its angle"));
  fixed.quantities.push_back({"tilt_deviation_deg", 5, 0, 0, "deg", ""});
  moving.quantities.push_back({"turn_deviation_deg", 2, 0, 0, "deg", ""});
  EXPECT_THAT(reason(), HasSubstr("columns of one image show different times"));
  moving.quantities.back().value = 6;
  EXPECT_THAT(reason(), HasSubstr("the probe rocks: hold its angle"));
}

}  // namespace
}  // namespace snitt::calibration
