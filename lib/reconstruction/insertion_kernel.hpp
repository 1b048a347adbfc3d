#pragma once
// Inside of insertion.cpp and its kernels; nobody else needs it.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "reconstruction/fixed_affine.hpp"
#include "reconstruction/insertion.hpp"
#include "reconstruction/row_kernel.hpp"

namespace snitt::reconstruction {

/// A frame made ready: `fixed` counts voxels, with the half added for nearest.
struct PlacedFrame {
  const std::byte* pixels = nullptr;
  FixedAffine fixed;
  Matrix4 image_to_space;
};

struct KernelInput {
  const VolumeGeometry* grid = nullptr;
  FrameShape shape;
  const ImageRegion* region = nullptr;
  const InsertionOptions* options = nullptr;
};

/// Accumulators of a grid and the loops that fill them.
class InsertionKernel {
 public:
  virtual ~InsertionKernel() = default;
  /// Adds what `frames` put into the voxels of `box`; calls with disjoint boxes (borders even, except at the
  /// grid's end) may run at once.
  virtual void insert(std::span<const PlacedFrame> frames, const VoxelBox& box) = 0;
  /// Pixels that one voxel's sums can surely hold.
  virtual double capacity() const = 0;
  virtual double largest_count() const = 0;
  /// Makes the sums as wide as they get.
  virtual void widen() {}
  virtual void finish(PixelType output, InsertedVoxels& result) = 0;
};

std::unique_ptr<InsertionKernel> make_nearest_kernel(const KernelInput& input);
std::unique_ptr<InsertionKernel> make_trilinear_kernel(const KernelInput& input);
/// Maximum and latest.
std::unique_ptr<InsertionKernel> make_trilinear_selection_kernel(const KernelInput& input);
std::unique_ptr<InsertionKernel> make_plus_compatible_kernel(const KernelInput& input);

/// The least value that counts as information: what ImageRegion::reject_below says, or everything.
inline double least_informing(const ImageRegion& region) {
  return region.reject_below().value_or(-std::numeric_limits<double>::infinity());
}

/// Whether a pixel whose first component is `first` carries information. NaN, "not measured", never does.
template <typename T>
bool informs(T first, double least) {
  return static_cast<double>(first) >= least;
}

/// Rounds half up and keeps within the type's range; floating types pass through.
template <typename Out>
Out to_output(double value) {
  if constexpr (std::is_floating_point_v<Out>) {
    return static_cast<Out>(value);
  } else {
    const double rounded = std::floor(value + 0.5);
    if (!(rounded > static_cast<double>(std::numeric_limits<Out>::lowest())))
      return std::numeric_limits<Out>::lowest();
    if (rounded >= static_cast<double>(std::numeric_limits<Out>::max()))
      return std::numeric_limits<Out>::max();
    return static_cast<Out>(rounded);
  }
}

/// Sums of many pixels: exact for integers.
template <typename T>
using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

/// Mean of integers to nearest, half up, without leaving the integers.
template <typename Out, typename S>
Out mean_to_output(S sum, std::int64_t weight) {
  if constexpr (std::is_integral_v<S> && std::is_integral_v<Out>)
    return to_output<Out>(static_cast<double>(floor_divide(2 * sum + weight, 2 * weight)));
  else
    return to_output<Out>(static_cast<double>(sum) / static_cast<double>(weight));
}

}  // namespace snitt::reconstruction
