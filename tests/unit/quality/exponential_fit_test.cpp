#include "quality/exponential_fit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/error.hpp"

namespace snitt::quality {
namespace {

constexpr std::array diameters{160.0, 210.0, 260.0, 310.0, 360.0};

TEST(ExponentialFit, FindsTheParametersOfAnExactCurve) {
  std::array<double, 5> values{};
  for (std::size_t i = 0; i < 5; ++i) values[i] = 84 * std::exp(-0.0081 * diameters[i]);
  const ExponentialFit fit = fit_exponential(diameters, values);
  EXPECT_NEAR(fit.alpha, 84, 84e-6);
  EXPECT_NEAR(fit.beta, -0.0081, 1e-8);
  EXPECT_NEAR(fit.r2, 1, 1e-10);
}

// Least squares of the values, not of their logarithms: the slope of the sum of squares vanishes in both
// parameters. 1e-5: of the size of its terms.
TEST(ExponentialFit, IsTheMinimumOfTheSquares) {
  const std::array<double, 5> values{30, 19, 14, 7, 6};
  const ExponentialFit fit = fit_exponential(diameters, values);
  double by_alpha = 0, by_beta = 0, size = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const double shape = std::exp(fit.beta * diameters[i]);
    const double residual = fit.alpha * shape - values[i];
    by_alpha += residual * shape * fit.alpha;
    by_beta += residual * fit.alpha * shape * diameters[i] / 260;
    size += std::abs(residual) * fit.alpha * shape;
  }
  EXPECT_NEAR(by_alpha / size, 0, 1e-5);
  EXPECT_NEAR(by_beta / size, 0, 1e-5);
  EXPECT_GT(fit.r2, 0.97);
  EXPECT_LT(fit.r2, 1);
  EXPECT_GT(fit.beta_half_width, 0);
}

TEST(ExponentialFit, RefusesWhatDoesNotDetermineIt) {
  EXPECT_THROW(fit_exponential(std::array{1.0}, std::array{2.0}), InputError);
  EXPECT_THROW(fit_exponential(std::array{1.0, 1.0}, std::array{2.0, 3.0}), InputError);
  EXPECT_THROW(fit_exponential(std::array{1.0, 2.0}, std::array{2.0, 0.0}), InputError);
  EXPECT_NO_THROW(fit_exponential(std::array{1.0, 2.0}, std::array{2.0, 1.0}));
}

}  // namespace
}  // namespace snitt::quality
