#include "registration/path_samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

void refuse_unfit(const TrackedPath& path) {
  const std::size_t samples = path.positions_mm.size();
  if (samples < least_path_samples)
    throw InputError("the path has {} samples; expected {} at least", samples, least_path_samples);
  if (!path.directions.empty() && path.directions.size() != samples)
    throw InputError("the path has {} samples and {} directions; expected one each", samples,
                     path.directions.size());
  for (std::size_t i = 0; i < samples; ++i) {
    const Vec3 p = path.positions_mm[i];
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z))
      throw InputError("sample {} of the path is not finite", i);
    if (!path.directions.empty() && !(std::abs(norm(path.directions[i]) - 1) < 1e-6))
      throw InputError("the direction of sample {} of the path has the length {}; expected 1", i,
                       norm(path.directions[i]));
  }
}

/// Of each coordinate, over the samples around.
Vec3 median_around(const std::vector<Vec3>& points, std::size_t i, std::size_t half) {
  const std::size_t from = i < half ? 0 : i - half;
  const std::size_t to = std::min(points.size(), i + half + 1);
  Vec3 result;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> values;
    for (std::size_t k = from; k < to; ++k) values.push_back(points[k][axis]);
    result[axis] = statistics::median(values);
  }
  return result;
}

/// [sample] 1 for what lies with its neighbors.
std::vector<std::uint8_t> steady(const std::vector<Vec3>& points) {
  constexpr std::size_t half = 4;
  std::vector<double> distances;
  for (std::size_t i = 0; i < points.size(); ++i)
    distances.push_back(norm(points[i] - median_around(points, i, half)));
  const double limit = std::max(4.0, 4 * statistics::median(distances));
  std::vector<std::uint8_t> good;
  for (const double distance : distances) good.push_back(distance <= limit ? 1 : 0);
  return good;
}

Vec3 travel(const OrientedSamples& kept, std::size_t i) {
  constexpr std::size_t half = 2;
  const std::size_t from = i < half ? 0 : i - half;
  const std::size_t to = std::min(kept.size() - 1, i + half);
  const Vec3 way = kept[to].position_mm - kept[from].position_mm;
  return norm(way) > 0 ? (1 / norm(way)) * way : Vec3{0, 0, 1};
}

}  // namespace

OrientedSamples sample_path(const TrackedPath& path, double step_mm) {
  refuse_unfit(path);
  const std::vector<std::uint8_t> good = steady(path.positions_mm);
  OrientedSamples kept;
  for (std::size_t i = 0; i < path.positions_mm.size(); ++i) {
    const Vec3 p = path.positions_mm[i];
    if (good[i] == 0 || (!kept.empty() && norm(p - kept.back().position_mm) < step_mm)) continue;
    kept.push_back({p, path.directions.empty() ? Vec3{} : path.directions[i], std::nan(""), 0});
  }
  if (kept.size() < least_path_samples)
    throw InputError("{} samples of the path are {} mm apart; expected {} at least: a longer way",
                     kept.size(), step_mm, least_path_samples);
  if (path.directions.empty())
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i].direction = travel(kept, i);
  return kept;
}

OrientedSamples airway_states(const Tree& tree, double spacing_mm, double least_radius_mm) {
  if (const std::string fault = fault_of(tree); !fault.empty())
    throw InputError("the tree cannot be used: {}", fault);
  OrientedSamples states = sample_tree(tree, spacing_mm, 2 * spacing_mm);
  std::erase_if(states, [&](const OrientedSample& s) { return s.radius_mm < least_radius_mm; });
  if (states.size() < least_path_samples)
    throw InputError(
        "the tree gives {} places at {} mm; expected {} at least: more airways, or a smaller radius "
        "of those that are left out",
        states.size(), spacing_mm, least_path_samples);
  return states;
}

}  // namespace snitt::registration
