#pragma once
#include <optional>
#include <vector>

#include "data/volume.hpp"
#include "quality/noise_level.hpp"
#include "quality/noise_texture.hpp"

namespace snitt::quality {

/// Noise of a series as its uniform patches have it.
struct PatchNoise {
  std::size_t size = 0;               ///< of the patches, in pixels
  std::vector<UniformPatch> patches;  ///< empty: there are too few
  std::optional<NoisePower> power;    ///< without quadratic trend, and without `structure` if it is removed
  SharedStructure structure;          ///< what the patches share with slices far away
  /// Noise is measured in differences of slices structure.apart apart.
  bool removed = false;
  double structure_share() const { return removed ? structure.share : 0; }
};

/// Values of all slices as in the file, and views of them.
struct SliceStack {
  std::vector<std::vector<float>> values;  ///< [slice][row, column]
  std::vector<ImagePlane> planes;
};
SliceStack slices_of(const Volume& ct);

/// Uniform patches anywhere in the body, lungs left out, that do not overlap: of 30 mm, or 20 or 12 where
/// there are fewer than 30. `tiles` [slice], smoothed.
PatchNoise patch_noise(const SliceStack& stack, const std::vector<NoiseRegions>& regions,
                       const std::vector<NoiseTiles>& tiles, const LocalKernel& kernel);
/// At patches found before, in another stack of the same grid; where structure is removed, from the halved
/// power of differences to the same places structure.apart slices on.
NoisePower power_at(const SliceStack& stack, const PatchNoise& patches);

}  // namespace snitt::quality
