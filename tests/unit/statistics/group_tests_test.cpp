#include "statistics/group_tests.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

// Worked by hand: means 2, 3, 7; grand mean 4; between 3 (4 + 1 + 9) = 42, within 2 + 2 + 2 = 6.
const Groups three{{1, 2, 3}, {2, 3, 4}, {6, 7, 8}};

TEST(GroupTests, AnalysisOfVarianceByHand) {
  const Anova a = anova(three);
  EXPECT_NEAR(a.f, (42.0 / 2) / (6.0 / 6), 1e-12);
  EXPECT_EQ(a.degrees_between, 2);
  EXPECT_EQ(a.degrees_within, 6);
  // F with 2 and m degrees: upper tail (1 + 2 F / m)^(-m / 2)
  EXPECT_NEAR(a.p, std::pow(1 + 2 * 21.0 / 6, -3), 1e-14);
}

TEST(GroupTests, IntraclassCorrelationOfEqualGroups) {
  const std::vector<GroupMoments> groups{{3, 2, 1}, {3, 3, 1}, {3, 7, 1}};
  const IntraclassCorrelation icc = intraclass_correlation(groups, 0.95);
  EXPECT_NEAR(icc.value, (21.0 - 1) / (21 + 2), 1e-12);  // (MSB - MSW) / (MSB + (n - 1) MSW)
  EXPECT_LT(icc.low, icc.value);
  EXPECT_GT(icc.high, icc.value);
}

TEST(GroupTests, KruskalAndWallisByHandWithTies) {
  // Ranks: 1, 2.5, 4.5 | 2.5, 4.5, 6 | 7, 8, 9; sums 8, 13, 24; ties 2 (2³ - 2) = 12
  const KruskalWallis k = kruskal_wallis(three);
  const double uncorrected = 12.0 / 90 * (64 + 169 + 576) / 3 - 30;
  EXPECT_NEAR(k.h, uncorrected / (1 - 12.0 / 720), 1e-12);
  EXPECT_NEAR(k.p, std::exp(-k.h / 2), 1e-14);  // chi² with two degrees
}

TEST(GroupTests, DunnByHand) {
  const auto pairs = dunn(three);
  ASSERT_EQ(pairs.size(), 3U);
  const double variance = (90.0 / 12 - 12.0 / (12 * 8)) * (2.0 / 3);
  EXPECT_NEAR(pairs[1].z, (8.0 / 3 - 24.0 / 3) / std::sqrt(variance), 1e-12);
  EXPECT_NEAR(pairs[1].p_holm, 3 * pairs[1].p, 1e-15);  // the smallest of three
}

TEST(GroupTests, HolmsTextbookExample) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};  // R: p.adjust(p, "holm")
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
}

TEST(GroupTests, RankSumsExactAndWithTies) {
  // Of the 20 choices of 3 ranks out of 6 one has u = 0: two-sided 2 / 20
  const MannWhitney exact = mann_whitney(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6});
  EXPECT_TRUE(exact.exact);
  EXPECT_EQ(exact.u, 0);
  EXPECT_NEAR(exact.p, 0.1, 1e-15);
  // u <= 2 has 1 + 1 + 2 of 20
  EXPECT_NEAR(mann_whitney(std::vector<double>{1, 2, 5}, std::vector<double>{3, 4, 6}).p, 2 * 4.0 / 20,
              1e-15);
  const MannWhitney tied = mann_whitney(std::vector<double>{1, 2, 2}, std::vector<double>{2, 3, 4});
  EXPECT_FALSE(tied.exact);
  EXPECT_EQ(tied.u, 1);
  // variance 9/12 (7 - 24/30); continuity half
  EXPECT_NEAR(tied.z, -3 / std::sqrt(0.75 * (7 - 24.0 / 30)), 1e-12);
}

TEST(GroupTests, WhatCannotBeComparedIsRefused) {
  EXPECT_THROW(anova(Groups{{1, 2}}), ComputationError);
  EXPECT_THROW(anova(Groups{{1, 1}, {2, 2}}), ComputationError);
  EXPECT_THROW(kruskal_wallis(Groups{{1, 1}, {1, 1}}), ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
