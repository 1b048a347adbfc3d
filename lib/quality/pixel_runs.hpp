#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace snitt::quality {

/// Pixels [begin, end) of a row.
struct PixelRun {
  std::uint32_t row = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t component = 0;  ///< numbered in the order of first pixels
};

struct PixelRuns {
  std::vector<PixelRun> runs;  ///< row by row
  std::size_t components = 0;
};

/// Runs of the pixels that are `value` in a mask [row, column] of zeros and ones, and the components they
/// form over pixel sides (4 neighbours).
PixelRuns runs_of(std::span<const std::uint8_t> mask, std::size_t columns, std::uint8_t value);

/// Sets to 1 every 0 that no path over pixel sides connects with the rim.
void fill_holes(std::span<std::uint8_t> mask, std::size_t columns);

}  // namespace snitt::quality
