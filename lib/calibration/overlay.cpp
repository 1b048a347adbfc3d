#include "calibration/overlay.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/frame_canvas.hpp"

namespace snitt::calibration {
Picture overlay(std::span<const std::byte> pixels, const FrameShape& shape, const Dots& dots,
                const Labelling& labelling, std::span<const ImagePoint> expected) {
  constexpr double radius = 9;
  FrameCanvas canvas(pixels, shape);
  for (const Dot& dot : dots.dots) canvas.circle(dot.u, dot.v, radius - 3, yellow);
  for (std::size_t w = 0; w < labelling.points.size(); ++w) {
    const WirePoint& p = labelling.points[w];
    canvas.circle(p.u, p.v, radius, green);
    if (w % 3 == 2) continue;
    // From the edge of one circle to the edge of the next.
    const WirePoint& q = labelling.points[w + 1];
    const double length = std::max(std::hypot(q.u - p.u, q.v - p.v), 2 * radius);
    const double du = radius * (q.u - p.u) / length;
    const double dv = radius * (q.v - p.v) / length;
    canvas.line(p.u + du, p.v + dv, q.u - du, q.v - dv, green);
  }
  for (const ImagePoint& p : expected) canvas.cross(p.u, p.v, radius, red);
  return std::move(canvas).take();
}

std::vector<ImagePoint> expected_points(const NWireCalibration& result, const NWireRecording& recording,
                                        std::size_t frame) {
  std::vector<ImagePoint> points;
  const auto& frames = recording.posed.frames;
  const auto found =
      std::find_if(frames.begin(), frames.end(), [&](const WireFrame& f) { return f.frame == frame; });
  if (found == frames.end() || !result.complete) return points;
  const Matrix4 phantom_to_image =
      inverse(result.image_to_probe) * inverse(found->probe_to_reference) * result.phantom_to_reference;
  for (std::size_t w = 0; w < result.model.wires(); ++w)
    if (const auto hit = wire_in_image(result.model.wire(w), phantom_to_image)) points.push_back(*hit);
  return points;
}

}  // namespace snitt::calibration
