#include "statistics/count_regression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

TEST(CountRegression, IsRs) {
  // R 4.2, MASS: glm.nb(y ~ x)
  const std::vector<double> y{12, 15, 9, 20, 31, 14, 22, 40, 25, 18, 33, 50};
  std::vector<double> design;
  for (int i = 1; i <= 12; ++i) design.insert(design.end(), {1.0, static_cast<double>(i)});
  const CountRegression fit = negative_binomial_regression(y, design, 2, std::vector<double>(12, 0));
  EXPECT_NEAR(fit.coefficients[0], 2.4368372166, 1e-6);
  EXPECT_NEAR(fit.coefficients[1], 0.1046740777, 1e-7);
  EXPECT_NEAR(fit.theta, 15.7727468803, 1e-4);  // R stops theta at 1e-5 relative
  EXPECT_NEAR(fit.likelihood, -40.6935250300, 1e-7);
  EXPECT_NEAR(fit.errors[0], 0.217041267, 1e-6);
  EXPECT_NEAR(fit.errors[1], 0.027855991, 1e-6);
}

TEST(CountRegression, AMeanAloneIsTheMean) {
  const std::vector<double> y{3, 8, 1, 12, 6};
  const CountRegression fit =
      negative_binomial_regression(y, std::vector<double>(5, 1), 1, std::vector<double>(5, 0));
  EXPECT_NEAR(std::exp(fit.coefficients[0]), 6, 1e-9);
}

TEST(CountRegression, LessVarianceThanPoissonIsPoisson) {
  const std::vector<double> y{10, 10, 11, 10, 9, 10};
  const CountRegression fit =
      negative_binomial_regression(y, std::vector<double>(6, 1), 1, std::vector<double>(6, 0));
  EXPECT_EQ(fit.theta, largest_theta);
  EXPECT_NEAR(fit.errors[0], 1 / std::sqrt(60.0), 1e-6);
}

TEST(CountRegression, AnOffsetMovesTheInterceptAlone) {
  const std::vector<double> y{12, 15, 9, 20, 31, 14};
  std::vector<double> design;
  for (int i = 1; i <= 6; ++i) design.insert(design.end(), {1.0, static_cast<double>(i)});
  const CountRegression plain = negative_binomial_regression(y, design, 2, std::vector<double>(6, 0));
  const CountRegression shifted =
      negative_binomial_regression(y, design, 2, std::vector<double>(6, std::log(2.0)));
  EXPECT_NEAR(plain.coefficients[0] - shifted.coefficients[0], std::log(2.0), 1e-8);
  EXPECT_NEAR(plain.coefficients[1], shifted.coefficients[1], 1e-8);
}

TEST(CountRegression, RefusesColumnsThatDependOnEachOther) {
  const std::vector<double> design{1, 2, 1, 2, 1, 2};
  EXPECT_THROW(
      negative_binomial_regression(std::vector<double>{1, 2, 3}, design, 2, std::vector<double>(3, 0)),
      ComputationError);
  EXPECT_THROW(negative_binomial_regression(std::vector<double>{1}, std::vector<double>{1, 2}, 2,
                                            std::vector<double>(1, 0)),
               ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
