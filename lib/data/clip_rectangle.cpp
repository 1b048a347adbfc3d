#include "data/clip_rectangle.hpp"

#include <cmath>

#include "base/error.hpp"

namespace snitt {

void check_clip_rectangle(std::span<const double> rectangle, const FrameShape& shape) {
  for (const double value : rectangle)
    if (value != std::floor(value))
      throw UsageError("--clip-rectangle-px is '{}'; expected whole numbers", value);
  const double u = rectangle[0];
  const double v = rectangle[1];
  const auto columns = static_cast<double>(shape.columns);
  const auto rows = static_cast<double>(shape.rows);
  if (u < 0 || v < 0 || u >= columns || v >= rows || u + rectangle[2] > columns || v + rectangle[3] > rows)
    throw UsageError(
        "--clip-rectangle-px is '{:g} {:g} {:g} {:g}', which ends beyond images of {} columns and {} rows; "
        "expected U + WIDTH up to {} and V + HEIGHT up to {}",
        u, v, rectangle[2], rectangle[3], shape.columns, shape.rows, shape.columns, shape.rows);
}

}  // namespace snitt
