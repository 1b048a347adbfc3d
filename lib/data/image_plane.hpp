#pragma once
#include <cstddef>
#include <span>

namespace snitt {

/// One slice as measures of image quality see it: values [row, column] in HU, borrowed.
struct ImagePlane {
  std::span<const float> hu;
  std::size_t rows = 0;
  std::size_t columns = 0;
  double row_spacing_mm = 1;     ///< from one row to the next
  double column_spacing_mm = 1;  ///< from one column to the next
  double z_mm = 0;
  float at(std::size_t row, std::size_t column) const { return hu[row * columns + column]; }
};

/// Rows [row, row + size) and columns [column, column + size).
struct SquareRegion {
  std::size_t plane = 0;
  std::size_t row = 0;
  std::size_t column = 0;
  std::size_t size = 0;
};

/// A point of an image plane in pixels: the centre of pixel (row r, column c) is at (c, r).
struct PlanePoint {
  double column = 0;
  double row = 0;
};

}  // namespace snitt
