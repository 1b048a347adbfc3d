#include "calibration/overlay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace snitt::calibration {
namespace {

using Color = std::array<std::uint8_t, 3>;
constexpr Color yellow{240, 200, 0};
constexpr Color green{0, 220, 90};
constexpr Color red{255, 60, 60};

class Canvas {
 public:
  Canvas(std::span<const std::byte> pixels, const FrameShape& shape) {
    picture_ = {shape.rows, shape.columns, {PixelType::u8, 3}, {}};
    picture_.pixels.resize(3 * shape.pixels());
    visit_pixel_type(shape.format.type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      copy(reinterpret_cast<const T*>(pixels.data()), shape);
    });
  }

  void set(double u, double v, const Color& color) {
    const auto column = std::llround(u);
    const auto row = std::llround(v);
    if (column < 0 || row < 0 || column >= static_cast<long long>(picture_.columns) ||
        row >= static_cast<long long>(picture_.rows))
      return;
    const std::size_t at =
        3 * (static_cast<std::size_t>(row) * picture_.columns + static_cast<std::size_t>(column));
    for (std::size_t k = 0; k < 3; ++k) picture_.pixels[at + k] = static_cast<std::byte>(color[k]);
  }

  void line(double u0, double v0, double u1, double v1, const Color& color) {
    const double steps = std::max(1.0, std::ceil(std::max(std::abs(u1 - u0), std::abs(v1 - v0))));
    if (!(steps < 1e5)) return;
    for (double k = 0; k <= steps; ++k) set(u0 + (u1 - u0) * k / steps, v0 + (v1 - v0) * k / steps, color);
  }

  void circle(double u, double v, double radius, const Color& color) {
    const int steps = 8 * static_cast<int>(std::ceil(radius));
    for (int k = 0; k < steps; ++k) {
      const double angle = 2 * std::numbers::pi * k / steps;
      set(u + radius * std::cos(angle), v + radius * std::sin(angle), color);
    }
  }

  void cross(double u, double v, double radius, const Color& color) {
    line(u - radius, v, u + radius, v, color);
    line(u, v - radius, u, v + radius, color);
  }

  Picture take() && { return std::move(picture_); }

 private:
  template <typename T>
  void copy(const T* pixels, const FrameShape& shape) {
    const std::size_t components = shape.format.components;
    double low = 0;
    double high = 255;
    if constexpr (!std::is_same_v<T, std::uint8_t>) {
      const auto range = std::minmax_element(pixels, pixels + shape.pixels() * components);
      low = static_cast<double>(*range.first);
      high = static_cast<double>(*range.second);
    }
    const double factor = high > low ? 255 / (high - low) : 0;
    for (std::size_t i = 0; i < shape.pixels(); ++i)
      for (std::size_t k = 0; k < 3; ++k) {
        const T value = pixels[i * components + (components >= 3 ? k : 0)];
        picture_.pixels[3 * i + k] = static_cast<std::byte>(
            static_cast<std::uint8_t>(std::clamp((static_cast<double>(value) - low) * factor, 0.0, 255.0)));
      }
  }

  Picture picture_;
};

}  // namespace

Picture overlay(std::span<const std::byte> pixels, const FrameShape& shape, const Dots& dots,
                const Labelling& labelling, std::span<const ImagePoint> expected) {
  constexpr double radius = 9;
  Canvas canvas(pixels, shape);
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
