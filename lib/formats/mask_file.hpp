#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/frames.hpp"

namespace snitt::formats {

/// Weights of the pixels of a frame, 0 outside the sector, [row, column], from a picture or a Snitt volume of
/// one slice. Throws InputError unless it holds one component of uint8 and has the frame's columns and rows.
std::vector<std::uint8_t> read_mask(const std::string& path, const FrameShape& frame);

}  // namespace snitt::formats
