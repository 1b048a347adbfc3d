#include "statistics/poisson_rates.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace snitt::statistics {
namespace {

TEST(PoissonRates, ExactIntervalsAreGarwoods) {
  // For no event the upper limit solves exp(-u) = 0.025.
  EXPECT_EQ(exact_count(0).low, 0);
  EXPECT_NEAR(exact_count(0).high, -std::log(0.025), 1e-12);
  // Printed in every table of limits for Poisson counts: 4.7954 to 18.3904.
  EXPECT_NEAR(exact_count(10).low, 4.7954, 5e-5);
  EXPECT_NEAR(exact_count(10).high, 18.3904, 5e-5);
}

TEST(PoissonRates, ByarsApproachTheExactOnes) {
  double error = 1;
  for (const double count : {5.0, 20.0, 80.0, 320.0}) {
    const RateInterval exact = exact_count(count), byar = byar_count(count);
    const double here = std::abs(byar.high - exact.high) + std::abs(byar.low - exact.low);
    EXPECT_LT(here, 0.6 * error);  // falls with the root of the count, 1/2 each
    error = here;
  }
  EXPECT_EQ(byar_count(0).low, 0);
}

// Stark and Mantel's cases of Down's syndrome by birth order and mother's age (Fleiss 1981, table 14.4).
struct BirthOrder {
  std::vector<double> cases, births;
  double rate, low, high;  // as Fay and Feuer (1997) print them in table I
};
const std::vector<double> standard{63986.6, 186263.6, 157302.2, 97647.0, 47572.6, 12262.6};
const std::vector<BirthOrder> orders{
    {{107, 141, 60, 40, 39, 25}, {230061, 329449, 114920, 39487, 14208, 3052}, 92.3, 80.4, 105.8},
    {{25, 150, 110, 84, 82, 39}, {72202, 326701, 208667, 83228, 28466, 5375}, 91.2, 82.4, 100.9},
    {{3, 71, 114, 103, 108, 75}, {15050, 175702, 207081, 117300, 45026, 8660}, 85.1, 77.2, 94.2},
    {{1, 26, 64, 89, 137, 96}, {2293, 68800, 132424, 98301, 46075, 9834}, 92.7, 80.0, 114.7},
    {{0, 8, 63, 112, 262, 295}, {327, 30666, 123419, 149919, 104088, 34392}, 75.5, 67.7, 188.3}};

TEST(PoissonRates, GammaIntervalsAreThosePrintedByFayAndFeuer) {
  for (const BirthOrder& order : orders) {
    const RateInterval i = gamma_interval(weighted_counts(order.cases, order.births, standard));
    EXPECT_NEAR(1e5 * i.value, order.rate, 0.0501);  // one decimal is printed
    EXPECT_NEAR(1e5 * i.low, order.low, 0.0501);
    EXPECT_NEAR(1e5 * i.high, order.high, 0.0501);
  }
  // R's dsrTest prints the last one to five decimals.
  const RateInterval last = gamma_interval(weighted_counts(orders[4].cases, orders[4].births, standard));
  EXPECT_NEAR(1e5 * last.value, 75.52901, 5.1e-6);
  EXPECT_NEAR(1e5 * last.low, 67.70212, 5.1e-6);
  EXPECT_NEAR(1e5 * last.high, 188.30017, 5.1e-6);
}

TEST(PoissonRates, OneStratumHasTheExactInterval) {
  // With one stratum k = 1/n, r = x/n, v = x/n²: both gamma limits are the chi-squared ones of Garwood.
  const RateInterval sum =
      gamma_interval(weighted_counts(std::vector{7.0}, std::vector{350.0}, std::vector{3.0}));
  EXPECT_NEAR(sum.low, exact_count(7).low / 350, 1e-14);
  EXPECT_NEAR(sum.high, exact_count(7).high / 350, 1e-14);
  const RateInterval tiwari =
      tiwari_interval(weighted_counts(std::vector{7.0}, std::vector{350.0}, std::vector{3.0}));
  EXPECT_NEAR(tiwari.high, sum.high, 1e-14);
}

TEST(PoissonRates, TiwarisAreNoWiderAndDobsonsHaveNoneBelowTen) {
  for (const BirthOrder& order : orders) {
    const WeightedCounts sum = weighted_counts(order.cases, order.births, standard);
    EXPECT_LT(tiwari_interval(sum).high, gamma_interval(sum).high);
    EXPECT_EQ(tiwari_interval(sum).low, gamma_interval(sum).low);
    EXPECT_LT(dobson_interval(sum).low, sum.value);
  }
  EXPECT_TRUE(std::isnan(
      dobson_interval(weighted_counts(std::vector{9.0}, std::vector{1.0}, std::vector{1.0})).high));
  // Dobson's by hand: x = (4, 16), n = (100, 400), w = (1, 1): r = 0.04, v = 0.0002, Byar of 20 is 12.21
  // to 30.89.
  const RateInterval d = dobson_interval(
      weighted_counts(std::vector{4.0, 16.0}, std::vector{100.0, 400.0}, std::vector{1.0, 1.0}));
  EXPECT_NEAR(d.value, 0.04, 1e-15);
  const double scale = std::sqrt((0.25 * 4 / 1e4 + 0.25 * 16 / 16e4) / 20);
  EXPECT_NEAR(d.high, 0.04 + scale * (byar_count(20).high - 20), 1e-15);
  EXPECT_NEAR(byar_count(20).high, 30.89, 5e-3);
}

TEST(PoissonRates, RepeatedEventsWidenByTheRootOfTheirSquares) {
  // Every person has 2 events: half as many independent ones, variance 2 x, so sqrt(2) wider.
  const std::vector<double> x{400, 600}, n{1e4, 2e4}, w{1, 2}, squared{800, 1200};
  const WeightedCounts one = weighted_counts(x, n, w), two = weighted_counts(x, n, w, squared);
  EXPECT_NEAR(two.variance, 2 * one.variance, 1e-18);
  const RateInterval a = dobson_interval(one), b = dobson_interval(two);
  EXPECT_NEAR((b.high - b.low) / (a.high - a.low), std::sqrt(2.0), 1e-12);
  // The gamma interval of 1000 events approaches the normal one: skewness leaves a per cent.
  const RateInterval c = gamma_interval(one), d = gamma_interval(two);
  EXPECT_NEAR((d.high - d.low) / (c.high - c.low), std::sqrt(2.0), 0.02);
}

TEST(PoissonRates, WeightsNeedNotAddUpToOne) {
  const WeightedCounts a = weighted_counts(orders[0].cases, orders[0].births, standard);
  std::vector<double> times;
  for (const double w : standard) times.push_back(w / 1000);
  const WeightedCounts b = weighted_counts(orders[0].cases, orders[0].births, times);
  EXPECT_NEAR(a.value, b.value, 1e-18);
  EXPECT_NEAR(a.largest, b.largest, 1e-18);
}

}  // namespace
}  // namespace snitt::statistics
