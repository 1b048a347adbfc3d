#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// The image that residuals are drawn on.
struct ReportImage {
  std::size_t columns = 0;
  std::size_t rows = 0;
  double pixel_aspect = 1;     ///< height of a pixel over its width
  std::vector<std::byte> png;  ///< of one frame
  std::string caption;         ///< "frame 12 of nwires.h5"
};

/// Largest column and row {u, v} px of the places whose residuals are drawn over an image; nothing when the
/// record has none of them.
std::optional<std::array<double, 2>> last_image_point(const CalibrationRecord& record);

/// What the columns of one of a record's tables allow:
/// - u_px, v_px, error_u_px, error_v_px: arrows over the image (an empty one that holds them all, if none is
/// given), dashed and pale where "used" is 0;
/// - a column of errors ("error_mm", else the first that is called error, residual or misfit and not of one
/// direction): their histogram and their course over time_s, frame, sample or the row, by role, use or
/// status;
/// - a table called curve or signals, or with an ending or beginning of that: its columns over the first one,
/// the result with its interval marked in a curve over lags;
/// - a square matrix of covariances whose rows are named as its columns: the correlations.
Figures calibration_figures(const std::string& name, const Table& table, const CalibrationRecord& record,
                            const std::optional<ReportImage>& image, const Wording& wording);

/// Of a result that is a curve itself: its columns over the first one.
Figures curve_figures(const Table& table, const CalibrationRecord& record, const Wording& wording);

/// Whether a table is one of those, and not of another kind of result that has a column of errors: these are
/// lengths, angles or times.
bool has_calibration_columns(const std::string& name, const Table& table);

}  // namespace snitt::report
