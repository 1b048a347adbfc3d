#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"

/// Alignment from correspondences of which most may be wrong.
namespace snitt::registration {

struct AlignmentOptions {
  bool with_scale = false;
  /// Bound of the distance between a moving point and its mapped partner when the pair is right. Nothing: the
  /// bound of a ladder under which chance explains the pairs least.
  std::optional<double> noise_mm;
  std::size_t graph_points = 4000;  ///< more correspondences than this enter the graph thinned
};

struct Alignment {
  Matrix4 matrix;
  double noise_mm = 0;               ///< bound that holds the pairs
  std::vector<std::size_t> inliers;  ///< rising
  double rms_mm = 0;                 ///< of the inliers
  /// log10 of the number of such agreements to be expected among unrelated points (a contrario, Moisan and
  /// Stival 2004): above about -3 the result means little.
  double log10_chance = 0;
  std::size_t clique = 0;  ///< pairs that agree on all their mutual distances
  bool is_proven = false;  ///< no larger clique exists
};

/// The map under which most pairs agree: lengths between points, which no rigid motion changes, give a graph
/// of pairs that agree with each other; its largest clique is the pairs to trust; from them rotation
/// (truncated least squares), translation (by axis) and, with scale, first the scale that most lengths vote
/// for. As TEASER (Yang, Shi and Carlone 2021, IEEE T-RO 37:314), refined by least squares on all pairs
/// within the bound. Throws ComputationError: fewer than three pairs, all on a line, no three that agree.
/// UsageError for different numbers.
Alignment align_correspondences(std::span<const Vec3> from, std::span<const Vec3> to,
                                const AlignmentOptions& options = {});

}  // namespace snitt::registration
