#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/tree.hpp"
#include "data/volume.hpp"
#include "geometry/matrix.hpp"

/// Trees as images: how much of each voxel a tube fills.
namespace snitt::phantom {

/// A piece of a tube with round ends, its radius linear between them.
struct Tube {
  Vec3 from_mm;
  Vec3 to_mm;
  double from_radius_mm = 1;
  double to_radius_mm = 1;
};

/// One tube per link between a node and its parent, the radius at a fork being that of the branch that grows
/// from it.
std::vector<Tube> tubes_of(const Tree& tree);

/// Share of each voxel of the slices [first, last) that lies within the union of the tubes, 0 … 1, written to
/// `coverage` [slice - first, row, column]. Edges are sampled at eight points per voxel, each with a ramp of
/// its own size; where tubes meet, the larger share counts. Only for axes along x, y and z.
void render(std::span<const Tube> tubes, const VolumeGeometry& geometry, std::size_t first, std::size_t last,
            std::span<float> coverage);

/// Smooth random texture of zero mean and unit variance, fixed in space: white noise on a lattice of
/// `cell_mm`, smoothed and interpolated, its grain about 2.5 cells wide.
class Texture {
 public:
  Texture(std::uint64_t seed, double cell_mm, const VolumeGeometry& region);
  double at(Vec3 point_mm) const;

 private:
  std::array<std::size_t, 3> size_{};
  Vec3 origin_mm_;
  double cell_mm_;
  std::vector<float> values_;
};

/// Standard deviation of white noise of deviation 1 after image::smoothed.
double noise_after_smoothing(const Vec3& sigma_voxels);

/// The grid of this spacing that covers a box, axes along x, y and z.
VolumeGeometry grid_over(Vec3 low_mm, Vec3 high_mm, Vec3 spacing_mm);

}  // namespace snitt::phantom
