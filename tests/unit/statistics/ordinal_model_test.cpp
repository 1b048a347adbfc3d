#include "statistics/ordinal_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "statistics/random.hpp"

namespace snitt::statistics {
namespace {

TEST(OrdinalModel, ThresholdsAloneAreTheLogitsOfTheShares) {
  const OrdinalModel model = fit_ordinal({3, {0, 0, 1, 1, 1, 2, 2, 2, 2, 2}, {}, {}, {}});
  EXPECT_NEAR(model.thresholds[0], std::log(0.2 / 0.8), 1e-6);
  EXPECT_NEAR(model.thresholds[1], 0, 1e-6);
  EXPECT_NEAR(model.log_likelihood, 2 * std::log(0.2) + 3 * std::log(0.3) + 5 * std::log(0.5), 1e-9);
  // the logit of a share has variance 1 / (n p (1 - p))
  EXPECT_NEAR(model.error(0), std::sqrt(1 / (10 * 0.2 * 0.8)), 1e-4);
}

TEST(OrdinalModel, TwoCategoriesAreTheLogisticRegressionOfATable) {
  // 3 of 10 against 6 of 10: log odds ratio, variance the sum of inverse counts (Woolf).
  OrdinalData data{2, {}, {{}}, {}, {}};
  for (int i = 0; i < 20; ++i) {
    data.covariates[0].push_back(i < 10 ? 0 : 1);
    data.score.push_back(i < 3 || i >= 14 ? 1 : 0);
  }
  const OrdinalModel model = fit_ordinal(data);
  EXPECT_NEAR(model.coefficients[0], std::log((6.0 / 4) / (3.0 / 7)), 1e-6);
  EXPECT_NEAR(model.error(1), std::sqrt(1.0 / 3 + 1.0 / 7 + 1.0 / 6 + 1.0 / 4), 1e-4);
}

TEST(OrdinalModel, LevelsWithoutScatterGetNoVariance) {
  OrdinalData data{2, {}, {}, {{}}, {5}};
  for (std::uint32_t i = 0; i < 50; ++i) {
    data.level[0].push_back(i % 5);
    data.score.push_back((i / 5) % 2);  // the same shares in each level
  }
  const OrdinalModel model = fit_ordinal(data);
  EXPECT_EQ(model.deviations[0], 0);
  EXPECT_NEAR(model.thresholds[0], 0, 1e-6);
  EXPECT_NEAR(model.log_likelihood, 50 * std::log(0.5), 1e-2);  // e⁻⁵ is not quite nothing
}

TEST(OrdinalModel, FindsWhatWasSimulated) {
  OrdinalData data{4, {}, {{}}, {{}}, {200}};
  const std::vector<double> cuts{-1, 0.5, 2};
  for (std::uint32_t c = 0; c < 200; ++c) {
    double sum = 0;  // twelve uniforms: a normal intercept of deviation 0.8
    for (std::uint64_t k = 0; k < 12; ++k) sum += uniform(random_bits(5, c, k));
    for (std::uint32_t k = 0; k < 12; ++k) {
      const double x = k % 2;
      const double u = uniform(random_bits(6, c, k));
      const double latent = 0.8 * (sum - 6) + 1.5 * x + std::log(u / (1 - u));
      data.score.push_back(
          static_cast<std::uint32_t>((latent > cuts[0]) + (latent > cuts[1]) + (latent > cuts[2])));
      data.covariates[0].push_back(x);
      data.level[0].push_back(c);
    }
  }
  const OrdinalModel model = fit_ordinal(data);
  EXPECT_NEAR(model.coefficients[0], 1.5, 3 * model.error(3));
  EXPECT_NEAR(model.deviations[0], 0.8, 3 * 0.8 * model.error(4));
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(model.thresholds[k], cuts[k], 3 * model.error(k));
}

TEST(OrdinalModel, WhatHasNoAnswerIsRefused) {
  EXPECT_THROW(fit_ordinal({3, {0, 0, 2}, {}, {}, {}}), ComputationError);  // an empty category
  EXPECT_THROW(fit_ordinal({2, {0, 0, 0, 1, 1, 1}, {{0, 0, 0, 1, 1, 1}}, {}, {}}),
               ComputationError);  // separated
}

}  // namespace
}  // namespace snitt::statistics
