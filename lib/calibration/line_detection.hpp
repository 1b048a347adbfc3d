#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibration/grey_region.hpp"

/// The straight bright line that a flat surface (the bottom of a water tank, a wall, a membrane) draws in an
/// ultrasound image.
namespace snitt::calibration {

/// Along what the image is searched. A column crosses a flat line once, a row a steep one; `automatic` tries
/// both and keeps the line that more scanlines agree on.
enum class ScanDirection { automatic, columns, rows };

struct LineDetectionOptions {
  std::optional<PixelRectangle> clip;
  ScanDirection scan = ScanDirection::automatic;
  std::size_t scanlines = 40;         ///< equally spaced over the region, its borders included
  double peak_share = 0.5;            ///< a peak is above this share of its scanline's brightness range
  double inlier_distance_px = 2;      ///< from the line, at a right angle
  double minimum_inlier_share = 0.4;  ///< of all scanlines that must agree on the line
  double maximum_tilt_deg = 78;       ///< from the rows of the image
  double minimum_contrast = 0;  ///< grey levels of a scanline's maximum over its median; less is no peak
  std::uint64_t seed = 1;
};

/// A line in pixel coordinates of the whole frame (not of the clip rectangle).
struct DetectedLine {
  std::array<double, 2> point_px{};   ///< {u, v}, in the middle of the region along the scan
  std::array<double, 2> direction{};  ///< unit vector {u, v}, towards +u
  double tilt_deg = 0;                ///< from the image's rows, positive when v grows with u
  double inlier_share = 0;            ///< of all scanlines
  double rms_px = 0;                  ///< of the inliers, at right angles to the line
  double contrast = 0;                ///< median over the inliers of maximum - median of the scanline
  ScanDirection scanned = ScanDirection::columns;
  /// v where the line crosses column `u`.
  double row_at(double u) const;
  /// u where the line crosses row `v`; infinite for a line along the rows.
  double column_at(double v) const;
};

/// The line, or why there is none.
enum class LineRefusal {
  none,
  no_peaks,   ///< too few scanlines have anything that stands out
  no_line,    ///< too few peaks lie on one line
  ambiguous,  ///< a second line is nearly as well supported
  too_steep,  ///< beyond maximum_tilt_deg
};
/// "" for none, else a short name: "no peaks", "no line", "two lines", "too steep".
std::string name_of(LineRefusal refusal);

struct LineDetection {
  std::optional<DetectedLine> line;
  LineRefusal refusal = LineRefusal::none;
};

/// 1. On each scanline the pixels above half way (peak_share) from its median to its maximum form runs; the
///    run with the largest area above the median is its peak, at the centre of gravity of what exceeds the
///    threshold (so that no pixel enters or leaves with a jump).
/// 2. The line that most peaks lie near, by seeded sampling of pairs (RANSAC with truncated squares: Torr and
///    Zisserman 2000, MSAC), then least squares on the peaks within inlier_distance_px, repeated until these
///    stay the same.
/// Good to 0.1 px for a line of a few pixels' thickness that crosses the region at up to 75°. Same input,
/// same result.
LineDetection detect_line(const FrameShape& shape, std::span<const std::byte> frame,
                          const LineDetectionOptions& options);
/// The same on a region that was read already; `options.clip` is not looked at.
LineDetection detect_line(const GreyRegion& region, const LineDetectionOptions& options);

}  // namespace snitt::calibration
