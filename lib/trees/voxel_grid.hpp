#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/volume.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// Steps between voxels of a volume; indices run [slice, row, column].
class VoxelGrid {
 public:
  struct Step {
    std::array<int, 3> by;  ///< voxels along x, y, z
    std::ptrdiff_t offset;  ///< of the index
    double length_mm;
  };
  explicit VoxelGrid(const VolumeGeometry& geometry) : geometry_(geometry) {
    for (int dz = -1; dz <= 1; ++dz)
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          if (dx == 0 && dy == 0 && dz == 0) continue;
          const Vec3 way{dx * geometry.spacing_mm.x, dy * geometry.spacing_mm.y, dz * geometry.spacing_mm.z};
          const auto nx = static_cast<std::ptrdiff_t>(geometry.size[0]);
          const auto ny = static_cast<std::ptrdiff_t>(geometry.size[1]);
          steps_.push_back({{dx, dy, dz}, (dz * ny + dy) * nx + dx, norm(way)});
        }
  }
  /// To the 26 neighbours, in the order of their indices.
  const std::vector<Step>& steps() const { return steps_; }
  const VolumeGeometry& geometry() const { return geometry_; }
  std::array<std::size_t, 3> place(std::size_t index) const {
    const std::size_t row = index / geometry_.size[0];
    return {index % geometry_.size[0], row % geometry_.size[1], row / geometry_.size[1]};
  }
  std::size_t index(std::size_t i, std::size_t j, std::size_t k) const {
    return (k * geometry_.size[1] + j) * geometry_.size[0] + i;
  }
  /// Voxel coordinates as a vector.
  Vec3 voxel(std::size_t index) const {
    const auto p = place(index);
    return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  }
  /// Position in mm along the image's own axes, from the centre of voxel 0: distances and angles are those of
  /// space.
  Vec3 local_mm(std::size_t index) const {
    const Vec3 v = voxel(index);
    const Vec3& s = geometry_.spacing_mm;
    return {v.x * s.x, v.y * s.y, v.z * s.z};
  }
  bool has(const std::array<std::size_t, 3>& place, const Step& step) const {
    for (std::size_t a = 0; a < 3; ++a) {
      const auto to = static_cast<std::ptrdiff_t>(place[a]) + step.by[a];
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(geometry_.size[a])) return false;
    }
    return true;
  }
  double voxel_mm3() const {
    return geometry_.spacing_mm.x * geometry_.spacing_mm.y * geometry_.spacing_mm.z;
  }

 private:
  VolumeGeometry geometry_;
  std::vector<Step> steps_;
};

/// Linear interpolation at voxel coordinates; beyond the rim the rim's values go on.
inline double sampled(const image::ScalarVolume& volume, Vec3 voxel) {
  std::array<std::size_t, 3> low{};
  std::array<double, 3> f{};
  const auto& size = volume.geometry.size;
  for (std::size_t a = 0; a < 3; ++a) {
    const double last = static_cast<double>(size[a] - 1);
    const double x = voxel[a] > 0 ? (voxel[a] < last ? voxel[a] : last) : 0;
    low[a] = static_cast<std::size_t>(x);
    if (low[a] + 1 >= size[a]) low[a] = size[a] - 2;
    f[a] = x - static_cast<double>(low[a]);
  }
  const float* v = volume.values.data() + (low[2] * size[1] + low[1]) * size[0] + low[0];
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  const auto along_x = [&](const float* q) {
    return (1 - f[0]) * static_cast<double>(q[0]) + f[0] * static_cast<double>(q[1]);
  };
  const auto along_y = [&](const float* q) { return (1 - f[1]) * along_x(q) + f[1] * along_x(q + row); };
  return (1 - f[2]) * along_y(v) + f[2] * along_y(v + slice);
}

/// Voxel coordinates of a point in local mm.
inline Vec3 to_voxel(const VolumeGeometry& g, Vec3 local_mm) {
  return {local_mm.x / g.spacing_mm.x, local_mm.y / g.spacing_mm.y, local_mm.z / g.spacing_mm.z};
}
/// A point in local mm as a point of space.
inline Vec3 to_space(const VolumeGeometry& g, Vec3 local_mm) {
  return transform_point(index_to_space(g), to_voxel(g, local_mm));
}
/// And back.
inline Vec3 to_local(const VolumeGeometry& g, Vec3 space_mm) {
  const Vec3 v = transform_point(image::space_to_index(g), space_mm);
  return {v.x * g.spacing_mm.x, v.y * g.spacing_mm.y, v.z * g.spacing_mm.z};
}

inline Vec3 unit(Vec3 v) {
  const double length = norm(v);
  return length > 0 ? (1 / length) * v : Vec3{0, 0, 1};
}
/// A unit vector at right angles to `direction`.
inline Vec3 perpendicular(Vec3 direction) {
  return unit(cross(direction, std::abs(direction.x) < 0.6 ? Vec3{1, 0, 0} : Vec3{0, 1, 0}));
}

}  // namespace snitt::trees
