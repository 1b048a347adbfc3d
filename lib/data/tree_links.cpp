#include "data/tree_links.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <queue>
#include <set>

#include "base/error.hpp"

namespace snitt {
namespace {

using Neighbours = std::vector<std::vector<std::int32_t>>;

std::size_t at(std::int32_t node) { return static_cast<std::size_t>(node); }

Neighbours neighbours_of(const LinkedNodes& linked) {
  const std::size_t nodes = linked.nodes_mm.size();
  if (linked.radii_mm.size() != nodes)
    throw ComputationError("{} nodes have {} radii; expected one each", nodes, linked.radii_mm.size());
  Neighbours neighbours(nodes);
  for (const auto& [a, b] : linked.links) {
    if (a < 0 || b < 0 || at(a) >= nodes || at(b) >= nodes)
      throw ComputationError("a link joins nodes {} and {}; there are {}", a, b, nodes);
    if (a == b) continue;
    neighbours[at(a)].push_back(b);
    neighbours[at(b)].push_back(a);
  }
  for (auto& list : neighbours) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return neighbours;
}

/// [node] the first node of its connected part.
std::vector<std::int32_t> parts_of(const Neighbours& neighbours) {
  std::vector<std::int32_t> part(neighbours.size(), -1);
  std::vector<std::int32_t> open;
  for (std::size_t first = 0; first < neighbours.size(); ++first) {
    if (part[first] >= 0) continue;
    part[first] = static_cast<std::int32_t>(first);
    open.push_back(static_cast<std::int32_t>(first));
    while (!open.empty()) {
      const std::int32_t node = open.back();
      open.pop_back();
      for (const std::int32_t next : neighbours[at(node)])
        if (part[at(next)] < 0) {
          part[at(next)] = static_cast<std::int32_t>(first);
          open.push_back(next);
        }
    }
  }
  return part;
}

std::vector<std::int32_t> roots_of(const LinkedNodes& linked, const Neighbours& neighbours) {
  const std::vector<std::int32_t> part = parts_of(neighbours);
  std::map<std::int32_t, std::int32_t> roots;  // of each part, in the order of their first nodes
  const auto rank = [&](std::int32_t node) {
    const bool end = neighbours[at(node)].size() == 1;
    const double radius = linked.radii_mm[at(node)];
    return std::pair(end, std::isnan(radius) || !end ? 0.0 : radius);
  };
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto node = static_cast<std::int32_t>(i);
    const auto [place, is_new] = roots.try_emplace(part[i], node);
    if (!is_new && rank(node) > rank(place->second)) place->second = node;
  }
  std::vector<std::int32_t> list;
  for (const auto& [first, root] : roots) list.push_back(root);
  return list;
}

/// Dijkstra's shortest ways; of equal ones that over the node with the lower number.
std::vector<std::int32_t> shortest_parents(const LinkedNodes& linked, const Neighbours& neighbours,
                                           const std::vector<std::int32_t>& roots) {
  std::vector<std::int32_t> parents(neighbours.size(), -1);
  std::vector<double> length(neighbours.size(), std::numeric_limits<double>::infinity());
  using Entry = std::pair<double, std::int32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  for (const std::int32_t root : roots) {
    length[at(root)] = 0;
    open.emplace(0.0, root);
  }
  while (!open.empty()) {
    const auto [way, node] = open.top();
    open.pop();
    if (way > length[at(node)]) continue;
    for (const std::int32_t next : neighbours[at(node)]) {
      const double longer = way + norm(linked.nodes_mm[at(next)] - linked.nodes_mm[at(node)]);
      if (longer >= length[at(next)]) continue;
      length[at(next)] = longer;
      parents[at(next)] = node;
      open.emplace(longer, next);
    }
  }
  return parents;
}

struct Walk {
  Tree tree;
  std::vector<std::int32_t> new_index;  ///< [old node]
};

/// One branch after another, in the order of the old numbers.
Walk walk_of(const std::vector<Vec3>& nodes_mm, const std::vector<double>& radii_mm,
             const std::vector<std::int32_t>& parents) {
  std::vector<std::vector<std::int32_t>> children(parents.size());
  std::vector<std::pair<std::int32_t, std::int32_t>> open;  // node that starts a branch, its parent branch
  for (std::size_t i = parents.size(); i-- > 0;) {
    if (parents[i] < 0)
      open.emplace_back(static_cast<std::int32_t>(i), -1);
    else
      children[at(parents[i])].push_back(static_cast<std::int32_t>(i));  // falling
  }
  Walk walk{{}, std::vector<std::int32_t>(parents.size(), -1)};
  Tree& tree = walk.tree;
  while (!open.empty()) {
    auto [node, from] = open.back();
    open.pop_back();
    const auto branch = static_cast<std::int32_t>(tree.branch_list.size());
    tree.branch_list.push_back({from, from < 0 ? 0 : tree.branch_list[at(from)].generation + 1, ""});
    for (;;) {
      walk.new_index[at(node)] = static_cast<std::int32_t>(tree.size());
      tree.nodes_mm.push_back(nodes_mm[at(node)]);
      tree.radii_mm.push_back(radii_mm[at(node)]);
      tree.parents.push_back(parents[at(node)] < 0 ? -1 : walk.new_index[at(parents[at(node)])]);
      tree.branches.push_back(branch);
      if (children[at(node)].size() != 1) break;
      node = children[at(node)].front();
    }
    for (const std::int32_t child : children[at(node)]) open.emplace_back(child, branch);
  }
  return walk;
}

}  // namespace

Tree tree_from_links(const LinkedNodes& linked) {
  const Neighbours neighbours = neighbours_of(linked);
  const std::vector<std::int32_t> parents =
      shortest_parents(linked, neighbours, roots_of(linked, neighbours));
  Walk walk = walk_of(linked.nodes_mm, linked.radii_mm, parents);
  for (std::size_t node = 0; node < neighbours.size(); ++node)
    for (const std::int32_t other : neighbours[node]) {
      const auto self = static_cast<std::int32_t>(node);
      if (other < self || parents[node] == other || parents[at(other)] == self) continue;
      walk.tree.loops.emplace_back(std::minmax(walk.new_index[node], walk.new_index[at(other)]));
    }
  std::sort(walk.tree.loops.begin(), walk.tree.loops.end());
  return std::move(walk.tree);
}

LinkedNodes without_duplicates(const LinkedNodes& linked) {
  std::map<std::array<double, 3>, std::int32_t> places;
  std::vector<std::int32_t> new_index;
  LinkedNodes result;
  for (std::size_t i = 0; i < linked.nodes_mm.size(); ++i) {
    const Vec3 p = linked.nodes_mm[i];
    const auto [place, is_new] =
        places.try_emplace({p.x, p.y, p.z}, static_cast<std::int32_t>(result.nodes_mm.size()));
    new_index.push_back(place->second);
    if (is_new) {
      result.nodes_mm.push_back(p);
      result.radii_mm.push_back(linked.radii_mm[i]);
    } else if (double& radius = result.radii_mm[at(place->second)]; std::isnan(radius)) {
      radius = linked.radii_mm[i];
    }
  }
  std::set<std::pair<std::int32_t, std::int32_t>> links;
  for (const auto& [a, b] : linked.links) {
    const std::pair<std::int32_t, std::int32_t> link = std::minmax(new_index.at(at(a)), new_index.at(at(b)));
    if (link.first != link.second && links.insert(link).second) result.links.push_back(link);
  }
  return result;
}

Tree tree_from_parents(const std::vector<Vec3>& nodes_mm, const std::vector<double>& radii_mm,
                       const std::vector<std::int32_t>& parents) {
  const auto nodes = static_cast<std::int32_t>(nodes_mm.size());
  for (std::size_t i = 0; i < parents.size(); ++i)
    if (parents[i] < -1 || parents[i] >= nodes)
      throw ComputationError("node {} has parent {}; expected -1 or one of {} nodes", i, parents[i], nodes);
  Walk walk = walk_of(nodes_mm, radii_mm, parents);
  const auto missed = std::find(walk.new_index.begin(), walk.new_index.end(), -1);
  if (missed != walk.new_index.end())
    throw ComputationError("the parents of node {} go round in a circle; expected them to lead to a root",
                           missed - walk.new_index.begin());
  return std::move(walk.tree);
}

}  // namespace snitt
