#include "calibration/smooth_signal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "calibration/lag_interval.hpp"

namespace snitt::calibration {
namespace {

TEST(SmoothSignal, KeepsAParabolaAndItsSlopeAtAnyPlaceWithAnySamples) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0.01, 0.08);
  std::vector<double> time_s{3};
  while (time_s.size() < 60) time_s.push_back(time_s.back() + uniform(random));
  const auto f = [](double t) { return 2 - 3 * t + 5 * t * t; };
  std::vector<double> value;
  for (const double t : time_s) value.push_back(f(t));
  const SmoothSignal smooth(time_s, value, 0.25);
  for (double t = time_s[3]; t <= time_s[56]; t += 0.0037) {
    const auto p = smooth.at(t);
    ASSERT_TRUE(p) << t;
    EXPECT_NEAR(p->value, f(t), 1e-9);  // rounding of normal equations, values up to 150
    EXPECT_NEAR(p->slope, -3 + 10 * t, 1e-6);
  }
}

TEST(SmoothSignal, KnowsNothingOutsideAndInLongGaps) {
  const std::vector<double> time_s{0, 0.1, 0.2, 0.3, 0.9, 1.0, 1.1, 1.2};
  const std::vector<double> value(8, 1.0);
  const SmoothSignal smooth(time_s, value, 0.25);
  EXPECT_FALSE(smooth.at(-0.01));
  EXPECT_FALSE(smooth.at(1.21));
  EXPECT_FALSE(smooth.at(0.5));
  EXPECT_TRUE(smooth.at(0.15));
  EXPECT_TRUE(smooth.at(1.2));
  const SmoothSignal empty({}, {}, 1);
  EXPECT_FALSE(empty.at(0));
}

TEST(SmoothSignal, KeepsAMotionOfTenSamplesPerPeriodAndHasEvenNoise) {
  std::vector<double> time_s;
  std::vector<double> value;
  for (int i = 0; i <= 100; ++i) {
    time_s.push_back(i);
    value.push_back(std::sin(2 * std::numbers::pi * i / 10));
  }
  const SmoothSignal smooth(time_s, value, 2);
  double lowest = 1;
  double highest = 0;
  for (double place = 50; place < 51; place += 0.05) {
    EXPECT_NEAR(smooth.at(place)->value, std::sin(2 * std::numbers::pi * place / 10), 0.02);
    double variance = 0;  // of the value for samples of variance 1: squares of its weights
    for (std::size_t i = 40; i < 62; ++i) {
      std::vector<double> unit(101, 0.0);
      unit[i] = 1;
      const double weight = SmoothSignal(time_s, unit, 2).at(place)->value;
      variance += weight * weight;
    }
    lowest = std::min(lowest, variance);
    highest = std::max(highest, variance);
  }
  EXPECT_LT(highest / lowest, 1.08);  // 0.458 to 0.491; straight lines: 0.5 to 1
}

TEST(LagInterval, HoldsForWhiteAndForCorrelatedSeries) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  for (const double memory : {0.0, 0.7}) {
    double squares = 0;
    for (int run = 0; run < 400; ++run) {
      std::vector<double> series(300);
      const std::vector<double> ones(300, 1.0);
      double last = normal(random) / std::sqrt(1 - memory * memory);
      for (double& v : series) v = last = memory * last + normal(random);
      squares += std::pow(deviation_of_sum(series, ones, {ones}).deviation, 2) / 400;
    }
    // The variance of the sum of a first-order autoregression is n / (1 - memory)^2, here up to its ends and
    // the curvature of its spectrum over the first 17 cosines.
    EXPECT_NEAR(squares * std::pow(1 - memory, 2) / 300, 1, memory > 0 ? 0.15 : 0.05);
  }
}

}  // namespace
}  // namespace snitt::calibration
