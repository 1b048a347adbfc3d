#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/frames.hpp"

namespace snitt::formats {

/// Which axes of a recorded image run against MF order: first letter M (marked) or U (unmarked side) for +x,
/// second F (far) or N (near) for +y. A third letter (A, D) orders slices of volumes and turns nothing in a
/// frame.
struct Orientation {
  bool reverse_columns = false;
  bool reverse_rows = false;
};

/// Nothing for words other than MF, MN, UF, UN with an optional third letter A or D.
std::optional<Orientation> orientation_from_text(std::string_view letters);

/// Reverses the byte order of every component.
void swap_bytes(std::span<std::byte> pixels, PixelType type);

/// Turns whole frames [frame, row, column, component] to MF, in place; its own inverse.
void turn_frames(std::span<std::byte> pixels, const FrameShape& shape, Orientation orientation);

}  // namespace snitt::formats
