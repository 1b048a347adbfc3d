#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "data/transform_graph.hpp"
#include "data/volume.hpp"
#include "reconstruction/image_region.hpp"

namespace snitt::reconstruction {

enum class VoxelMethod {
  nearest_plane,      ///< VNN: the nearest pixel of the nearest frame
  distance_weighted,  ///< Σ I/d / Σ 1/d with d at least 0.001 mm
  adaptive_gaussian,  ///< weights by a Gaussian that narrows where the frames disagree
};

enum class PixelSampling { nearest, bilinear };

/// Every voxel is the weighted mean of the pixels at its foot points on the `maximum_planes` nearest frames
/// (of equally near ones the earlier) that are less than `radius_mm` away and whose foot point lies on the
/// image region. Bilinear sampling counts a foot point only if all four pixels around it belong to the
/// region, so nothing bleeds in from outside it; the border of the region's bounding box is included to 2^-17
/// pixel. A sample below the region's `reject_below` is dropped after the planes were chosen.
struct VoxelBasedOptions {
  VoxelMethod method = VoxelMethod::distance_weighted;
  PixelSampling sampling = PixelSampling::bilinear;  ///< nearest_plane always takes the nearest pixel
  double radius_mm = 3;
  std::size_t maximum_planes = 10;
  /// Adaptive Gaussian: weight N(d; 0, σ) + newness·[frame ≥ mean frame] + brightness·[I ≥ mean I] with
  /// σ = 32 mm / sqrt(variance), the variance taken on a scale where `white` is 255 and limited to 1 … 10^7.
  double newness_weight = 0;
  double brightness_weight = 0;  ///< 1 in CustusX: bright objects become 4 to 15 % too large
  std::optional<double> white;   ///< default: the largest value of an integer type, 255 for floating point
  double cache_mb = 512;         ///< frames held in memory (10^6 bytes); at least two
};

struct VoxelBasedVolume {
  std::vector<std::byte>
      values;  ///< [z, y, x, component] of the frames' pixel format; 0 where nothing is near
  std::vector<std::uint16_t>
      accumulation;                ///< [z, y, x]: 256 per pixel that went in, at most 65535; 0 is a hole
  std::size_t frames_used = 0;     ///< frames with a usable pose
  std::size_t frames_skipped = 0;  ///< the others
  std::uint64_t frames_read = 0;  ///< more than frames_used when the cache was too small to hold what is near
};

/// Reconstructs `grid` from the frames of `source`, whose pixel (u, v) lies at
/// image_to_grid.matrix[frame]·(u, v, 0, 1) in the grid's space, in mm. The search is exact. Frames are read
/// through a cache in the order of the sweep; memory is the output, the cache and some lists. The bytes
/// depend neither on the number of threads nor on the cache. Methods as in the OpenCL reconstruction of
/// CustusX (voxel nearest neighbour, distance weighting, "anisotropic"). Throws UsageError for options out of
/// range and InputError when poses, region and frames do not belong together or the recording has no pixels.
VoxelBasedVolume reconstruct_voxel_based(FrameSource& source, const FramePoses& image_to_grid,
                                         const ImageRegion& region, const VolumeGeometry& grid,
                                         const VoxelBasedOptions& options, Monitor& monitor);

}  // namespace snitt::reconstruction
