#include "geometry/matrix.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace snitt {

double norm(Vec3 a) { return std::sqrt(dot(a, a)); }

Matrix4 operator*(const Matrix4& a, const Matrix4& b) {
  Matrix4 product;
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += a(r, k) * b(k, c);
      product(r, c) = sum;
    }
  return product;
}

Vec3 transform_point(const Matrix4& t, Vec3 p) {
  return {t(0, 0) * p.x + t(0, 1) * p.y + t(0, 2) * p.z + t(0, 3),
          t(1, 0) * p.x + t(1, 1) * p.y + t(1, 2) * p.z + t(1, 3),
          t(2, 0) * p.x + t(2, 1) * p.y + t(2, 2) * p.z + t(2, 3)};
}

Vec3 transform_vector(const Matrix4& t, Vec3 v) {
  return {t(0, 0) * v.x + t(0, 1) * v.y + t(0, 2) * v.z, t(1, 0) * v.x + t(1, 1) * v.y + t(1, 2) * v.z,
          t(2, 0) * v.x + t(2, 1) * v.y + t(2, 2) * v.z};
}

double determinant3(const Matrix4& t) {
  return t(0, 0) * (t(1, 1) * t(2, 2) - t(1, 2) * t(2, 1)) -
         t(0, 1) * (t(1, 0) * t(2, 2) - t(1, 2) * t(2, 0)) +
         t(0, 2) * (t(1, 0) * t(2, 1) - t(1, 1) * t(2, 0));
}

Matrix4 inverse(const Matrix4& t) {
  const double det = determinant3(t);
  if (!std::isfinite(det) || det == 0)
    throw ComputationError("a transform matrix with determinant {} cannot be inverted", det);
  Matrix4 result;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t r1 = (c + 1) % 3;
      const std::size_t r2 = (c + 2) % 3;
      const std::size_t c1 = (r + 1) % 3;
      const std::size_t c2 = (r + 2) % 3;
      result(r, c) = (t(r1, c1) * t(r2, c2) - t(r1, c2) * t(r2, c1)) / det;
    }
  const Vec3 translation = transform_vector(result, {t(0, 3), t(1, 3), t(2, 3)});
  for (std::size_t r = 0; r < 3; ++r) result(r, 3) = -translation[r];
  return result;
}

bool is_affine(const Matrix4& t) {
  if (!std::all_of(t.m.begin(), t.m.end(), [](double v) { return std::isfinite(v); })) return false;
  return t(3, 0) == 0 && t(3, 1) == 0 && t(3, 2) == 0 && t(3, 3) == 1 && determinant3(t) != 0;
}

double rigidity_error(const Matrix4& t) {
  double worst = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b) {
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += t(k, a) * t(k, b);
      worst = std::max(worst, std::abs(sum - (a == b ? 1.0 : 0.0)));
    }
  return worst;
}

}  // namespace snitt
