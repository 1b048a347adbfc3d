#include "phantom/bronchoscope_path.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "phantom/airway_tree.hpp"

namespace snitt::phantom {
namespace {

Tree airways(std::uint64_t seed) {
  AirwayTreeSettings settings;
  settings.seed = seed;
  settings.smallest_radius_mm = 1.8;
  return airway_tree(settings).tree;
}

double distance_to_segment(Vec3 p, Vec3 a, Vec3 b) {
  const Vec3 way = b - a;
  const double share = std::clamp(dot(p - a, way) / dot(way, way), 0.0, 1.0);
  return norm(p - (a + share * way));
}

TEST(BronchoscopePath, TheTipStaysInsideTheLumen) {
  const Tree tree = airways(1);
  for (const BronchoscopeSample& sample : bronchoscope_path(tree, {})) {
    double least = 1e9;  // distance from a line less its radius there: below 0 is inside
    for (std::size_t i = 0; i < tree.size(); ++i)
      if (tree.parents[i] >= 0) {
        const auto parent = static_cast<std::size_t>(tree.parents[i]);
        least = std::min(least, distance_to_segment(sample.true_mm, tree.nodes_mm[parent], tree.nodes_mm[i]) -
                                    std::max(tree.radii_mm[i], tree.radii_mm[parent]));
      }
    EXPECT_LT(least, 0);
  }
}

TEST(BronchoscopePath, ItStartsAndEndsAtTheRootAndVisitsBothLungs) {
  const Tree tree = airways(2);
  const auto path = bronchoscope_path(tree, {});
  EXPECT_LT(norm(path.front().true_mm - tree.nodes_mm.front()), 10);
  EXPECT_LT(norm(path.back().true_mm - tree.nodes_mm.front()), 10);
  double left = 0;
  double right = 0;
  for (const auto& sample : path) {
    left = std::max(left, sample.true_mm.x);
    right = std::min(right, sample.true_mm.x);
  }
  EXPECT_GT(left, 20);
  EXPECT_LT(right, -20);
}

TEST(BronchoscopePath, TheTipMovesSteadilyThroughTheTree) {
  const auto path = bronchoscope_path(airways(3), {});
  for (std::size_t i = 1; i < path.size(); ++i)  // 1.5 mm along, the rest aside; forks change the side
    EXPECT_LT(norm(path[i].true_mm - path[i - 1].true_mm), 8) << i;
}

TEST(BronchoscopePath, WithoutDisturbancesWhatIsTrackedIsTheTruth) {
  BronchoscopeSettings settings;
  settings.breathing_mm = settings.noise_mm = settings.outlier_share = 0;
  for (const auto& sample : bronchoscope_path(airways(4), settings)) {
    EXPECT_EQ(sample.position_mm, sample.true_mm);
    EXPECT_FALSE(sample.is_outlier);
  }
}

TEST(BronchoscopePath, BreathingAveragesToNothingAndGrowsDownwards) {
  BronchoscopeSettings settings;
  settings.noise_mm = settings.outlier_share = 0;
  settings.branches = 12;
  const Tree tree = airways(5);
  double top = 0;
  double bottom = 0;
  Vec3 mean;
  const auto path = bronchoscope_path(tree, settings);
  for (const auto& sample : path) {
    const double moved = norm(sample.position_mm - sample.true_mm);
    double& most = sample.true_mm.z > 0 ? top : bottom;
    most = std::max(most, moved);
    mean = mean + (1.0 / static_cast<double>(path.size())) * (sample.position_mm - sample.true_mm);
  }
  EXPECT_GT(bottom, 1.5 * top);  // the carina is nearly halfway down
  EXPECT_LE(bottom, 12 * 0.625 + 1e-9);  // from mean breath to its end: 1 - 3/8 of the whole
  EXPECT_LT(norm(mean), 0.3);            // whole breaths of paths that last a minute and more
}

TEST(BronchoscopePath, TheShareOfOutliersIsAsAsked) {
  BronchoscopeSettings settings;
  settings.branches = 12;
  const auto path = bronchoscope_path(airways(6), settings);
  const auto outliers =
      std::count_if(path.begin(), path.end(), [](const auto& sample) { return sample.is_outlier; });
  // 2000 samples, bursts of 8: a standard deviation of about 2 %
  EXPECT_NEAR(static_cast<double>(outliers) / static_cast<double>(path.size()), 0.2, 0.06);
}

TEST(BronchoscopePath, TheSeedDecidesEverything) {
  const Tree tree = airways(7);
  const auto one = bronchoscope_path(tree, {});
  const auto same = bronchoscope_path(tree, {});
  BronchoscopeSettings settings;
  settings.seed = 2;
  const auto other = bronchoscope_path(tree, settings);
  ASSERT_EQ(one.size(), same.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].position_mm, same[i].position_mm);
  EXPECT_FALSE(one.size() == other.size() && one[50].position_mm == other[50].position_mm);
}

TEST(BronchoscopePath, WhatHasNoWayIsRefused) {
  EXPECT_THROW(bronchoscope_path({}, {}), UsageError);
  BronchoscopeSettings thick;
  thick.smallest_radius_mm = 50;
  EXPECT_THROW(bronchoscope_path(airways(1), thick), UsageError);
  BronchoscopeSettings still;
  still.speed_mm_per_s = 0;
  EXPECT_THROW(bronchoscope_path(airways(1), still), UsageError);
}

}  // namespace
}  // namespace snitt::phantom
