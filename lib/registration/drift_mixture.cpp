#include "registration/drift_mixture.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "registration/nearest_points.hpp"
#include "registration/point_box.hpp"

namespace snitt::registration {
namespace {

constexpr double cut_sigmas = 4;
/// Pairs of a center and a moving point that one step looks at.
constexpr double most_pairs = 1.5e6;

struct Share {
  std::size_t center = 0;
  double probability = 0;
};

/// How many centers a moving point has within reach, from a sample of the moving points.
double mean_reach(const NearestPoints& tree, const PointCloud& moving, double reach_mm) {
  const std::size_t stride = std::max<std::size_t>(1, moving.size() / 50);
  double sum = 0;
  double asked = 0;
  for (std::size_t n = 0; n < moving.size(); n += stride, ++asked)
    sum += static_cast<double>(tree.within(moving.points_mm[n], reach_mm, moving.size() * 100).size());
  return sum / std::max(1.0, asked);
}

}  // namespace

double outlier_volume_mm3(const PointCloud& moving) {
  const Vec3 sides = box_of(moving.points_mm).sides_mm();
  const double largest = std::max({sides.x, sides.y, sides.z});
  double volume = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) volume *= std::max(sides[axis], 0.1 * largest);
  return volume;
}

Explained explain(const MixtureInput& input, const PointCloud& moving) {
  const NearestPoints tree(input.centers_mm);
  const double reach_mm = cut_sigmas * input.sigma_mm;
  const double variance = input.sigma_mm * input.sigma_mm;
  // While sigma is large every point sees every center: fewer, evenly spread points say the same.
  const double pairs = mean_reach(tree, moving, reach_mm) * static_cast<double>(moving.size());
  const auto wanted = static_cast<std::size_t>(static_cast<double>(moving.size()) *
                                               std::min(1.0, most_pairs / std::max(pairs, 1.0)));
  const std::vector<std::size_t> asked = even_subset(moving.points_mm, std::max<std::size_t>(wanted, 100));
  const auto centers = static_cast<double>(input.centers_mm.size());
  const double outliers = input.w > 0 ? std::pow(2 * std::numbers::pi * variance, 1.5) * input.w /
                                            (1 - input.w) * centers / input.volume_mm3
                                      : 1e-300;
  std::vector<std::vector<Share>> shares(asked.size());
  tbb::parallel_for(std::size_t{0}, asked.size(), [&](std::size_t k) {
    const auto hits = tree.within(moving.points_mm[asked[k]], reach_mm, input.centers_mm.size());
    double sum = outliers;
    for (const auto& hit : hits) {
      const double extra = input.log_shares.empty() ? 0 : input.log_shares[hit.index];
      const double p = std::exp(-hit.squared_mm2 / (2 * variance) + extra);
      sum += p;
      shares[k].push_back({hit.index, p});
    }
    for (Share& s : shares[k]) s.probability /= sum;
  });
  const std::size_t n = input.centers_mm.size();
  Explained out{std::vector<double>(n), std::vector<Vec3>(n), std::vector<double>(n)};
  for (std::size_t k = 0; k < asked.size(); ++k)
    for (const Share& s : shares[k]) {
      const Vec3 off = moving.points_mm[asked[k]] - input.centers_mm[s.center];
      out.count[s.center] += s.probability;
      out.mean_mm[s.center] = out.mean_mm[s.center] + s.probability * off;
      out.scatter_mm2[s.center] += s.probability * dot(off, off);
      out.total += s.probability;
    }
  out.moving = static_cast<double>(asked.size());
  // As if all had been asked, so that the balance with smoothness does not depend on how many were.
  const double factor = static_cast<double>(moving.size()) / out.moving;
  for (std::size_t m = 0; m < n; ++m) {
    const Vec3 sum = out.mean_mm[m];
    const bool has_any = out.count[m] > 0;
    const Vec3 off = has_any ? (1 / out.count[m]) * sum : Vec3{};
    out.scatter_mm2[m] = factor * std::max(0.0, out.scatter_mm2[m] - dot(sum, off));
    out.mean_mm[m] = input.centers_mm[m] + off;
    out.count[m] *= factor;
  }
  out.total *= factor;
  out.moving *= factor;
  return out;
}

}  // namespace snitt::registration
