#include "calibration/grey_region.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace snitt::calibration {

GreyRegion region_of(const FrameShape& shape, const std::optional<PixelRectangle>& clip) {
  const auto columns = static_cast<std::int64_t>(shape.columns);
  const auto rows = static_cast<std::int64_t>(shape.rows);
  const PixelRectangle c = clip.value_or(PixelRectangle{0, 0, columns - 1, rows - 1});
  const std::int64_t u0 = std::max<std::int64_t>(c.u, 0);
  const std::int64_t v0 = std::max<std::int64_t>(c.v, 0);
  const std::int64_t u1 = std::min(c.u + c.width, columns - 1);
  const std::int64_t v1 = std::min(c.v + c.height, rows - 1);
  if (u1 < u0 || v1 < v0)
    throw UsageError("the clip rectangle {} {} {} {} leaves no pixel of images of {} x {}", c.u, c.v, c.width,
                     c.height, columns, rows);
  GreyRegion region;
  region.u = static_cast<std::size_t>(u0);
  region.v = static_cast<std::size_t>(v0);
  region.columns = static_cast<std::size_t>(u1 - u0 + 1);
  region.rows = static_cast<std::size_t>(v1 - v0 + 1);
  region.values.resize(region.columns * region.rows);
  return region;
}

void read_grey(const FrameShape& shape, std::span<const std::byte> frame, GreyRegion& region) {
  if (frame.size() != shape.bytes())
    throw ComputationError("a frame of {} bytes was given; expected {}", frame.size(), shape.bytes());
  const std::size_t components = shape.format.components;
  visit_pixel_type(shape.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<T> row(region.columns * components);
    for (std::size_t r = 0; r < region.rows; ++r) {
      const std::size_t first = ((region.v + r) * shape.columns + region.u) * components;
      std::memcpy(row.data(), frame.data() + first * sizeof(T), row.size() * sizeof(T));
      for (std::size_t c = 0; c < region.columns; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < components; ++k) sum += static_cast<double>(row[c * components + k]);
        region.values[r * region.columns + c] = sum / static_cast<double>(components);
      }
    }
  });
}

}  // namespace snitt::calibration
