#include "statistics/funnel.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

TEST(Funnel, BinomialLimitsInterpolateBetweenCounts) {
  // Binomial(4, 1/2): P(X <= 0, 1, 2, 3, 4) = 1, 5, 11, 15, 16 of 16. For 2.5 %: r = 0 with
  // a = (1/16 - 0.025) / (1/16), cut at 0; for 97.5 %: r = 4, a = (1 - 0.975) / (1/16) = 0.4.
  const Limits limits = binomial_limits(0.5, 4, 0.95);
  EXPECT_EQ(limits.low, 0);
  EXPECT_NEAR(limits.high, 3.6 / 4, 1e-12);
}

TEST(Funnel, LargeNumbersGiveTheNormalLimits) {
  const Limits limits = binomial_limits(0.3, 100000, 0.95);
  const double half = 1.959964 * std::sqrt(0.21 / 100000);
  EXPECT_NEAR(limits.low, 0.3 - half, 0.01 * half);  // skewness of order 1/sqrt(n), half a count
  EXPECT_NEAR(limits.high, 0.3 + half, 0.01 * half);
  const Limits counts = poisson_limits(10000, 0.95);
  EXPECT_NEAR(counts.high, 1 + 1.959964 / 100, 1e-4 * 3);
}

TEST(Funnel, WinsorisingDrawsInTheTails) {
  const std::vector<double> z{-10, -1, 0, 1, 10};
  const std::vector<double> error{0.1, 0.1, 0.1, 0.1, 0.1};
  const Overdispersion d = overdispersion(z, error, 0.25);
  EXPECT_NEAR(d.phi, 4.0 / 5, 1e-14);
  EXPECT_EQ(d.tau_squared, 0);  // no more than chance
  const Overdispersion raw = overdispersion(z, error, 0);
  EXPECT_NEAR(raw.phi, 202.0 / 5, 1e-12);
  // (202 - 4) / (500 - 5 * 10000 / 500) = 198 / 400
  EXPECT_NEAR(raw.tau_squared, 198.0 / 400, 1e-12);
}

TEST(Funnel, AUnitAtTheTargetHasNoZ) {
  const std::vector<double> events{5, 10, 15};
  const std::vector<std::int64_t> trials{20, 40, 60};
  const Funnel funnel = proportion_funnel(events, trials);
  EXPECT_NEAR(funnel.target, 0.25, 1e-15);
  for (const FunnelUnit& unit : funnel.units) EXPECT_NEAR(unit.z, 0, 1e-12);
  EXPECT_LT(funnel.units[2].exact_95.high - funnel.units[2].exact_95.low,
            funnel.units[0].exact_95.high - funnel.units[0].exact_95.low);
  EXPECT_THROW(proportion_funnel(std::vector<double>{0}, std::vector<std::int64_t>{9}), ComputationError);
}

TEST(Funnel, WhatChanceGivesOftenIsInside) {
  // P(X >= 1) = 1 - exp(-0.19) = 17.3 % is no 2.5 %, though the interpolated limit lies below 1.
  const Standing one = poisson_standing(1, 0.19);
  EXPECT_LT(poisson_limits(0.19, 0.95).high * 0.19, 1);
  EXPECT_NEAR(one.probability, 1 - std::exp(-0.19), 1e-14);
  EXPECT_EQ(one.beyond, 0);
  // One of one above a level that half of all exceed.
  EXPECT_LT(binomial_limits(0.5, 1, 0.998).high, 1);
  EXPECT_EQ(binomial_standing(1, 0.5, 1).beyond, 0);
  EXPECT_NEAR(binomial_standing(1, 0.5, 1).probability, 0.5, 1e-15);
}

TEST(Funnel, TailsDecideAtTheirShares) {
  // Binomial(n, 1/2): all are events with probability 2^-n, below 2.5 % from n = 6 and below 0.1 % from 10.
  for (std::int64_t n = 1; n <= 12; ++n) {
    const int beyond = n >= 10 ? 2 : n >= 6 ? 1 : 0;
    EXPECT_EQ(binomial_standing(static_cast<double>(n), 0.5, n).beyond, beyond) << n;
    EXPECT_EQ(binomial_standing(0, 0.5, n).beyond, -beyond) << n;
  }
  // None where e are expected has probability exp(-e): 2.5 % at 3.689, 0.1 % at 6.908.
  EXPECT_EQ(poisson_standing(0, 3.68).beyond, 0);
  EXPECT_EQ(poisson_standing(0, 3.70).beyond, -1);
  EXPECT_EQ(poisson_standing(0, 6.91).beyond, -2);
  EXPECT_STREQ(standing_words(-2), "below 99.8 %");
  EXPECT_STREQ(standing_words(0), "inside");
  EXPECT_STREQ(standing_words(1), "above 95 %");
  // Sums that miss a whole number by rounding are that number.
  EXPECT_EQ(poisson_standing(3 + 1e-12, 1).probability, poisson_standing(3, 1).probability);
}

}  // namespace
}  // namespace snitt::statistics
