#include "data/volume.hpp"

namespace snitt {

Matrix4 index_to_space(const VolumeGeometry& geometry) {
  Matrix4 matrix;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      matrix(row, axis) = geometry.axis_directions[axis][row] * geometry.spacing_mm[axis];
    matrix(row, 3) = geometry.origin_mm[row];
  }
  return matrix;
}

}  // namespace snitt
