#pragma once
#include <optional>
#include <string>

#include "calibration/pivot.hpp"
#include "calibration/spin.hpp"
#include "data/calibration.hpp"
#include "data/transform.hpp"

namespace snitt::calibration {

/// How the result is named and which way its z axis points.
struct StylusTipNames {
  std::string stylus = "Stylus";
  std::string tip = "StylusTip";
  bool flip_shaft = false;  ///< z into the shaft instead of out of the tip
};

struct StylusTip {
  StaticTransform transform;  ///< StylusTipToStylus: tip_frame of the tip and the shaft
  CalibrationRecord record;
};

/// Puts tip and shaft together: with a spin z is its axis, without the direction from the marker's origin to
/// the tip. `pivot_poses` are those of `pivot`. Tables: "episodes", "poses", "covariance".
StylusTip stylus_tip(const TrackedPoses& pivot_poses, const PivotCalibration& pivot,
                     const std::optional<SpinCalibration>& spin, const StylusTipNames& names);

}  // namespace snitt::calibration
