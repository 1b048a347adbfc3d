#include "calibration/frame_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::calibration {

template <typename T>
void FrameCanvas::copy(const T* pixels, const FrameShape& shape) {
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

FrameCanvas::FrameCanvas(std::span<const std::byte> pixels, const FrameShape& shape) {
  picture_ = {shape.rows, shape.columns, {PixelType::u8, 3}, {}};
  picture_.pixels.resize(3 * shape.pixels());
  visit_pixel_type(shape.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    copy(reinterpret_cast<const T*>(pixels.data()), shape);
  });
}

void FrameCanvas::set(double u, double v, const Color& color) {
  const auto column = std::llround(u);
  const auto row = std::llround(v);
  if (column < 0 || row < 0 || column >= static_cast<long long>(picture_.columns) ||
      row >= static_cast<long long>(picture_.rows))
    return;
  const std::size_t at =
      3 * (static_cast<std::size_t>(row) * picture_.columns + static_cast<std::size_t>(column));
  for (std::size_t k = 0; k < 3; ++k) picture_.pixels[at + k] = static_cast<std::byte>(color[k]);
}

void FrameCanvas::line(double u0, double v0, double u1, double v1, const Color& color) {
  const double steps = std::max(1.0, std::ceil(std::max(std::abs(u1 - u0), std::abs(v1 - v0))));
  if (!(steps < 1e5)) return;
  for (double k = 0; k <= steps; ++k) set(u0 + (u1 - u0) * k / steps, v0 + (v1 - v0) * k / steps, color);
}

void FrameCanvas::circle(double u, double v, double radius, const Color& color) {
  const int steps = 8 * static_cast<int>(std::ceil(radius));
  for (int k = 0; k < steps; ++k) {
    const double angle = 2 * std::numbers::pi * k / steps;
    set(u + radius * std::cos(angle), v + radius * std::sin(angle), color);
  }
}

void FrameCanvas::cross(double u, double v, double radius, const Color& color) {
  line(u - radius, v, u + radius, v, color);
  line(u, v - radius, u, v + radius, color);
}

}  // namespace snitt::calibration
