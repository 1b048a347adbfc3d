#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/tree.hpp"
#include "trees/centerline_path.hpp"
#include "trees/skeleton_graph.hpp"

namespace snitt::trees {

struct AssemblySettings {
  std::string quantity = "airways";
  std::optional<Vec3> root_local_mm;
  double shortest_piece_mm = 10;
  bool largest_piece_only = true;
};

/// A tree, or a forest, of the graph's lines, whose smooth course is in `paths` [edge]. The root of a piece
/// is its thickest end, or for the piece that comes nearest to `root_local_mm` the end nearest to it; from
/// there each joint is reached by the widest short way (length over radius), and the lines left over close
/// rings. Coordinates stay local.
Tree assemble(const SkeletonGraph& graph, const std::vector<CenterlinePath>& paths,
              const AssemblySettings& settings);

/// Names trachea, right and left main bronchus of a tree in LPS when its root forks into branches that lead
/// to both sides.
void label_airways(Tree& tree);

}  // namespace snitt::trees
