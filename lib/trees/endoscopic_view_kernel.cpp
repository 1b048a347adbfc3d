#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "trees/route.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

/// Where a ray leaves the lumen, in steps; negative when it does not within `steps`.
double exit_of(const image::ScalarVolume& shape, Vec3 eye, Vec3 step, std::size_t steps) {
  double before = sampled(shape, eye);
  for (std::size_t i = 1; i <= steps; ++i) {
    const Vec3 at = eye + static_cast<double>(i) * step;
    const double value = sampled(shape, at);
    if (before >= 0.5 && value < 0.5) return static_cast<double>(i - 1) + (before - 0.5) / (before - value);
    before = value;
  }
  return -1;
}

/// Gradient along the voxel axes, per voxel.
Vec3 gradient(const image::ScalarVolume& shape, Vec3 at) {
  Vec3 g;
  for (std::size_t a = 0; a < 3; ++a) {
    Vec3 by;
    by[a] = 0.7;
    g[a] = sampled(shape, at + by) - sampled(shape, at - by);
  }
  return g;
}

}  // namespace

Picture endoscopic_view(const image::ScalarVolume& shape, const ViewPoint& view, std::size_t size,
                        double farthest_mm) {
  const VolumeGeometry& g = shape.geometry;
  const Matrix4 to_index = image::space_to_index(g);
  const Vec3 eye = transform_point(to_index, view.position_mm);
  const Vec3 right = cross(view.direction, view.up);
  const double step_mm = 0.4 * std::min({g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z});
  const auto steps = static_cast<std::size_t>(farthest_mm / step_mm);
  Picture picture{size, size, {PixelType::u8, 1}, std::vector<std::byte>(size * size)};
  tbb::parallel_for(std::size_t{0}, size, [&](std::size_t row) {
    for (std::size_t column = 0; column < size; ++column) {
      const double x = 2 * (static_cast<double>(column) + 0.5) / static_cast<double>(size) - 1;
      const double y = 1 - 2 * (static_cast<double>(row) + 0.5) / static_cast<double>(size);
      const Vec3 ray = unit(view.direction + x * right + y * view.up);
      const Vec3 step = transform_vector(to_index, step_mm * ray);
      const double exit = exit_of(shape, eye, step, steps);
      if (exit < 0) continue;
      const Vec3 slope = gradient(shape, eye + exit * step);
      Vec3 normal;  // the gradient in space: index axes divided by the spacing, turned
      for (std::size_t a = 0; a < 3; ++a)
        normal = normal + (slope[a] / g.spacing_mm[a]) * g.axis_directions[a];
      const double facing = std::abs(dot(unit(normal), ray));
      const double distance = exit * step_mm / 25;
      const double light = (0.15 + 0.85 * facing) / (1 + distance * distance);
      picture.pixels[row * size + column] =
          static_cast<std::byte>(static_cast<std::uint8_t>(std::lround(255 * std::clamp(light, 0.0, 1.0))));
    }
  });
  return picture;
}

}  // namespace snitt::trees
