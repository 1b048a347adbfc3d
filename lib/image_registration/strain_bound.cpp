#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "image_registration/field_statistics.hpp"

namespace snitt::image_registration {
namespace {

/// Squared slopes [axis, control point] from each control point to the next along the axis.
std::array<std::vector<double>, 3> squared_slopes(const SplineGrid& grid, const Coefficients& c) {
  const auto size = grid.size();
  const std::size_t points = grid.points();
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  std::array<std::vector<double>, 3> slopes;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    slopes[axis].resize(points);
    const double distance = grid.image.spacing_mm[axis] * static_cast<double>(grid.tile[axis]);
    for (std::size_t p = 0; p < points; ++p) {
      if ((p / stride[axis]) % size[axis] + 1 == size[axis]) continue;
      for (std::size_t component = 0; component < 3; ++component) {
        const double* block = c.data() + component * points;
        const double slope = (block[p + stride[axis]] - block[p]) / distance;
        slopes[axis][p] += slope * slope;
      }
    }
  }
  return slopes;
}

}  // namespace

double strain_bound(const SplineGrid& grid, const Coefficients& coefficients_mm) {
  const auto slopes = squared_slopes(grid, coefficients_mm);
  const auto points = grid.size();
  const std::size_t nx = points[0];
  const std::size_t ny = points[1];
  // A cell that begins on the last voxel has no inside, and its last control point moves nothing.
  std::array<std::size_t, 3> cells{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    cells[axis] =
        std::max<std::size_t>(1, (grid.image.size[axis] - 1 + grid.tile[axis] - 1) / grid.tile[axis]);
  std::vector<double> most(cells[2]);
  tbb::parallel_for(std::size_t{0}, cells[2], [&](std::size_t k) {
    for (std::size_t j = 0; j < cells[1]; ++j)
      for (std::size_t i = 0; i < cells[0]; ++i) {
        double sum = 0;  // of the squared bounds along the axes: bounds the Jacobian's Frobenius norm
        for (std::size_t axis = 0; axis < 3; ++axis) {
          std::array<std::size_t, 3> span{4, 4, 4};
          span[axis] = 3;  // differences, one fewer than points
          double largest = 0;
          for (std::size_t c = 0; c < span[2]; ++c)
            for (std::size_t b = 0; b < span[1]; ++b)
              for (std::size_t a = 0; a < span[0]; ++a)
                largest = std::max(largest, slopes[axis][((k + c) * ny + j + b) * nx + i + a]);
          sum += largest;
        }
        most[k] = std::max(most[k], sum);
      }
  });
  return std::sqrt(*std::max_element(most.begin(), most.end()));
}

}  // namespace snitt::image_registration
