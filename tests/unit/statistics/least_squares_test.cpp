#include "statistics/least_squares.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "phantom/noise.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

/// The search ends when the cost changes by less than 1e-12 of itself: parameters to about 1e-6 of their
/// spread.
constexpr double close = 1e-7;

/// y = a + b x with the given y, x = 0, 1, 2 …
LeastSquares line(const std::vector<double>& y) {
  LeastSquares problem;
  problem.start = {0, 0};
  problem.step = {1e-4, 1e-4};
  problem.observations = y.size();
  problem.residual = [y](std::size_t i, std::span<const double> p, std::span<double> r) {
    r[0] = p[0] + p[1] * static_cast<double>(i) - y[i];
  };
  return problem;
}

TEST(LeastSquares, AStraightLineAndItsErrorsAreThoseOfRegression) {
  const std::vector<double> y{1, 2, 2, 4};
  const LeastSquaresSolution s = minimize(line(y));
  EXPECT_TRUE(s.converged);
  // Means 1.5 and 2.25, Sxx = 5, Sxy = 4.5: slope 0.9; residual sum of squares 0.7, s² = 0.35.
  EXPECT_NEAR(s.parameters[1], 0.9, close);
  EXPECT_NEAR(s.parameters[0], 0.9, close);
  EXPECT_NEAR(s.deviation(1), std::sqrt(0.35 / 5), close);
  EXPECT_NEAR(s.deviation(0), std::sqrt(0.35 * (0.25 + 1.5 * 1.5 / 5)), close);
  EXPECT_EQ(s.degrees, 2);
  EXPECT_NEAR(s.half_width_95(1), student_t_quantile(0.975, 2) * s.deviation(1), 1e-12);
}

TEST(LeastSquares, AFixedParameterStaysAndHasNoSpread) {
  LeastSquares problem = line({1, 2, 2, 4});
  problem.start = {0, 0.5};
  problem.fixed = {0, 1};
  const LeastSquaresSolution s = minimize(problem);
  EXPECT_EQ(s.parameters[1], 0.5);
  EXPECT_NEAR(s.parameters[0], 2.25 - 0.75, close);
  EXPECT_EQ(s.deviation(1), 0);
}

TEST(LeastSquares, GroupsOfOneGiveTheRobustSandwichOfWhite) {
  const std::vector<double> y{1, 2, 2, 4};
  LeastSquares problem = line(y);
  problem.group = {0, 1, 2, 3};
  const LeastSquaresSolution s = minimize(problem);
  // Slope: sum of (x - 1.5)² r² / 25 with r = y - 0.9 - 0.9 x, times 4/3 · 3/2.
  const double r[] = {0.1, 0.2, -0.7, 0.4};
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += std::pow((i - 1.5) * r[i], 2);
  EXPECT_NEAR(s.deviation(1), std::sqrt(sum / 25 * 2), close);
  EXPECT_EQ(s.degrees, 3);
}

TEST(LeastSquares, ALossLetsGoOfGrossErrors) {
  std::vector<double> y;
  for (int i = 0; i < 40; ++i) y.push_back(2 + 0.5 * i);
  for (const std::size_t i : {3u, 17u, 30u}) y[i] += 100;
  LeastSquares problem = line(y);
  problem.cauchy_scale = 0.1;
  problem.start = {2.5, 0.4};
  const LeastSquaresSolution s = minimize(problem);
  EXPECT_NEAR(s.parameters[0], 2, 1e-3);
  EXPECT_NEAR(s.parameters[1], 0.5, 1e-4);
  EXPECT_LT(s.weights[17], 1e-5);
  EXPECT_GT(s.weights[10], 0.99);
}

TEST(LeastSquares, IntervalsUnderALossHoldForNormalErrors) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<double> y;
    for (std::uint64_t i = 0; i < 60; ++i)
      y.push_back(1 + 0.1 * static_cast<double>(i) + phantom::normal(phantom::random_bits(seed, i)));
    LeastSquares problem = line(y);
    problem.cauchy_scale = 2.5;
    const LeastSquaresSolution s = minimize(problem);
    covered += std::abs(s.parameters[1] - 0.1) <= s.half_width_95(1) ? 1 : 0;
  }
  EXPECT_GE(covered, 183);  // 95 % of the binomial distribution around 190
  EXPECT_LE(covered, 197);
}

TEST(LeastSquares, WhatTheObservationsDoNotDetermineHasNoCovariance) {
  LeastSquares problem = line({1, 2, 3});
  problem.residual = [](std::size_t i, std::span<const double> p, std::span<double> r) {
    r[0] = p[0] + p[1] - static_cast<double>(i);  // only the sum
  };
  const LeastSquaresSolution s = minimize(problem);
  EXPECT_LT(s.conditioning, 1e-7);
  EXPECT_TRUE(s.covariance.empty());
  EXPECT_TRUE(std::isnan(s.half_width_95(0)));
}

TEST(LeastSquares, TooFewResidualsAndInfiniteOnesAreRefused) {
  EXPECT_THROW(minimize(line({1})), ComputationError);
  LeastSquares problem = line({1, 2, 3});
  problem.residual = [](std::size_t, std::span<const double>, std::span<double> r) { r[0] = std::nan(""); };
  EXPECT_THROW(minimize(problem), ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
