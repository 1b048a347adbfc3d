#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "data/tree.hpp"

namespace snitt {

/// Any network of nodes as a forest: what files of lines hold.
struct LinkedNodes {
  std::vector<Vec3> nodes_mm;
  std::vector<double> radii_mm;                              ///< [node]; NaN where not known
  std::vector<std::pair<std::int32_t, std::int32_t>> links;  ///< nodes that are joined
};

/// The forest of shortest ways along the links from the roots; links that are no part of one are loops. The
/// root of each connected part is its end with the largest known radius, without radii its first end in the
/// order of the nodes, and its first node when it has no end. Nodes are put in the order of a walk that
/// finishes one branch before the next, so that the result does not depend on the order of the links. Labels
/// are empty. Throws ComputationError for lists of different lengths or a link of a node that is not there.
Tree tree_from_links(const LinkedNodes& linked);

/// Nodes at one and the same place become one, whose radius is the first known among them: lines that start
/// where another one ends are joined so. Links from a node to itself are left out.
LinkedNodes without_duplicates(const LinkedNodes& linked);

/// Branches of nodes that hang on parents (-1: a root), in any order of the nodes. Throws ComputationError
/// for parents that are not there or that go round in a circle, naming the node.
Tree tree_from_parents(const std::vector<Vec3>& nodes_mm, const std::vector<double>& radii_mm,
                       const std::vector<std::int32_t>& parents);

}  // namespace snitt
