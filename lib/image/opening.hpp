#pragma once
#include <cstddef>
#include <cstdint>

/// Grey-scale openings (erosion, then dilation), exact, in a time that hardly grows with the size of the
/// structuring element. Pixels beyond the border neither raise nor lower anything. The same bytes for every
/// instruction set.
namespace snitt::image {

/// A plane of pixels [row, column] without gaps.
template <typename T>
struct PlaneView {
  T* pixels = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Directions of a bar, with v (rows) pointing down.
enum class BarDirection {
  along_row,
  rising,  ///< to the upper right
  along_column,
  falling,  ///< to the lower right
};

/// White top-hat: image <- image - opening by a bar of 2 half_length + 1 pixels. Whatever is at least as long
/// as the bar in its direction disappears. T: uint8_t or uint16_t.
template <typename T>
void remove_bars(PlaneView<T> image, std::size_t half_length, BarDirection direction);

/// image <- opening by the disc of all offsets with du² + dv² <= radius²: whatever the disc does not fit into
/// disappears.
template <typename T>
void open_with_disc(PlaneView<T> image, std::size_t radius);

}  // namespace snitt::image
