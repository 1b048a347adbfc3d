#pragma once
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/consistency_graph.hpp"

namespace snitt::registration {

/// Pairs of points that claim to belong together.
struct PointPairs {
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  std::size_t size() const { return from.size(); }
};

/// An edge where two pairs agree: | |to_i - to_j| - scale |from_i - from_j| | <= 2 noise, both ends at most
/// `noise` off.
ConsistencyGraph consistency_graph(const PointPairs& pairs, double scale, double noise);

/// Scales that the lengths vote for, the most likely first: for each of a ladder of scales the graph's
/// densest core, less what chance gives.
std::vector<double> likely_scales(const PointPairs& pairs, double noise, std::size_t how_many);

}  // namespace snitt::registration
