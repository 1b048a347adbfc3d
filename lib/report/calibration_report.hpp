#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "report/calibration_figures.hpp"

/// A calibration for the eye.
namespace snitt::report {

struct CalibrationReport {
  std::string title;
  CalibrationRecord record;
  std::optional<SpatialTransform> transform;
  std::optional<Table> table;  ///< what was found, when it is a curve: its columns over the first one
  std::optional<ReportImage> image;
  std::string made_by;  ///< "snitt-calibrate-probe 0.1.0, 2026-01-01T00:00:00Z"
};

/// A self-contained page: verdict, summary with intervals, the transform, and for every table of the record
/// what its columns allow:
/// - the figures that its columns allow (calibration_figures.hpp);
/// - statuses, reasons, uses: how often each was given;
/// Every table is listed at the end.
std::string calibration_page(const CalibrationReport& report);

}  // namespace snitt::report
