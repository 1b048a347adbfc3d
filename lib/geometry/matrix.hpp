#pragma once
#include <array>
#include <cstddef>

namespace snitt {

/// A point or vector in a 3-D space, in millimetres unless a name says otherwise.
struct Vec3 {
  double x = 0;
  double y = 0;
  double z = 0;

  double& operator[](std::size_t i) { return i == 0 ? x : i == 1 ? y : z; }
  double operator[](std::size_t i) const { return i == 0 ? x : i == 1 ? y : z; }
  friend bool operator==(const Vec3&, const Vec3&) = default;
};

constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
constexpr Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
constexpr double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
double norm(Vec3 a);

/// 4x4 homogeneous matrix, row-major, acting on column vectors: `AToB` maps p_A to p_B = M p_A.
/// The last row is 0 0 0 1 for every transform of this project.
struct Matrix4 {
  std::array<double, 16> m{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

  double& operator()(std::size_t row, std::size_t column) { return m[4 * row + column]; }
  double operator()(std::size_t row, std::size_t column) const { return m[4 * row + column]; }
  friend bool operator==(const Matrix4&, const Matrix4&) = default;
};

Matrix4 operator*(const Matrix4& a, const Matrix4& b);
/// The point (x, y, z, 1).
Vec3 transform_point(const Matrix4& matrix, Vec3 point);
/// The direction (x, y, z, 0).
Vec3 transform_vector(const Matrix4& matrix, Vec3 vector);
/// Determinant of the upper-left 3x3 part.
double determinant3(const Matrix4& matrix);
/// Inverse of an affine matrix. Throws ComputationError when the 3x3 part is singular.
Matrix4 inverse(const Matrix4& matrix);
/// Whether every entry is finite, the last row is 0 0 0 1 and the 3x3 part is invertible.
bool is_affine(const Matrix4& matrix);
/// Largest deviation of RᵀR from the identity over all entries: 0 for a rigid transform.
double rigidity_error(const Matrix4& matrix);

}  // namespace snitt
