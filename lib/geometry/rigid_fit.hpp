#pragma once
#include <span>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

struct RigidFit {
  Matrix4 matrix;                   ///< rigid: maps `from` to `to`
  std::vector<double> residual_mm;  ///< [point]: |M from - to|
  double rms_mm = 0;                ///< weighted root mean square of them
  double mirrored_rms_mm = 0;       ///< what the best reflection would leave
};

/// The rigid transform that minimises sum of w |M from - to|² (Horn 1987; solved as Kabsch 1976 by singular
/// values, which also tells how well a reflection would do). `weights` empty: all 1. Throws ComputationError
/// that names the reason where the rotation is not determined: fewer than three points, all at one place, all
/// on one line (their spread across it below 1e-6 of that along it); and where the points are mirror images
/// of each other: a reflection leaves less than half of what a rotation does, and a rotation more than 1e-6
/// of the points' spread. UsageError for different numbers of points.
RigidFit fit_rigid(std::span<const Vec3> from, std::span<const Vec3> to,
                   std::span<const double> weights = {});

/// Root mean square extents of points along their three principal axes, falling.
Vec3 principal_extents(std::span<const Vec3> points);

}  // namespace snitt
