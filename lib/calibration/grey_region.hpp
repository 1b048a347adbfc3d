#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/frames.hpp"

namespace snitt::calibration {

/// Pixels u … u+width, v … v+height, both ends included, as --clip-rectangle-px of every tool counts; the
/// part outside the image is ignored.
struct PixelRectangle {
  std::int64_t u = 0;
  std::int64_t v = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// Part of a frame as grey values; pixel (0, 0) lies at (u, v) of the frame.
struct GreyRegion {
  std::size_t u = 0;
  std::size_t v = 0;
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::vector<double> values;  ///< [row, column]
  double at(std::size_t row, std::size_t column) const { return values[row * columns + column]; }
};

/// The rectangle within the image (the whole image without one), before any frame is read. Throws UsageError
/// when no pixel is left of it.
GreyRegion region_of(const FrameShape& shape, const std::optional<PixelRectangle>& clip);

/// Fills `region` from a frame [row, column, component] of any pixel type; several components are averaged.
void read_grey(const FrameShape& shape, std::span<const std::byte> frame, GreyRegion& region);

}  // namespace snitt::calibration
