#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/instruction_set.hpp"
#include "data/frames.hpp"
#include "data/volume.hpp"
#include "reconstruction/image_region.hpp"

namespace snitt::reconstruction {

enum class Interpolation { nearest, trilinear };
enum class Compounding { mean, maximum, latest, mask_weighted };

/// How pixels become voxels. The rules, for a pixel with value v at voxel coordinate q (see FixedAffine for
/// their accuracy): nearest: the voxel floor(q + 1/2); trilinear: the eight voxels around q, with the
/// products of the distances to the opposite corner as weights w; corners outside the grid are left out.
/// mean: sum(w·v) / sum(w), exact integer sums for integer pixels (nearest), rounded to nearest, half up,
/// only once, at the end; maximum, latest: the largest or last v (trilinear: of the corners with w >= 1/8);
/// mask_weighted: the mean with w·weight(u, v). Pixels whose first component is NaN or below the region's
/// `reject_below` do not count (plus_compatible: NaN does).
struct InsertionOptions {
  Interpolation interpolation = Interpolation::nearest;
  Compounding compounding = Compounding::mean;
  /// PLUS's arithmetic in its double-precision order ("Optimization NONE", one thread): sequential truncating
  /// mean, the accumulation buffer 256 per pixel, floor(x + 2⁻¹⁷). The output has the type of the frames.
  bool plus_compatible = false;
  std::vector<std::uint8_t> weights;  ///< [row, column], for mask_weighted
  /// Into how many slabs the grid is cut for the threads, 0: by their number. Changes nothing in the result.
  int slabs = 0;
  InstructionSet instruction_set = best_instruction_set();
};

/// One frame to insert.
struct PosedFrame {
  std::span<const std::byte> pixels;  ///< [row, column, component]
  Matrix4 image_to_space;             ///< pixel (u, v, 0) to mm in the grid's space
  std::size_t index = 0;              ///< in the recording, for messages
};

/// Voxel values and how much was inserted into each: 256 is one whole pixel, 0 a hole, capped at 65535.
/// [slice, row, column]
struct InsertedVoxels {
  PixelFormat format;
  std::vector<std::byte> values;  ///< [slice, row, column, component], 0 in holes
  std::vector<std::uint16_t> accumulation;
};

class InsertionKernel;

/// Streaming insertion: feed blocks of frames in order, then finish once. Threads own disjoint voxels, each
/// walks the frames in order, so the bytes depend neither on the number of threads, slabs or instruction set
/// nor on how frames are grouped in blocks. Memory: 8 bytes per voxel and component for nearest mean of 8 and
/// 16-bit pixels (4 for 8 bits while no voxel has received some thousand), 16 at most otherwise.
class Inserter {
 public:
  /// Throws UsageError for weights that are missing or of the wrong size.
  Inserter(const VolumeGeometry& grid, const FrameShape& shape, const ImageRegion& region,
           InsertionOptions options);
  ~Inserter();
  Inserter(const Inserter&) = delete;
  Inserter& operator=(const Inserter&) = delete;

  /// Throws ComputationError for a frame half a billion voxels away, and when one voxel received more pixels
  /// than its sums can hold.
  void insert(std::span<const PosedFrame> frames);

  /// Values as `output`: the type of the frames, or float32, which keeps the fractions of means. UsageError
  /// for another. Frees the accumulators; call once.
  InsertedVoxels finish(PixelType output);

  /// What the accumulators take for each voxel.
  static double bytes_per_voxel(const FrameShape& shape, const InsertionOptions& options);

 private:
  void reserve_counts(std::size_t frame, double more);

  VolumeGeometry grid_;
  FrameShape shape_;
  const ImageRegion& region_;
  InsertionOptions options_;
  Matrix4 space_to_voxel_;
  double count_bound_ = 0;  ///< no voxel holds more pixels than this
  std::unique_ptr<InsertionKernel> kernel_;
};

}  // namespace snitt::reconstruction
