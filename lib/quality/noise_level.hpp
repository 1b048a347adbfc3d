#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "quality/local_noise.hpp"

/// How much noise there is where, without the edges that a map of local deviations shows as noise.
namespace snitt::quality {

/// What the pixels of a slice are for the purposes of noise. All [row, column].
struct NoiseRegions {
  std::vector<std::uint8_t> body;   ///< 1 in the body with all that it encloses, 0 in the air around
  std::vector<std::uint8_t> noisy;  ///< 0 where there is no noise: padding, and air that was set to one value
  LocalStatistics local;
};

/// `values` as in the file. The body is what kernel means of -250 HU and more enclose, without
/// couches and specks (by the rules of body_section.hpp, but all parts of 500 mm² and more). Padding is what
/// lies below -1024 HU and equals the four corners of the slice; without noise is also a kernel of equal
/// pixels, and air (-1000 HU and less) with eight equal neighbours.
NoiseRegions noise_regions(const ImagePlane& plane, const LocalKernel& kernel);

/// Local deviations in tiles of 40 mm every 20 mm, body and air apart, 2 mm and the kernel away from the
/// skin.
struct NoiseTiles {
  std::size_t rows = 0;
  std::size_t columns = 0;
  /// [row, column]: the lowest decile of the deviations, because edges and vessels raise the others; NaN
  /// where a tile has too few.
  std::vector<double> body;
  std::vector<double> air;
};
NoiseTiles noise_tiles(const ImagePlane& plane, const NoiseRegions& regions, const LocalKernel& kernel);

/// Lowest decile of the local deviations in a slice of noise of known level: what the tiles' values are
/// divided by.
double decile_of(const ImagePlane& noise, const LocalKernel& kernel);

/// Tiles smoothed over their neighbours within the slice and in both slices beside it (1 2 1 each way), what
/// is missing filled from around. One per slice, in their order. The mean level of a slice with 6 tiles or
/// more stays its own.
std::vector<NoiseTiles> smoothed(const std::vector<NoiseTiles>& tiles);

/// Level at every pixel, [row, column]: linear between the middles of the tiles, 0 where there is no noise.
std::vector<float> noise_level(const ImagePlane& plane, const NoiseRegions& regions, const NoiseTiles& tiles);

}  // namespace snitt::quality
