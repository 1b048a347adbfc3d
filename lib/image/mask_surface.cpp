#include "image/mask_surface.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"

namespace snitt::image {
namespace {

constexpr float level = 0.5F;

struct Cell {
  std::size_t i;
  std::size_t j;
  std::size_t k;
};

class SurfaceNet {
 public:
  explicit SurfaceNet(const ScalarVolume& volume)
      : volume_(volume), to_space_(index_to_space(volume.geometry)) {
    const auto [nx, ny, nz] = volume.geometry.size;
    cells_ = {nx - 1, ny - 1, nz - 1};
    vertex_of_cell_.assign(cells_[0] * cells_[1] * cells_[2], none);
  }

  PointSet surface() {
    for (std::size_t k = 0; k < cells_[2]; ++k)
      for (std::size_t j = 0; j < cells_[1]; ++j)
        for (std::size_t i = 0; i < cells_[0]; ++i) add_vertex({i, j, k});
    for (std::size_t k = 0; k < volume_.geometry.size[2]; ++k)
      for (std::size_t j = 0; j < volume_.geometry.size[1]; ++j)
        for (std::size_t i = 0; i < volume_.geometry.size[0]; ++i)
          for (std::size_t axis = 0; axis < 3; ++axis) add_faces({i, j, k}, axis);
    return std::move(set_);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffU;

  float at(Cell c) const { return volume_.at(c.i, c.j, c.k); }
  std::size_t index_of(Cell c) const { return (c.k * cells_[1] + c.j) * cells_[0] + c.i; }
  static Cell moved(Cell c, std::size_t axis, std::size_t steps) {
    (axis == 0 ? c.i : axis == 1 ? c.j : c.k) += steps;
    return c;
  }

  /// Mean of the places where the edges of the cell are cut, in voxels from its first corner; and the normal
  /// from the differences along them.
  void add_vertex(Cell cell) {
    Vec3 sum;
    Vec3 slope;
    double cuts = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (std::size_t corner = 0; corner < 4; ++corner) {
        const std::size_t u = (axis + 1) % 3;
        const std::size_t v = (axis + 2) % 3;
        const Cell first = moved(moved(cell, u, corner & 1U), v, corner >> 1U);
        const float a = at(first);
        const float b = at(moved(first, axis, 1));
        slope[axis] += static_cast<double>(b) - static_cast<double>(a);
        if ((a >= level) == (b >= level)) continue;
        Vec3 cut;
        cut[axis] = static_cast<double>((level - a) / (b - a));
        cut[u] = static_cast<double>(corner & 1U);
        cut[v] = static_cast<double>(corner >> 1U);
        sum = sum + cut;
        ++cuts;
      }
    if (cuts == 0) return;
    const Vec3 base{static_cast<double>(cell.i), static_cast<double>(cell.j), static_cast<double>(cell.k)};
    vertex_of_cell_[index_of(cell)] = static_cast<std::uint32_t>(set_.points_mm.size());
    set_.points_mm.push_back(transform_point(to_space_, base + (1 / cuts) * sum));
    set_.normals.push_back(outward(slope));
  }

  /// The mask falls outwards; its gradient in space is the slopes over the spacings along the axes.
  Vec3 outward(Vec3 slope) const {
    Vec3 gradient;
    for (std::size_t axis = 0; axis < 3; ++axis)
      gradient = gradient +
                 (slope[axis] / volume_.geometry.spacing_mm[axis]) * volume_.geometry.axis_directions[axis];
    const double length = norm(gradient);
    return length > 0 ? (-1 / length) * gradient : Vec3{0, 0, 1};
  }

  /// A cut edge between two voxels is in the middle of four cells: two triangles.
  void add_faces(Cell voxel, std::size_t axis) {
    const std::size_t u = (axis + 1) % 3;
    const std::size_t v = (axis + 2) % 3;
    const std::array<std::size_t, 3> at_voxel{voxel.i, voxel.j, voxel.k};
    const auto& size = volume_.geometry.size;
    if (at_voxel[axis] + 1 >= size[axis]) return;
    if (at_voxel[u] == 0 || at_voxel[v] == 0 || at_voxel[u] + 1 >= size[u] || at_voxel[v] + 1 >= size[v])
      return;
    const bool inside = at(voxel) >= level;
    if (inside == (at(moved(voxel, axis, 1)) >= level)) return;
    const auto cell = [&](std::size_t back_u, std::size_t back_v) {
      Cell c = voxel;
      (u == 0 ? c.i : u == 1 ? c.j : c.k) -= back_u;
      (v == 0 ? c.i : v == 1 ? c.j : c.k) -= back_v;
      return vertex_of_cell_[index_of(c)];
    };
    // Counter-clockwise seen from the end of the axis.
    std::array<std::uint32_t, 4> ring{cell(1, 1), cell(0, 1), cell(0, 0), cell(1, 0)};
    const bool is_left_handed = determinant3(to_space_) < 0;
    if (inside == is_left_handed) std::swap(ring[1], ring[3]);
    set_.triangles.push_back({ring[0], ring[1], ring[2]});
    set_.triangles.push_back({ring[0], ring[2], ring[3]});
  }

  const ScalarVolume& volume_;
  Matrix4 to_space_;
  std::array<std::size_t, 3> cells_{};
  std::vector<std::uint32_t> vertex_of_cell_;
  PointSet set_;
};

}  // namespace

PointSet mask_surface(const VoxelMask& mask, double smoothing_mm) {
  for (const std::size_t n : mask.geometry.size)
    if (n < 2) throw ComputationError("the mask has one voxel along an axis; expected at least two");
  const Vec3 spacing = mask.geometry.spacing_mm;
  const double sigma_mm = smoothing_mm > 0 ? smoothing_mm : 0.7 * std::max({spacing.x, spacing.y, spacing.z});
  ScalarVolume volume{mask.geometry, std::vector<float>(mask.inside.begin(), mask.inside.end())};
  volume = smoothed(volume, {sigma_mm / spacing.x, sigma_mm / spacing.y, sigma_mm / spacing.z});
  if (std::none_of(volume.values.begin(), volume.values.end(), [](float v) { return v >= level; }))
    throw ComputationError(
        "nothing is left of the mask's {} voxels when smoothed over {:.3g} mm; expected parts thicker than "
        "that",
        mask.count(), sigma_mm);
  PointSet set = SurfaceNet(volume).surface();
  if (set.triangles.empty())
    throw ComputationError("the mask has no surface inside its image; expected an object that ends there");
  set.labels.assign(set.size(), "");
  return set;
}

}  // namespace snitt::image
