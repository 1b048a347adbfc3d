#pragma once
#include "calibration/target_calibration.hpp"

/// Tables of a calibration with a point or a wall; used by its record only.
namespace snitt::calibration {

/// One row for each place that was looked at: one a frame for a point, two for a wall.
Table residuals_table(const TargetCalibration& result);
Table covariance_table(const TargetRefinement& refinement, TargetKind kind);

}  // namespace snitt::calibration
