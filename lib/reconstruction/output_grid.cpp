#include "reconstruction/output_grid.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>

#include "base/error.hpp"

namespace snitt::reconstruction {
namespace {

double available_memory_bytes() {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    double limit = 0;  // the word "max" does not parse and leaves the machine's size
    if (std::ifstream in(file); in >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return 0.9 * bytes;
}

/// Least and greatest corner of all usable frames.
std::array<Vec3, 2> extent_mm(const FramePoses& poses, const ImageRegion& region) {
  constexpr double far = std::numeric_limits<double>::infinity();
  std::array<Vec3, 2> extent{Vec3{far, far, far}, Vec3{-far, -far, -far}};
  for (std::size_t f = 0; f < poses.matrix.size(); ++f) {
    if (!is_usable(poses.status[f])) continue;
    for (const Vec3 corner : corners_mm(poses.matrix[f], region))
      for (std::size_t k = 0; k < 3; ++k) {
        extent[0][k] = std::min(extent[0][k], corner[k]);
        extent[1][k] = std::max(extent[1][k], corner[k]);
      }
  }
  if (!(extent[0].x <= extent[1].x))
    throw ComputationError("no frame has a usable pose: there is nothing to reconstruct");
  return extent;
}

void check_fits(const std::array<double, 3>& size, const GridOptions& options) {
  const double voxels = size[0] * size[1] * size[2];
  const double bytes = voxels * options.bytes_per_voxel;
  const double limit = options.memory_limit_bytes ? *options.memory_limit_bytes : available_memory_bytes();
  // Voxel offsets are 32-bit in the insertion kernels.
  const double most = std::min(limit / options.bytes_per_voxel, 2147483647.0 - 64);
  // Rounding up to whole tiles of 2 x 2 x 2 and one more must not pass the limit either.
  const double tiled = (size[0] + 3) * (size[1] + 3) * (size[2] + 3);
  if (bytes <= limit && tiled <= 2147483647.0 - 64) return;
  const double factor = std::cbrt(voxels / most) * 1.02;
  throw UsageError(
      "a grid of {:.0f} x {:.0f} x {:.0f} voxels needs {:.1f} GB; {:.1f} GB are available (choose a spacing "
      "of {:.2g} {:.2g} {:.2g} mm "
      "or larger, a given size, or check the transforms)",
      size[0], size[1], size[2], bytes / 1e9, std::min(limit, most * options.bytes_per_voxel) / 1e9,
      options.spacing_mm.x * factor, options.spacing_mm.y * factor, options.spacing_mm.z * factor);
}

}  // namespace

std::array<Vec3, 4> corners_mm(const Matrix4& image_to_space, const ImageRegion& region) {
  const auto [u0, v0, u1, v1] = region.bounds_px();
  std::array<Vec3, 4> corners;
  std::size_t n = 0;
  for (const std::int64_t v : {v0, v1})
    for (const std::int64_t u : {u0, u1})
      corners[n++] = transform_point(image_to_space, {static_cast<double>(u), static_cast<double>(v), 0});
  return corners;
}

VolumeGeometry output_grid(const FramePoses& poses, const ImageRegion& region, const GridOptions& options) {
  for (std::size_t k = 0; k < 3; ++k)
    if (!(options.spacing_mm[k] > 0) || !std::isfinite(options.spacing_mm[k]))
      throw UsageError("the output spacing is {} mm; expected a positive number", options.spacing_mm[k]);
  const std::array<Vec3, 2> extent = extent_mm(poses, region);
  VolumeGeometry grid;
  grid.spacing_mm = options.spacing_mm;
  grid.origin_mm = options.origin_mm.value_or(extent[0]);
  std::array<double, 3> size{};
  for (std::size_t k = 0; k < 3; ++k) {
    const double reach_mm = extent[1][k] - grid.origin_mm[k];
    size[k] = options.size ? static_cast<double>((*options.size)[k])
                           : std::floor(reach_mm / options.spacing_mm[k] + 0.5) + 1;
    if (!(size[k] >= 1))
      throw UsageError(
          "the output grid starts at {} mm along {}, beyond the frames' last corner at {} mm; choose an "
          "origin before it",
          grid.origin_mm[k], "xyz"[k], extent[1][k]);
  }
  check_fits(size, options);
  for (std::size_t k = 0; k < 3; ++k) grid.size[k] = static_cast<std::size_t>(size[k]);
  return grid;
}

}  // namespace snitt::reconstruction
