#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/oriented_samples.hpp"

namespace snitt::registration {

/// A k-d tree over points of space. Answers do not depend on the number of threads that ask.
class PlaceIndex {
 public:
  explicit PlaceIndex(std::span<const Vec3> points);
  ~PlaceIndex();
  PlaceIndex(PlaceIndex&&) noexcept;
  PlaceIndex& operator=(PlaceIndex&&) noexcept;

  /// The nearest `count` points, nearest first; fewer when there are fewer.
  std::vector<std::size_t> nearest(Vec3 point, std::size_t count) const;
  /// Squared distance to the nearest point.
  double squared_distance(Vec3 point) const;
  /// All points not farther than `distance_mm`, in rising order.
  std::vector<std::size_t> within(Vec3 point, double distance_mm) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What beside the distance makes two samples unlike each other, in millimeters that count like a distance.
struct MatchWeights {
  double direction_mm = 5;         ///< for directions at right angles
  double radius_mm = 0;            ///< for radii that differ by the factor e; 0 where they are not known
  bool signed_directions = false;  ///< directions have a sense, and opposite ones are unlike
};

/// Place, direction and radius of a sample as one place in a space of many dimensions, whose squared distance
/// is d² + (direction_mm sin a)² + (radius_mm log(r/r'))²; with signed directions (direction_mm)² (1 - cos a)
/// in place of the second term.
constexpr std::size_t feature_dimension = 13;
using Feature = std::array<double, feature_dimension>;
Feature feature_of(const OrientedSample& sample, const MatchWeights& weights);

/// A sample of a center line that another sample belongs to.
struct Match {
  std::size_t index = 0;      ///< of the sample of the line
  Vec3 foot_mm;               ///< the nearest place of the line near that sample
  Vec3 direction;             ///< of the line there
  bool beside = true;         ///< the line goes on at both sides, so that only distances across count
  double unlikeness_mm2 = 0;  ///< squared, of direction and radius
};

/// Center lines to match others with. Answers do not depend on the number of threads that ask.
class CenterlineTarget {
 public:
  /// `spacing_mm` is that of the samples.
  CenterlineTarget(OrientedSamples samples, double spacing_mm, const MatchWeights& weights);
  ~CenterlineTarget();
  CenterlineTarget(CenterlineTarget&&) noexcept;
  CenterlineTarget& operator=(CenterlineTarget&&) noexcept;

  const OrientedSamples& samples() const;
  const MatchWeights& weights() const;
  /// Nothing when all samples of the line are farther (in features) than `reach_mm`, which is fast.
  std::optional<Match> match_within(const OrientedSample& sample, double reach_mm) const;
  Match match(const OrientedSample& sample) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::registration
