#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/transform_graph.hpp"
#include "data/volume.hpp"
#include "reconstruction/image_region.hpp"
#include "reconstruction/voxel_based.hpp"

namespace snitt::reconstruction {

/// Foot point (u, v in pixels) and signed distance (mm) of voxel (i, j, k) on a frame's plane: each is
/// m[0]·i + (m[1]·j + m[2]·k + m[3]), summed in this order everywhere, so that no partition changes a bit.
struct FramePlane {
  std::array<double, 4> u;
  std::array<double, 4> v;
  std::array<double, 4> distance;
  std::uint32_t frame = 0;
};

/// One plane per frame whose pose is usable and not degenerate, in frame order. Only the image's own axes
/// matter, not the pose's third column.
std::vector<FramePlane> frame_planes(const FramePoses& image_to_grid, const VolumeGeometry& grid);

/// Which foot points can be sampled. The plane is divided into cells: pixels for nearest sampling, the
/// squares between four pixel centres for bilinear. A cell counts when all its pixels belong to the region.
class SampleCells {
 public:
  SampleCells(const ImageRegion& region, PixelSampling sampling);

  bool empty() const { return last_u_ < first_u_ || last_v_ < first_v_; }
  /// The cell of a foot point within the limits: clamp(floor(u + offset), first, last).
  double offset() const { return offset_; }
  std::array<double, 2> u_limits() const { return {lowest_u_, highest_u_}; }
  std::array<double, 2> v_limits() const { return {lowest_v_, highest_v_}; }
  std::array<std::int32_t, 4> cell_limits() const { return {first_u_, first_v_, last_u_, last_v_}; }
  bool counts(std::int32_t u, std::int32_t v) const {
    return cell_[std::size_t(v) * columns_ + std::size_t(u)] != 0;
  }

  enum class Cover { none, part, all };
  /// How much of a box of foot points counts.
  Cover cover(double u0, double u1, double v0, double v1) const;

 private:
  std::size_t columns_;
  double offset_;
  double lowest_u_, highest_u_, lowest_v_, highest_v_;
  std::int32_t first_u_ = 0, first_v_ = 0, last_u_ = -1, last_v_ = -1;
  std::vector<std::uint8_t> cell_;  // [v, u]
  std::vector<std::uint32_t> sum_;  // [v, u], of the cells above and left (summed-area table)
};

/// Voxels first … end-1 along each axis.
struct VoxelBox {
  std::array<std::size_t, 3> first;
  std::array<std::size_t, 3> end;
};

/// A frame that may matter for a box of voxels.
struct NearPlane {
  std::uint32_t plane = 0;     ///< into the list of frame planes
  bool always_inside = false;  ///< every foot point of the box counts: no need to look at single pixels
};

/// The planes of `among` that may be one of the `maximum_planes` nearest of any voxel of the box; ascending.
/// A frame is left out only if it is too far, its foot points all miss the region, or enough others are
/// nearer for every voxel.
std::vector<NearPlane> near_planes(std::span<const FramePlane> planes, std::span<const NearPlane> among,
                                   const SampleCells& cells, const VoxelBox& box, double radius_mm,
                                   std::size_t maximum_planes);

}  // namespace snitt::reconstruction
