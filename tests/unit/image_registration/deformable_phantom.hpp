#pragma once
#include <cmath>

#include "image_registration/deformable.hpp"
#include "image_registration/spline_grid.hpp"

/// Images whose value at any point of space is a formula, so that a deformed image needs no interpolation.
namespace snitt::image_registration {

/// Waves of several lengths in all directions: structure everywhere, at all scales down to about 6 mm.
inline double texture(Vec3 p) {
  return std::sin(0.35 * p.x + 0.8 * std::sin(0.21 * p.y)) +
         std::sin(0.4 * p.y + 0.7 * std::sin(0.17 * p.z)) +
         std::sin(0.37 * p.z + 0.9 * std::sin(0.23 * p.x)) +
         0.5 * std::sin(0.8 * p.x + 0.5 * p.y) * std::sin(0.7 * p.z - 0.3 * p.x);
}

inline VolumeGeometry cube(std::size_t n, double spacing_mm) {
  VolumeGeometry geometry;
  geometry.size = {n, n + 2, n - 3};
  geometry.spacing_mm = {spacing_mm, spacing_mm, spacing_mm};
  geometry.origin_mm = {-20, 7, 3};
  return geometry;
}

template <typename Value>
image::ScalarVolume volume_of(const VolumeGeometry& geometry, const Value& value) {
  image::ScalarVolume volume{geometry, {}};
  const Matrix4 to_space = index_to_space(geometry);
  for (std::size_t k = 0; k < geometry.size[2]; ++k)
    for (std::size_t j = 0; j < geometry.size[1]; ++j)
      for (std::size_t i = 0; i < geometry.size[0]; ++i)
        volume.values.push_back(static_cast<float>(value(transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}))));
  return volume;
}

/// A smooth displacement of up to about `size_mm`, of waves some 60 mm long.
inline Vec3 wave(Vec3 p, double size_mm) {
  return {size_mm * std::sin(0.10 * p.y + 0.3), 0.7 * size_mm * std::cos(0.09 * p.z),
          0.8 * size_mm * std::sin(0.11 * p.x - 0.5)};
}

inline Vec3 map_through(const std::vector<TransformStep>& steps, Vec3 p) {
  for (const TransformStep& step : steps) p = map_point(step, p);
  return p;
}

/// Numbers in [-1, 1) from a seed, the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  double next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(static_cast<std::int64_t>(state_ >> 11)) / 4503599627370496.0 - 1;
  }

 private:
  std::uint64_t state_;
};

}  // namespace snitt::image_registration
