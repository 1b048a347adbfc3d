#include "geometry/rotation.hpp"

#include <cmath>

#include "geometry/pose.hpp"

namespace snitt {

Matrix4 rotation_from_vector(Vec3 vector) {
  const double angle = norm(vector);
  // sin(x/2)/x by its series where the quotient would lose digits.
  const double share = angle < 1e-4 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
  return rigid_matrix({std::cos(angle / 2), share * vector.x, share * vector.y, share * vector.z}, {});
}

Vec3 vector_from_rotation(const Matrix4& rigid) {
  Quaternion q = rotation_of(rigid);
  if (q.w < 0) q = {-q.w, -q.x, -q.y, -q.z};
  const Vec3 axis{q.x, q.y, q.z};
  const double sine = norm(axis);
  const double angle = 2 * std::atan2(sine, q.w);
  const double factor = sine < 1e-8 ? 2 : angle / sine;
  return factor * axis;
}

double angle_between(const Matrix4& a, const Matrix4& b) {
  const Quaternion p = rotation_of(a);
  const Quaternion q = rotation_of(b);
  // The vector part of conj(p) q has length sin(angle/2).
  const Vec3 u{p.x, p.y, p.z};
  const Vec3 v{q.x, q.y, q.z};
  const double w = p.w * q.w + dot(u, v);
  return 2 * std::atan2(norm(p.w * v - q.w * u - cross(u, v)), std::abs(w));
}

}  // namespace snitt
