#include "geometry/tip_frame.hpp"

#include <cmath>
#include <numbers>

namespace snitt {

Vec3 unit(Vec3 vector) {
  const double length = norm(vector);
  return length > 0 ? (1 / length) * vector : vector;
}

double angle_between(Vec3 a, Vec3 b) { return std::atan2(norm(cross(a, b)), dot(a, b)); }

Matrix4 tip_frame(Vec3 tip_mm, Vec3 z_axis) {
  const Vec3 z = unit(z_axis);
  const double near_x = std::cos(20 * std::numbers::pi / 180);
  const Vec3 y = unit(cross(z, std::abs(z.x) > near_x ? Vec3{0, 1, 0} : Vec3{1, 0, 0}));
  const Vec3 x = cross(y, z);
  Matrix4 frame;
  for (std::size_t r = 0; r < 3; ++r) {
    frame(r, 0) = x[r];
    frame(r, 1) = y[r];
    frame(r, 2) = z[r];
    frame(r, 3) = tip_mm[r];
  }
  return frame;
}

}  // namespace snitt
