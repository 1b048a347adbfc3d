#include "statistics/survival.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::statistics {
namespace {

// Remission of leukemia (Miller 1997), R's survival::aml.
const std::vector<double> aml_times{9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5,
                                    5, 8,  8,  12, 16, 23, 27, 30, 33, 43, 45};
const std::vector<std::uint8_t> aml_finished{1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1,
                                             1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1};

SurvivalCurve maintained() {
  return kaplan_meier(std::span(aml_times).first(11), std::span(aml_finished).first(11));
}

TEST(KaplanMeier, IsRs) {
  const SurvivalCurve curve = maintained();
  const SurvivalStep s = curve.at(31);
  EXPECT_EQ(s.at_risk, 5);
  EXPECT_NEAR(s.survival, 0.49090909, 1e-8);
  EXPECT_NEAR(s.error, 0.164193267, 1e-8);
  EXPECT_NEAR(s.low, 0.254859951, 1e-8);
  EXPECT_NEAR(s.high, 0.94558496, 1e-7);
  EXPECT_EQ(curve.at(8.9).survival, 1);
  EXPECT_NEAR(curve.at(30).survival, 0.61363636, 1e-8);  // holds until the next event
  EXPECT_EQ(curve.events, 7);
  EXPECT_EQ(curve.censored, 4);
}

TEST(KaplanMeier, QuantilesAreRs) {
  const SurvivalCurve curve = maintained();
  EXPECT_EQ(survival_quantile(curve, 0.25).value, 18);
  EXPECT_EQ(survival_quantile(curve, 0.25).low, 13);
  EXPECT_EQ(survival_quantile(curve, 0.5).value, 31);
  EXPECT_EQ(survival_quantile(curve, 0.5).low, 18);
  EXPECT_TRUE(std::isnan(survival_quantile(curve, 0.5).high));
  EXPECT_EQ(survival_quantile(curve, 0.75).value, 48);
}

TEST(KaplanMeier, WithoutCensoringItIsTheShareThatIsLeft) {
  const std::vector<double> times{1, 2, 2, 5, 7, 7, 7, 10};
  const SurvivalCurve curve = kaplan_meier(times, std::vector<std::uint8_t>(8, 1));
  EXPECT_NEAR(curve.at(2).survival, 5.0 / 8, 1e-15);
  EXPECT_NEAR(curve.at(7).survival, 1.0 / 8, 1e-15);
  EXPECT_NEAR(curve.at(2).error, std::sqrt(3.0 / 8 * 5 / 8 / 8), 1e-15);  // binomial
  EXPECT_EQ(survival_quantile(curve, 0.5).value, 6);  // the curve lies on one half from 5 to 7
}

TEST(LogRank, IsRs) {
  std::vector<std::uint32_t> group(23, 1);
  std::fill_n(group.begin(), 11, 0u);
  const LogRank test = log_rank(aml_times, aml_finished, group, 2);
  EXPECT_NEAR(test.chi_squared, 3.396388699, 1e-8);
  EXPECT_NEAR(test.expected[0], 10.68933599, 1e-7);
  EXPECT_NEAR(test.p, 0.06533932, 1e-7);
}

TEST(LogRank, AGroupSplitByChanceDiffersByChance) {
  // Three groups of one distribution: the mean of chi-squared is its degrees of freedom.
  double sum = 0;
  constexpr int runs = 400;
  for (std::uint64_t r = 0; r < runs; ++r) {
    std::vector<double> times;
    std::vector<std::uint8_t> finished;
    std::vector<std::uint32_t> group;
    for (std::uint64_t i = 0; i < 90; ++i) {
      times.push_back(-std::log(1 - uniform(random_bits(r, i, 1))));
      finished.push_back(uniform(random_bits(r, i, 2)) < 0.8 ? 1 : 0);
      group.push_back(static_cast<std::uint32_t>(i % 3));
    }
    sum += log_rank(times, finished, group, 3).chi_squared;
  }
  EXPECT_NEAR(sum / runs, 2, 4 * 2 / std::sqrt(double{runs}));  // standard deviation of chi-squared (2): 2
}

TEST(LogRank, AnEmptyGroupChangesNothing) {
  std::vector<std::uint32_t> group(23, 2);
  std::fill_n(group.begin(), 11, 0u);
  const LogRank test = log_rank(aml_times, aml_finished, group, 3);
  EXPECT_NEAR(test.chi_squared, 3.396388699, 1e-8);
  EXPECT_EQ(test.degrees, 1);
}

TEST(OrderInterval, IsTheBinomials) {
  // n = 10, median: P(X <= 1) = 11/1024 = 1.07 %, P(X <= 2) = 5.5 %: second to ninth value.
  const std::vector<double> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const QuantileInterval median = order_interval(values, 0.5);
  EXPECT_EQ(median.low, 2);
  EXPECT_EQ(median.high, 9);
  EXPECT_TRUE(std::isinf(order_interval(std::vector<double>{1, 2, 3}, 0.5).low));  // 1/8 lie above all three
}

TEST(OrderInterval, CoversTheQuantile) {
  int held = 0;
  constexpr int runs = 2000;
  for (std::uint64_t r = 0; r < runs; ++r) {
    std::vector<double> values;
    for (std::uint64_t i = 0; i < 60; ++i) values.push_back(uniform(random_bits(77, r, i)));
    std::sort(values.begin(), values.end());
    const QuantileInterval i = order_interval(values, 0.75);
    held += i.low <= 0.75 && 0.75 <= i.high ? 1 : 0;
  }
  EXPECT_GE(held,
            static_cast<int>(0.95 * runs) - 2 * 10);  // at least 95 % by construction; 10: standard error
}

TEST(KaplanMeier, RefusesNegativeTimes) {
  EXPECT_THROW(kaplan_meier(std::vector<double>{1, -1}, std::vector<std::uint8_t>{1, 1}), ComputationError);
  EXPECT_THROW(kaplan_meier(std::vector<double>{std::numeric_limits<double>::quiet_NaN()},
                            std::vector<std::uint8_t>{1}),
               ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
