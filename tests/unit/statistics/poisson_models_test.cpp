#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/poisson_draw.hpp"
#include "statistics/poisson_gamma.hpp"
#include "statistics/poisson_mixed_model.hpp"
#include "statistics/random.hpp"
#include "statistics/ratio_funnel.hpp"

namespace snitt::statistics {
namespace {

const std::vector<double> observed{12, 31, 8, 55, 20, 41, 3, 27};
const std::vector<double> expected{18.5, 22, 14.2, 38, 25, 30.1, 9.4, 33};

// No factorials left out, no series: the negative binomial as textbooks have it.
double plain_log_likelihood(double mean, double shape) {
  double total = 0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const double mu = mean * expected[i];
    total += std::lgamma(observed[i] + shape) - std::lgamma(shape) + shape * std::log(shape / (shape + mu)) +
             observed[i] * std::log(mu / (shape + mu));
  }
  return total;
}

/// Areas with so many expected events each, whose log ratios have this deviation.
std::vector<double> simulated(std::size_t areas, double events, double deviation, std::uint64_t seed) {
  std::vector<double> counts;
  for (std::size_t i = 0; i < areas; ++i) {
    const double z = normal_quantile(uniform(random_bits(seed, 1, i)) + 0x1.0p-54);
    counts.push_back(static_cast<double>(
        poisson_draw(events * std::exp(deviation * z), uniform(random_bits(seed, 2, i)))));
  }
  return counts;
}

TEST(PoissonDraw, DrawsFollowTheDistribution) {
  for (const double mean : {0.3, 4.0, 250.0}) {
    double sum = 0, squares = 0;
    constexpr int n = 20000;
    for (int i = 0; i < n; ++i) {
      const auto k =
          static_cast<double>(poisson_draw(mean, uniform(random_bits(5, static_cast<std::uint64_t>(i)))));
      sum += k;
      squares += (k - mean) * (k - mean);
    }
    EXPECT_NEAR(sum / n, mean, 4 * std::sqrt(mean / n));
    EXPECT_NEAR(squares / n, mean,
                4 * std::sqrt((2 * mean * mean + mean) / n));  // fourth moment of Poisson's
  }
  EXPECT_EQ(poisson_draw(0, 0.7), 0);
  EXPECT_EQ(poisson_draw(2, 0), 0);
  EXPECT_EQ(poisson_draw(2, std::exp(-2.0) * 1.0001), 1);
}

TEST(PoissonGamma, TheMaximumIsThatOfTheTextbookLikelihood) {
  const PoissonGamma model = fit_poisson_gamma(observed, expected);
  const double best = plain_log_likelihood(model.mean, model.shape);
  for (const double step : {0.99, 1.01}) {
    EXPECT_LT(plain_log_likelihood(model.mean * step, model.shape), best);
    EXPECT_LT(plain_log_likelihood(model.mean, model.shape * step), best);
  }
  // The slopes vanish: differences over 1e-4 leave 1e-8 of the curvature, and digits of lgamma.
  const double h = 1e-4;
  EXPECT_NEAR((plain_log_likelihood(model.mean + h, model.shape) -
               plain_log_likelihood(model.mean - h, model.shape)) /
                  (2 * h),
              0, 1e-5);
  EXPECT_NEAR((plain_log_likelihood(model.mean, model.shape + h) -
               plain_log_likelihood(model.mean, model.shape - h)) /
                  (2 * h),
              0, 1e-5);
  EXPECT_NEAR(model.variance, model.mean * model.mean / model.shape, 1e-12);
}

TEST(PoissonGamma, WithMeanOneShapeAndRateAreEqual) {
  const PoissonGamma model = fit_poisson_gamma(observed, expected, 1);
  EXPECT_EQ(model.mean, 1);
  EXPECT_EQ(model.shape, model.rate);
  EXPECT_LE(model.log_likelihood, fit_poisson_gamma(observed, expected).log_likelihood);
}

TEST(PoissonGamma, EqualRatiosLeaveNothingBeyondChance) {
  const PoissonGamma model = fit_poisson_gamma(expected, expected);
  EXPECT_TRUE(std::isinf(model.shape));
  EXPECT_EQ(model.variance, 0);
  EXPECT_NEAR(model.mean, 1, 1e-14);
  EXPECT_EQ(shrunk(model, 3, 9).value, model.mean);
  EXPECT_EQ(fit_poisson_mixed(expected, expected).deviation, 0);
}

TEST(PoissonGamma, ShrinkingLiesBetweenTheAreaAndTheMean) {
  const PoissonGamma model = fit_poisson_gamma(observed, expected);
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const ShrunkRatio s = shrunk(model, observed[i], expected[i]);
    EXPECT_GT((s.value - model.mean) * (observed[i] / expected[i] - model.mean), 0);
    EXPECT_LT(std::abs(s.value - model.mean), std::abs(observed[i] / expected[i] - model.mean));
    EXPECT_LT(s.low, s.value);
    EXPECT_GT(s.high, s.value);
  }
}

TEST(PoissonGamma, MarshallsMomentsByHand) {
  // O = (2, 6), E = (4, 4): m = 1, s² = (4 · 0.25 + 4 · 0.25) / 8 = 0.25, A = 0.25 - 1/4 = 0; with O = (1,
  // 7): s² = 0.5625, A = 0.3125, and the first area's ratio 0.25 becomes 1 + 0.3125/0.5625 (0.25 - 1).
  EXPECT_EQ(marshall_moments(std::vector{2.0, 6.0}, std::vector{4.0, 4.0}).variance, 0);
  const MarshallMoments m = marshall_moments(std::vector{1.0, 7.0}, std::vector{4.0, 4.0});
  EXPECT_NEAR(m.variance, 0.3125, 1e-15);
  EXPECT_NEAR(shrunk(m, 1, 4), 1 - 0.75 * 0.3125 / 0.5625, 1e-15);
}

TEST(PoissonGamma, TheVarianceIsRecovered) {
  // Gamma and log-normal of the same small variance are alike: exp(0.15²) - 1 = 0.0228; 400 areas give 10 %.
  const std::vector<double> e(400, 200.0);
  const PoissonGamma model = fit_poisson_gamma(simulated(400, 200, 0.15, 3), e);
  EXPECT_NEAR(model.variance, 0.0228, 4 * 0.0228 * std::sqrt(2.0 / 400) * 1.4);
}

TEST(PoissonMixedModel, TheLikelihoodIsTheIntegral) {
  const PoissonMixedModel model = fit_poisson_mixed(observed, expected);
  double total = 0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    double sum = 0;  // trapezoids over ± 10 deviations: exact to rounding for so smooth a function
    constexpr int n = 4000;
    for (int k = -n; k <= n; ++k) {
      const double z = 10.0 * k / n;
      const double log_mean = std::log(expected[i]) + model.intercept + model.deviation * z;
      sum +=
          std::exp(observed[i] * log_mean - std::exp(log_mean) - std::lgamma(observed[i] + 1) - z * z / 2) *
          10.0 / n;
    }
    total += std::log(sum / std::sqrt(2 * 3.14159265358979323846));
  }
  EXPECT_NEAR(model.log_likelihood, total, 1e-9);
  EXPECT_NEAR(fit_poisson_mixed(observed, expected, 75).deviation, model.deviation, 1e-6);
}

TEST(PoissonMixedModel, LaplaceIsOnePoint) {
  const PoissonMixedModel one = fit_poisson_mixed(observed, expected, 1),
                          many = fit_poisson_mixed(observed, expected);
  EXPECT_NEAR(one.deviation, many.deviation, 0.02 * many.deviation);
  EXPECT_NE(one.deviation, many.deviation);
}

TEST(PoissonMixedModel, DeviationAndIntervalHoldTheTruth) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const PoissonMixedModel model =
        fit_poisson_mixed(simulated(60, 80, 0.25, seed), std::vector<double>(60, 80.0));
    covered += model.deviation_low <= 0.25 && 0.25 <= model.deviation_high ? 1 : 0;
  }
  EXPECT_GE(covered, 16);  // of 20 at 95 %: fewer happen once in 400 times
}

TEST(PoissonMixedModel, RatiosAndSharesByHand) {
  EXPECT_NEAR(median_rate_ratio(0.3), std::exp(std::sqrt(2 * 0.09) * 0.67449), 1e-5);
  EXPECT_EQ(median_rate_ratio(0), 1);
  EXPECT_NEAR(poisson_intraclass(0.5, 2), 0.25 / (0.25 + std::log(1.5)), 1e-15);
}

TEST(RatioFunnel, LimitsCloseWithTheRootOfTheExpected) {
  const std::vector<double> o{100, 400, 1600}, e{100, 400, 1600};
  const RatioFunnel f = ratio_funnel(o, e);
  EXPECT_EQ(f.target, 1);
  EXPECT_EQ(f.dispersion.tau_squared, 0);
  const auto width = [&](std::size_t i) { return f.units[i].exact_95.high - f.units[i].exact_95.low; };
  EXPECT_NEAR(width(0) / width(1), 2, 0.02);  // Poisson's steps
  EXPECT_NEAR(width(1) / width(2), 2, 0.01);
  for (const RatioUnit& unit : f.units) {
    EXPECT_EQ(unit.z, 0);
    // Without over-dispersion the limits on the root's scale are near the exact ones.
    EXPECT_NEAR(unit.additive_95.high, unit.exact_95.high, 0.01);
    EXPECT_LT(unit.exact_998.low, unit.exact_95.low);
  }
}

TEST(RatioFunnel, OverdispersionByHand) {
  // E = 25, 25, 25, 25 and O = 36, 36, 16, 16: target 26 / 25; z = (sqrt(O/E) - sqrt(26/25)) · 10.
  const RatioFunnel f = ratio_funnel(std::vector{36.0, 36.0, 16.0, 16.0}, std::vector(4, 25.0), 0);
  const double up = 12 - 10 * std::sqrt(1.04), down = 8 - 10 * std::sqrt(1.04);
  EXPECT_NEAR(f.units[0].z, up, 1e-12);
  EXPECT_NEAR(f.dispersion.phi, (up * up + down * down) / 2, 1e-12);
  // τ² = (4 φ - 3) / (400 - 100) with weights 1/s² = 100.
  EXPECT_NEAR(f.dispersion.tau_squared, (4 * f.dispersion.phi - 3) / 300, 1e-12);
  const double reach = 1.959963984540054 * std::sqrt(0.01 + f.dispersion.tau_squared);
  EXPECT_NEAR(f.units[0].additive_95.high, std::pow(std::sqrt(1.04) + reach, 2), 1e-12);
  EXPECT_NEAR(f.units[0].z_multiplicative, up / std::sqrt(f.dispersion.phi), 1e-12);
}

TEST(RatioFunnel, OverdispersionPutsNobodyFurtherOut) {
  // None where 1.5 are expected: z = -2.4 on the root's scale, yet chance gives it in exp(-1.5) = 22 %.
  const RatioFunnel f = ratio_funnel(std::vector{0.0, 101.5, 100.0}, std::vector{1.5, 100.0, 100.0});
  EXPECT_LT(f.units[0].z_additive, -1.96);
  EXPECT_EQ(f.units[0].by_chance.beyond, 0);
  EXPECT_EQ(f.units[0].among_others.beyond, 0);
  // Five times what is expected stands out either way.
  const RatioFunnel g =
      ratio_funnel(std::vector{50.0, 100.0, 100.0, 100.0}, std::vector{10.0, 113.0, 113.0, 114.0}, 0.3);
  EXPECT_EQ(g.units[0].by_chance.beyond, 2);
  EXPECT_EQ(g.units[0].among_others.beyond, 2);
}

TEST(RatioFunnel, TheLogarithmBearsAnAreaWithoutEvents) {
  const RatioFunnel f =
      ratio_funnel(std::vector{0.0, 10.0, 14.0}, std::vector(3, 8.0), 0.1, RatioScale::logarithm);
  EXPECT_NEAR(f.units[0].z, std::log(0.5 / 8) * std::sqrt(8.0), 1e-12);
  EXPECT_THROW(ratio_funnel(std::vector{1.0}, std::vector{0.0}), ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
