#pragma once
#include <string>
#include <vector>

#include "calibration/tracked_poses.hpp"

namespace snitt::calibration {

/// Finds where the tip of a calibrated pointer was held or swivelled, in poses of its tip (StylusTip to
/// Reference).
struct DetectionOptions {
  double tolerance_mm = 2;      ///< a tip that stays within this distance of a place rests there
  double minimum_time_s = 0.7;  ///< at one place
  double merge_mm = 5;          ///< places nearer than this are the same, visited again
  double swivel_deg = 0;  ///< what the shaft must at least turn by (between extremes), so that pauses in the
                          ///< air do not count; 0: none, the tip may be held still
};

struct TouchedPoint {
  Vec3 place_mm;      ///< mean of the visits
  double from_s = 0;  ///< of the first visit
  double to_s = 0;
  std::size_t visits = 0;
  std::size_t poses = 0;       ///< of all visits
  double spread_mm = 0;        ///< RMS distance of the tip from the place of its visit
  double swivel_deg = 0;       ///< largest turn of the shaft within a visit
  std::vector<Vec3> visit_mm;  ///< [visit]
};

/// In the order of their first visits. A visit is a stretch of rest of any length (no window that must happen
/// to lie within it); its place is a robust mean (Cauchy's weights), so that gross errors of the tracker do
/// not move it. Throws ComputationError when the tip rests nowhere.
std::vector<TouchedPoint> find_touched_points(const TrackedPoses& tip, const DetectionOptions& options = {});

}  // namespace snitt::calibration
