#pragma once
#include <array>
#include <cmath>
#include <functional>

#include "geometry/matrix.hpp"
#include "geometry/rotation.hpp"
#include "image/scalar_volume.hpp"
#include "image_registration/image_pair.hpp"

/// A head made of ellipsoids with soft rims, known at every point in space, so that a moved image of it is
/// made without interpolation.
namespace snitt::image_registration {

struct Ellipsoid {
  Vec3 center_mm;
  Vec3 half_axes_mm;
  double value;
};

inline double head_at(Vec3 p) {
  static constexpr std::array<Ellipsoid, 7> parts{{{{0, 0, 0}, {34, 42, 32}, 60},
                                                   {{0, 0, 0}, {30, 38, 28}, -25},
                                                   {{10, 12, 5}, {9, 14, 8}, 50},
                                                   {{-11, 9, 4}, {8, 12, 9}, 42},
                                                   {{3, -20, -6}, {14, 9, 7}, 34},
                                                   {{-14, -12, 10}, {5, 6, 7}, 60},
                                                   {{12, -8, -12}, {6, 5, 5}, -20}}};
  double sum = 0;
  for (const Ellipsoid& e : parts) {
    const Vec3 d = p - e.center_mm;
    const double r = std::sqrt(std::pow(d.x / e.half_axes_mm.x, 2) + std::pow(d.y / e.half_axes_mm.y, 2) +
                               std::pow(d.z / e.half_axes_mm.z, 2));
    sum += e.value / (1 + std::exp((r - 1) * e.half_axes_mm.x / 1.5));  // a rim some 6 mm wide
  }
  return sum;
}

inline VolumeGeometry head_grid(Vec3 spacing_mm = {2, 2, 2}) {
  VolumeGeometry grid;
  const Vec3 half{42, 50, 40};
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.size[axis] = static_cast<std::size_t>(2 * half[axis] / spacing_mm[axis]) + 1;
  grid.spacing_mm = spacing_mm;
  grid.origin_mm = -1.0 * half;
  return grid;
}

using Contrast = std::function<double(double value, Vec3 place)>;
inline double same(double value, Vec3 /*place*/) { return value; }

/// The head on `grid`, a point p of which shows the head at `grid_to_head` p.
inline image::ScalarVolume head_image(const VolumeGeometry& grid, const Matrix4& grid_to_head = {},
                                      const Contrast& contrast = same) {
  image::ScalarVolume volume{grid, {}};
  const Matrix4 to_space = index_to_space(grid);
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        volume.values.push_back(static_cast<float>(contrast(head_at(transform_point(grid_to_head, p)), p)));
      }
  return volume;
}

/// A turn by `degrees` about `axis` and a shift.
inline Matrix4 motion(Vec3 axis, double degrees, Vec3 shift_mm) {
  Matrix4 matrix = rotation_from_vector((degrees * 3.14159265358979 / 180 / norm(axis)) * axis);
  for (std::size_t row = 0; row < 3; ++row) matrix(row, 3) = shift_mm[row];
  return matrix;
}

/// Largest distance between where two maps take the corners of the head's inner box.
inline double largest_error_mm(const Matrix4& a, const Matrix4& b) {
  double largest = 0;
  for (const double x : {-25.0, 25.0})
    for (const double y : {-30.0, 30.0})
      for (const double z : {-20.0, 20.0})
        largest = std::max(largest, norm(transform_point(a, {x, y, z}) - transform_point(b, {x, y, z})));
  return largest;
}

}  // namespace snitt::image_registration
