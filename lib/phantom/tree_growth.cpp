#include "phantom/tree_growth.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

constexpr double degrees = std::numbers::pi / 180;

Vec3 mean_of(const std::vector<Vec3>& points) {
  Vec3 sum;
  for (const Vec3 p : points) sum = sum + p;
  return (1.0 / static_cast<double>(points.size())) * sum;
}

/// Angle of a child that takes `share` of the flow, at least resistance of the fork (Kitaoka et al. 1999,
/// equation 4).
double least_resistance_angle(double share, double exponent) {
  const double own = std::pow(share, 4 / exponent);
  const double other = std::pow(1 - share, 4 / exponent);
  return std::acos(std::clamp((1 + own - other) / (2 * std::pow(share, 2 / exponent)), -1.0, 1.0));
}

double angle_between(Vec3 a, Vec3 b) { return std::atan2(norm(cross(a, b)), dot(a, b)); }

Vec3 turned_towards(Vec3 direction, Vec3 side, double angle) {
  return std::cos(angle) * direction + std::sin(angle) * side;
}

/// The points on both sides of a plane that leaves `share` of them above it.
std::pair<std::vector<Vec3>, std::vector<Vec3>> divided(std::vector<Vec3> points, Vec3 normal, double share) {
  std::stable_sort(points.begin(), points.end(),
                   [&](Vec3 a, Vec3 b) { return dot(a, normal) > dot(b, normal); });
  const auto above = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(points.size())));
  return {{points.begin(), points.begin() + above}, {points.begin() + above, points.end()}};
}

}  // namespace

Vec3 normalized(Vec3 v) { return (1 / norm(v)) * v; }

Vec3 any_perpendicular(Vec3 direction) {
  const Vec3 other = std::abs(direction.x) < 0.6 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  return normalized(cross(direction, other));
}

std::vector<Vec3> points_in_unit_sphere(std::uint64_t seed, std::size_t count) {
  std::vector<Vec3> points;
  for (std::uint64_t i = 0; points.size() < count; ++i) {
    Vec3 p;
    for (std::uint64_t axis = 0; axis < 3; ++axis) p[axis] = 2 * uniform(random_bits(seed, i, axis)) - 1;
    if (dot(p, p) < 1) points.push_back(p);
  }
  return points;
}

/// A branch whose end may fork.
struct GrowingTree::Bud {
  std::int32_t branch;
  std::vector<Vec3> region;
  Vec3 normal;  ///< of the plane that made its share
};

GrowingTree::GrowingTree(GrowthSettings settings, std::string quantity) : settings_(settings) {
  tree_.quantity = std::move(quantity);
}

double GrowingTree::random(std::uint64_t branch, std::uint64_t what) const {
  return uniform(random_bits(settings_.seed, branch, what));
}

std::vector<Vec3> GrowingTree::path(const NewBranch& branch) const {
  const Vec3 from = branch.parent < 0 ? branch.from_mm : ends_mm_[static_cast<std::size_t>(branch.parent)];
  const Vec3 way = branch.to_mm - from;
  const double length = norm(way);
  const auto steps = static_cast<std::size_t>(std::ceil(length / settings_.node_spacing_mm));
  std::vector<Vec3> nodes;
  for (std::size_t i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(steps);
    nodes.push_back(from + t * way + (branch.bow * length * std::sin(std::numbers::pi * t)) * branch.aside);
  }
  return nodes;
}

std::int32_t GrowingTree::add(const NewBranch& branch) {
  const auto index = static_cast<std::int32_t>(tree_.branch_list.size());
  const auto up = static_cast<std::size_t>(std::max(branch.parent, 0));
  const std::vector<Vec3> nodes = path(branch);
  tree_.branch_list.push_back(
      {branch.parent, branch.parent < 0 ? 0 : tree_.branch_list[up].generation + 1, branch.label});
  std::int32_t before = branch.parent < 0 ? -1 : last_[up];
  for (std::size_t i = branch.parent < 0 ? 0 : 1; i < nodes.size(); ++i) {
    // Airways hardly taper between forks; the twentieth keeps a constant from passing for a measurement.
    const double taper = 1.025 - 0.05 * static_cast<double>(i) / static_cast<double>(nodes.size() - 1);
    tree_.nodes_mm.push_back(nodes[i]);
    tree_.radii_mm.push_back(branch.radius_mm * taper);
    tree_.parents.push_back(before);
    tree_.branches.push_back(index);
    before = static_cast<std::int32_t>(tree_.size()) - 1;
  }
  ends_mm_.push_back(nodes.back());
  directions_.push_back(normalized(nodes.back() - nodes[nodes.size() - 2]));
  last_.push_back(before);
  radius_mm_.push_back(branch.radius_mm);
  return index;
}

bool GrowingTree::is_free(const std::vector<Vec3>& path, double radius_mm, std::int32_t parent) const {
  for (std::size_t node = 0; node < tree_.size(); ++node) {
    if (tree_.branches[node] == parent) continue;
    const double reach = radius_mm + tree_.radii_mm[node] + settings_.clearance_mm;
    const Vec3 at = tree_.nodes_mm[node];
    const bool near =
        std::any_of(path.begin(), path.end(), [&](Vec3 p) { return dot(p - at, p - at) < reach * reach; });
    if (near) return false;
  }
  return true;
}

bool GrowingTree::fork(const Bud& bud, int attempt, const std::function<bool(Vec3)>& inside,
                       std::vector<Bud>& buds) {
  const auto index = static_cast<std::size_t>(bud.branch);
  const auto key = [&](std::uint64_t what) {
    return random(index + 1, what + 100U * static_cast<std::uint64_t>(attempt));
  };
  const Vec3 end = ends_mm_[index];
  const Vec3 along = directions_[index];
  const double share = settings_.least_share + (0.5 - settings_.least_share) * key(1);
  const double thinner = std::max(settings_.smallest_radius_mm,
                                  radius_mm_[index] * std::pow(share, 1 / settings_.diameter_exponent));
  const double thicker = radius_mm_[index] * std::pow(1 - share, 1 / settings_.diameter_exponent);
  if (thicker < settings_.smallest_radius_mm || bud.region.size() < 4) return true;
  const double spread = (attempt == 0 ? 30 : 180) * degrees;
  const Vec3 quarter = normalized(cross(along, bud.normal));
  const Vec3 normal = (key(2) < 0.5 ? -1.0 : 1.0) *
                      turned_towards(quarter, normalized(cross(along, quarter)), spread * (key(3) - 0.5));
  const auto halves = divided(bud.region, normal, share);

  std::array<NewBranch, 2> children;
  for (std::size_t child = 0; child < 2; ++child) {
    const std::vector<Vec3>& region = child == 0 ? halves.first : halves.second;
    const double own_share = child == 0 ? share : 1 - share;
    const Vec3 side = child == 0 ? normal : -1.0 * normal;
    const Vec3 way = mean_of(region) - end;
    const Vec3 across = way - dot(way, along) * along;
    const Vec3 lean = side + (1 / std::max(norm(way), 1e-9)) * across;
    const Vec3 azimuth = normalized(lean - dot(lean, along) * along);
    const double angle = std::clamp(
        0.5 * (angle_between(way, along) + least_resistance_angle(own_share, settings_.diameter_exponent)),
        (child == 0 ? 30 : 18) * degrees, 62 * degrees);
    const double radius = child == 0 ? thinner : thicker;
    double length =
        std::clamp(settings_.length_share * norm(way) * (0.85 + 0.3 * key(4 + child)),
                   2 * radius * settings_.shortest_per_diameter, 2 * radius * settings_.longest_per_diameter);
    const Vec3 direction = turned_towards(along, azimuth, angle);
    // A child must come clear of its sibling and of its parent's wall before it may fork itself.
    const double least = 1.3 * radius_mm_[index] + 2 * radius;
    while (length > least && !inside(end + length * direction)) length *= 0.85;
    length = std::max(length, least);
    if (!inside(end + length * direction)) return false;
    const Vec3 up = any_perpendicular(direction);
    children[child] = {bud.branch,
                       {},
                       end + length * direction,
                       radius,
                       "",
                       settings_.bow * key(6 + child),
                       turned_towards(up, cross(direction, up), 2 * std::numbers::pi * key(8 + child))};
    if (!is_free(path(children[child]), radius, bud.branch)) return false;
  }
  if (angle_between(children[0].to_mm - end, children[1].to_mm - end) < 45 * degrees) return false;
  for (std::size_t child = 0; child < 2; ++child)
    buds.push_back({add(children[child]), child == 0 ? halves.first : halves.second, normal});
  return true;
}

void GrowingTree::grow(std::int32_t branch, std::vector<Vec3> region,
                       const std::function<bool(Vec3)>& inside) {
  constexpr int attempts = 12;
  std::vector<Bud> buds{
      {branch, std::move(region), any_perpendicular(directions_[static_cast<std::size_t>(branch)])}};
  for (std::size_t next = 0; next < buds.size(); ++next) {
    const Bud bud = std::move(buds[next]);
    for (int attempt = 0; attempt < attempts; ++attempt)
      if (fork(bud, attempt, inside, buds)) break;
  }
}

}  // namespace snitt::phantom
