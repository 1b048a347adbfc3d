#include "calibration/target_frames.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "data/transform_graph.hpp"
#include "geometry/pose.hpp"

namespace snitt::calibration {
namespace {

/// Frames read at once: enough for all threads, whatever their number.
constexpr std::size_t block_frames = 32;

/// Over 0.12 s the noise of two poses is a small part of the way of a hand: a velocity that is mostly noise
/// would make lags too small.
constexpr double least_step_s = 0.06;

TargetFinding dots_of(const DotDetector& detector, std::span<const std::byte> frame) {
  const Dots dots = detector.detect(frame);
  TargetFinding finding;
  if (dots.dots.empty()) {
    finding.detail = fmt::format("{} at the border", dots.at_border);
    return finding;
  }
  finding.status = TargetStatus::ok;
  finding.detail = fmt::format("{} dots", dots.dots.size() + dots.left_out);
  for (const Dot& dot : dots.dots) finding.points.push_back({dot.u, dot.v});
  return finding;
}

/// The part of the line that lies in the region, from and to along its direction; empty ones have from >= to.
std::array<double, 2> seen_part(const DetectedLine& line, const GreyRegion& region) {
  std::array<double, 2> part{-1e9, 1e9};
  const std::array<double, 2> low{static_cast<double>(region.u), static_cast<double>(region.v)};
  const std::array<double, 2> size{static_cast<double>(region.columns - 1),
                                   static_cast<double>(region.rows - 1)};
  for (std::size_t k = 0; k < 2; ++k) {
    if (std::abs(line.direction[k]) < 1e-9) continue;
    const double a = (low[k] - line.point_px[k]) / line.direction[k];
    const double b = (low[k] + size[k] - line.point_px[k]) / line.direction[k];
    part = {std::max(part[0], std::min(a, b)), std::min(part[1], std::max(a, b))};
  }
  return part;
}

TargetFinding line_of(const FrameShape& shape, std::span<const std::byte> frame, GreyRegion region,
                      const LineDetectionOptions& options) {
  read_grey(shape, frame, region);
  const LineDetection detection = detect_line(region, options);
  TargetFinding finding;
  finding.status = TargetStatus::no_line;
  if (!detection.line) {
    finding.detail = name_of(detection.refusal);
    return finding;
  }
  const DetectedLine& line = *detection.line;
  const std::array<double, 2> part = seen_part(line, region);
  if (!(part[1] > part[0])) {
    finding.detail = "outside the region";
    return finding;
  }
  finding.status = TargetStatus::ok;
  finding.detail = fmt::format("tilt {:.1f} deg, rms {:.2f} px, {:.0f} % of scanlines", line.tilt_deg,
                               line.rms_px, 100 * line.inlier_share);
  const double middle = (part[0] + part[1]) / 2;
  const double offset = (part[1] - part[0]) / std::sqrt(12.0);
  for (const double at : {middle - offset, middle + offset})
    finding.points.push_back(
        {line.point_px[0] + at * line.direction[0], line.point_px[1] + at * line.direction[1]});
  return finding;
}

}  // namespace

std::string name_of(TargetKind kind) { return kind == TargetKind::point ? "point" : "wall"; }

std::string name_of(TargetStatus status) {
  switch (status) {
    case TargetStatus::ok:
      return "ok";
    case TargetStatus::image_invalid:
      return "image-invalid";
    case TargetStatus::no_dot:
      return "no-dot";
    case TargetStatus::no_line:
      return "no-line";
    case TargetStatus::elsewhere:
      return "elsewhere";
  }
  return "";
}

std::vector<TargetFinding> find_target(FrameSource& source, const TargetDetection& detection,
                                       Monitor& monitor) {
  const Frames& frames = source.frames();
  std::optional<DotDetector> detector;
  GreyRegion region;
  if (detection.kind == TargetKind::point)
    detector.emplace(frames.shape, detection.dots);
  else
    region = region_of(frames.shape, detection.line.clip);
  const std::size_t bytes = frames.shape.bytes();
  std::vector<TargetFinding> findings(frames.count);
  std::vector<std::byte> block(std::min(block_frames, frames.count) * bytes);
  for (std::size_t first = 0; first < frames.count; first += block_frames) {
    const std::size_t count = std::min(block_frames, frames.count - first);
    source.read(first, count, std::span(block).first(count * bytes));
    tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
      TargetFinding& finding = findings[first + i];
      const std::span<const std::byte> pixels = std::span(block).subspan(i * bytes, bytes);
      if (!is_usable(frames.image_status[first + i]))
        finding.status = TargetStatus::image_invalid;
      else
        finding =
            detector ? dots_of(*detector, pixels) : line_of(frames.shape, pixels, region, detection.line);
    });
    monitor.progress("finding the target", static_cast<double>(first + count),
                     static_cast<double>(frames.count));
  }
  return findings;
}

Matrix4 TargetFrame::pose(double lag_s) const {
  if (lag_s == 0) return probe_to_reference;
  // The pose itself keeps its noise and only moves with its velocity, as in ProbeModel. The marker's own way
  // is a straight line in Reference; in the turning frame of the marker it would not be.
  const double fraction = lag_s / (2 * step_s);
  Matrix4 turn = inverse(earlier) * later;
  for (std::size_t i = 0; i < 3; ++i) turn(i, 3) = 0;
  Matrix4 moved = probe_to_reference * interpolate_pose({}, turn, fraction);
  for (std::size_t i = 0; i < 3; ++i) moved(i, 3) += fraction * (later(i, 3) - earlier(i, 3));
  return moved;
}

PosedTargets posed_targets(const Frames& recording, const std::vector<TargetFinding>& findings,
                           const ProbePoses& poses) {
  const TransformPath path = find_path(recording, poses.probe_frame, poses.reference_frame);
  const auto at = [&](double offset_s) {
    return evaluate(recording, path, {poses.time_offset_s + offset_s, poses.maximum_gap_s});
  };
  const FramePoses now = at(0);
  const double step_s =
      poses.with_neighbours ? std::max(velocity_step_s(recording, path), least_step_s) : least_step_s;
  const FramePoses earlier = poses.with_neighbours ? at(-step_s) : now;
  const FramePoses later = poses.with_neighbours ? at(step_s) : now;
  PosedTargets result;
  result.pose_status = now.status;
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (findings[i].status == TargetStatus::ok && is_usable(now.status[i]) && is_usable(earlier.status[i]) &&
        is_usable(later.status[i]))
      result.frames.push_back(
          {i, now.matrix[i], earlier.matrix[i], later.matrix[i], step_s, findings[i].points});
  return result;
}

}  // namespace snitt::calibration
