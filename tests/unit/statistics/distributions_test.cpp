#include "statistics/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace snitt::statistics {
namespace {

TEST(Distributions, QuantilesAreThoseWithClosedForms) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  // One degree of freedom is Cauchy's distribution, two have an algebraic quantile.
  EXPECT_NEAR(student_t_quantile(0.975, 1), std::tan(std::numbers::pi * 0.475), 1e-11);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)), 1e-13);
  EXPECT_NEAR(student_t_quantile(0.975, 1e9), normal_quantile(0.975), 1e-8);
  // Two degrees of freedom are exponential.
  EXPECT_NEAR(chi_squared_quantile(0.95, 2), -2 * std::log(0.05), 1e-13);
}

TEST(Distributions, FNoncentralityUndoesTheNoncentralF) {
  // R: pf(5, 5, 14, ncp = 11.3) = 0.7709544686. Without noncentrality: pf(0.5, 5, 14) < 0.975.
  EXPECT_NEAR(f_noncentrality(5, 5, 14, 0.7709544686), 11.3, 1e-6);
  EXPECT_EQ(f_noncentrality(0.5, 5, 14, 0.975), 0);
}

}  // namespace
}  // namespace snitt::statistics
