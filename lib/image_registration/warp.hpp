#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "image/scalar_volume.hpp"
#include "image_registration/spline_grid.hpp"

/// The moving image under a spline's displacements, with its slope, and back from the derivative of a
/// similarity by each warped value to the derivative by each coefficient.
namespace snitt::image_registration {

/// Which voxels of the fixed image count: those of its mask, kept as one span per row for skipping and as
/// weights.
struct Domain {
  std::array<std::size_t, 3> size{};
  std::vector<float> weights;         ///< [slice, row, column], 1 inside and 0 outside
  std::vector<std::uint8_t> has_row;  ///< [slice, row] whether any voxel of the row is inside
  double voxels = 0;
};
Domain whole_domain(const VolumeGeometry& geometry);
Domain masked_domain(const image::VoxelMask& mask);

/// One image of the moving space (its values, or a feature of them), with the mask of what counts there.
struct MovingImages {
  VolumeGeometry geometry;
  std::vector<std::vector<float>> channels;  ///< [channel][slice, row, column]
  std::vector<std::uint8_t> inside;          ///< [slice, row, column]; empty: everywhere
};

/// A channel's warped values and their slope along the moving image's axes, per moving voxel.
struct WarpedChannel {
  std::vector<float> values;
  std::array<std::vector<float>, 3> slopes;
};

struct Warped {
  std::vector<WarpedChannel> channels;
  void resize(std::size_t channel_count, std::size_t voxels);
};

/// Loss of the warped channels (smaller is better), and its derivative by each of their values:
/// [channel][voxel], to be overwritten wholly.
using Similarity = std::function<double(const Warped& warped, std::vector<std::vector<float>>& derivatives)>;

struct SampleLattice;
struct SamplePlaces;

/// x -> fixed_to_moving (x + u(x)) in millimetres, evaluated on a grid of fixed voxels.
class SplineWarp {
 public:
  SplineWarp(const SplineGrid& grid, const Domain& domain, const MovingImages& moving,
             const Matrix4& fixed_to_moving);
  /// coefficients_mm: of u, along x, y, z of the fixed space.
  /// Rows without a voxel of the domain keep what they hold. Beyond its rim the moving image goes on with the
  /// rim's values.
  void warp(const Coefficients& coefficients_mm, Warped& warped) const;
  /// The part of the domain whose voxels land in the moving image and its mask. An optimiser holds it while
  /// it works: a loss that jumps when a voxel leaves the image has no gradient there.
  Domain reached(const Coefficients& coefficients_mm) const;
  /// Derivative of the loss by each of the coefficients.
  void pull_back(const Warped& warped, const std::vector<std::vector<float>>& derivatives,
                 Coefficients& gradient) const;

 private:
  using PlaceVisitor =
      std::function<void(std::size_t first_voxel, const SampleLattice&, const SamplePlaces&)>;
  void visit_places(const Coefficients& coefficients_mm, const PlaceVisitor& visit) const;
  Coefficients turned(const Coefficients& coefficients_mm, bool is_transposed) const;

  const SplineGrid& grid_;
  const Domain& domain_;
  const MovingImages& moving_;
  Matrix4 voxel_to_voxel_;  ///< fixed index to moving index without displacement
  Matrix4 mm_to_voxel_;     ///< displacement in fixed mm to moving voxels
};

}  // namespace snitt::image_registration
