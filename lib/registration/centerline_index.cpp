#include "registration/centerline_index.hpp"

#include <algorithm>
#include <cmath>
#include <nanoflann.hpp>
#include <numbers>

namespace snitt::registration {
namespace {

template <typename Item>
struct Cloud {
  std::vector<Item> items;
  std::size_t kdtree_get_point_count() const { return items.size(); }
  double kdtree_get_pt(std::size_t i, std::size_t axis) const { return items[i][axis]; }
  template <typename Box>
  bool kdtree_get_bbox(Box& /*box*/) const {
    return false;
  }
};

template <typename Item, int Dimension>
using KdTree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud<Item>>,
                                                   Cloud<Item>, Dimension, std::size_t>;

}  // namespace

struct PlaceIndex::State {
  explicit State(std::span<const Vec3> points)
      : cloud{{points.begin(), points.end()}}, tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10)) {
    tree.buildIndex();
  }
  Cloud<Vec3> cloud;
  KdTree<Vec3, 3> tree;
};

PlaceIndex::PlaceIndex(std::span<const Vec3> points) : state_(std::make_unique<State>(points)) {}
PlaceIndex::~PlaceIndex() = default;
PlaceIndex::PlaceIndex(PlaceIndex&&) noexcept = default;
PlaceIndex& PlaceIndex::operator=(PlaceIndex&&) noexcept = default;

std::vector<std::size_t> PlaceIndex::nearest(Vec3 point, std::size_t count) const {
  const std::array<double, 3> query{point.x, point.y, point.z};
  std::vector<std::size_t> indices(std::min(count, state_->cloud.items.size()));
  std::vector<double> squares(indices.size());
  const std::size_t found =
      state_->tree.knnSearch(query.data(), indices.size(), indices.data(), squares.data());
  indices.resize(found);
  return indices;
}

double PlaceIndex::squared_distance(Vec3 point) const {
  const std::array<double, 3> query{point.x, point.y, point.z};
  std::size_t index = 0;
  double square = 0;
  state_->tree.knnSearch(query.data(), 1, &index, &square);
  return square;
}

std::vector<std::size_t> PlaceIndex::within(Vec3 point, double distance_mm) const {
  const std::array<double, 3> query{point.x, point.y, point.z};
  std::vector<std::pair<std::size_t, double>> matches;
  state_->tree.radiusSearch(query.data(), distance_mm * distance_mm, matches, nanoflann::SearchParams());
  std::vector<std::size_t> indices;
  for (const auto& [index, square] : matches) indices.push_back(index);
  std::sort(indices.begin(), indices.end());
  return indices;
}

Feature feature_of(const OrientedSample& sample, const MatchWeights& weights) {
  const double half = weights.direction_mm * std::numbers::sqrt2 / 2;
  const double axial = weights.signed_directions ? 0 : half;
  const double sensed = weights.signed_directions ? half : 0;
  const Vec3 p = sample.position_mm;
  const Vec3 d = sample.direction;
  // |dd' - ee'|² = 2 sin² of the angle between two unit vectors of unknown sense
  const double cross_terms = std::numbers::sqrt2 * axial;
  return {p.x,
          p.y,
          p.z,
          axial * d.x * d.x,
          axial * d.y * d.y,
          axial * d.z * d.z,
          cross_terms * d.x * d.y,
          cross_terms * d.y * d.z,
          cross_terms * d.z * d.x,
          sensed * d.x,
          sensed * d.y,
          sensed * d.z,
          weights.radius_mm > 0 ? weights.radius_mm * std::log(sample.radius_mm) : 0};
}

struct CenterlineTarget::State {
  State(OrientedSamples lines, double spacing, const MatchWeights& match_weights)
      : samples(std::move(lines)),
        spacing_mm(spacing),
        weights(match_weights),
        tree(feature_dimension, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10)) {
    for (const OrientedSample& sample : samples) cloud.items.push_back(feature_of(sample, weights));
    tree.buildIndex();
  }
  OrientedSamples samples;
  double spacing_mm;
  MatchWeights weights;
  Cloud<Feature> cloud;
  KdTree<Feature, static_cast<int>(feature_dimension)> tree;
};

CenterlineTarget::CenterlineTarget(OrientedSamples samples, double spacing_mm, const MatchWeights& weights)
    : state_(std::make_unique<State>(std::move(samples), spacing_mm, weights)) {}
CenterlineTarget::~CenterlineTarget() = default;
CenterlineTarget::CenterlineTarget(CenterlineTarget&&) noexcept = default;
CenterlineTarget& CenterlineTarget::operator=(CenterlineTarget&&) noexcept = default;
const OrientedSamples& CenterlineTarget::samples() const { return state_->samples; }
const MatchWeights& CenterlineTarget::weights() const { return state_->weights; }

std::optional<Match> CenterlineTarget::match_within(const OrientedSample& sample, double reach_mm) const {
  const Feature feature = feature_of(sample, state_->weights);
  Match match;
  double square = 0;
  nanoflann::KNNResultSet<double, std::size_t> nearest(1);
  nearest.init(&match.index, &square);
  square = reach_mm * reach_mm;  // the search leaves out all that is farther than what it has
  state_->tree.findNeighbors(nearest, feature.data(), nanoflann::SearchParams());
  if (nearest.size() == 0) return std::nullopt;
  const OrientedSample& near = state_->samples[match.index];
  const Vec3 way = sample.position_mm - near.position_mm;
  const double along = dot(way, near.direction);
  const double half = state_->spacing_mm / 2;
  match.beside = std::abs(along) <= 2 * half;
  match.foot_mm = near.position_mm + std::clamp(along, -half, half) * near.direction;
  match.direction = near.direction;
  match.unlikeness_mm2 = std::max(0.0, square - dot(way, way));
  return match;
}

Match CenterlineTarget::match(const OrientedSample& sample) const {
  constexpr double everywhere = 1e150;
  return match_within(sample, everywhere).value();
}

}  // namespace snitt::registration
