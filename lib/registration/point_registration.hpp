#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/point_set.hpp"
#include "data/spatial_transform.hpp"
#include "registration/closest_points.hpp"
#include "registration/coherent_drift.hpp"
#include "registration/global_poses.hpp"
#include "registration/robust_alignment.hpp"

/// Registration of surfaces and point sets: the map from the fixed to the moving space, and how well.
namespace snitt::registration {

enum class PointStart {
  global,    ///< no guess: features and principal axes
  identity,  ///< as the sets lie
  centers,   ///< mean on mean
  given,     ///< a matrix
};

enum class LinearMethod { closest_points, drift };

struct PointRegistrationOptions {
  LandmarkModel model = LandmarkModel::rigid;
  LinearMethod method = LinearMethod::closest_points;
  PointDistance distance = PointDistance::to_plane;
  std::optional<double> overlap;
  PointStart start = PointStart::global;
  Matrix4 given_start;                   ///< fixed to moving
  std::optional<DriftOptions> nonrigid;  ///< bend after the linear map
  DriftOptions drift;                    ///< of the linear method
  std::size_t drift_points = 3000;       ///< of each set that the drift sees
  std::size_t control_points = 400;      ///< of the thin-plate spline that carries the bending
};

struct PointRegistration {
  std::vector<TransformStep> steps;  ///< fixed to moving
  Matrix4 matrix;                    ///< the linear part that came first
  CalibrationRecord record;
};

/// The whole way: start, check against the poses that a search without a guess finds, closest points or
/// drift, bending if asked for. Verdict "doubtful" with reasons: another pose fits alike (named; symmetrical
/// shapes), a motion that the surfaces leave free (named), little overlap, a poor fit, no convergence.
/// Throws ComputationError: a given start that ends in a pose which fits clearly worse than another (which is
/// named); sets that nothing brings together.
PointRegistration register_points(const PointCloud& fixed, const PointCloud& moving,
                                  const PointRegistrationOptions& options, Monitor& monitor);

/// From pairs that belong together by order or label, of which many may be wrong. Rigid or similarity.
PointRegistration register_correspondences(const std::vector<Vec3>& fixed_mm,
                                           const std::vector<Vec3>& moving_mm,
                                           const std::vector<std::string>& labels,
                                           const AlignmentOptions& options);

}  // namespace snitt::registration
