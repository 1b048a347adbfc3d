#pragma once
#include <span>

#include "data/frames.hpp"

namespace snitt {

/// Throws UsageError, which names --clip-rectangle-px, its value and the size of the image, when `rectangle`
/// {u, v, width, height} is not of whole numbers or ends beyond the image: cut silently, a typing error would
/// move the result. Both ends are included, yet one pixel more is allowed: PLUS's configurations give the
/// image's size as the rectangle's.
void check_clip_rectangle(std::span<const double> rectangle, const FrameShape& shape);

}  // namespace snitt
