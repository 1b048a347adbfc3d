#pragma once
#include <string>

#include "calibration/landmark_registration.hpp"
#include "calibration/surface_registration.hpp"
#include "data/calibration.hpp"

namespace snitt::calibration {

/// What a registration by landmarks says about itself. Tables: "landmarks" (residual of each), "touched"
/// (where the tip rested, and what became of it), "covariance".
CalibrationRecord record_of(const LandmarkRegistration& registration,
                            const std::vector<TouchedPoint>& touched, const PhantomDefinition& phantom,
                            const TrackedPoses& tip);

/// What a registration by planes and lines says about itself. Tables: "objects", "samples", "covariance".
CalibrationRecord record_of(const SurfaceRegistration& registration, const TrackedPoses& tip);

}  // namespace snitt::calibration
