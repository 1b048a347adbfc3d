#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"

/// A calibration for the eye.
namespace snitt::report {

/// The image that residuals are drawn on.
struct ReportImage {
  std::size_t columns = 0;
  std::size_t rows = 0;
  double pixel_aspect = 1;     ///< height of a pixel over its width
  std::vector<std::byte> png;  ///< of one frame
  std::string caption;         ///< "frame 12 of nwires.h5"
};

struct CalibrationReport {
  std::string title;
  CalibrationRecord record;
  std::optional<SpatialTransform> transform;
  std::optional<Table> table;  ///< what was found, when it is a curve: its columns over the first one
  std::optional<ReportImage> image;
  std::string made_by;  ///< "snitt-calibrate-probe 0.1.0, 2026-01-01T00:00:00Z"
};

/// Largest column and row {u, v} px of the places whose residuals are drawn over an image; nothing when the
/// record has none of them.
std::optional<std::array<double, 2>> last_image_point(const CalibrationRecord& record);

/// A self-contained page: verdict, summary with intervals, the transform, and for every table of the record
/// what its columns allow:
/// - u_px, v_px, error_u_px, error_v_px: arrows over the image (an empty one that holds them all, if none is
/// given), dashed and pale where "used" is 0;
/// - a column of errors ("error_mm", else the first that is called error, residual or misfit and not of one
/// direction):
///   their histogram and their course over time_s, frame, sample or the row, by role, use or status;
/// - a table called curve or signals, or with an ending or beginning of that: its columns over the first one,
/// the
///   result with its interval marked in a curve over lags;
/// - statuses, reasons, uses: how often each was given;
/// - a square matrix of covariances whose rows are named as its columns: the correlations.
/// Every table is listed at the end.
std::string calibration_page(const CalibrationReport& report);

}  // namespace snitt::report
