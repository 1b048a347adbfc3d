#include "trees/tree_assembly.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace snitt::trees {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double mean_radius(const CenterlinePath& path) {
  double sum = 0;
  for (const double r : path.radii_mm) sum += r;
  return sum / static_cast<double>(path.radii_mm.size());
}

class Assembly {
 public:
  Assembly(const SkeletonGraph& graph, const std::vector<CenterlinePath>& paths,
           const AssemblySettings& settings)
      : graph_(graph), paths_(paths), settings_(settings), edges_of_(graph.edges_of()) {
    tree_.quantity = settings.quantity;
    way_.assign(graph.joints_mm.size(), infinity);
    node_.assign(graph.joints_mm.size(), -1);
    branch_.assign(graph.joints_mm.size(), -1);
    through_.assign(graph.joints_mm.size(), -1);
    used_.assign(graph.edges.size(), false);
  }

  Tree run() {
    struct Piece {
      std::vector<std::int32_t> joints;
      double length;
    };
    std::vector<Piece> pieces;
    std::vector<bool> seen(graph_.joints_mm.size(), false);
    for (std::size_t j = 0; j < seen.size(); ++j) {
      if (seen[j] || edges_of_[j].empty()) continue;
      Piece piece{{static_cast<std::int32_t>(j)}, 0};
      seen[j] = true;
      for (std::size_t n = 0; n < piece.joints.size(); ++n)
        for (const std::int32_t e : edges_of_[at(piece.joints[n])]) {
          piece.length += 0.5 * paths_[at(e)].length_mm();
          const std::int32_t to = other(e, piece.joints[n]);
          if (seen[at(to)]) continue;
          seen[at(to)] = true;
          piece.joints.push_back(to);
        }
      pieces.push_back(std::move(piece));
    }
    std::stable_sort(pieces.begin(), pieces.end(),
                     [](const Piece& a, const Piece& b) { return a.length > b.length; });
    if (settings_.root_local_mm && !pieces.empty()) {
      const auto nearest = std::min_element(
          pieces.begin(), pieces.end(),
          [&](const Piece& a, const Piece& b) { return nearness(a.joints) < nearness(b.joints); });
      std::rotate(pieces.begin(), nearest, nearest + 1);
    }
    for (std::size_t p = 0; p < pieces.size(); ++p) {
      if (p > 0 && (settings_.largest_piece_only || pieces[p].length < settings_.shortest_piece_mm)) continue;
      grow(root_of(pieces[p].joints, p == 0));
    }
    return std::move(tree_);
  }

 private:
  static std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }
  std::int32_t other(std::int32_t edge, std::int32_t joint) const {
    const SkeletonEdge& e = graph_.edges[at(edge)];
    return e.from == joint ? e.to : e.from;
  }
  double nearness(const std::vector<std::int32_t>& joints) const {
    double least = infinity;
    for (const std::int32_t j : joints)
      least = std::min(least, norm(graph_.joints_mm[at(j)] - *settings_.root_local_mm));
    return least;
  }

  std::int32_t root_of(const std::vector<std::int32_t>& joints, bool by_point) const {
    std::int32_t best = joints.front();
    double merit = -infinity;
    for (const std::int32_t j : joints) {
      if (edges_of_[at(j)].size() != 1 && joints.size() > 1) continue;
      const double m = by_point && settings_.root_local_mm
                           ? -norm(graph_.joints_mm[at(j)] - *settings_.root_local_mm)
                           : mean_radius(paths_[at(edges_of_[at(j)].front())]);
      if (m > merit) {
        merit = m;
        best = j;
      }
    }
    return best;
  }

  /// The widest short ways from the root to all joints (Dijkstra).
  std::vector<std::int32_t> reach(std::int32_t root) {
    using Item = std::pair<double, std::int32_t>;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
    std::vector<std::int32_t> order;
    std::vector<bool> done(way_.size(), false);
    way_[at(root)] = 0;
    queue.emplace(0, root);
    while (!queue.empty()) {
      const auto [way, joint] = queue.top();
      queue.pop();
      if (done[at(joint)]) continue;
      done[at(joint)] = true;
      order.push_back(joint);
      for (const std::int32_t e : edges_of_[at(joint)]) {
        const std::int32_t to = other(e, joint);
        const double on = way + paths_[at(e)].length_mm() / std::max(mean_radius(paths_[at(e)]), 1e-3);
        if (on < way_[at(to)]) {
          way_[at(to)] = on;
          through_[at(to)] = e;
          queue.emplace(on, to);
        }
      }
    }
    return order;
  }

  std::int32_t add_node(Vec3 point, double radius, std::int32_t parent, std::int32_t branch) {
    tree_.nodes_mm.push_back(point);
    tree_.radii_mm.push_back(radius);
    tree_.parents.push_back(parent);
    tree_.branches.push_back(branch);
    return static_cast<std::int32_t>(tree_.size()) - 1;
  }

  /// The line `edge` from `joint` as a new branch. Its last node is left out when `stops_before` the other
  /// joint.
  std::int32_t add_branch(std::int32_t edge, std::int32_t joint, bool stops_before) {
    const CenterlinePath& path = paths_[at(edge)];
    const std::size_t count = path.points_mm.size();
    const bool forwards = graph_.edges[at(edge)].from == joint;
    const auto index = [&](std::size_t i) { return forwards ? i : count - 1 - i; };
    const std::int32_t parent = branch_[at(joint)];
    const auto branch = static_cast<std::int32_t>(tree_.branch_list.size());
    tree_.branch_list.push_back({parent, parent < 0 ? 0 : tree_.branch_list[at(parent)].generation + 1, ""});
    std::int32_t node = node_[at(joint)];
    if (node < 0)
      node = node_[at(joint)] = add_node(path.points_mm[index(0)], path.radii_mm[index(0)], -1, branch);
    for (std::size_t i = 1; i + (stops_before ? 1 : 0) < count; ++i)
      node = add_node(path.points_mm[index(i)], path.radii_mm[index(i)], node, branch);
    used_[at(edge)] = true;
    return node;
  }

  void grow(std::int32_t root) {
    const std::vector<std::int32_t> order = reach(root);
    for (const std::int32_t joint : order) {
      if (joint == root) continue;
      const std::int32_t edge = through_[at(joint)];
      const std::int32_t from = other(edge, joint);
      const auto branch = static_cast<std::int32_t>(tree_.branch_list.size());
      node_[at(joint)] = add_branch(edge, from, false);
      branch_[at(joint)] = branch;
    }
    for (const std::int32_t joint : order)
      for (const std::int32_t edge : edges_of_[at(joint)])
        if (!used_[at(edge)]) {
          const std::int32_t to = other(edge, joint);
          const std::int32_t last = add_branch(edge, joint, true);
          tree_.loops.emplace_back(last, node_[at(to)]);
        }
  }

  const SkeletonGraph& graph_;
  const std::vector<CenterlinePath>& paths_;
  const AssemblySettings& settings_;
  std::vector<std::vector<std::int32_t>> edges_of_;
  std::vector<double> way_;            // [joint] from the root
  std::vector<std::int32_t> node_;     // [joint] its node in the tree
  std::vector<std::int32_t> branch_;   // [joint] branch that ends in it
  std::vector<std::int32_t> through_;  // [joint] edge that it is reached by
  std::vector<bool> used_;             // [edge]
  Tree tree_;
};

}  // namespace

Tree assemble(const SkeletonGraph& graph, const std::vector<CenterlinePath>& paths,
              const AssemblySettings& settings) {
  return Assembly(graph, paths, settings).run();
}

void label_airways(Tree& tree) {
  std::vector<std::size_t> children;
  for (std::size_t b = 1; b < tree.branch_list.size(); ++b)
    if (tree.branch_list[b].parent == 0) children.push_back(b);
  if (children.size() != 2) return;
  const auto side = [&](std::size_t branch) {
    const auto nodes = nodes_of_branch(tree, branch);
    return tree.nodes_mm[nodes.back()].x - tree.nodes_mm[nodes.front()].x;  // +x is the patient's left
  };
  const std::size_t left = side(children[0]) > side(children[1]) ? children[0] : children[1];
  const std::size_t right = left == children[0] ? children[1] : children[0];
  if (!(side(left) > 0 && side(right) < 0)) return;
  tree.branch_list[0].label = "trachea";
  tree.branch_list[left].label = "left main bronchus";
  tree.branch_list[right].label = "right main bronchus";
}

}  // namespace snitt::trees
