#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "data/frames.hpp"
#include "data/picture.hpp"

namespace snitt::calibration {

using Color = std::array<std::uint8_t, 3>;
constexpr Color yellow{240, 200, 0};  ///< found
constexpr Color green{0, 220, 90};    ///< taken for the phantom
constexpr Color red{255, 60, 60};     ///< expected by the result

/// A frame to draw on, in pixel coordinates; what lies outside is left out. A grey frame is shown as it is,
/// other types over their range.
class FrameCanvas {
 public:
  FrameCanvas(std::span<const std::byte> pixels, const FrameShape& shape);
  void set(double u, double v, const Color& color);
  void line(double u0, double v0, double u1, double v1, const Color& color);
  void circle(double u, double v, double radius, const Color& color);
  void cross(double u, double v, double radius, const Color& color);
  Picture take() && { return std::move(picture_); }

 private:
  template <typename T>
  void copy(const T* pixels, const FrameShape& shape);
  Picture picture_;
};

}  // namespace snitt::calibration
