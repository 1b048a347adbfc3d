#pragma once
#include <optional>

#include "data/calibration.hpp"
#include "data/volume.hpp"
#include "phantom/ct_body.hpp"
#include "phantom/ct_noise.hpp"
#include "phantom/ct_render.hpp"

/// A CT scan of a test object or a body, of which everything that can be measured is known.
namespace snitt::phantom {

struct CtScanSettings {
  double field_of_view_mm = 250;
  std::size_t matrix = 512;
  double center_x_mm = 0, center_y_mm = 0;  ///< of the field of view
  double increment_mm = 1;
  SliceProfile slice;
  /// The phantom's z that slices are centered on, from and to; if not given, all slices that lie wholly
  /// inside.
  std::optional<double> from_mm, to_mm;
  double f50_per_mm = 0.4;
  double enhancement = 0;
  CtNoise noise;
  double noise_growth_per_mm =
      0;        ///< noise times exp(growth (diameter - the largest)) where diameters differ
  CtPose pose;  ///< its pivot is set to the middle of the scan
  double tube_voltage_kv = 120;
  double hu_scale = 1;   ///< of HU + 1000
  double hu_offset = 0;  ///< then added
  double cupping_hu = 0;
  bool has_table = false;
  std::optional<double> padding_hu;  ///< outside the circle of the field of view
  double lowest_hu = -1024;          ///< values below are clipped; whole HU are stored
  bool descending = false;           ///< slices are stored from head to feet
};

struct SimulatedScan {
  Volume ct;                 ///< int16, HU
  Table objects;             ///< one row per object: what and where it is
  CalibrationRecord record;  ///< the rest of the truth
};

/// A test object of data/ct_phantom.hpp. Throws UsageError for settings that make no image.
SimulatedScan simulate_ct_phantom(const CtPhantomModel& model, const CtScanSettings& settings);

/// A body.
SimulatedScan simulate_ct_body(const CtBodySettings& body, const CtScanSettings& settings);

}  // namespace snitt::phantom
