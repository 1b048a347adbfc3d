#include <algorithm>

#include "image_registration/lc2.hpp"
#include "image_registration/padding.hpp"

namespace snitt::image_registration {

image::VoxelMask ultrasound_sector(const image::ScalarVolume& ultrasound,
                                   const std::optional<image::VoxelMask>& mask) {
  const float background = *std::min_element(ultrasound.values.begin(), ultrasound.values.end());
  const std::vector<std::uint8_t> outside = reaching_from_rim(ultrasound, background);
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
