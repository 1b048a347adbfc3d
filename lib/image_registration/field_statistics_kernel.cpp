#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "image_registration/field_statistics.hpp"

namespace snitt::image_registration {
namespace {

/// Sums of one slice.
struct Part {
  double length = 0;
  double longest = 0;
  double smallest = 1e300;
  double largest = -1e300;
  double logs = 0;
  double squared_logs = 0;
  double positive = 0;
  double folded = 0;
};

/// [component, row, column] of one slice.
std::vector<float> slice_of(const ExpandedSpline& spline, std::size_t k, std::size_t rows,
                            std::size_t columns) {
  std::vector<float> slice(3 * rows * columns);
  spline.visit_slice(
      k, [](std::size_t) { return true; },
      [&](const SplineRow& row) {
        for (std::size_t c = 0; c < 3; ++c)
          std::copy_n(row.components[c], columns,
                      slice.begin() + static_cast<std::ptrdiff_t>((c * rows + row.j) * columns));
      });
  return slice;
}

}  // namespace

FieldStatistics field_statistics(const SplineGrid& grid, const Coefficients& coefficients_mm) {
  const auto [nx, ny, nz] = grid.image.size;
  const ExpandedSpline value(grid, coefficients_mm);
  const std::array<ExpandedSpline, 3> slopes{ExpandedSpline(grid, coefficients_mm, Slope::x),
                                             ExpandedSpline(grid, coefficients_mm, Slope::y),
                                             ExpandedSpline(grid, coefficients_mm, Slope::z)};
  // Slopes are per voxel along the image's axes: this turns them into slopes per mm along x, y, z.
  Matrix4 voxels_per_mm = image::space_to_index(grid.image);
  std::vector<Part> parts(nz);
  const std::size_t plane = nx * ny;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    const std::vector<float> u = slice_of(value, k, ny, nx);
    std::array<std::vector<float>, 3> du;
    for (std::size_t axis = 0; axis < 3; ++axis) du[axis] = slice_of(slopes[axis], k, ny, nx);
    Part& part = parts[k];
    for (std::size_t i = 0; i < plane; ++i) {
      Matrix4 jacobian;
      Vec3 move;
      for (std::size_t c = 0; c < 3; ++c) {
        move[c] = static_cast<double>(u[c * plane + i]);
        for (std::size_t xyz = 0; xyz < 3; ++xyz)
          for (std::size_t axis = 0; axis < 3; ++axis)
            jacobian(c, xyz) += static_cast<double>(du[axis][c * plane + i]) * voxels_per_mm(axis, xyz);
      }
      const double determinant = determinant3(jacobian);
      const double length = norm(move);
      part.length += length;
      part.longest = std::max(part.longest, length);
      part.smallest = std::min(part.smallest, determinant);
      part.largest = std::max(part.largest, determinant);
      if (determinant <= 0) {
        part.folded += 1;
        continue;
      }
      const double log = std::log(determinant);
      part.positive += 1;
      part.logs += log;
      part.squared_logs += log * log;
    }
  });
  Part all;
  for (const Part& part : parts) {
    all.length += part.length;
    all.longest = std::max(all.longest, part.longest);
    all.smallest = std::min(all.smallest, part.smallest);
    all.largest = std::max(all.largest, part.largest);
    all.logs += part.logs;
    all.squared_logs += part.squared_logs;
    all.positive += part.positive;
    all.folded += part.folded;
  }
  const double voxels = static_cast<double>(plane * nz);
  FieldStatistics statistics{all.length / voxels, all.longest, all.smallest,
                             all.largest,         0,           all.folded / voxels};
  if (all.positive > 0) {
    const double mean = all.logs / all.positive;
    statistics.log_jacobian_sd = std::sqrt(std::max(0.0, all.squared_logs / all.positive - mean * mean));
  }
  return statistics;
}

}  // namespace snitt::image_registration
