#include "statistics/mixed_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

GroupSums response_only(const std::vector<double>& y) { return sums_of({y}); }

TEST(MixedModel, BalancedGroupsGiveTheClosedForm) {
  // Equal sizes: within = MSW, between = (MSB - MSW) / n, intercept = grand mean with variance MSB / (g n).
  const std::vector<GroupSums> groups{response_only({1, 2, 3}), response_only({2, 3, 4}),
                                      response_only({6, 7, 8})};
  const MixedModel model = fit_random_intercept(groups);
  EXPECT_NEAR(model.within_deviation, 1, 1e-6);
  EXPECT_NEAR(model.between_deviation, std::sqrt(20.0 / 3), 1e-5);
  EXPECT_NEAR(model.fixed[0].value, 4, 1e-9);
  EXPECT_NEAR(model.fixed[0].error, std::sqrt(21.0 / 9), 1e-5);
  EXPECT_NEAR(model.fixed[0].degrees, 2, 1e-3);  // exactly groups - 1
  EXPECT_NEAR(model.intercept[2], (1 - 1.0 / 21) * 3, 1e-5);
  EXPECT_FALSE(model.at_zero);
  EXPECT_NEAR(model.intraclass, 20.0 / 23, 1e-6);
}

TEST(MixedModel, GroupsThatDoNotDifferHaveNoVarianceBetweenThem) {
  const std::vector<GroupSums> groups{response_only({1, 2, 3}), response_only({1, 2, 3}),
                                      response_only({1, 2, 3.3})};
  const MixedModel model = fit_random_intercept(groups);
  EXPECT_TRUE(model.at_zero);
  EXPECT_EQ(model.between_deviation, 0);
  EXPECT_EQ(model.intercept[0], 0);
  EXPECT_EQ(model.intraclass_low, 0);
}

TEST(MixedModel, AnExactLineIsFoundThroughGroupsOfItsOwnHeight) {
  const std::vector<double> x{1, 2, 4, 7};
  std::vector<GroupSums> groups;
  for (const double height : {0.0, 1.0, 5.0}) {
    std::vector<double> y;
    double wiggle = 1e-4;
    for (const double v : x) y.push_back(height + 0.5 * v + (wiggle = -wiggle));
    groups.push_back(sums_of({x, y}));
  }
  const MixedModel model = fit_random_intercept(groups, std::vector<double>{3.5});
  EXPECT_NEAR(model.fixed[1].value, 0.5, 1e-4);
  EXPECT_NEAR(model.fixed[0].value, 2 + 0.5 * 3.5, 1e-3);  // the intercept is taken at the origin
}

TEST(MixedModel, RowsWithAGapArePassedOverAndGroupCovariatesSlideIn) {
  const std::vector<double> x{1, 2, std::nan(""), 4};
  const std::vector<double> y{2, 4, 5, 9};
  const GroupSums sums = sums_of({x, y});
  EXPECT_EQ(sums.count, 3);
  const GroupSums more = with_group_covariate(sums, 7);
  EXPECT_EQ(more.mean, (std::vector<double>{sums.mean[0], 7, sums.mean[1]}));
  EXPECT_EQ(more.cross[0 * 3 + 2], sums.cross[0 * 2 + 1]);
  EXPECT_EQ(more.cross[1 * 3 + 1], 0);
}

TEST(MixedModel, WhatIsNotDeterminedIsRefused) {
  EXPECT_THROW(fit_random_intercept(std::vector<GroupSums>{response_only({1, 2, 3})}), ComputationError);
  const std::vector<double> flat{1, 1, 1};
  const std::vector<double> y{1, 2, 3};
  EXPECT_THROW(fit_random_intercept(std::vector<GroupSums>{sums_of({flat, y}), sums_of({flat, y})}),
               ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
