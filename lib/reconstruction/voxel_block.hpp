#pragma once
#include <functional>
#include <span>

#include "data/frames.hpp"
#include "reconstruction/voxel_row_sampling.hpp"

namespace snitt::reconstruction {

/// What all blocks of voxels share.
struct VoxelBasedJob {
  const VoxelBasedOptions* options;
  const SampleCells* cells;
  SampleLimits limits;
  std::span<const FramePlane> planes;
  FrameShape shape;
  std::array<std::size_t, 3> size;  ///< of the volume
  double reject_below;              ///< -infinity: nothing is rejected
  AdaptiveWeights adaptive;
};

/// Pixels of near[i]; they need to stay only until the next call.
using PixelsOf = std::function<const std::byte*(std::size_t i)>;

/// Computes the voxels of a box from the frames that are near it and writes them into the volume [z, y, x,
/// component]. The box is one row of blocks wide at most: a multiple of row_voxels along x unless the volume
/// ends.
template <typename T>
class VoxelBlock {
 public:
  VoxelBlock(const VoxelBasedJob& job, T* values, std::uint16_t* accumulation)
      : job_(job), values_(values), accumulation_(accumulation) {}

  void compute(const VoxelBox& box, std::span<const NearPlane> near, const PixelsOf& pixels_of);

 private:
  std::size_t find_feet(RowStart start, std::span<const NearPlane> near);
  void drop_feet_outside(RowFeet& feet) const;
  void sample(const RowFeet& feet, const std::byte* pixels, std::size_t component, RowOfNumbers& out) const;
  void sum_row(std::size_t count, std::span<const NearPlane> near, const PixelsOf& pixels_of);
  void store_row(std::size_t voxel, std::size_t voxels);

  const VoxelBasedJob& job_;
  T* values_;
  std::uint16_t* accumulation_;
  std::vector<RowFeet> feet_;
  std::vector<RowOfNumbers> samples_;  // adaptive: [component, foot]
  std::vector<double> frame_numbers_;
  std::vector<RowSums> sums_;  // [component]
};

}  // namespace snitt::reconstruction
