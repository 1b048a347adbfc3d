#include <algorithm>

#include "image_registration/lc2.hpp"

namespace snitt::image_registration {
namespace {

/// The voxels of value `background` that hang together with the image's rim.
std::vector<std::uint8_t> background_from_rim(const image::ScalarVolume& volume, float background) {
  const auto [nx, ny, nz] = volume.geometry.size;
  std::vector<std::uint8_t> outside(volume.values.size());
  std::vector<std::size_t> waiting;
  const auto visit = [&](std::size_t voxel) {
    if (outside[voxel] != 0 || volume.values[voxel] != background) return;
    outside[voxel] = 1;
    waiting.push_back(voxel);
  };
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i)
        if (i == 0 || j == 0 || k == 0 || i + 1 == nx || j + 1 == ny || k + 1 == nz)
          visit((k * ny + j) * nx + i);
  while (!waiting.empty()) {
    const std::size_t voxel = waiting.back();
    waiting.pop_back();
    const std::size_t i = voxel % nx;
    const std::size_t j = voxel / nx % ny;
    const std::size_t k = voxel / (nx * ny);
    if (i > 0) visit(voxel - 1);
    if (i + 1 < nx) visit(voxel + 1);
    if (j > 0) visit(voxel - nx);
    if (j + 1 < ny) visit(voxel + nx);
    if (k > 0) visit(voxel - nx * ny);
    if (k + 1 < nz) visit(voxel + nx * ny);
  }
  return outside;
}

}  // namespace

image::VoxelMask ultrasound_sector(const image::ScalarVolume& ultrasound,
                                   const std::optional<image::VoxelMask>& mask) {
  const float background = *std::min_element(ultrasound.values.begin(), ultrasound.values.end());
  const std::vector<std::uint8_t> outside = background_from_rim(ultrasound, background);
  image::VoxelMask sector{ultrasound.geometry, std::vector<std::uint8_t>(outside.size())};
  for (std::size_t v = 0; v < outside.size(); ++v)
    sector.inside[v] = outside[v] == 0 && (!mask || mask->inside[v] != 0) ? 1 : 0;
  return sector;
}

MaskedVolume shrunk(const image::ScalarVolume& volume, const image::VoxelMask& mask,
                    const std::array<std::size_t, 3>& factors) {
  if (factors == std::array<std::size_t, 3>{1, 1, 1}) return {volume, mask.inside};
  MaskedVolume small{image::shrunk(volume, factors), {}};
  const auto [nx, ny, nz] = small.volume.geometry.size;
  const auto [wide, high, deep] = volume.geometry.size;
  small.inside.assign(nx * ny * nz, 1);
  for (std::size_t k = 0; k < std::min(deep, nz * factors[2]); ++k)
    for (std::size_t j = 0; j < std::min(high, ny * factors[1]); ++j)
      for (std::size_t i = 0; i < std::min(wide, nx * factors[0]); ++i)
        if (mask.inside[(k * high + j) * wide + i] == 0)
          small.inside[((k / factors[2]) * ny + j / factors[1]) * nx + i / factors[0]] = 0;
  return small;
}

}  // namespace snitt::image_registration
