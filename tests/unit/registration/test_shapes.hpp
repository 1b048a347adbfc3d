#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "data/point_set.hpp"
#include "geometry/rotation.hpp"

/// Shapes with points on them, seeded.
namespace snitt::registration::shapes {

inline PointSet set_of(std::vector<Vec3> points) {
  PointSet set;
  set.labels.assign(points.size(), "");
  set.points_mm = std::move(points);
  return set;
}

/// Directions that cover a sphere evenly, turned by a seed.
inline std::vector<Vec3> directions(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  const Matrix4 turn = rotation_from_vector({normal(random), normal(random), normal(random)});
  std::vector<Vec3> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double z = 1 - 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    const double angle = std::numbers::pi * (3 - std::sqrt(5.0)) * static_cast<double>(i);
    const double r = std::sqrt(1 - z * z);
    out.push_back(transform_vector(turn, {r * std::cos(angle), r * std::sin(angle), z}));
  }
  return out;
}

/// An organ-like shape without symmetry, about 120 x 80 x 60 mm.
inline Vec3 organ_point(Vec3 d) {
  const double bumps = 1 + 0.15 * std::sin(3 * d.x + 1) * std::cos(2 * d.y) + 0.2 * std::exp(-8 * (1 - d.x)) +
                       0.12 * std::sin(4 * d.z + 2 * d.x);
  return {60 * bumps * d.x, 40 * bumps * d.y, 30 * bumps * d.z};
}
inline PointSet organ(std::size_t count, unsigned seed) {
  std::vector<Vec3> points;
  for (const Vec3 d : directions(count, seed)) points.push_back(organ_point(d));
  return set_of(points);
}

inline PointSet ellipsoid(std::size_t count, unsigned seed, Vec3 radii) {
  std::vector<Vec3> points;
  for (const Vec3 d : directions(count, seed))
    points.push_back({radii.x * d.x, radii.y * d.y, radii.z * d.z});
  return set_of(points);
}

/// A tube open at both ends, along z.
inline PointSet tube(std::size_t count, unsigned seed, double radius, double length) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<Vec3> points;
  for (std::size_t i = 0; i < count; ++i) {
    const double angle = 2 * std::numbers::pi * share(random);
    points.push_back({radius * std::cos(angle), radius * std::sin(angle), length * (share(random) - 0.5)});
  }
  return set_of(points);
}

inline PointSet plate(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> place(-50, 50);
  std::vector<Vec3> points;
  for (std::size_t i = 0; i < count; ++i) points.push_back({place(random), place(random), 0});
  return set_of(points);
}

inline PointSet moved(PointSet set, const Matrix4& matrix, double noise_mm = 0, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  for (Vec3& p : set.points_mm)
    p = transform_point(matrix, p) + noise_mm * Vec3{normal(random), normal(random), normal(random)};
  for (Vec3& n : set.normals) n = transform_vector(matrix, n);
  return set;
}

inline Matrix4 rigid(Vec3 turn, Vec3 shift) {
  Matrix4 m = rotation_from_vector(turn);
  for (std::size_t axis = 0; axis < 3; ++axis) m(axis, 3) = shift[axis];
  return m;
}

/// Largest distance between where two maps put the points.
inline double apart(const PointSet& set, const Matrix4& a, const Matrix4& b) {
  double most = 0;
  for (const Vec3 p : set.points_mm)
    most = std::max(most, norm(transform_point(a, p) - transform_point(b, p)));
  return most;
}

}  // namespace snitt::registration::shapes
