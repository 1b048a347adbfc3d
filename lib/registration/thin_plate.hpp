#pragma once
#include <optional>
#include <vector>

#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "registration/landmarks.hpp"

namespace snitt::registration {

struct ThinPlateRegistration {
  ThinPlateStep step;                ///< maps fixed to moving
  std::vector<TargetError> targets;  ///< expected errors as ThinPlateFit::expected_error_mm
  CalibrationRecord record;
};

/// A thin-plate spline through (`smoothing_mm` 0) or near the landmarks; without a value the smoothing that
/// leaves the least leave-one-out error. Landmarks of weight 0 have no say, and are checked like targets.
/// Verdict "doubtful" with reasons: what register_landmarks says of pairs that do not belong together, a map
/// that folds, a landmark far from where the others put it, and an affine map that predicts landmarks better.
/// Throws ComputationError: fewer than five landmarks, all near a plane, mirror images, two landmarks at one
/// place without smoothing.
ThinPlateRegistration register_thin_plate(const LandmarkPairs& pairs, std::optional<double> smoothing_mm,
                                          const PointSet& targets = {});

}  // namespace snitt::registration
