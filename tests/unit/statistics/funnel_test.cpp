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

}  // namespace
}  // namespace snitt::statistics
