#pragma once
#include <array>
#include <vector>

#include "registration/closest_points.hpp"
#include "registration/point_cloud.hpp"

namespace snitt::registration {

using PointFeature = std::array<float, 33>;

/// What the surface looks like around each point, whatever its place and turn: fast point feature histograms
/// (Rusu, Blodow and Beetz 2009), 11 bins for each of three angles between normals, of the points within
/// `radius_mm`.
std::vector<PointFeature> point_features(const PointCloud& cloud, double radius_mm);

/// Pairs whose features are alike: the most similar moving point of each fixed one and the other way round,
/// each pair once, ordered by the fixed point.
std::vector<ClosestPair> similar_pairs(const std::vector<PointFeature>& fixed,
                                       const std::vector<PointFeature>& moving);

}  // namespace snitt::registration
