#include "trees/skeleton_graph.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

class Tracer {
 public:
  Tracer(const image::VoxelMask& thin, const std::vector<float>& distance_mm)
      : grid_(thin.geometry), distance_(distance_mm) {
    for (std::size_t v = 0; v < thin.inside.size(); ++v)
      if (thin.inside[v] != 0) {
        place_[v] = voxels_.size();
        voxels_.push_back(v);
      }
    neighbours_.resize(voxels_.size());
    for (std::size_t n = 0; n < voxels_.size(); ++n) {
      const auto at = grid_.place(voxels_[n]);
      for (const VoxelGrid::Step& step : grid_.steps()) {
        if (!grid_.has(at, step)) continue;
        const auto it = place_.find(voxels_[n] + static_cast<std::size_t>(step.offset));
        if (it != place_.end()) neighbours_[n].push_back(it->second);
      }
    }
    joint_.assign(voxels_.size(), -1);
  }

  SkeletonGraph run() {
    for (std::size_t n = 0; n < voxels_.size(); ++n)
      if (joint_[n] < 0 && neighbours_[n].size() != 2) add_joint(n);
    done_.assign(voxels_.size(), false);
    for (std::size_t n = 0; n < voxels_.size(); ++n)
      if (joint_[n] >= 0)
        for (const std::size_t next : neighbours_[n])
          if (joint_[next] < 0 && !done_[next]) trace(n, next);
    add_touching_joints();
    for (std::size_t n = 0; n < voxels_.size(); ++n)
      if (joint_[n] < 0 && !done_[n]) {  // a ring without any joint
        add_joint(n);
        trace(n, neighbours_[n].front());
      }
    return std::move(graph_);
  }

 private:
  double radius(std::size_t n) const { return static_cast<double>(distance_[voxels_[n]]); }
  bool is_fork(std::size_t n) const { return neighbours_[n].size() > 2; }

  /// An end alone; fork voxels that touch together.
  void add_joint(std::size_t first) {
    std::vector<std::size_t> members{first};
    const auto index = static_cast<std::int32_t>(graph_.joints_mm.size());
    joint_[first] = index;
    if (is_fork(first))
      for (std::size_t m = 0; m < members.size(); ++m)
        for (const std::size_t next : neighbours_[members[m]])
          if (joint_[next] < 0 && is_fork(next)) {
            joint_[next] = index;
            members.push_back(next);
          }
    Vec3 sum;
    double largest = 0;
    for (const std::size_t m : members) {
      sum = sum + grid_.local_mm(voxels_[m]);
      largest = std::max(largest, radius(m));
    }
    graph_.joints_mm.push_back((1.0 / static_cast<double>(members.size())) * sum);
    graph_.joint_radii_mm.push_back(largest);
  }

  void trace(std::size_t from, std::size_t next) {
    std::vector<std::size_t> line;
    std::size_t before = from;
    while (joint_[next] < 0) {
      done_[next] = true;
      line.push_back(next);
      const auto& around = neighbours_[next];
      const std::size_t on = around[0] == before ? around[1] : around[0];
      before = next;
      next = on;
    }
    add_edge(joint_[from], joint_[next], line);
  }

  /// Joints that touch without a voxel between them: an end beside a fork.
  void add_touching_joints() {
    for (std::size_t n = 0; n < voxels_.size(); ++n)
      for (const std::size_t next : neighbours_[n])
        if (next > n && joint_[n] >= 0 && joint_[next] >= 0 && joint_[n] != joint_[next])
          add_edge(joint_[n], joint_[next], {});
  }

  void add_edge(std::int32_t from, std::int32_t to, const std::vector<std::size_t>& line) {
    SkeletonEdge edge{from, to, {}, {}};
    const auto add = [&](Vec3 at, double r) {
      edge.points_mm.push_back(at);
      edge.radii_mm.push_back(r);
    };
    const auto joint = [&](std::int32_t j) {
      add(graph_.joints_mm[static_cast<std::size_t>(j)], graph_.joint_radii_mm[static_cast<std::size_t>(j)]);
    };
    joint(from);
    for (const std::size_t n : line) add(grid_.local_mm(voxels_[n]), radius(n));
    joint(to);
    graph_.edges.push_back(std::move(edge));
  }

  VoxelGrid grid_;
  const std::vector<float>& distance_;
  std::vector<std::size_t> voxels_;
  std::map<std::size_t, std::size_t> place_;  // voxel to its number
  std::vector<std::vector<std::size_t>> neighbours_;
  std::vector<std::int32_t> joint_;
  std::vector<bool> done_;
  SkeletonGraph graph_;
};

void reverse(SkeletonEdge& edge) {
  std::swap(edge.from, edge.to);
  std::reverse(edge.points_mm.begin(), edge.points_mm.end());
  std::reverse(edge.radii_mm.begin(), edge.radii_mm.end());
}

/// Two lines that meet in `joint` and nothing else there become one.
void join(SkeletonGraph& graph, std::int32_t joint, std::size_t one, std::size_t other) {
  SkeletonEdge& a = graph.edges[one];
  SkeletonEdge& b = graph.edges[other];
  if (a.to != joint) reverse(a);
  if (b.from != joint) reverse(b);
  a.points_mm.insert(a.points_mm.end(), b.points_mm.begin() + 1, b.points_mm.end());
  a.radii_mm.insert(a.radii_mm.end(), b.radii_mm.begin() + 1, b.radii_mm.end());
  a.to = b.to;
  graph.edges.erase(graph.edges.begin() + static_cast<std::ptrdiff_t>(other));
}

/// Joins the two lines that are left at a joint, if there are just two.
void join_if_one_line(SkeletonGraph& graph, std::int32_t joint) {
  std::vector<std::size_t> left;
  for (std::size_t e = 0; e < graph.edges.size(); ++e)
    for (const std::int32_t end : {graph.edges[e].from, graph.edges[e].to})
      if (end == joint) left.push_back(e);
  if (left.size() == 2 && left[0] != left[1]) join(graph, joint, left[0], left[1]);
}

/// Two lines between the same joints, or one ring at a joint (a equal to b), too short for a way of its own.
bool goes_around_hole(const SkeletonGraph& graph, std::size_t a, std::size_t b) {
  const SkeletonEdge& one = graph.edges[a];
  const SkeletonEdge& other = graph.edges[b];
  const bool is_ring = a == b && one.from == one.to && graph.edges.size() > 1;
  const bool is_pair =
      a != b && one.from != one.to && std::minmax(one.from, one.to) == std::minmax(other.from, other.to);
  if (!is_ring && !is_pair) return false;
  const double radius = std::max(*std::max_element(one.radii_mm.begin(), one.radii_mm.end()),
                                 *std::max_element(other.radii_mm.begin(), other.radii_mm.end()));
  return one.length_mm() + (is_pair ? other.length_mm() : 0) < 8 * radius;
}

/// How far a hanging end comes out of the tube at its fork, over what it should; 1 and more is kept.
double merit(const SkeletonEdge& edge, const std::vector<std::vector<std::int32_t>>& edges_of,
             double protrusion, double voxel_mm) {
  const bool from_is_end = edges_of[static_cast<std::size_t>(edge.from)].size() == 1;
  const bool to_is_end = edges_of[static_cast<std::size_t>(edge.to)].size() == 1;
  if (from_is_end == to_is_end) return std::numeric_limits<double>::infinity();
  const double fork_radius = from_is_end ? edge.radii_mm.back() : edge.radii_mm.front();
  const double tip_radius = from_is_end ? edge.radii_mm.front() : edge.radii_mm.back();
  const double out = norm(edge.points_mm.front() - edge.points_mm.back()) + tip_radius - fork_radius;
  return out / std::max(protrusion * fork_radius, 1.5 * voxel_mm);
}

}  // namespace

double SkeletonEdge::length_mm() const {
  double length = 0;
  for (std::size_t i = 1; i < points_mm.size(); ++i) length += norm(points_mm[i] - points_mm[i - 1]);
  return length;
}

std::vector<std::vector<std::int32_t>> SkeletonGraph::edges_of() const {
  std::vector<std::vector<std::int32_t>> of(joints_mm.size());
  for (std::size_t e = 0; e < edges.size(); ++e) {
    of[static_cast<std::size_t>(edges[e].from)].push_back(static_cast<std::int32_t>(e));
    of[static_cast<std::size_t>(edges[e].to)].push_back(static_cast<std::int32_t>(e));
  }
  return of;
}

SkeletonGraph skeleton_graph(const image::VoxelMask& thin, const std::vector<float>& distance_mm) {
  return Tracer(thin, distance_mm).run();
}

void remove_tunnels(SkeletonGraph& graph) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < graph.edges.size() && !changed; ++a)
      for (std::size_t b = a; b < graph.edges.size() && !changed; ++b) {
        if (!goes_around_hole(graph, a, b)) continue;
        const std::size_t away = graph.edges[a].length_mm() > graph.edges[b].length_mm() ? a : b;
        const std::array<std::int32_t, 2> ends{graph.edges[away].from, graph.edges[away].to};
        graph.edges.erase(graph.edges.begin() + static_cast<std::ptrdiff_t>(away));
        for (const std::int32_t end : ends) join_if_one_line(graph, end);
        changed = true;
      }
  }
}

void prune(SkeletonGraph& graph, double protrusion, double voxel_mm) {
  while (!graph.edges.empty()) {
    const auto of = graph.edges_of();
    const auto worst =
        std::min_element(graph.edges.begin(), graph.edges.end(), [&](const auto& a, const auto& b) {
          return merit(a, of, protrusion, voxel_mm) < merit(b, of, protrusion, voxel_mm);
        });
    if (merit(*worst, of, protrusion, voxel_mm) >= 1) return;
    const std::int32_t fork = of[static_cast<std::size_t>(worst->from)].size() == 1 ? worst->to : worst->from;
    graph.edges.erase(worst);
    join_if_one_line(graph, fork);
  }
}

}  // namespace snitt::trees
