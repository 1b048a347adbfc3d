#include "statistics/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace snitt::statistics {
namespace {

const std::vector<double> five{3, 1, 4, 1, 5};

TEST(Summary, MomentsAreTheTextbooks) {
  EXPECT_DOUBLE_EQ(mean(five), 2.8);
  EXPECT_NEAR(standard_deviation(five), std::sqrt(3.2), 1e-15);  // sum of squares 12.8 over n - 1
  EXPECT_NEAR(root_mean_square(five), std::sqrt(10.4), 1e-15);
}

TEST(Summary, QuantilesAreThoseOfTypeSeven) {
  // R: quantile(c(3,1,4,1,5), c(0, .1, .25, .5, .9, 1))
  const std::vector<std::pair<double, double>> expected{{0, 1},   {0.1, 1},   {0.25, 1},
                                                        {0.5, 3}, {0.9, 4.6}, {1, 5}};
  for (const auto& [share, value] : expected) EXPECT_NEAR(quantile(five, share), value, 1e-14) << share;
  EXPECT_DOUBLE_EQ(median(five), 3);
}

TEST(Summary, NothingGivesNothing) {
  EXPECT_TRUE(std::isnan(mean({})));
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
  EXPECT_EQ(standard_deviation(std::vector<double>{7}), 0);
}

TEST(Summary, AMinorityOfGrossErrorsDoesNotMoveTheRobustDeviation) {
  std::vector<double> values;
  for (int i = -50; i <= 50; ++i) values.push_back(i);
  const double clean = robust_deviation(values);
  EXPECT_NEAR(clean, 1.4826 * 25, 1e-12);
  for (std::size_t i = 0; i < 10; ++i) values[i] = -1e9;
  EXPECT_NEAR(robust_deviation(values), clean, 1e-9);
}

}  // namespace
}  // namespace snitt::statistics
