#include "report/frame_picture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace snitt::report {
namespace {

template <typename T>
std::vector<std::byte> stretched(std::span<const std::byte> bytes) {
  const auto* values = reinterpret_cast<const T*>(bytes.data());
  const std::size_t count = bytes.size() / sizeof(T);
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < count; ++i)
    if (const auto value = static_cast<double>(values[i]); std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  const double scale = high > low ? 255 / (high - low) : 0;
  std::vector<std::byte> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double grey = scale * (static_cast<double>(values[i]) - low);
    result[i] = static_cast<std::byte>(std::isfinite(grey) ? std::lround(std::clamp(grey, 0.0, 255.0)) : 0);
  }
  return result;
}

}  // namespace

Picture frame_picture(FrameSource& recording, std::size_t frame) {
  const Frames& frames = recording.frames();
  if (frames.shape.pixels() == 0) throw UsageError("the recording holds poses without images");
  if (frame >= frames.count)
    throw UsageError("there is no frame {}; expected 0 to {}", frame, frames.count - 1);
  const std::size_t components = frames.shape.format.components;
  if (components == 2 || components > 4)
    throw UsageError("the recording has {} components in a pixel; expected 1, 3 or 4", components);
  Picture picture{frames.shape.rows, frames.shape.columns, {PixelType::u8, components}, {}};
  picture.pixels.resize(frames.shape.bytes());
  recording.read(frame, 1, picture.pixels);
  if (frames.shape.format.type != PixelType::u8)
    visit_pixel_type(frames.shape.format.type, [&](auto tag) {
      picture.pixels = stretched<typename decltype(tag)::type>(picture.pixels);
    });
  return picture;
}

}  // namespace snitt::report
