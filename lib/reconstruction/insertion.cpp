#include "reconstruction/insertion.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "reconstruction/insertion_kernel.hpp"

namespace snitt::reconstruction {
namespace {

/// No more pixels of one frame than this fall into one voxel: the pixels lie in a parallelogram of the image
/// plane, bounded by the pair of axes along which the plane is widest.
double pixels_per_voxel_bound(const Matrix4& m, const FrameShape& shape, double reach) {
  double along_u = static_cast<double>(shape.columns);
  double along_v = static_cast<double>(shape.rows);
  double best = along_u * along_v;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t l = (k + 1) % 3;
    const double area = std::abs(m(k, 0) * m(l, 1) - m(l, 0) * m(k, 1));
    if (area == 0) continue;
    const double u = reach * (std::abs(m(k, 1)) + std::abs(m(l, 1))) / area + 1;
    const double v = reach * (std::abs(m(k, 0)) + std::abs(m(l, 0))) / area + 1;
    best = std::min(best, std::min(u, along_u) * std::min(v, along_v));
  }
  return best;
}

/// Axis along which slabs are cut: rows should cross few slab borders (small steps along u) and every frame
/// should cross many slabs (large steps along v), so that a block of frames keeps all threads busy.
std::size_t slab_axis(std::span<const PlacedFrame> frames, const FrameShape& shape) {
  std::array<double, 3> merit{};
  for (const PlacedFrame& f : frames)
    for (std::size_t k = 0; k < 3; ++k)
      merit[k] += std::abs(static_cast<double>(f.fixed.dv[k])) * static_cast<double>(shape.rows) -
                  std::abs(static_cast<double>(f.fixed.du[k])) * static_cast<double>(shape.columns);
  return static_cast<std::size_t>(std::max_element(merit.begin(), merit.end()) - merit.begin());
}

VoxelBox slab(const std::array<std::size_t, 3>& size, std::size_t axis, std::size_t number,
              std::size_t count) {
  VoxelBox box;
  for (std::size_t k = 0; k < 3; ++k) box.beyond[k] = static_cast<std::int64_t>(size[k]);
  // Borders between tiles of two, so that no two threads share a cache line.
  const std::size_t pairs = (size[axis] + 1) / 2;
  box.least[axis] = static_cast<std::int64_t>(2 * (pairs * number / count));
  box.beyond[axis] =
      std::min(box.beyond[axis], static_cast<std::int64_t>(2 * (pairs * (number + 1) / count)));
  return box;
}

}  // namespace

Inserter::Inserter(const VolumeGeometry& grid, const FrameShape& shape, const ImageRegion& region,
                   InsertionOptions options)
    : grid_(grid),
      shape_(shape),
      region_(region),
      options_(std::move(options)),
      space_to_voxel_(inverse(index_to_space(grid))) {
  if (options_.compounding == Compounding::mask_weighted && options_.weights.size() != shape.pixels())
    throw UsageError(
        "mask-weighted compounding has weights for {} pixels; expected {} columns x {} rows (give --mask)",
        options_.weights.size(), shape.columns, shape.rows);
  const KernelInput input{&grid_, shape_, &region_, &options_};
  if (options_.plus_compatible)
    kernel_ = make_plus_compatible_kernel(input);
  else if (options_.interpolation == Interpolation::nearest)
    kernel_ = make_nearest_kernel(input);
  else
    kernel_ = make_trilinear_kernel(input);
}

Inserter::~Inserter() = default;

void Inserter::reserve_counts(const PosedFrame& frame, const Matrix4& image_to_voxel) {
  const double reach = options_.interpolation == Interpolation::nearest ? 1 : 2;
  const double more = pixels_per_voxel_bound(image_to_voxel, shape_, reach);
  if (count_bound_ + more > kernel_->capacity()) count_bound_ = kernel_->largest_count();
  if (count_bound_ + more > kernel_->capacity())
    throw ComputationError(
        "frame {}: a voxel has received {:.0f} pixels, as many as its sum can hold; choose a smaller spacing",
        frame.index, count_bound_);
  count_bound_ += more;
}

void Inserter::insert(std::span<const PosedFrame> frames) {
  if (frames.empty()) return;
  std::vector<PlacedFrame> placed;
  placed.reserve(frames.size());
  const double shift = options_.interpolation == Interpolation::nearest ? 0.5 : 0;
  const auto flush = [&] {
    if (placed.empty()) return;
    const std::size_t axis = slab_axis(placed, shape_);
    const std::size_t count = std::clamp<std::size_t>(static_cast<std::size_t>(options_.slabs), 1,
                                                      std::max<std::size_t>(1, grid_.size[axis] / 16));
    tbb::parallel_for(std::size_t{0}, count,
                      [&](std::size_t n) { kernel_->insert(placed, slab(grid_.size, axis, n, count)); });
    placed.clear();
  };
  for (const PosedFrame& frame : frames) {
    if (frame.pixels.size() != shape_.bytes())
      throw ComputationError("frame {} has {} bytes; expected {}", frame.index, frame.pixels.size(),
                             shape_.bytes());
    const Matrix4 image_to_voxel = space_to_voxel_ * frame.image_to_space;
    if (!fits_fixed(image_to_voxel, shape_.rows, shape_.columns))
      throw ComputationError(
          "frame {} lies more than {:.0f} voxels from the output grid: its transform is wrong", frame.index,
          FixedAffine::farthest_voxel);
    if (count_bound_ + static_cast<double>(shape_.pixels()) > kernel_->capacity()) {
      flush();  // so that largest_count sees every frame that was counted
      reserve_counts(frame, image_to_voxel);
    } else {
      count_bound_ += pixels_per_voxel_bound(image_to_voxel, shape_, shift > 0 ? 1 : 2);
    }
    placed.push_back({frame.pixels.data(), to_fixed(image_to_voxel, shift), frame.image_to_space});
  }
  flush();
}

InsertedVoxels Inserter::finish(PixelType output) {
  if (output != shape_.format.type && (output != PixelType::f32 || options_.plus_compatible))
    throw UsageError("output type {}; expected that of the frames, {}{}", name_of(output),
                     name_of(shape_.format.type), options_.plus_compatible ? "" : ", or float32");
  InsertedVoxels result;
  result.format = {output, shape_.format.components};
  result.values.resize(grid_.voxels() * size_of(result.format));
  result.accumulation.resize(grid_.voxels());
  kernel_->finish(result.format.type, result);
  kernel_.reset();
  return result;
}

double Inserter::bytes_per_voxel(const FrameShape& shape, const InsertionOptions& options) {
  const auto components = static_cast<double>(shape.format.components);
  if (options.plus_compatible) return static_cast<double>(size_of(shape.format)) + 2;
  const std::size_t pixel = size_of(shape.format.type);
  const bool sums =
      options.compounding == Compounding::mean || options.compounding == Compounding::mask_weighted;
  if (options.interpolation == Interpolation::nearest && options.compounding == Compounding::mean &&
      pixel <= 2)
    return 8 * components;
  return components * (sums || pixel == 8 ? 16 : 8);
}

}  // namespace snitt::reconstruction
