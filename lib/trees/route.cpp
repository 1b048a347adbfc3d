#include "trees/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

/// Whether the instrument passes each node and all before it. A NaN radius is not known and lets it pass.
std::vector<bool> reachable_nodes(const Tree& tree, double diameter_mm) {
  std::vector<bool> reachable(tree.size());
  for (std::size_t n = 0; n < tree.size(); ++n) {
    const bool is_wide = !(2 * tree.radii_mm[n] < diameter_mm);
    reachable[n] = is_wide && (tree.parents[n] < 0 || reachable[static_cast<std::size_t>(tree.parents[n])]);
  }
  return reachable;
}

std::size_t nearest_node(const Tree& tree, Vec3 target, const std::vector<bool>* among) {
  std::size_t best = tree.size();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < tree.size(); ++n) {
    if (among != nullptr && !(*among)[n]) continue;
    const double d = norm(tree.nodes_mm[n] - target);
    if (d < least) {
      least = d;
      best = n;
    }
  }
  return best;
}

std::vector<double> distances_along(const Tree& tree, const std::vector<std::size_t>& nodes) {
  std::vector<double> along(nodes.size(), 0);
  for (std::size_t i = 1; i < nodes.size(); ++i)
    along[i] = along[i - 1] + norm(tree.nodes_mm[nodes[i]] - tree.nodes_mm[nodes[i - 1]]);
  return along;
}

/// The point at a distance along the way.
struct Place {
  Vec3 position;
  double radius;
  std::int32_t branch;
};

class Way {
 public:
  Way(const Tree& tree, const std::vector<std::size_t>& nodes)
      : tree_(tree), nodes_(nodes), along_(distances_along(tree, nodes)) {}
  double length() const { return along_.back(); }
  const std::vector<double>& along() const { return along_; }
  Place at(double distance) const {
    const auto it = std::upper_bound(along_.begin(), along_.end(), distance);
    const auto i = static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(it - along_.begin(), 1, static_cast<std::ptrdiff_t>(along_.size()) - 1));
    const std::size_t a = nodes_[i - 1];
    const std::size_t b = nodes_[i];
    const double piece = along_[i] - along_[i - 1];
    const double t = piece > 0 ? std::clamp((distance - along_[i - 1]) / piece, 0.0, 1.0) : 0;
    return {(1 - t) * tree_.nodes_mm[a] + t * tree_.nodes_mm[b],
            (1 - t) * tree_.radii_mm[a] + t * tree_.radii_mm[b], tree_.branches[b]};
  }
  /// Direction over `reach` to both sides, kept within the way.
  Vec3 direction(double distance, double reach) const {
    const double from = std::max(0.0, distance - reach);
    const double to = std::min(length(), distance + reach);
    return unit(at(to).position - at(from).position);
  }

 private:
  const Tree& tree_;
  const std::vector<std::size_t>& nodes_;
  std::vector<double> along_;
};

/// Up vectors carried from point to point by the smallest turn, so that the picture does not spin; at the
/// start up is the patient's front, as a bronchoscopist at the head sees it.
std::vector<ViewPoint> views_along(const Way& way, double step_mm) {
  std::vector<ViewPoint> views;
  const auto steps = static_cast<std::size_t>(std::max(1.0, std::ceil(way.length() / step_mm - 1e-9)));
  Vec3 up{0, -1, 0};
  for (std::size_t i = 0; i <= steps; ++i) {
    const double s = way.length() * static_cast<double>(i) / static_cast<double>(steps);
    const Place place = way.at(s);
    const Vec3 ahead = way.direction(s, 2);
    Vec3 flat = up - dot(up, ahead) * ahead;
    if (norm(flat) < 1e-3) flat = perpendicular(ahead);
    up = unit(flat);
    views.push_back({place.position, ahead, up, s, place.radius, place.branch});
  }
  return views;
}

std::vector<RouteBranch> branches_along(const Tree& tree, const std::vector<std::size_t>& nodes,
                                        const Way& way) {
  std::vector<RouteBranch> branches;
  std::vector<std::size_t> count;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const std::int32_t branch = tree.branches[nodes[i]];
    if (branches.empty() || branches.back().branch != branch) {
      RouteBranch next;
      next.branch = branch;
      next.begins_mm = way.along()[i - 1];
      next.least_radius_mm = std::numeric_limits<double>::infinity();
      branches.push_back(next);
      count.push_back(0);
    }
    RouteBranch& b = branches.back();
    b.length_mm = way.along()[i] - b.begins_mm;
    const double r = tree.radii_mm[nodes[i]];
    b.mean_radius_mm += r;
    b.least_radius_mm = std::min(b.least_radius_mm, r);
    ++count.back();
  }
  for (std::size_t b = 0; b < branches.size(); ++b) {
    branches[b].mean_radius_mm /= static_cast<double>(count[b]);
    if (b == 0) continue;
    const double fork = branches[b].begins_mm;
    const double before = std::min(2 * branches[b - 1].mean_radius_mm, branches[b - 1].length_mm);
    const double after = std::min(2 * std::max(branches[b].mean_radius_mm, branches[b - 1].mean_radius_mm),
                                  branches[b].length_mm);
    const Vec3 one = unit(way.at(fork).position - way.at(fork - before).position);
    const Vec3 two = unit(way.at(fork + after).position - way.at(fork).position);
    branches[b].turning_deg = std::atan2(norm(cross(one, two)), dot(one, two)) * 180 / std::numbers::pi;
  }
  return branches;
}

Table branch_table(const Tree& tree, const Route& route) {
  std::vector<std::int64_t> branch;
  std::vector<std::int64_t> generation;
  std::vector<std::string> label;
  std::array<std::vector<double>, 5> c;
  for (const RouteBranch& b : route.branches) {
    const TreeBranch& of = tree.branch_list[static_cast<std::size_t>(b.branch)];
    branch.push_back(b.branch);
    generation.push_back(of.generation);
    label.push_back(of.label);
    const std::array<double, 5> row{b.begins_mm, b.length_mm, b.turning_deg, b.mean_radius_mm,
                                    b.least_radius_mm};
    for (std::size_t i = 0; i < row.size(); ++i) c[i].push_back(row[i]);
  }
  return {{{"branch", "1", "index in the tree", branch},
           {"label", "", "name, where it has one", label},
           {"generation", "1", "0 at the root", generation},
           {"begins_mm", "mm", "along the way", c[0]},
           {"length_mm", "mm", "of the way in it", c[1]},
           {"turning_deg", "deg", "at the fork it begins with", c[2]},
           {"mean_radius_mm", "mm", "on the way", c[3]},
           {"least_radius_mm", "mm", "on the way", c[4]}}};
}

void describe(const Tree& tree, const RouteSettings& s, double nearest_mm, Route& route) {
  CalibrationRecord& record = route.record;
  record.method = "route";
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  add("length_mm", route.length_mm, "mm", "along the tree");
  add("to_target_mm", route.to_target_mm, "mm", "from its end straight to the target");
  add("branches", static_cast<double>(route.branches.size()), "1", "passed");
  add("bottleneck_radius_mm", route.bottleneck_radius_mm, "mm", "least on the way");
  add("bottleneck_at_mm", route.bottleneck_at_mm, "mm", "where, along the way");
  add("instrument_diameter_mm", s.instrument_diameter_mm, "mm", "0: none given");
  double sharpest = 0;
  for (const RouteBranch& b : route.branches) sharpest = std::max(sharpest, b.turning_deg);
  add("sharpest_turn_deg", sharpest, "deg", "at a fork");
  record.tables.emplace_back("branches", branch_table(tree, route));
  if (route.to_target_mm > s.warn_distance_mm)
    record.reasons.push_back(
        fmt::format("the route ends {:.1f} mm from the target; look whether the tree reaches there, and "
                    "whether target and tree are "
                    "in the same space",
                    route.to_target_mm));
  if (nearest_mm < route.to_target_mm - 1)
    record.reasons.push_back(
        fmt::format("a branch comes within {:.1f} mm of the target, but the way to it is narrower than the "
                    "instrument's {:.2f} mm; take a "
                    "thinner instrument to get nearer",
                    nearest_mm, s.instrument_diameter_mm));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

Route plan_route(const Tree& tree, const RouteSettings& s) {
  if (tree.size() == 0) throw InputError("the tree has no nodes; expected center lines");
  const std::vector<bool> reachable = reachable_nodes(tree, s.instrument_diameter_mm);
  const std::size_t end = nearest_node(tree, s.target_mm, &reachable);
  if (end == tree.size())
    throw InputError(
        "the instrument of {} mm does not pass the root of the tree, {:.2f} mm wide; expected a thinner one",
        s.instrument_diameter_mm, 2 * tree.radii_mm.front());
  Route route;
  for (auto n = static_cast<std::int32_t>(end); n >= 0; n = tree.parents[static_cast<std::size_t>(n)])
    route.nodes.push_back(static_cast<std::size_t>(n));
  std::reverse(route.nodes.begin(), route.nodes.end());
  if (route.nodes.size() < 2)
    throw InputError(
        "the node nearest to the target ({:.1f}, {:.1f}, {:.1f}) mm is the root of the tree itself; expected "
        "a target that a "
        "branch leads to",
        s.target_mm.x, s.target_mm.y, s.target_mm.z);
  const Way way(tree, route.nodes);
  route.length_mm = way.length();
  route.to_target_mm = norm(tree.nodes_mm[end] - s.target_mm);
  route.views = views_along(way, s.step_mm);
  route.branches = branches_along(tree, route.nodes, way);
  route.bottleneck_radius_mm = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < route.nodes.size(); ++i)
    if (tree.radii_mm[route.nodes[i]] < route.bottleneck_radius_mm) {
      route.bottleneck_radius_mm = tree.radii_mm[route.nodes[i]];
      route.bottleneck_at_mm = way.along()[i];
    }
  const std::size_t nearest = nearest_node(tree, s.target_mm, nullptr);
  describe(tree, s, norm(tree.nodes_mm[nearest] - s.target_mm), route);
  return route;
}

Table view_table(const Route& route) {
  std::array<std::vector<double>, 11> c;
  std::vector<std::int64_t> branch;
  for (const ViewPoint& v : route.views) {
    const std::array<double, 11> row{v.distance_mm, v.position_mm.x, v.position_mm.y, v.position_mm.z,
                                     v.direction.x, v.direction.y,   v.direction.z,   v.up.x,
                                     v.up.y,        v.up.z,          v.radius_mm};
    for (std::size_t i = 0; i < row.size(); ++i) c[i].push_back(row[i]);
    branch.push_back(v.branch);
  }
  return {{{"distance_mm", "mm", "along the way from the root", c[0]},
           {"x_mm", "mm", "position, in the tree's frame", c[1]},
           {"y_mm", "mm", "", c[2]},
           {"z_mm", "mm", "", c[3]},
           {"direction_x", "1", "unit vector ahead", c[4]},
           {"direction_y", "1", "", c[5]},
           {"direction_z", "1", "", c[6]},
           {"up_x", "1", "unit vector at right angles to it, not turning about it along the way", c[7]},
           {"up_y", "1", "", c[8]},
           {"up_z", "1", "", c[9]},
           {"radius_mm", "mm", "of the lumen", c[10]},
           {"branch", "1", "index in the tree", branch}}};
}

}  // namespace snitt::trees
