#pragma once
#include <optional>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "image/scalar_volume.hpp"
#include "trees/vesselness.hpp"

namespace snitt::trees {

struct VesselSettings {
  Polarity polarity = Polarity::bright;
  double smallest_radius_mm = 0.5;
  double largest_radius_mm = 4;
  std::int64_t scales = 5;
  std::optional<double> high;  ///< response that begins a vessel; when not given, a quarter of what the
                               ///< clearest vessels have, but ten times what noise has
  std::optional<double> low;  ///< response that a vessel goes on with; when not given, 0.4 of `high`, but 4.5
                              ///< times what noise has
  double smallest_volume_mm3 = 20;
};

struct VesselSegmentation {
  image::VoxelMask mask;
  image::ScalarVolume response;
  CalibrationRecord record;
};

/// Tubes of an image: vesselness over scales, hysteresis between two thresholds, voxels nearer to the tube's
/// own brightness than to the background's, pieces large enough. Throws UsageError for radii in the wrong
/// order, ComputationError when nothing is found.
VesselSegmentation segment_vessels(const image::ScalarVolume& image, const VesselSettings& settings);

}  // namespace snitt::trees
