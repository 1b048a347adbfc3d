#include "data/tree.hpp"

#include <fmt/core.h>

#include <cmath>

namespace snitt {
namespace {

bool is_finite(Vec3 v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

std::string node_fault(const Tree& tree, std::size_t node) {
  const std::int32_t parent = tree.parents[node];
  if (parent < -1 || parent >= static_cast<std::int32_t>(node))
    return fmt::format("node {} has parent {}; expected -1 or a node before it", node, parent);
  if (tree.branches[node] < 0 || tree.branches[node] >= static_cast<std::int32_t>(tree.branch_list.size()))
    return fmt::format("node {} is of branch {}; there are {}", node, tree.branches[node],
                       tree.branch_list.size());
  if (!is_finite(tree.nodes_mm[node]))
    return fmt::format("node {} has a coordinate that is not finite", node);
  // NaN compares false: a radius that is not known passes
  if (tree.radii_mm[node] <= 0 || std::isinf(tree.radii_mm[node]))
    return fmt::format("node {} has radius {}; expected a positive number", node, tree.radii_mm[node]);
  return "";
}

/// Branches are lines: each node hangs on the one before it, the first on the fork that ends another branch.
std::string branch_fault(const Tree& tree) {
  std::vector<std::int32_t> last(tree.branch_list.size(), -1);
  for (std::size_t node = 0; node < tree.size(); ++node) {
    const auto branch = static_cast<std::size_t>(tree.branches[node]);
    const std::int32_t grows_from = tree.branch_list[branch].parent;
    const std::int32_t expected = last[branch] >= 0 ? last[branch]
                                  : grows_from >= 0 ? last[static_cast<std::size_t>(grows_from)]
                                                    : -1;
    if (tree.parents[node] != expected || (grows_from >= 0 && expected < 0))
      return fmt::format("node {} of branch {} has parent {}; expected the last node before it of {}", node,
                         branch, tree.parents[node],
                         last[branch] >= 0 ? "its branch" : fmt::format("branch {}", grows_from));
    last[branch] = static_cast<std::int32_t>(node);
  }
  return "";
}

}  // namespace

std::string fault_of(const Tree& tree) {
  const std::size_t nodes = tree.size();
  if (tree.radii_mm.size() != nodes || tree.parents.size() != nodes || tree.branches.size() != nodes)
    return fmt::format(
        "it has {} nodes, {} radii, {} parents and {} branches of nodes; expected equal numbers", nodes,
        tree.radii_mm.size(), tree.parents.size(), tree.branches.size());
  if (tree.frame.empty()) return "its coordinate frame has no name";
  if (tree.quantity != "airways" && tree.quantity != "vessels")
    return fmt::format("its quantity is '{}'; expected airways or vessels", tree.quantity);
  for (std::size_t branch = 0; branch < tree.branch_list.size(); ++branch) {
    const std::int32_t parent = tree.branch_list[branch].parent;
    if (parent < -1 || parent >= static_cast<std::int32_t>(branch))
      return fmt::format("branch {} has parent {}; expected -1 or a branch before it", branch, parent);
  }
  for (std::size_t node = 0; node < nodes; ++node)
    if (const std::string fault = node_fault(tree, node); !fault.empty()) return fault;
  if (const std::string fault = branch_fault(tree); !fault.empty()) return fault;
  for (const auto& [one, other] : tree.loops)
    if (one < 0 || other < 0 || one >= static_cast<std::int32_t>(nodes) ||
        other >= static_cast<std::int32_t>(nodes))
      return fmt::format("a loop joins nodes {} and {}; there are {}", one, other, nodes);
  return "";
}

std::vector<std::size_t> nodes_of_branch(const Tree& tree, std::size_t branch) {
  std::vector<std::size_t> nodes;
  for (std::size_t node = 0; node < tree.size(); ++node) {
    if (tree.branches[node] != static_cast<std::int32_t>(branch)) continue;
    if (nodes.empty() && tree.parents[node] >= 0)
      nodes.push_back(static_cast<std::size_t>(tree.parents[node]));
    nodes.push_back(node);
  }
  return nodes;
}

}  // namespace snitt
