#include "geometry/pose.hpp"

#include <algorithm>
#include <cmath>

namespace snitt {

Quaternion rotation_of(const Matrix4& r) {
  const double trace = r(0, 0) + r(1, 1) + r(2, 2);
  Quaternion q;
  if (trace >= r(0, 0) && trace >= r(1, 1) && trace >= r(2, 2)) {
    q = {1 + trace, r(2, 1) - r(1, 2), r(0, 2) - r(2, 0), r(1, 0) - r(0, 1)};
  } else if (r(0, 0) >= r(1, 1) && r(0, 0) >= r(2, 2)) {
    q = {r(2, 1) - r(1, 2), 1 + r(0, 0) - r(1, 1) - r(2, 2), r(0, 1) + r(1, 0), r(0, 2) + r(2, 0)};
  } else if (r(1, 1) >= r(2, 2)) {
    q = {r(0, 2) - r(2, 0), r(0, 1) + r(1, 0), 1 - r(0, 0) + r(1, 1) - r(2, 2), r(1, 2) + r(2, 1)};
  } else {
    q = {r(1, 0) - r(0, 1), r(0, 2) + r(2, 0), r(1, 2) + r(2, 1), 1 - r(0, 0) - r(1, 1) + r(2, 2)};
  }
  const double length = std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  return {q.w / length, q.x / length, q.y / length, q.z / length};
}

Matrix4 rigid_matrix(const Quaternion& q, Vec3 t) {
  Matrix4 r;
  r.m = {1 - 2 * (q.y * q.y + q.z * q.z),
         2 * (q.x * q.y - q.w * q.z),
         2 * (q.x * q.z + q.w * q.y),
         t.x,
         2 * (q.x * q.y + q.w * q.z),
         1 - 2 * (q.x * q.x + q.z * q.z),
         2 * (q.y * q.z - q.w * q.x),
         t.y,
         2 * (q.x * q.z - q.w * q.y),
         2 * (q.y * q.z + q.w * q.x),
         1 - 2 * (q.x * q.x + q.y * q.y),
         t.z,
         0,
         0,
         0,
         1};
  return r;
}

Matrix4 interpolate_pose(const Matrix4& a, const Matrix4& b, double fraction) {
  if (fraction == 0) return a;
  if (fraction == 1) return b;
  const Quaternion p = rotation_of(a);
  Quaternion q = rotation_of(b);
  double cosine = p.w * q.w + p.x * q.x + p.y * q.y + p.z * q.z;
  if (cosine < 0) {
    q = {-q.w, -q.x, -q.y, -q.z};
    cosine = -cosine;
  }
  double weight_p = 1 - fraction;
  double weight_q = fraction;
  // Below this angle sin(x)/x is 1 to double precision and the quotient would lose digits.
  if (const double angle = std::acos(std::min(1.0, cosine)); angle > 1e-7) {
    weight_p = std::sin((1 - fraction) * angle) / std::sin(angle);
    weight_q = std::sin(fraction * angle) / std::sin(angle);
  }
  Quaternion r{weight_p * p.w + weight_q * q.w, weight_p * p.x + weight_q * q.x,
               weight_p * p.y + weight_q * q.y, weight_p * p.z + weight_q * q.z};
  const double length = std::sqrt(r.w * r.w + r.x * r.x + r.y * r.y + r.z * r.z);
  r = {r.w / length, r.x / length, r.y / length, r.z / length};
  const Vec3 translation =
      (1 - fraction) * Vec3{a(0, 3), a(1, 3), a(2, 3)} + fraction * Vec3{b(0, 3), b(1, 3), b(2, 3)};
  return rigid_matrix(r, translation);
}

}  // namespace snitt
