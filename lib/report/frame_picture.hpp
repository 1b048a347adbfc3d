#pragma once
#include <cstddef>

#include "data/frames.hpp"
#include "data/picture.hpp"

namespace snitt::report {

/// One frame as 8-bit grey or colour: 8-bit pixels as they are, others from the frame's smallest value
/// (black) to its largest (white). Throws UsageError for a frame that is not there, a recording without
/// pixels, or pixels of 2 or more than 4 components.
Picture frame_picture(FrameSource& recording, std::size_t frame);

}  // namespace snitt::report
