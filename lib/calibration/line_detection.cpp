#include "calibration/line_detection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t fewest_peaks = 6;
constexpr int trials = 300;  // finds a line with 15 % inliers with probability 0.999
/// A scan along columns is trusted for lines up to here, one along rows from its complement on.
constexpr double overlap_tilt_deg = 50;
constexpr double second_line_share = 0.75;

/// Where a scanline crosses something bright: `along` counts scanlines' places, `across` lies on the
/// scanline.
struct Peak {
  double along = 0;
  double across = 0;
  double contrast = 0;
};

/// across = offset + slope * along
struct Fit {
  double offset = 0;
  double slope = 0;
  double at(double along) const { return offset + slope * along; }
  /// At a right angle to the line.
  double distance(const Peak& p) const { return std::abs(p.across - at(p.along)) / std::hypot(1, slope); }
};

std::optional<Peak> peak_of(std::span<const double> values, double along, const LineDetectionOptions& options,
                            std::vector<double>& scratch) {
  for (const double v : values)
    if (!std::isfinite(v)) return std::nullopt;
  const double highest = *std::max_element(values.begin(), values.end());
  scratch.assign(values.begin(), values.end());
  const auto middle = scratch.begin() + static_cast<std::ptrdiff_t>(scratch.size() / 2);
  std::nth_element(scratch.begin(), middle, scratch.end());
  const double background = *middle;
  if (!(highest > background) || highest - background < options.minimum_contrast) return std::nullopt;
  const double threshold = background + options.peak_share * (highest - background);

  double best_area = 0;
  double best_center = 0;
  for (std::size_t i = 0; i < values.size();) {
    double area = 0;
    double weight = 0;
    double moment = 0;
    for (; i < values.size() && values[i] > threshold; ++i) {
      area += values[i] - background;
      weight += values[i] - threshold;
      moment += (values[i] - threshold) * static_cast<double>(i);
    }
    if (area > best_area) {
      best_area = area;
      best_center = moment / weight;
    }
    ++i;
  }
  if (best_area <= 0) return std::nullopt;
  return Peak{along, best_center, highest - background};
}

std::vector<Peak> peaks_of(const GreyRegion& region, bool columns, const LineDetectionOptions& options) {
  const std::size_t extent = columns ? region.columns : region.rows;
  const std::size_t length = columns ? region.rows : region.columns;
  const std::size_t count = std::min(options.scanlines, extent);
  std::vector<Peak> peaks;
  std::vector<double> scanline(length);
  std::vector<double> scratch;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t place = count < 2 ? extent / 2 : (k * (extent - 1) + (count - 1) / 2) / (count - 1);
    for (std::size_t i = 0; i < length; ++i)
      scanline[i] = columns ? region.at(i, place) : region.at(place, i);
    if (const auto peak = peak_of(scanline, static_cast<double>(place), options, scratch))
      peaks.push_back(*peak);
  }
  return peaks;
}

std::vector<Peak> near(const std::vector<Peak>& peaks, const Fit& fit, double distance, bool inside) {
  std::vector<Peak> result;
  for (const Peak& p : peaks)
    if ((fit.distance(p) <= distance) == inside) result.push_back(p);
  return result;
}

/// Errors lie along the scanline, so squares are taken there.
Fit least_squares(const std::vector<Peak>& peaks) {
  double along = 0;
  double across = 0;
  for (const Peak& p : peaks) {
    along += p.along;
    across += p.across;
  }
  along /= static_cast<double>(peaks.size());
  across /= static_cast<double>(peaks.size());
  double square = 0;
  double product = 0;
  for (const Peak& p : peaks) {
    square += (p.along - along) * (p.along - along);
    product += (p.along - along) * (p.across - across);
  }
  const double slope = square > 0 ? product / square : 0;
  return {across - slope * along, slope};
}

/// The line that most peaks lie near.
Fit consensus(const std::vector<Peak>& peaks, double distance, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Fit best;
  double best_cost = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < trials; ++trial) {
    const Peak& a = peaks[random() % peaks.size()];
    const Peak& b = peaks[random() % peaks.size()];
    if (a.along == b.along) continue;
    const double slope = (b.across - a.across) / (b.along - a.along);
    const Fit fit{a.across - slope * a.along, slope};
    double cost = 0;
    for (const Peak& p : peaks) {
      const double d = std::min(fit.distance(p), distance);
      cost += d * d;
    }
    if (cost < best_cost) {
      best_cost = cost;
      best = fit;
    }
  }
  for (int round = 0; round < 10; ++round) {
    const std::vector<Peak> inliers = near(peaks, best, distance, true);
    if (inliers.size() < 2) break;
    const Fit fit = least_squares(inliers);
    if (fit.offset == best.offset && fit.slope == best.slope) break;
    best = fit;
  }
  return best;
}

DetectedLine line_of(const Fit& fit, const std::vector<Peak>& inliers, const GreyRegion& region, bool columns,
                     std::size_t scanlines) {
  DetectedLine line;
  const double middle = 0.5 * static_cast<double>((columns ? region.columns : region.rows) - 1);
  const double across = fit.at(middle);
  const double length = std::hypot(1, fit.slope);
  line.point_px = columns ? std::array{middle, across} : std::array{across, middle};
  line.point_px[0] += static_cast<double>(region.u);
  line.point_px[1] += static_cast<double>(region.v);
  line.direction =
      columns ? std::array{1 / length, fit.slope / length} : std::array{fit.slope / length, 1 / length};
  if (line.direction[0] < 0) line.direction = {-line.direction[0], -line.direction[1]};
  line.tilt_deg = std::atan2(line.direction[1], line.direction[0]) * 180 / std::numbers::pi;
  line.inlier_share = static_cast<double>(inliers.size()) / static_cast<double>(scanlines);
  std::vector<double> distances;
  std::vector<double> contrasts;
  for (const Peak& p : inliers) {
    distances.push_back(fit.distance(p));
    contrasts.push_back(p.contrast);
  }
  line.rms_px = statistics::root_mean_square(distances);
  line.contrast = statistics::median(contrasts);
  line.scanned = columns ? ScanDirection::columns : ScanDirection::rows;
  return line;
}

LineDetection detect_along(const GreyRegion& region, bool columns, const LineDetectionOptions& options) {
  const std::size_t scanlines = std::min(options.scanlines, columns ? region.columns : region.rows);
  const std::vector<Peak> peaks = peaks_of(region, columns, options);
  const std::size_t needed = std::max(
      fewest_peaks,
      static_cast<std::size_t>(std::ceil(options.minimum_inlier_share * static_cast<double>(scanlines))));
  if (peaks.size() < needed) return {std::nullopt, LineRefusal::no_peaks};
  const Fit fit = consensus(peaks, options.inlier_distance_px, options.seed);
  const std::vector<Peak> inliers = near(peaks, fit, options.inlier_distance_px, true);
  if (inliers.size() < needed) return {std::nullopt, LineRefusal::no_line};
  const std::vector<Peak> others = near(peaks, fit, options.inlier_distance_px, false);
  if (others.size() >= fewest_peaks) {
    const Fit second = consensus(others, options.inlier_distance_px, options.seed + 1);
    const double support = static_cast<double>(near(others, second, options.inlier_distance_px, true).size());
    if (support >= second_line_share * static_cast<double>(inliers.size()))
      return {std::nullopt, LineRefusal::ambiguous};
  }
  const DetectedLine line = line_of(fit, inliers, region, columns, scanlines);
  if (std::abs(line.tilt_deg) > options.maximum_tilt_deg) return {std::nullopt, LineRefusal::too_steep};
  return {line, LineRefusal::none};
}

}  // namespace

double DetectedLine::row_at(double u) const {
  return point_px[1] + (u - point_px[0]) * direction[1] / direction[0];
}

double DetectedLine::column_at(double v) const {
  return point_px[0] + (v - point_px[1]) * direction[0] / direction[1];
}

std::string name_of(LineRefusal refusal) {
  switch (refusal) {
    case LineRefusal::none:
      break;
    case LineRefusal::no_peaks:
      return "no peaks";
    case LineRefusal::no_line:
      return "no line";
    case LineRefusal::ambiguous:
      return "two lines";
    case LineRefusal::too_steep:
      return "too steep";
  }
  return "";
}

LineDetection detect_line(const GreyRegion& region, const LineDetectionOptions& options) {
  if (options.scan != ScanDirection::automatic)
    return detect_along(region, options.scan == ScanDirection::columns, options);
  LineDetection flat = detect_along(region, true, options);
  LineDetection steep = detect_along(region, false, options);
  // Out of its domain a scan sees a line at a grazing angle, smeared and over few scanlines.
  const auto drop = [](LineDetection& d, bool wrong) {
    if (wrong) d = {std::nullopt, LineRefusal::no_line};
  };
  drop(flat, flat.line && std::abs(flat.line->tilt_deg) > overlap_tilt_deg);
  drop(steep, steep.line && std::abs(steep.line->tilt_deg) < 90 - overlap_tilt_deg);
  if (flat.line && steep.line) return steep.line->inlier_share > flat.line->inlier_share ? steep : flat;
  if (flat.line) return flat;
  if (steep.line || steep.refusal == LineRefusal::too_steep || flat.refusal == LineRefusal::no_peaks)
    return steep;
  return flat;
}

LineDetection detect_line(const FrameShape& shape, std::span<const std::byte> frame,
                          const LineDetectionOptions& options) {
  GreyRegion region = region_of(shape, options.clip);
  read_grey(shape, frame, region);
  return detect_line(region, options);
}

}  // namespace snitt::calibration
