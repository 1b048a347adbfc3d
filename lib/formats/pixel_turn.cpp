#include "formats/pixel_turn.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace snitt::formats {
namespace {

template <std::size_t Bytes>
void reverse_each(std::span<std::byte> pixels) {
  for (std::size_t at = 0; at + Bytes <= pixels.size(); at += Bytes)
    std::reverse(pixels.data() + at, pixels.data() + at + Bytes);
}

/// Pixels of a fixed size in reverse order; the bytes of each stay in order.
template <std::size_t Bytes>
void reverse_row(std::byte* row, std::size_t columns) {
  using Pixel = std::array<std::byte, Bytes>;
  auto* const first = reinterpret_cast<Pixel*>(row);
  std::reverse(first, first + columns);
}

void reverse_row(std::byte* row, std::size_t columns, std::size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      return reverse_row<1>(row, columns);
    case 2:
      return reverse_row<2>(row, columns);
    case 3:
      return reverse_row<3>(row, columns);
    case 4:
      return reverse_row<4>(row, columns);
    default:
      break;
  }
  for (std::size_t i = 0, j = columns - 1; i < j; ++i, --j)
    std::swap_ranges(row + i * pixel_bytes, row + (i + 1) * pixel_bytes, row + j * pixel_bytes);
}

}  // namespace

std::optional<Orientation> orientation_from_text(std::string_view letters) {
  if (letters.size() == 3 && (letters[2] == 'A' || letters[2] == 'D')) letters.remove_suffix(1);
  if (letters.size() != 2) return std::nullopt;
  if ((letters[0] != 'M' && letters[0] != 'U') || (letters[1] != 'F' && letters[1] != 'N'))
    return std::nullopt;
  return Orientation{letters[0] == 'U', letters[1] == 'N'};
}

void swap_bytes(std::span<std::byte> pixels, PixelType type) {
  switch (size_of(type)) {
    case 2:
      return reverse_each<2>(pixels);
    case 4:
      return reverse_each<4>(pixels);
    case 8:
      return reverse_each<8>(pixels);
    default:
      return;
  }
}

void turn_frames(std::span<std::byte> pixels, const FrameShape& shape, Orientation orientation) {
  if (shape.bytes() == 0) return;
  const std::size_t row_bytes = shape.columns * size_of(shape.format);
  for (std::size_t at = 0; at + shape.bytes() <= pixels.size(); at += shape.bytes()) {
    std::byte* const frame = pixels.data() + at;
    if (orientation.reverse_rows)
      for (std::size_t i = 0, j = shape.rows - 1; i < j; ++i, --j)
        std::swap_ranges(frame + i * row_bytes, frame + (i + 1) * row_bytes, frame + j * row_bytes);
    if (orientation.reverse_columns)
      for (std::size_t row = 0; row < shape.rows; ++row)
        reverse_row(frame + row * row_bytes, shape.columns, size_of(shape.format));
  }
}

}  // namespace snitt::formats
