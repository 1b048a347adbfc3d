#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/oriented_samples.hpp"

/// A path as a walk from state to neighboring state of a tree.
namespace snitt::registration {

struct PathCosts {
  double error_mm = 3;
  double direction_deg = 25;
  bool signed_directions = false;
  double most = 9;  ///< cost of an outlier
  double jump = 3;  ///< cost of a step that goes farther than neighbors are
};

/// The most likely walk for the samples of a path (already carried to the space of the tree).
struct Walk {
  std::vector<std::uint32_t> states;  ///< [sample]
  std::vector<double> costs;          ///< [sample] at most PathCosts::most
  double mean_cost = 0;               ///< with that of steps
};

class WalkModel {
 public:
  /// Samples at equal steps along the lines of a tree; those of one place are joined.
  WalkModel(OrientedSamples states, double spacing_mm, const PathCosts& costs);
  const OrientedSamples& states() const { return states_; }
  const PathCosts& costs() const { return costs_; }
  double spacing_mm() const { return spacing_mm_; }
  Walk best_walk(const OrientedSamples& path) const;
  /// Squared standard deviation across the line at a state.
  double variance_mm2(std::size_t state) const;

 private:
  double cost(const OrientedSample& sample, std::size_t state) const;
  OrientedSamples states_;
  double spacing_mm_;
  PathCosts costs_;
  std::vector<double> variances_mm2_;
  std::vector<std::uint32_t> first_neighbor_;  ///< [state + 1] into neighbors_
  std::vector<std::uint32_t> neighbors_;       ///< a state is its own neighbor
};

}  // namespace snitt::registration
