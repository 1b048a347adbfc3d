#pragma once
#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "registration/centerline_index.hpp"
#include "registration/oriented_samples.hpp"

namespace snitt::registration {

/// From a rigid map to a smoothing thin-plate spline (as Reinertsen et al. 2007, MedIA 11:374, after rigid
/// matching of center lines): fixed samples are matched with the moving lines where the spline has put them,
/// stretches of a line become one landmark, the spline is fitted, and so on until it stays. Samples beyond
/// the ends of a line or far from all have no say. Adds quantities and reasons. Throws ComputationError when
/// fewer than ten landmarks are left.
ThinPlateStep bent_map(const OrientedSamples& fixed, const OrientedSamples& moving, double moving_spacing_mm,
                       const MatchWeights& weights, const Matrix4& rigid, double smoothing_mm,
                       CalibrationRecord& record);

}  // namespace snitt::registration
