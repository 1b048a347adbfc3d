#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// A piece of a centre line between two forks, or between a fork and an end. Its nodes run away from the
/// root.
struct TreeBranch {
  std::int32_t parent = -1;     ///< index of the branch it grows from; -1 for one that starts at a root
  std::int32_t generation = 0;  ///< 0 at a root, one more after every fork
  std::string label;            ///< "trachea", "left main bronchus"; "" when it has no name
  friend bool operator==(const TreeBranch&, const TreeBranch&) = default;
};

/// Centre lines with radii: airways, vessels. A forest: every node but a root hangs on one parent. Loops of a
/// vessel network are kept as extra links between nodes.
struct Tree {
  std::vector<Vec3> nodes_mm;         ///< [node], parents before their children
  std::vector<double> radii_mm;       ///< [node], above 0; NaN where not known
  std::vector<std::int32_t> parents;  ///< [node], -1 for a root
  std::vector<std::int32_t>
      branches;  ///< [node], index of its branch; a fork belongs to the branch that ends in it
  std::vector<TreeBranch> branch_list;                       ///< [branch], parents before their children
  std::vector<std::pair<std::int32_t, std::int32_t>> loops;  ///< [link, 2] nodes joined besides
  std::string frame = "LPS";
  std::string quantity = "vessels";  ///< "airways" or "vessels"
  std::size_t size() const { return nodes_mm.size(); }
  friend bool operator==(const Tree&, const Tree&) = default;
};

/// What is wrong with it, as a sentence without a full stop: lists of different lengths, a parent that does
/// not come before its child, a node of no branch, a branch that is not a line or does not start where the
/// one it grows from ends, no name of the frame, a quantity that is neither airways nor vessels, a coordinate
/// that is not finite, a radius not above 0. "" when nothing is.
std::string fault_of(const Tree& tree);

/// Nodes of one branch, from the root's side outwards, beginning with the fork it grows from (if it does).
std::vector<std::size_t> nodes_of_branch(const Tree& tree, std::size_t branch);

}  // namespace snitt
