#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "quality/transfer_function.hpp"

/// Resolution of patient images from the edge between skin and air (Sanders et al. 2016, Med Phys 43:5330).
namespace snitt::quality {

enum class EdgeSide {
  outer,  ///< the air's side of the line-spread function, mirrored: blind to the layers under the skin
  both    ///< as published
};

struct SkinEdgeOptions {
  EdgeSide side = EdgeSide::outer;
  double segment_mm = 24;  ///< pieces of skin, each fitted with a parabola
  double outside_mm = 8;   ///< what must be air
  double inside_mm = 6;    ///< what must be neither lung nor bone
  double air_below_hu = -900;
  double rough_mm = 0.25;  ///< rms distance of skin from its parabola that is too much
  /// A slice of this thickness across slanted skin blurs it: a piece that is blurred over more than
  /// slant_blur_mm is left out. 0: not looked at.
  double slice_thickness_mm = 0;
  double slant_blur_mm = 0.4;
  double bin_mm = 0.05;
  std::size_t fewest_segments = 6;
  double highest_frequency_per_mm = 2;
  std::size_t frequencies = 256;
};

/// Values by distance from the skin, air outside being 0 and tissue under the skin 1.
struct EdgeProfile {
  std::vector<double> sum;     ///< [bin], from -outside_mm inwards
  std::vector<double> count;   ///< [bin]
  std::size_t segments = 0;    ///< that were used
  std::size_t candidates = 0;  ///< that were found
};

/// The slices below and above, where there are any, tell slanted skin; their distance is `distance_mm`.
struct NeighbourPlanes {
  std::span<const float> below;
  std::span<const float> above;
  double distance_mm = 0;
};

/// Of the outermost pixels of `body` [row, column] as seen from the four sides. Skin that is covered, cut off
/// by the field of view, rough, slanted, or has lung or bone behind it is left out.
EdgeProfile skin_profile(const ImagePlane& plane, std::span<const std::uint8_t> body,
                         const NeighbourPlanes& neighbours, const SkinEdgeOptions& options);

/// Its Fourier transform, corrected for the width of the bins. `f50_per_mm` is NaN when there are too few
/// segments.
TransferFunction skin_transfer(const EdgeProfile& profile, const SkinEdgeOptions& options);

}  // namespace snitt::quality
