#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "quality/global_noise.hpp"
#include "quality/noise_power.hpp"

/// Uniform patches of soft tissue in patient images, to measure the noise power spectrum in.
namespace snitt::quality {

struct PatchOptions {
  double size_mm = 20;
  /// The root mean variance of the small kernels in a patch may differ from the slice's by this factor minus
  /// one, up or down: a bound on one side would choose quiet patches.
  double noise_tolerance = 0.25;
  /// The variance of the whole patch over that of its small kernels is a property of the noise's texture;
  /// vessels and edges raise it. Patches beyond the lower quartile of all times one plus this are left out.
  double structure_tolerance = 0.3;
  std::size_t most_patches = 2000;
};

struct UniformPatch {
  std::size_t slice = 0;
  std::size_t row = 0;
  std::size_t column = 0;
  double texture = 0;  ///< variance of the patch without its quadratic trend, over that of the kernels
};

/// Pixels along the side of a patch, 8 at least.
std::size_t patch_size(const ImagePlane& plane, const PatchOptions& options);

/// Patches on a grid of half their size whose pixels are all soft tissue with the noise level of the slice.
std::vector<UniformPatch> patch_candidates(const ImagePlane& plane, std::size_t slice,
                                           const NoiseField& field, const GlobalNoise& noise,
                                           const LocalKernel& kernel, const PatchOptions& options);

/// Of the candidates of all slices, those without structure; evenly taken when there are more than wanted.
std::vector<UniformPatch> without_structure(std::vector<UniformPatch> candidates,
                                            const PatchOptions& options);

}  // namespace snitt::quality
