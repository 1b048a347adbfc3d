#include "image_registration/spline_grid.hpp"

#include <algorithm>
#include <cmath>

#include "image/scalar_volume.hpp"

namespace snitt::image_registration {
namespace {

/// Solves for the coefficients c of one line with (c[i-1] + 4 c[i] + c[i+1]) / 6 = value[i], the line going
/// on straight beyond its ends (natural spline: c[-1] = 2 c[0] - c[1], so that c[0] = value[0]).
void interpolate_line(double* values, std::size_t n, std::size_t stride, std::vector<double>& pivot) {
  if (n < 3) return;
  pivot.resize(n);
  pivot[0] = 0;
  // Thomas algorithm; first and last unknowns are their values.
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double divisor = 4 - pivot[i - 1];
    pivot[i] = 1 / divisor;
    const double right = 6 * values[i * stride] - (i + 2 == n ? values[(n - 1) * stride] : 0);
    values[i * stride] = (right - values[(i - 1) * stride]) / divisor;
    if (i + 2 == n) pivot[i] = 0;
  }
  for (std::size_t i = n - 2; i > 0; --i)
    if (i + 2 < n) values[i * stride] -= pivot[i] * values[(i + 1) * stride];
}

/// Control points beyond the grid go on straight along each axis in turn.
double extended(const double* block, const std::array<std::size_t, 3>& size, std::array<long, 3> at) {
  for (std::size_t axis = 3; axis-- > 0;) {
    const auto n = static_cast<long>(size[axis]);
    if (at[axis] >= 0 && at[axis] < n) continue;
    const long rim = at[axis] < 0 ? 0 : n - 1;
    const long inner = at[axis] < 0 ? 1 : n - 2;
    const double steps = static_cast<double>(std::abs(at[axis] - rim));
    auto near = at;
    near[axis] = rim;
    auto next = at;
    next[axis] = inner;
    const double value = extended(block, size, near);
    return value + steps * (value - extended(block, size, next));
  }
  const auto index = (static_cast<std::size_t>(at[2]) * size[1] + static_cast<std::size_t>(at[1])) * size[0] +
                     static_cast<std::size_t>(at[0]);
  return block[index];
}

std::array<double, 4> cubic(double f) {
  const double g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}

Vec3 value_at(const Coefficients& coefficients, const std::array<std::size_t, 3>& size, Vec3 index) {
  std::array<long, 3> first{};
  std::array<std::array<double, 4>, 3> weights{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double below = std::floor(index[axis]);
    first[axis] = static_cast<long>(below) - 1;
    weights[axis] = cubic(index[axis] - below);
  }
  const std::size_t points = size[0] * size[1] * size[2];
  Vec3 sum;
  for (std::size_t c = 0; c < 3; ++c)
    for (long k = 0; k < 4; ++k)
      for (long j = 0; j < 4; ++j)
        for (long i = 0; i < 4; ++i)
          sum[c] +=
              weights[0][static_cast<std::size_t>(i)] * weights[1][static_cast<std::size_t>(j)] *
              weights[2][static_cast<std::size_t>(k)] *
              extended(coefficients.data() + c * points, size, {first[0] + i, first[1] + j, first[2] + k});
  return sum;
}

}  // namespace

std::array<std::size_t, 3> SplineGrid::size() const {
  std::array<std::size_t, 3> points{};
  for (std::size_t axis = 0; axis < 3; ++axis) points[axis] = (image.size[axis] - 1) / tile[axis] + 4;
  return points;
}

std::size_t SplineGrid::points() const {
  const auto n = size();
  return n[0] * n[1] * n[2];
}

VolumeGeometry SplineGrid::geometry() const {
  VolumeGeometry control = image;
  control.size = size();
  Vec3 first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    first[axis] = -static_cast<double>(tile[axis]);
    control.spacing_mm[axis] *= static_cast<double>(tile[axis]);
  }
  control.origin_mm = transform_point(index_to_space(image), first);
  return control;
}

void interpolate_at_points(const SplineGrid& grid, Coefficients& values) {
  const auto [nx, ny, nz] = grid.size();
  std::vector<double> pivot;
  for (std::size_t c = 0; c < 3; ++c) {
    double* block = values.data() + c * nx * ny * nz;
    for (std::size_t line = 0; line < ny * nz; ++line) interpolate_line(block + line * nx, nx, 1, pivot);
    for (std::size_t k = 0; k < nz; ++k)
      for (std::size_t i = 0; i < nx; ++i) interpolate_line(block + k * ny * nx + i, ny, nx, pivot);
    for (std::size_t line = 0; line < ny * nx; ++line) interpolate_line(block + line, nz, nx * ny, pivot);
  }
}

Coefficients on_spline_grid(const SplineGrid& from, const Coefficients& coefficients, const SplineGrid& to) {
  const auto old_size = from.size();
  const auto [nx, ny, nz] = to.size();
  const std::size_t points = nx * ny * nz;
  const Matrix4 to_old = image::space_to_index(from.geometry()) * index_to_space(to.geometry());
  Coefficients values(3 * points);
  std::size_t point = 0;
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i, ++point) {
        const Vec3 at =
            transform_point(to_old, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const Vec3 value = value_at(coefficients, old_size, at);
        for (std::size_t c = 0; c < 3; ++c) values[c * points + point] = value[c];
      }
  interpolate_at_points(to, values);
  return values;
}

BSplineStep spline_step(const SplineGrid& grid, const Coefficients& coefficients_mm) {
  const auto size = grid.size();
  const std::size_t points = grid.points();
  BSplineStep step;
  step.grid = grid.geometry();
  step.grid.origin_mm = transform_point(index_to_space(step.grid), {-1, -1, -1});
  for (std::size_t& n : step.grid.size) n += 2;
  step.coefficients_mm.resize(3 * step.grid.voxels());
  const auto [nx, ny, nz] = step.grid.size;
  std::size_t out = 0;
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i)
        for (std::size_t c = 0; c < 3; ++c)
          step.coefficients_mm[out++] =
              extended(coefficients_mm.data() + c * points, size,
                       {static_cast<long>(i) - 1, static_cast<long>(j) - 1, static_cast<long>(k) - 1});
  return step;
}

}  // namespace snitt::image_registration
