#include "registration/pose_search.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <random>

#include "geometry/rotation.hpp"
#include "registration/centerline_fit.hpp"

namespace snitt::registration {
namespace {

constexpr double radians = std::numbers::pi / 180;

/// What no rigid motion changes of two samples, the first and second told apart; directions are turned so
/// that they run along the way from the first to the second.
struct PairFeature {
  double length_mm = 0;
  double first_deg = 0;  ///< between the way and the first direction, 0 … 90
  double second_deg = 0;
  double twist_deg = 0;  ///< from the first to the second direction about the way, -180 … 180
};

struct SamplePair {
  std::size_t first = 0;
  std::size_t second = 0;
  PairFeature feature;
};

Vec3 along(Vec3 direction, Vec3 way) { return dot(direction, way) < 0 ? -1 * direction : direction; }

std::optional<PairFeature> feature_of_pair(const OrientedSample& a, const OrientedSample& b) {
  const Vec3 way = b.position_mm - a.position_mm;
  const double length = norm(way);
  if (!(length > 0)) return std::nullopt;
  const Vec3 axis = (1 / length) * way;
  const Vec3 s = along(a.direction, axis);
  const Vec3 t = along(b.direction, axis);
  PairFeature feature{length, std::acos(std::min(1.0, dot(s, axis))) / radians,
                      std::acos(std::min(1.0, dot(t, axis))) / radians, 0};
  const Vec3 s_side = s - dot(s, axis) * axis;
  const Vec3 t_side = t - dot(t, axis) * axis;
  feature.twist_deg = std::atan2(dot(cross(s_side, t_side), axis), dot(s_side, t_side)) / radians;
  return feature;
}

double twist_difference(double a, double b) {
  const double difference = std::abs(a - b);
  return std::min(difference, 360 - difference);
}

/// Whether both directions stand off the way enough to say how it is turned about itself.
bool is_telling(const PairFeature& f) {
  constexpr double least_deg = 15;
  return f.first_deg > least_deg || f.second_deg > least_deg;
}

bool alike(const PairFeature& a, const PairFeature& b, const PoseSearch& search) {
  const double tolerance = search.angle_tolerance_deg;
  if (std::abs(a.first_deg - b.first_deg) > tolerance || std::abs(a.second_deg - b.second_deg) > tolerance)
    return false;
  // a direction near the way has no twist to speak of
  const double least = std::min(std::min(a.first_deg, a.second_deg), std::min(b.first_deg, b.second_deg));
  const double twist_tolerance = 1.5 * tolerance / std::max(0.05, std::sin(least * radians));
  return twist_difference(a.twist_deg, b.twist_deg) <= std::min(180.0, twist_tolerance);
}

/// Axes that go with a pair: along the way, towards the mean side of both directions, and across.
std::array<Vec3, 3> axes_of(const OrientedSample& a, const OrientedSample& b) {
  const Vec3 way = b.position_mm - a.position_mm;
  const Vec3 x = (1 / norm(way)) * way;
  Vec3 side = along(a.direction, x) + along(b.direction, x);
  side = side - dot(side, x) * x;
  // opposite sides cancel: then the first alone
  if (norm(side) < 0.2) {
    side = a.direction - dot(a.direction, x) * x;
    side = dot(a.direction, x) < 0 ? -1 * side : side;
  }
  if (norm(side) < 1e-9) side = cross(x, std::abs(x.x) < 0.9 ? Vec3{1, 0, 0} : Vec3{0, 1, 0});
  const Vec3 y = (1 / norm(side)) * side;
  return {x, y, cross(x, y)};
}

Matrix4 pose_between(const OrientedSample& a, const OrientedSample& b, const OrientedSample& to_a,
                     const OrientedSample& to_b) {
  const auto from = axes_of(a, b);
  const auto to = axes_of(to_a, to_b);
  Matrix4 pose;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) {
      pose(row, column) = 0;
      for (std::size_t k = 0; k < 3; ++k) pose(row, column) += to[k][row] * from[k][column];
    }
  const Vec3 turned = transform_vector(pose, 0.5 * (a.position_mm + b.position_mm));
  const Vec3 shift = 0.5 * (to_a.position_mm + to_b.position_mm) - turned;
  for (std::size_t row = 0; row < 3; ++row) pose(row, 3) = shift[row];
  return pose;
}

bool radii_differ(const OrientedSample& a, const OrientedSample& b) {
  return std::abs(std::log(a.radius_mm / b.radius_mm)) > 0.5;
}

std::vector<SamplePair> all_pairs(const OrientedSamples& samples, double shortest_mm) {
  std::vector<SamplePair> pairs;
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (std::size_t j = 0; j < samples.size(); ++j) {
      if (i == j) continue;
      const auto feature = feature_of_pair(samples[i], samples[j]);
      if (feature && feature->length_mm >= shortest_mm && is_telling(*feature))
        pairs.push_back({i, j, *feature});
    }
  std::sort(pairs.begin(), pairs.end(), [](const SamplePair& a, const SamplePair& b) {
    return std::tie(a.feature.length_mm, a.first, a.second) <
           std::tie(b.feature.length_mm, b.first, b.second);
  });
  return pairs;
}

/// Pairs of samples far apart, which say most of a pose, and some nearer ones for parts that fit alone.
std::vector<SamplePair> drawn_pairs(const OrientedSamples& samples, double radius_mm,
                                    const PoseSearch& search) {
  std::mt19937_64 random(search.seed);
  std::vector<SamplePair> pairs;
  const std::size_t tries = 60 * search.source_pairs;
  for (std::size_t i = 0; i < tries && pairs.size() < search.source_pairs; ++i) {
    const std::size_t a = random() % samples.size();
    const std::size_t b = random() % samples.size();
    const auto feature = a == b ? std::nullopt : feature_of_pair(samples[a], samples[b]);
    const double shortest = (i % 3 == 0 ? 0.5 : 1.0) * radius_mm;
    if (feature && feature->length_mm > shortest && is_telling(*feature)) pairs.push_back({a, b, *feature});
  }
  return pairs;
}

class Proposals {
 public:
  Proposals(const OrientedSamples& samples, const CenterlineTarget& target, const PoseSearch& search)
      : samples_(samples), lines_(thinned(target.samples(), search.target_samples)), search_(search) {}

  std::vector<Matrix4> poses() const {
    const SampleExtent extent = extent_of(samples_);
    const std::vector<SamplePair> own = drawn_pairs(samples_, extent.radius_mm, search_);
    const std::vector<SamplePair> pairs = all_pairs(lines_, 0.4 * extent.radius_mm);
    std::vector<std::vector<Matrix4>> found(own.size());
    tbb::parallel_for(std::size_t{0}, own.size(), [&](std::size_t i) { found[i] = like(own[i], pairs); });
    std::vector<Matrix4> poses;
    for (const auto& list : found)
      for (const Matrix4& pose : list)
        if (is_within(pose, extent, search_)) poses.push_back(pose);
    if (poses.size() <= search_.most_poses) return poses;
    std::mt19937_64 random(search_.seed + 1);
    for (std::size_t i = 0; i < search_.most_poses; ++i)
      std::swap(poses[i], poses[i + random() % (poses.size() - i)]);
    poses.resize(search_.most_poses);
    return poses;
  }

  static bool is_within(const Matrix4& pose, const SampleExtent& extent, const PoseSearch& search) {
    return norm(transform_point(pose, extent.center_mm) - extent.center_mm) <= search.most_shift_mm &&
           norm(vector_from_rotation(pose)) <= search.most_turn_deg * radians + 1e-12;
  }

 private:
  std::vector<Matrix4> like(const SamplePair& own, const std::vector<SamplePair>& pairs) const {
    const auto by_length = [](const SamplePair& pair, double length) {
      return pair.feature.length_mm < length;
    };
    const double length = own.feature.length_mm;
    auto at = std::lower_bound(pairs.begin(), pairs.end(), length - search_.length_tolerance_mm, by_length);
    std::vector<Matrix4> poses;
    for (; at != pairs.end() && at->feature.length_mm <= length + search_.length_tolerance_mm; ++at) {
      if (!alike(own.feature, at->feature, search_)) continue;
      const OrientedSample& a = samples_[own.first];
      const OrientedSample& b = samples_[own.second];
      if (search_.radii && (radii_differ(a, lines_[at->first]) || radii_differ(b, lines_[at->second])))
        continue;
      poses.push_back(pose_between(a, b, lines_[at->first], lines_[at->second]));
    }
    return poses;
  }
  const OrientedSamples& samples_;
  OrientedSamples lines_;
  const PoseSearch& search_;
};

double score_of(const Matrix4& pose, const OrientedSamples& samples, const CenterlineTarget& target,
                double scale_mm) {
  double sum = 0;
  for (const OrientedSample& sample : samples) {
    const OrientedSample here = moved(pose, sample);
    double square = scale_mm * scale_mm;
    if (const auto match = target.match_within(here, scale_mm)) {
      const Vec3 way = here.position_mm - match->foot_mm;
      square = std::min(square, dot(way, way) + match->unlikeness_mm2);
    }
    sum += square;
  }
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

std::vector<ScoredPose> scored(std::vector<ScoredPose> poses, const OrientedSamples& samples,
                               const CenterlineTarget& target, double scale_mm, std::size_t most) {
  tbb::parallel_for(std::size_t{0}, poses.size(), [&](std::size_t i) {
    poses[i].score_mm = score_of(poses[i].pose, samples, target, scale_mm);
  });
  std::stable_sort(poses.begin(), poses.end(),
                   [](const ScoredPose& a, const ScoredPose& b) { return a.score_mm < b.score_mm; });
  if (poses.size() > most) poses.resize(most);
  return poses;
}

}  // namespace

double pose_distance_mm(const Matrix4& a, const Matrix4& b, const SampleExtent& extent) {
  const double shift = norm(transform_point(a, extent.center_mm) - transform_point(b, extent.center_mm));
  const double half = std::sin(angle_between(a, b) / 2);
  // an isotropic set at distance r moves by 2 sin(angle / 2) r times the root of 2/3
  const double turned = 2 * half * extent.radius_mm * std::sqrt(2.0 / 3);
  return std::hypot(shift, turned);
}

std::vector<Matrix4> perturbations(const SampleExtent& extent, double shift_mm, double turn_deg) {
  std::vector<Matrix4> poses{Matrix4{}};
  std::vector<Vec3> ways{{0, 0, 0}};
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const double sign : {-1.0, 1.0}) {
      Vec3 way;
      way[axis] = sign;
      ways.push_back(way);
    }
  for (const Vec3 turn : ways)
    for (const Vec3 shift : ways) {
      if (turn == Vec3{} && shift == Vec3{}) continue;
      Matrix4 pose = rotation_from_vector(turn_deg * radians * turn);
      const Vec3 turned = transform_vector(pose, extent.center_mm);
      for (std::size_t row = 0; row < 3; ++row)
        pose(row, 3) = extent.center_mm[row] - turned[row] + shift_mm * shift[row];
      poses.push_back(pose);
    }
  return poses;
}

std::vector<ScoredPose> search_poses(const OrientedSamples& samples, const CenterlineTarget& target,
                                     const std::vector<Matrix4>& extra, const PoseSearch& search) {
  const SampleExtent extent = extent_of(samples);
  std::vector<ScoredPose> poses;
  for (const Matrix4& pose : extra)
    if (Proposals::is_within(pose, extent, search)) poses.push_back({pose, 0});
  for (const Matrix4& pose : Proposals(samples, target, search).poses()) poses.push_back({pose, 0});
  poses = scored(std::move(poses), thinned(samples, 30), target, search.score_scale_mm, 40 * search.best);
  poses = scored(std::move(poses), thinned(samples, 150), target, search.score_scale_mm, poses.size());
  std::vector<ScoredPose> distinct;
  for (const ScoredPose& pose : poses) {
    if (distinct.size() >= search.best) break;
    if (std::none_of(distinct.begin(), distinct.end(), [&](const ScoredPose& other) {
          return pose_distance_mm(pose.pose, other.pose, extent) < search.distinct_mm;
        }))
      distinct.push_back(pose);
  }
  return distinct;
}

}  // namespace snitt::registration
