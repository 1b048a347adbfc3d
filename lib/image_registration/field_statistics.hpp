#pragma once
#include "image_registration/warp.hpp"

namespace snitt::image_registration {

/// What a field of displacements does to space, over the voxels of its image.
struct FieldStatistics {
  double mean_mm = 0;
  double max_mm = 0;
  double smallest_jacobian = 1;
  double largest_jacobian = 1;
  double log_jacobian_sd = 0;  ///< over the voxels where the Jacobian is positive
  double folded_share = 0;     ///< of the voxels: Jacobian determinant <= 0
};

/// Jacobians of p -> p + u(p) by the spline's own derivatives, at the centers of all voxels of its image.
FieldStatistics field_statistics(const SplineGrid& grid, const Coefficients& coefficients_mm);

/// A number that |u(p) - u(q)| / |p - q| nowhere exceeds: below 1 it proves p -> p + u(p) to be one-to-one,
/// not only at voxels. A spline's slope along an axis is a weighted mean of differences of neighbouring
/// control points over their distance, so the largest difference around a cell bounds it there.
double strain_bound(const SplineGrid& grid, const Coefficients& coefficients_mm);

}  // namespace snitt::image_registration
