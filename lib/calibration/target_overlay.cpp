#include "calibration/target_overlay.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/frame_canvas.hpp"

namespace snitt::calibration {
namespace {

constexpr double radius = 9;

/// From border to border of the image, with a gap in the middle so that what lies below can be seen.
void draw_through(FrameCanvas& canvas, const FrameShape& shape, const std::vector<ImagePoint>& points,
                  const Color& color) {
  const double du = points[1].u - points[0].u;
  const double dv = points[1].v - points[0].v;
  const double length = std::hypot(du, dv);
  if (!(length > 0)) return;
  const auto size = static_cast<double>(shape.rows + shape.columns);
  const auto at = [&](double along) {
    return ImagePoint{points[0].u + along * du / length, points[0].v + along * dv / length};
  };
  for (const auto& [from, to] : {std::pair{-size, length / 3}, std::pair{2 * length / 3, size}}) {
    const ImagePoint a = at(from);
    const ImagePoint b = at(to);
    canvas.line(a.u, a.v, b.u, b.v, color);
  }
}

}  // namespace

Picture target_overlay(std::span<const std::byte> pixels, const FrameShape& shape, TargetKind kind,
                       const TargetRecording& recording, std::size_t frame) {
  FrameCanvas canvas(pixels, shape);
  const TargetFinding& finding = recording.findings[frame];
  const auto& frames = recording.posed.frames;
  const auto posed =
      std::find_if(frames.begin(), frames.end(), [&](const TargetFrame& f) { return f.frame == frame; });
  const auto index = static_cast<std::size_t>(posed - frames.begin());
  const bool judged = posed != frames.end() && index < recording.seen.size();
  const bool taken = judged && recording.used[index] != 0;
  if (kind == TargetKind::point)
    for (const ImagePoint& p : finding.points) canvas.circle(p.u, p.v, radius - 3, yellow);
  else if (finding.points.size() == 2)
    draw_through(canvas, shape, finding.points, taken ? green : yellow);
  if (judged) {
    const TargetModel::Seen& seen = recording.seen[index];
    for (const ImagePoint& p : seen.measured)
      if (taken) canvas.circle(p.u, p.v, radius, green);
    for (const ImagePoint& p : seen.expected) canvas.cross(p.u, p.v, radius, red);
    if (kind == TargetKind::wall) draw_through(canvas, shape, seen.expected, red);
  }
  return std::move(canvas).take();
}

}  // namespace snitt::calibration
