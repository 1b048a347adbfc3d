#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "geometry/landmark_fit.hpp"
#include "registration/point_cloud.hpp"

/// Iterated closest points (Besl and McKay 1992; Chen and Medioni 1992), trimmed, both ways.
namespace snitt::registration {

enum class PointDistance { to_point, to_plane };

struct ClosestPointsOptions {
  LandmarkModel model = LandmarkModel::rigid;
  PointDistance distance = PointDistance::to_plane;
  /// Share of each set that has a partner in the other. Nothing: found anew in every step, for each set, as
  /// the share x with the least RMS(x) / x^1.5 (fractional RMS distance, Phillips, Liu and Tomasi 2007).
  std::optional<double> overlap;
  double least_overlap = 0.4;  ///< of the automatic choice
  int most_steps = 400;
};

/// A pair that the fit rests on.
struct ClosestPair {
  std::size_t fixed = 0;
  std::size_t moving = 0;
};

struct ClosestPoints {
  Matrix4 matrix;  ///< maps fixed to moving
  bool has_converged = false;
  int steps = 0;
  double rms_mm = 0;               ///< of the pairs, by the distance that was minimised
  double overlap_fixed = 1;        ///< share of the fixed points that are in pairs
  double overlap_moving = 1;       ///< share of the moving points
  std::vector<ClosestPair> pairs;  ///< from the fixed points first, then from the moving ones
};

/// From `start`. Each point of either set is paired with the nearest of the other, so that exchanging the
/// sets gives the inverse; pairs whose oriented normals oppose are dropped; the farthest are trimmed. A step
/// minimises the squared distances between points, or along the mean normal of both (Rusinkiewicz 2019) with
/// a hundredth of the distances between points, which holds what planes leave free. Ends when no point moves
/// by more than 1e-5 of the set's radius, or when nothing was won in fifteen steps. The same bytes for any number
/// of threads.
ClosestPoints iterate_closest_points(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                                     const ClosestPointsOptions& options = {});

/// The pairs under a map, without a step: what iterate_closest_points would begin with.
ClosestPoints closest_pairs(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                            const ClosestPointsOptions& options = {});

/// How two sets lie under a map, by the distance from each point to the surface of the other set: along the
/// normal, and along the surface what is beyond the other set's spacing.
struct SurfaceDistances {
  std::vector<double> fixed_mm;   ///< [fixed point], in moving millimetres
  std::vector<double> moving_mm;  ///< [moving point]
};
/// `between` two points, one of which has the normal.
double surface_distance_mm(Vec3 between, Vec3 normal, double spacing_mm);
SurfaceDistances surface_distances(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix);

}  // namespace snitt::registration
