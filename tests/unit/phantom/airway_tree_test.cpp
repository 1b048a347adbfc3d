#include "phantom/airway_tree.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

using testing::HasSubstr;

Tree tree_of(std::uint64_t seed, double smallest = 1) {
  AirwayTreeSettings settings;
  settings.seed = seed;
  settings.smallest_radius_mm = smallest;
  return airway_tree(settings).tree;
}

std::vector<std::vector<std::size_t>> children_of(const Tree& tree) {
  std::vector<std::vector<std::size_t>> children(tree.branch_list.size());
  for (std::size_t b = 0; b < tree.branch_list.size(); ++b)
    if (tree.branch_list[b].parent >= 0)
      children[static_cast<std::size_t>(tree.branch_list[b].parent)].push_back(b);
  return children;
}

double mean_radius(const Tree& tree, std::size_t branch) {
  double sum = 0;
  double count = 0;
  for (std::size_t n = 0; n < tree.size(); ++n)
    if (tree.branches[n] == static_cast<std::int32_t>(branch)) {
      sum += tree.radii_mm[n];
      ++count;
    }
  return sum / count;
}

TEST(AirwayTree, is_a_tree_without_fault_and_every_fork_has_two_children) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Tree tree = tree_of(seed);
    EXPECT_EQ(fault_of(tree), "");
    EXPECT_EQ(tree.frame, "LPS");
    EXPECT_EQ(tree.quantity, "airways");
    for (const auto& children : children_of(tree)) EXPECT_THAT(children.size(), testing::AnyOf(0, 2));
    for (std::size_t b = 0; b < tree.branch_list.size(); ++b) {
      const TreeBranch& branch = tree.branch_list[b];
      EXPECT_EQ(
          branch.generation,
          branch.parent < 0 ? 0 : tree.branch_list[static_cast<std::size_t>(branch.parent)].generation + 1);
    }
  }
}

// Horsfield, Weibel: trachea 10-12 cm and 16-18 mm; some hundred branches down to 2 mm, about 10 generations.
TEST(AirwayTree, has_the_proportions_of_an_adult) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    const Tree tree = tree_of(seed);
    EXPECT_NEAR(norm(tree.nodes_mm.front()), 110, 1e-9);
    EXPECT_NEAR(mean_radius(tree, 0), 8.5, 0.05);
    EXPECT_GT(tree.branch_list.size(), 300U) << seed;
    EXPECT_LT(tree.branch_list.size(), 1200U) << seed;
    std::int32_t deepest = 0;
    for (const TreeBranch& b : tree.branch_list) deepest = std::max(deepest, b.generation);
    EXPECT_GE(deepest, 9) << seed;
    EXPECT_LE(deepest, 20) << seed;
    EXPECT_GE(*std::min_element(tree.radii_mm.begin(), tree.radii_mm.end()), 0.97);
    EXPECT_EQ(tree.branch_list[1].label, "right main bronchus");
    EXPECT_EQ(tree.branch_list[2].label, "left main bronchus");
    const auto left = nodes_of_branch(tree, 2);
    EXPECT_GT(tree.nodes_mm[left.back()].x, tree.nodes_mm[left.front()].x + 20);  // L of LPS is +x
  }
}

// d0^2.8 = d1^2.8 + d2^2.8 (Kitaoka et al. 1999), but where the thinner child is held at the smallest radius.
TEST(AirwayTree, diameters_follow_the_law_of_the_forks) {
  const Tree tree = tree_of(5);
  const auto children = children_of(tree);
  std::size_t forks = 0;
  for (std::size_t b = 9; b < children.size(); ++b) {
    if (children[b].empty()) continue;
    const double one = mean_radius(tree, children[b][0]);
    const double two = mean_radius(tree, children[b][1]);
    if (std::min(one, two) < 1.02) continue;
    const double both = std::pow(std::pow(one, 2.8) + std::pow(two, 2.8), 1 / 2.8);
    EXPECT_NEAR(both / mean_radius(tree, b), 1, 0.02);  // the taper's rounding to nodes
    ++forks;
  }
  EXPECT_GT(forks, 50U);
}

TEST(AirwayTree, stays_in_the_lungs_below_the_lobar_bronchi) {
  AirwayTreeSettings settings;
  settings.seed = 7;
  const AirwayTree made = airway_tree(settings);
  const auto& tree = made.tree;
  std::size_t out = 0;
  std::size_t all = 0;
  for (std::size_t n = 0; n < tree.size(); ++n) {
    if (tree.branch_list[static_cast<std::size_t>(tree.branches[n])].generation < 5) continue;
    ++all;
    if (std::min(made.right.level(tree.nodes_mm[n]), made.left.level(tree.nodes_mm[n])) > 1) ++out;
  }
  EXPECT_GT(all, 1000U);
  EXPECT_EQ(out, 0U);
}

// Lumens that touch away from forks would make loops that no truth tells of.
TEST(AirwayTree, branches_that_do_not_meet_keep_clear_of_each_other) {
  for (const std::uint64_t seed : {1U, 8U}) {
    const Tree tree = tree_of(seed, 1.2);
    const auto parent = [&](std::int32_t b) { return tree.branch_list[static_cast<std::size_t>(b)].parent; };
    for (std::size_t a = 0; a < tree.size(); ++a)
      for (std::size_t b = 0; b < a; ++b) {
        const std::int32_t one = tree.branches[a];
        const std::int32_t two = tree.branches[b];
        if (one < 9 || two < 9 || one == two || parent(one) == two || parent(two) == one ||
            parent(one) == parent(two))
          continue;
        ASSERT_GT(norm(tree.nodes_mm[a] - tree.nodes_mm[b]), tree.radii_mm[a] + tree.radii_mm[b])
            << seed << ": branches " << one << " and " << two;
      }
  }
}

TEST(AirwayTree, is_the_same_for_the_same_seed_and_another_for_another) {
  EXPECT_EQ(tree_of(3), tree_of(3));
  EXPECT_NE(tree_of(3), tree_of(4));
}

TEST(AirwayTree, refuses_sizes_that_make_no_tree) {
  AirwayTreeSettings settings;
  settings.scale = 0;
  EXPECT_THROW(airway_tree(settings), UsageError);
  settings.scale = 1;
  settings.smallest_radius_mm = 3;
  try {
    airway_tree(settings);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a quarter of the trachea's radius"));
  }
}

TEST(VesselTree, branches_by_Murrays_law_within_its_region) {
  const Tree tree = vessel_tree({});
  EXPECT_EQ(fault_of(tree), "");
  EXPECT_EQ(tree.quantity, "vessels");
  EXPECT_GT(tree.branch_list.size(), 20U);
  for (const Vec3 p : tree.nodes_mm) EXPECT_LT(norm(p), 42);
  const auto children = children_of(tree);
  const double root = mean_radius(tree, 0);
  const double cubes =
      std::pow(mean_radius(tree, children[0].at(0)), 3) + std::pow(mean_radius(tree, children[0].at(1)), 3);
  EXPECT_NEAR(std::cbrt(cubes) / root, 1, 0.02);
}

}  // namespace
}  // namespace snitt::phantom
