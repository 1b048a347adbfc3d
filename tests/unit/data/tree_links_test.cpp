#include "data/tree_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.hpp"

namespace snitt {
namespace {

using ::testing::HasSubstr;

using Link = std::pair<std::int32_t, std::int32_t>;

/// A Y: 0-1-2, then 2-3 and 2-4-5.
LinkedNodes fork() {
  return {{{0, 0, 0}, {0, 0, -1}, {0, 0, -2}, {1, 0, -3}, {-1, 0, -3}, {-2, 0, -4}},
          {5, 5, 5, 3, 3, 3},
          {{0, 1}, {1, 2}, {2, 3}, {2, 4}, {4, 5}}};
}

TEST(TreeLinks, LinesBecomeBranchesBetweenForks) {
  const Tree tree = tree_from_links(fork());
  EXPECT_EQ(fault_of(tree), "");
  EXPECT_EQ(tree.nodes_mm, fork().nodes_mm);
  EXPECT_EQ(tree.parents, (std::vector<std::int32_t>{-1, 0, 1, 2, 2, 4}));
  EXPECT_EQ(tree.branches, (std::vector<std::int32_t>{0, 0, 0, 1, 2, 2}));
  EXPECT_EQ(tree.branch_list, (std::vector<TreeBranch>{{-1, 0, ""}, {0, 1, ""}, {0, 1, ""}}));
}

TEST(TreeLinks, TheOrderAndSenseOfLinksDoNotMatter) {
  LinkedNodes turned = fork();
  std::mt19937 random(1);
  std::shuffle(turned.links.begin(), turned.links.end(), random);
  for (Link& link : turned.links) std::swap(link.first, link.second);
  EXPECT_EQ(tree_from_links(turned), tree_from_links(fork()));
}

TEST(TreeLinks, TheRootIsTheThickestEnd) {
  LinkedNodes linked = fork();
  linked.radii_mm[5] = 9;
  const Tree tree = tree_from_links(linked);
  EXPECT_EQ(tree.nodes_mm.front(), (Vec3{-2, 0, -4}));
  EXPECT_EQ(fault_of(tree), "");
  linked.radii_mm.assign(6, std::nan(""));
  EXPECT_EQ(tree_from_links(linked).nodes_mm.front(), (Vec3{0, 0, 0}));  // the first end
}

TEST(TreeLinks, ARingIsCutAndTheCutKeptAsLoop) {
  LinkedNodes ring{{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}}, {1, 1, 1, 1}, {}};
  ring.links = {{0, 1}, {1, 2}, {2, 3}, {3, 0}};
  const Tree tree = tree_from_links(ring);
  EXPECT_EQ(fault_of(tree), "");
  EXPECT_EQ(tree.loops.size(), 1U);
  EXPECT_EQ(tree.size(), 4U);
}

TEST(TreeLinks, EveryPartHasItsOwnRoot) {
  LinkedNodes linked = fork();
  linked.nodes_mm.push_back({50, 0, 0});
  linked.radii_mm.push_back(std::nan(""));
  const Tree tree = tree_from_links(linked);
  EXPECT_EQ(std::count(tree.parents.begin(), tree.parents.end(), -1), 2);
  EXPECT_EQ(fault_of(tree), "");
}

TEST(TreeLinks, LinesThatMeetAtOnePlaceAreJoined) {
  LinkedNodes lines{{{0, 0, 0}, {0, 0, -1}, {0, 0, -1}, {1, 0, -2}, {0, 0, -1}, {-1, 0, -2}},
                    {4, std::nan(""), 3, 2, 3, 2},
                    {{0, 1}, {2, 3}, {4, 5}}};
  const LinkedNodes joined = without_duplicates(lines);
  EXPECT_EQ(joined.nodes_mm.size(), 4U);
  EXPECT_EQ(joined.radii_mm, (std::vector<double>{4, 3, 2, 2}));
  EXPECT_EQ(tree_from_links(joined).branch_list.size(), 3U);
}

TEST(TreeLinks, ParentsInAnyOrderMakeTheTree) {
  const LinkedNodes y = fork();
  const Tree tree = tree_from_parents({y.nodes_mm.rbegin(), y.nodes_mm.rend()},
                                      {y.radii_mm.rbegin(), y.radii_mm.rend()}, {1, 3, 3, 4, 5, -1});
  EXPECT_EQ(fault_of(tree), "");
  EXPECT_EQ(tree.branch_list.size(), 3U);
  EXPECT_EQ(tree.nodes_mm.front(), (Vec3{0, 0, 0}));
}

TEST(TreeLinks, WhatIsNoTreeIsNamed) {
  const auto refusal = [](auto call) -> std::string {
    try {
      call();
    } catch (const ComputationError& error) {
      return error.what();
    }
    return "accepted";
  };
  LinkedNodes linked = fork();
  linked.links.push_back({0, 6});
  EXPECT_THAT(refusal([&] { tree_from_links(linked); }),
              HasSubstr("a link joins nodes 0 and 6; there are 6"));
  linked = fork();
  linked.radii_mm.pop_back();
  EXPECT_THAT(refusal([&] { tree_from_links(linked); }), HasSubstr("6 nodes have 5 radii"));
  const auto circle = [] { tree_from_parents({{}, {}, {}}, {1, 1, 1}, {-1, 2, 1}); };
  EXPECT_THAT(refusal(circle), HasSubstr("node 1 go round in a circle"));
  EXPECT_THAT(refusal([] { tree_from_parents({{}}, {1}, {4}); }), HasSubstr("node 0 has parent 4"));
}

TEST(TreeLinks, AMillionNodesInALineDoNotOverflow) {
  LinkedNodes line;
  for (int i = 0; i < 1000000; ++i) {
    line.nodes_mm.push_back({0.1 * i, 0, 0});
    line.radii_mm.push_back(1);
    if (i > 0) line.links.emplace_back(i - 1, i);
  }
  EXPECT_EQ(tree_from_links(line).branch_list.size(), 1U);
}

}  // namespace
}  // namespace snitt
