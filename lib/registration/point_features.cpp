#include "registration/point_features.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::registration {
namespace {

constexpr std::size_t bins = 11;
constexpr std::size_t most_neighbours = 200;

/// Bin of a value in [low, high].
std::size_t bin_of(double value, double low, double high) {
  const double at = (value - low) / (high - low) * static_cast<double>(bins);
  return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(bins) - 0.5));
}

/// Histogram of the angles between a point's normal and those of its neighbours.
PointFeature own_histogram(const PointCloud& cloud, std::size_t index,
                           const std::vector<NearestPoints::Hit>& hits) {
  PointFeature histogram{};
  const Vec3 u = cloud.normals[index];
  float count = 0;
  for (const auto& hit : hits) {
    if (hit.index == index || hit.squared_mm2 == 0) continue;
    const Vec3 along =
        (1 / std::sqrt(hit.squared_mm2)) * (cloud.points_mm[hit.index] - cloud.points_mm[index]);
    Vec3 v = cross(along, u);
    const double length = norm(v);
    if (length < 1e-9) continue;
    v = (1 / length) * v;
    const Vec3 w = cross(u, v);
    const Vec3 n = cloud.normals[hit.index];
    histogram[bin_of(dot(v, n), -1, 1)] += 1;
    histogram[bins + bin_of(dot(u, along), -1, 1)] += 1;
    histogram[2 * bins + bin_of(std::atan2(dot(w, n), dot(u, n)), -std::numbers::pi, std::numbers::pi)] += 1;
    count += 1;
  }
  if (count > 0)
    for (float& value : histogram) value /= count;
  return histogram;
}

std::size_t most_similar(const PointFeature& feature, const std::vector<PointFeature>& others) {
  std::size_t best = 0;
  float least = 1e30F;
  for (std::size_t i = 0; i < others.size(); ++i) {
    float sum = 0;
    for (std::size_t k = 0; k < feature.size(); ++k) {
      const float d = feature[k] - others[i][k];
      sum += d * d;
    }
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return best;
}

}  // namespace

std::vector<PointFeature> point_features(const PointCloud& cloud, double radius_mm) {
  std::vector<std::vector<NearestPoints::Hit>> hits(cloud.size());
  std::vector<PointFeature> own(cloud.size());
  tbb::parallel_for(std::size_t{0}, cloud.size(), [&](std::size_t i) {
    hits[i] = cloud.tree.within(cloud.points_mm[i], radius_mm, most_neighbours);
    own[i] = own_histogram(cloud, i, hits[i]);
  });
  std::vector<PointFeature> features(cloud.size());
  tbb::parallel_for(std::size_t{0}, cloud.size(), [&](std::size_t i) {
    PointFeature sum{};
    double weights = 0;
    for (const auto& hit : hits[i]) {
      if (hit.index == i || hit.squared_mm2 == 0) continue;
      const double weight = 1 / std::sqrt(hit.squared_mm2);
      weights += weight;
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += static_cast<float>(weight) * own[hit.index][k];
    }
    for (std::size_t k = 0; k < sum.size(); ++k)
      features[i][k] = own[i][k] + (weights > 0 ? sum[k] / static_cast<float>(weights) : 0);
  });
  return features;
}

std::vector<ClosestPair> similar_pairs(const std::vector<PointFeature>& fixed,
                                       const std::vector<PointFeature>& moving) {
  std::vector<ClosestPair> pairs(fixed.size() + moving.size());
  tbb::parallel_for(std::size_t{0}, fixed.size(), [&](std::size_t i) {
    pairs[i] = {i, most_similar(fixed[i], moving)};
  });
  tbb::parallel_for(std::size_t{0}, moving.size(), [&](std::size_t i) {
    pairs[fixed.size() + i] = {most_similar(moving[i], fixed), i};
  });
  const auto key = [](const ClosestPair& p) { return std::pair(p.fixed, p.moving); };
  std::sort(pairs.begin(), pairs.end(),
            [&](const ClosestPair& a, const ClosestPair& b) { return key(a) < key(b); });
  pairs.erase(std::unique(pairs.begin(), pairs.end(),
                          [&](const ClosestPair& a, const ClosestPair& b) { return key(a) == key(b); }),
              pairs.end());
  return pairs;
}

}  // namespace snitt::registration
