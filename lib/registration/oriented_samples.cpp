#include "registration/oriented_samples.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "registration/centerline_index.hpp"

namespace snitt::registration {
namespace {

/// A line with its length up to each node.
struct Polyline {
  std::vector<Vec3> nodes_mm;
  std::vector<double> radii_mm;
  std::vector<double> at_mm;

  void add(Vec3 node, double radius) {
    if (!nodes_mm.empty()) {
      const double step = norm(node - nodes_mm.back());
      if (step == 0) return;
      at_mm.push_back(at_mm.back() + step);
    } else {
      at_mm.push_back(0);
    }
    nodes_mm.push_back(node);
    radii_mm.push_back(radius);
  }
  double length() const { return at_mm.empty() ? 0 : at_mm.back(); }

  std::size_t segment(double s) const {
    const auto after = std::upper_bound(at_mm.begin(), at_mm.end(), s);
    const auto index = static_cast<std::size_t>(after - at_mm.begin());
    return std::clamp<std::size_t>(index, 1, at_mm.size() - 1) - 1;
  }
  double share(std::size_t i, double s) const {
    return std::clamp((s - at_mm[i]) / (at_mm[i + 1] - at_mm[i]), 0.0, 1.0);
  }
  Vec3 position(double s) const {
    const std::size_t i = segment(s);
    return nodes_mm[i] + share(i, s) * (nodes_mm[i + 1] - nodes_mm[i]);
  }
  double radius(double s) const {
    const std::size_t i = segment(s);
    return radii_mm[i] + share(i, s) * (radii_mm[i + 1] - radii_mm[i]);
  }
};

void add_line(const Polyline& line, double spacing_mm, double chord_mm, std::int32_t number,
              OrientedSamples& samples) {
  if (line.nodes_mm.size() < 2) return;
  const double length = line.length();
  const auto steps =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(length / spacing_mm - 1e-9)));
  for (std::size_t i = 0; i <= steps; ++i) {
    const double s = length * static_cast<double>(i) / static_cast<double>(steps);
    const double from = std::max(0.0, s - chord_mm / 2);
    const double to = std::min(length, s + chord_mm / 2);
    Vec3 chord = line.position(to) - line.position(from);
    if (!(norm(chord) > 0)) chord = line.nodes_mm.back() - line.nodes_mm.front();
    if (!(norm(chord) > 0)) continue;  // a line that ends where it began, shorter than the chord
    samples.push_back({line.position(s), (1 / norm(chord)) * chord, line.radius(s), number});
  }
}

Vec3 principal_direction(const std::vector<Vec3>& points) {
  Vec3 mean;
  for (const Vec3 p : points) mean = mean + (1.0 / static_cast<double>(points.size())) * p;
  Eigen::Matrix3d spread = Eigen::Matrix3d::Zero();
  for (const Vec3 p : points) {
    const Eigen::Vector3d d(p.x - mean.x, p.y - mean.y, p.z - mean.z);
    spread += d * d.transpose();
  }
  const Eigen::Vector3d axis = Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(spread).eigenvectors().col(2);
  return {axis.x(), axis.y(), axis.z()};
}

/// Points taken in their order, each of which takes those within `distance_mm` away.
std::vector<std::size_t> apart(const std::vector<Vec3>& points, double distance_mm) {
  const PlaceIndex all(points);
  std::vector<std::uint8_t> taken(points.size(), 0);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (taken[i] != 0) continue;
    kept.push_back(i);
    for (const std::size_t near : all.within(points[i], distance_mm)) taken[near] = 1;
  }
  return kept;
}

}  // namespace

OrientedSamples sample_tree(const Tree& tree, double spacing_mm, double chord_mm) {
  std::vector<Polyline> lines(tree.branch_list.size());
  for (std::size_t node = 0; node < tree.size(); ++node) {
    Polyline& line = lines[static_cast<std::size_t>(tree.branches[node])];
    if (line.nodes_mm.empty() && tree.parents[node] >= 0) {
      const auto fork = static_cast<std::size_t>(tree.parents[node]);
      line.add(tree.nodes_mm[fork], tree.radii_mm[node]);  // at the fork it is as thick as where it begins
    }
    line.add(tree.nodes_mm[node], tree.radii_mm[node]);
  }
  OrientedSamples samples;
  for (std::size_t i = 0; i < lines.size(); ++i)
    add_line(lines[i], spacing_mm, chord_mm, static_cast<std::int32_t>(i), samples);
  for (const auto& [a, b] : tree.loops) {
    Polyline line;
    for (const std::int32_t end : {a, b})
      line.add(tree.nodes_mm[static_cast<std::size_t>(end)], tree.radii_mm[static_cast<std::size_t>(end)]);
    add_line(line, spacing_mm, chord_mm, static_cast<std::int32_t>(lines.size()), samples);
    lines.emplace_back();
  }
  return samples;
}

OrientedSamples sample_points(const PointSet& set, double spacing_mm, double chord_mm) {
  std::vector<Vec3> kept;
  for (const std::size_t i : apart(set.points_mm, 0.999 * spacing_mm)) kept.push_back(set.points_mm[i]);
  const PlaceIndex all(set.points_mm);
  OrientedSamples samples;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    std::vector<std::size_t> near = all.within(kept[i], chord_mm / 2);
    if (near.size() < 3) near = all.nearest(kept[i], 6);
    std::vector<Vec3> points;
    for (const std::size_t at : near) points.push_back(set.points_mm[at]);
    if (points.size() < 2) continue;
    samples.push_back({kept[i], principal_direction(points), std::nan(""), static_cast<std::int32_t>(i)});
  }
  return samples;
}

OrientedSamples thinned(const OrientedSamples& samples, std::size_t most) {
  if (samples.size() <= most || most == 0) return samples;
  OrientedSamples result;
  for (std::size_t i = 0; i < most; ++i) result.push_back(samples[(2 * i + 1) * samples.size() / (2 * most)]);
  return result;
}

std::size_t covering_balls(const OrientedSamples& samples, double radius_mm) {
  std::vector<Vec3> places;
  for (const OrientedSample& sample : samples) places.push_back(sample.position_mm);
  return apart(places, radius_mm).size();
}

SampleExtent extent_of(const OrientedSamples& samples) {
  SampleExtent extent;
  if (samples.empty()) return extent;
  const double share = 1.0 / static_cast<double>(samples.size());
  for (const OrientedSample& s : samples) extent.center_mm = extent.center_mm + share * s.position_mm;
  double squares = 0;
  for (const OrientedSample& s : samples) {
    const Vec3 d = s.position_mm - extent.center_mm;
    squares += share * dot(d, d);
  }
  extent.radius_mm = std::sqrt(squares);
  return extent;
}

}  // namespace snitt::registration
