#include "registration/closest_points.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "registration/closest_points_step.hpp"

namespace snitt::registration {
namespace {

struct Match {
  ClosestPair pair;
  double squared_mm2 = 0;  ///< between the points, in moving millimetres; infinite: their normals oppose
};

struct Matches {
  std::vector<Match> from_fixed;   ///< [fixed point]
  std::vector<Match> from_moving;  ///< [moving point]
};

Matches match(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix) {
  const Matrix4 back = inverse(matrix);
  const bool sided = fixed.is_oriented && moving.is_oriented;
  Matches m{std::vector<Match>(fixed.size()), std::vector<Match>(moving.size())};
  const auto judge = [&](Match& match) {
    const Vec3 between =
        moving.points_mm[match.pair.moving] - transform_point(matrix, fixed.points_mm[match.pair.fixed]);
    match.squared_mm2 = dot(between, between);
    if (sided &&
        dot(mapped_normal(back, fixed.normals[match.pair.fixed]), moving.normals[match.pair.moving]) <= 0)
      match.squared_mm2 = std::numeric_limits<double>::infinity();
  };
  tbb::parallel_for(std::size_t{0}, fixed.size(), [&](std::size_t i) {
    m.from_fixed[i].pair = {i, moving.tree.nearest(transform_point(matrix, fixed.points_mm[i])).index};
    judge(m.from_fixed[i]);
  });
  tbb::parallel_for(std::size_t{0}, moving.size(), [&](std::size_t i) {
    m.from_moving[i].pair = {fixed.tree.nearest(transform_point(back, moving.points_mm[i])).index, i};
    judge(m.from_moving[i]);
  });
  return m;
}

/// How many of the sorted squared distances to keep.
std::size_t kept_of(const std::vector<double>& sorted, const ClosestPointsOptions& options,
                    double floor_mm2) {
  const auto n = sorted.size();
  if (options.overlap)
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(*options.overlap * static_cast<double>(n))));
  std::size_t best = n;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  const auto first = static_cast<std::size_t>(options.least_overlap * static_cast<double>(n));
  for (std::size_t k = 0; k < n && std::isfinite(sorted[k]); ++k) {
    sum += sorted[k];
    if (k + 1 < std::max<std::size_t>(first, 1)) continue;
    const double share = static_cast<double>(k + 1) / static_cast<double>(n);
    // Below the noise of rounding and sampling everything fits alike, and all of it is wanted.
    const double cost = (sum / static_cast<double>(k + 1) + floor_mm2) / (share * share * share);
    if (cost > least) continue;
    least = cost;
    best = k + 1;
  }
  return best;
}

/// Appends the pairs kept and says which share they are.
double keep(const std::vector<Match>& matches, const ClosestPointsOptions& options, double floor_mm2,
            std::vector<ClosestPair>& pairs) {
  std::vector<double> sorted(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i) sorted[i] = matches[i].squared_mm2;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t kept = std::min(kept_of(sorted, options, floor_mm2), sorted.size());
  const double bound = sorted[kept - 1];
  std::size_t count = 0;
  for (const Match& m : matches)
    if (std::isfinite(m.squared_mm2) && m.squared_mm2 <= bound) {
      pairs.push_back(m.pair);
      ++count;
    }
  return static_cast<double>(count) / static_cast<double>(matches.size());
}

double pair_rms(const PointCloud& fixed, const PointCloud& moving, const ClosestPoints& state,
                PointDistance distance) {
  const Matrix4 back = inverse(state.matrix);
  double squares = 0;
  for (const ClosestPair& pair : state.pairs) {
    const Vec3 between =
        moving.points_mm[pair.moving] - transform_point(state.matrix, fixed.points_mm[pair.fixed]);
    const double along = distance == PointDistance::to_plane
                             ? dot(between, pair_normal(fixed, moving, pair, back))
                             : norm(between);
    squares += along * along;
  }
  return std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, state.pairs.size())));
}

/// How far a step moves the points of the set: of a box around them the corner that moves most.
double motion_mm(const Matrix4& before, const Matrix4& after, const PointCloud& fixed) {
  double most = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 p = fixed.center_mm;
    for (std::size_t axis = 0; axis < 3; ++axis)
      p[axis] += ((corner >> axis) & 1) != 0 ? fixed.radius_mm : -fixed.radius_mm;
    most = std::max(most, norm(transform_point(after, p) - transform_point(before, p)));
  }
  return most;
}

void find_pairs(const PointCloud& fixed, const PointCloud& moving, const ClosestPointsOptions& options,
                ClosestPoints& state) {
  const double floor_mm2 = std::pow(0.02 * std::max(fixed.spacing_mm, moving.spacing_mm), 2);
  const Matches matches = match(fixed, moving, state.matrix);
  state.pairs.clear();
  state.overlap_fixed = keep(matches.from_fixed, options, floor_mm2, state.pairs);
  state.overlap_moving = keep(matches.from_moving, options, floor_mm2, state.pairs);
  if (state.pairs.size() < 2 * parameters_of(options.model))
    throw ComputationError(
        "only {} points of both sets have a partner whose surface faces the same way; expected surfaces "
        "with their normals outwards and a start near enough",
        state.pairs.size());
  state.rms_mm = pair_rms(fixed, moving, state, options.distance);
}

bool is_usable(const Matrix4& m) {
  const double volume = determinant3(m);
  return is_affine(m) && volume > 1e-6 && volume < 1e6;
}

}  // namespace

ClosestPoints iterate_closest_points(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                                     const ClosestPointsOptions& options) {
  ClosestPoints state;
  state.matrix = start;
  double least = std::numeric_limits<double>::infinity();
  int since_better = 0;
  for (state.steps = 0; state.steps < options.most_steps; ++state.steps) {
    find_pairs(fixed, moving, options, state);
    const Matrix4 next =
        closest_points_step(fixed, moving, state.matrix, state.pairs, options.model, options.distance);
    if (!is_usable(next))
      throw ComputationError("the {} map collapses after {} steps; expected sets that overlap",
                             options.model == LandmarkModel::affine ? "affine" : "similarity", state.steps);
    const double motion = motion_mm(state.matrix, next, fixed);
    state.matrix = next;
    if (motion < 1e-5 * moving.radius_mm) {
      state.has_converged = true;
      break;
    }
    // Trimming may go round in a circle of nearly equal fits. A larger share may fit a little worse.
    const double share = 0.5 * (state.overlap_fixed + state.overlap_moving);
    const double cost = state.rms_mm / std::pow(share, 1.5);
    if (cost < least * (1 - 1e-5)) {
      least = cost;
      since_better = 0;
    } else if (++since_better >= 15) {
      state.has_converged = motion < 1e-3 * moving.radius_mm;
      break;
    }
  }
  return state;
}

ClosestPoints closest_pairs(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                            const ClosestPointsOptions& options) {
  ClosestPoints state;
  state.matrix = matrix;
  find_pairs(fixed, moving, options, state);
  return state;
}

double surface_distance_mm(Vec3 between, Vec3 normal, double spacing_mm) {
  const double along = dot(between, normal);
  const double aside = std::sqrt(std::max(0.0, dot(between, between) - along * along));
  return std::hypot(along, std::max(0.0, aside - spacing_mm));
}

SurfaceDistances surface_distances(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix) {
  const Matrix4 back = inverse(matrix);
  const double scale = std::cbrt(std::abs(determinant3(matrix)));
  SurfaceDistances out{std::vector<double>(fixed.size()), std::vector<double>(moving.size())};
  tbb::parallel_for(std::size_t{0}, fixed.size(), [&](std::size_t i) {
    const Vec3 at = transform_point(matrix, fixed.points_mm[i]);
    const std::size_t j = moving.tree.nearest(at).index;
    out.fixed_mm[i] = surface_distance_mm(moving.points_mm[j] - at, moving.normals[j], moving.spacing_mm);
  });
  tbb::parallel_for(std::size_t{0}, moving.size(), [&](std::size_t i) {
    const Vec3 at = transform_point(back, moving.points_mm[i]);
    const std::size_t j = fixed.tree.nearest(at).index;
    out.moving_mm[i] =
        scale * surface_distance_mm(fixed.points_mm[j] - at, fixed.normals[j], fixed.spacing_mm);
  });
  return out;
}

}  // namespace snitt::registration
