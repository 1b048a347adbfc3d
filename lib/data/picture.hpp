#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/pixel.hpp"

namespace snitt {

/// A flat picture for the eye, without a place in space: [row, column, component], top row first, native byte
/// order.
struct Picture {
  std::size_t rows = 0;
  std::size_t columns = 0;
  PixelFormat format;
  std::vector<std::byte> pixels;
};

}  // namespace snitt
