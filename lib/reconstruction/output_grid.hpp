#pragma once
#include <array>
#include <cstddef>
#include <optional>

#include "data/transform_graph.hpp"
#include "data/volume.hpp"
#include "reconstruction/image_region.hpp"

namespace snitt::reconstruction {

/// Where the output voxels lie. What is not given is found from the frames.
struct GridOptions {
  Vec3 spacing_mm{0.5, 0.5, 0.5};
  std::optional<Vec3> origin_mm;                   ///< centre of the first voxel
  std::optional<std::array<std::size_t, 3>> size;  ///< voxels along x, y, z
  double bytes_per_voxel = 12;  ///< what the caller will allocate for each voxel, all buffers together
  std::optional<double> memory_limit_bytes;  ///< default: 90 % of the machine's (or its cgroup's) memory
};

/// Smallest axis-aligned grid of the target space that covers the corners of the region's bounds in every
/// frame whose status is usable: origin = least corner, size = round(extent / spacing) + 1 (PLUS's rule). A
/// given origin or size replaces its part. Throws ComputationError when no frame is usable, UsageError when
/// the grid does not fit into memory (names its size in GB and the spacing that would fit).
VolumeGeometry output_grid(const FramePoses& poses, const ImageRegion& region, const GridOptions& options);

/// Corners of the region's bounds {(u0,v0), (u1,v0), (u0,v1), (u1,v1)} under `image_to_space`, in mm.
std::array<Vec3, 4> corners_mm(const Matrix4& image_to_space, const ImageRegion& region);

}  // namespace snitt::reconstruction
