#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monitor.hpp"
#include "image_registration/image_pair.hpp"

namespace snitt::image_registration {

/// The part of a CT that was measured: all but the voxels of the value that most corners have, as far as they
/// hang together with the rim and are a hundredth of the image or more (scanners fill what lies outside the
/// field of view with -2000, -3024 …). Below -1024 HU neither tissue nor air is; from there to -1000 they
/// must be the same in every slice, as the air around a patient is not. Nothing otherwise.
std::optional<image::VoxelMask> measured_part(const image::ScalarVolume& volume);

/// Keeps padding out of a registration, which would otherwise lay one field of view on the other: padding
/// becomes air (-1000), and the masks leave it out. What was found is said to `monitor`.
void leave_padding_out(ImagePair& pair, Monitor& monitor);

/// Marks the voxels of exactly `value` that hang together with the image's rim, face by face.
std::vector<std::uint8_t> reaching_from_rim(const image::ScalarVolume& volume, float value);

/// A mask of which a margin along its border can be left out (the image's rim is no border): there, values of
/// a shrunk or interpolated image mix with what is masked out.
class MaskWithMargin {
 public:
  explicit MaskWithMargin(const image::VoxelMask& mask);
  /// Where less than a quarter would be left the margin is halved, and so on.
  image::VoxelMask without_margin(double margin_mm) const;

 private:
  image::VoxelMask mask_;
  std::vector<double> squared_mm2_;  ///< [voxel] distance from what is masked out
};

}  // namespace snitt::image_registration
