#pragma once
#include "phantom/ct_scan.hpp"

namespace snitt::phantom::ct_truth {

/// Slices of a scan, in the order in which they are stored.
struct Slices {
  std::vector<double> scanner_z_mm;
  CtPose pose;
  CtPixels pixels;
  CtBlur blur;
  double body_diameter_mm = 0;
  std::vector<double> noise_factor;  ///< of each; empty: 1
};

double stored_hu(double hu, const CtScanSettings& settings);

/// Resolution, noise, calibration, pose and grid; tables mtf, nps and slices.
CalibrationRecord record(const CtScanSettings& settings, const Slices& slices);

/// The table "modules": where they lie and which slices lie wholly inside.
Table modules(const CtPhantomModel& model, const CtScanSettings& settings, const Slices& slices);

/// One row per object of the model.
Table objects(const CtPhantomModel& model, const CtScanSettings& settings, const Slices& slices);

/// One row per shape of the body.
Table objects(const CtBody& body, const CtScanSettings& settings);

}  // namespace snitt::phantom::ct_truth
