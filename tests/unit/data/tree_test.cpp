#include "data/tree.hpp"

#include <gtest/gtest.h>

namespace snitt {
namespace {

/// A stem of two nodes that forks into two branches of one node each.
Tree fork() {
  Tree tree;
  tree.nodes_mm = {{0, 0, 0}, {0, 0, -10}, {5, 0, -20}, {-5, 0, -20}};
  tree.radii_mm = {8, 8, 5, 5};
  tree.parents = {-1, 0, 1, 1};
  tree.branches = {0, 0, 1, 2};
  tree.branch_list = {{-1, 0, "trachea"}, {0, 1, ""}, {0, 1, ""}};
  return tree;
}

TEST(Tree, ABranchBeginsWithTheForkItGrowsFrom) {
  EXPECT_EQ(nodes_of_branch(fork(), 0), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(nodes_of_branch(fork(), 2), (std::vector<std::size_t>{1, 3}));
}

TEST(Tree, FaultsAreNamed) {
  Tree tree = fork();
  EXPECT_EQ(fault_of(tree), "");
  tree.parents[1] = 2;
  EXPECT_EQ(fault_of(tree), "node 1 has parent 2; expected -1 or a node before it");
  tree = fork();
  tree.branches[3] = 3;
  EXPECT_EQ(fault_of(tree), "node 3 is of branch 3; there are 3");
  tree = fork();
  tree.parents[3] = 0;  // branch 0 ends in node 1
  EXPECT_EQ(fault_of(tree), "node 3 of branch 2 has parent 0; expected the last node before it of branch 0");
  tree = fork();
  tree.branches[3] = 1;  // two nodes of one branch on one fork
  EXPECT_EQ(fault_of(tree),
            "node 3 of branch 1 has parent 1; expected the last node before it of its branch");
  tree = fork();
  tree.quantity = "roads";
  EXPECT_EQ(fault_of(tree), "its quantity is 'roads'; expected airways or vessels");
  tree = fork();
  tree.frame.clear();
  EXPECT_EQ(fault_of(tree), "its coordinate frame has no name");
  tree = fork();
  tree.radii_mm[0] = 0;
  EXPECT_EQ(fault_of(tree), "node 0 has radius 0; expected a positive number");
  tree = fork();
  tree.loops = {{0, 4}};
  EXPECT_EQ(fault_of(tree), "a loop joins nodes 0 and 4; there are 4");
}

}  // namespace
}  // namespace snitt
