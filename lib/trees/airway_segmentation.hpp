#pragma once
#include <optional>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "image/scalar_volume.hpp"
#include "trees/airway_growth.hpp"

namespace snitt::trees {

struct AirwaySettings {
  std::optional<Vec3> seed_mm;    ///< inside the trachea; found when not given
  double shortest_branch_mm = 2;  ///< a shorter one is not kept
};

struct AirwaySegmentation {
  image::VoxelMask lumen;  ///< up to half way between lumen and wall
  Vec3 seed_mm;            ///< middle of the cut of the trachea that the growth began with
  AirwayGrowth growth;
  CalibrationRecord record;
};

/// The lumen of trachea and bronchi in a chest CT in HU. `ct` is smoothed a little where its noise asks for
/// it. Throws ComputationError when no trachea is found or nothing grows from it, InputError for a seed that
/// is no air. The result is doubtful when it looks like a failure: few branches, one lung only, many cuts.
AirwaySegmentation segment_airways(const image::ScalarVolume& ct, const AirwaySettings& settings,
                                   Monitor& monitor);

}  // namespace snitt::trees
