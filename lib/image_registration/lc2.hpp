#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::image_registration {

/// Where an ultrasound image shows something: its mask without the background, which is the lowest value as
/// far as it reaches in from the image's rim (a dark vessel inside the sector stays). All of it where the rim
/// has no such background.
image::VoxelMask ultrasound_sector(const image::ScalarVolume& ultrasound,
                                   const std::optional<image::VoxelMask>& mask);

/// Means of blocks of voxels; inside are those of which all voxels are.
struct MaskedVolume {
  image::ScalarVolume volume;
  std::vector<std::uint8_t> inside;
};
MaskedVolume shrunk(const image::ScalarVolume& volume, const image::VoxelMask& mask,
                    const std::array<std::size_t, 3>& factors);

/// Linear correlation of linear combination (Wein et al. 2013, Fuerst et al. 2014): in each patch of the
/// ultrasound image the best sum of the other image's value, its gradient's magnitude and a constant is
/// found; the share of the patch's variance v that it explains, averaged over patches with v / (v + a tenth
/// of the image's variance) as weight, is the metric, 0 to 1. Patches are cubes of 2 `half_side` voxels,
/// `half_side` apart, so that their sums are those of eight cubes each.
class Lc2 {
 public:
  enum class Patches { all, even, odd };  ///< a checkerboard, to measure repeatability

  /// `moving_mask` on any grid. Keeps what it needs of its arguments.
  Lc2(const MaskedVolume& ultrasound, const image::ScalarVolume& moving,
      const std::optional<image::VoxelMask>& moving_mask, std::size_t half_side);
  ~Lc2();
  Lc2(const Lc2&) = delete;
  Lc2& operator=(const Lc2&) = delete;

  struct Value {
    double likeness = 0;
    double overlap = 0;  ///< share of the patches' weights that lie on the moving image
  };
  /// Patches that do not lie wholly on the moving image do not count.
  Value value(const Matrix4& fixed_to_moving, Patches patches = Patches::all) const;
  /// Patches that vary, of the ultrasound image alone.
  std::size_t patches() const;
  Vec3 center_mm() const;    ///< mean of the sector
  double radius_mm() const;  ///< root mean square distance from it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::image_registration
