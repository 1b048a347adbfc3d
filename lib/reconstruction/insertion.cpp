#include "reconstruction/insertion.hpp"

#include <tbb/global_control.h>
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

/// For means every border cuts rows, whose pieces cost time, so a single thread gets a single slab; several
/// get two each, because slabs never take equally long. The rules that walk pixel by pixel lose little at
/// borders and gain from slabs that stay in the cache (maximum at 0.2 mm: 134 Mpixel/s in one slab, 180 in
/// 24).
int default_slabs(const InsertionOptions& options) {
  const bool is_mean =
      options.compounding == Compounding::mean || options.compounding == Compounding::mask_weighted;
  if (!is_mean || options.plus_compatible) return 24;
  const auto threads =
      static_cast<int>(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
  return threads == 1 ? 1 : 2 * threads;
}

/// Borders of `count` slabs with about as many pixels each, by a sample of every frame's pixels. They lie
/// between tiles of two, so that no two threads share a cache line.
std::vector<std::int64_t> slab_borders(std::span<const PlacedFrame> frames, const FrameShape& shape,
                                       std::size_t axis, std::size_t size, std::size_t count) {
  constexpr std::int64_t samples = 16;  // along a row and along a column
  std::vector<std::size_t> pixels((size + 1) / 2, 0);
  std::size_t total = 0;
  for (const PlacedFrame& f : frames)
    for (std::int64_t i = 0; i < samples * samples; ++i) {
      const std::int64_t u =
          (2 * (i % samples) + 1) * static_cast<std::int64_t>(shape.columns) / (2 * samples);
      const std::int64_t v = (2 * (i / samples) + 1) * static_cast<std::int64_t>(shape.rows) / (2 * samples);
      const std::int64_t at = f.fixed.at(u, v)[axis] >> (FixedAffine::fraction_bits + 1);
      if (at < 0 || at >= static_cast<std::int64_t>(pixels.size())) continue;
      ++pixels[static_cast<std::size_t>(at)];
      ++total;
    }
  std::vector<std::int64_t> borders{0};
  std::size_t seen = 0;
  for (std::size_t at = 0; at < pixels.size(); ++at) {
    if (seen * count >= total * borders.size() && borders.size() < count && at > 0)
      borders.push_back(static_cast<std::int64_t>(2 * at));
    seen += pixels[at];
  }
  borders.push_back(static_cast<std::int64_t>(size));
  return borders;
}

VoxelBox slab(const std::array<std::size_t, 3>& size, std::size_t axis, std::int64_t least,
              std::int64_t beyond) {
  VoxelBox box;
  for (std::size_t k = 0; k < 3; ++k) box.beyond[k] = static_cast<std::int64_t>(size[k]);
  box.least[axis] = least;
  box.beyond[axis] = beyond;
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

void Inserter::reserve_counts(std::size_t frame, double more) {
  count_bound_ = kernel_->largest_count();
  // Counting takes a pass over the grid: what is half full already would soon need the next one.
  if (count_bound_ + more > kernel_->capacity() / 2) kernel_->widen();
  if (count_bound_ + more > kernel_->capacity())
    throw ComputationError(
        "frame {}: a voxel has received {:.0f} pixels, as many as its sum can hold; choose a smaller spacing",
        frame, count_bound_);
}

void Inserter::insert(std::span<const PosedFrame> frames) {
  if (frames.empty()) return;
  std::vector<PlacedFrame> placed;
  placed.reserve(frames.size());
  const double shift = options_.interpolation == Interpolation::nearest ? 0.5 : 0;
  const auto flush = [&] {
    if (placed.empty()) return;
    const std::size_t axis = slab_axis(placed, shape_);
    const std::size_t wanted =
        static_cast<std::size_t>(options_.slabs > 0 ? options_.slabs : default_slabs(options_));
    const std::size_t count =
        std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, grid_.size[axis] / 16));
    const std::vector<std::int64_t> borders = slab_borders(placed, shape_, axis, grid_.size[axis], count);
    tbb::parallel_for(std::size_t{1}, borders.size(), [&](std::size_t n) {
      kernel_->insert(placed, slab(grid_.size, axis, borders[n - 1], borders[n]));
    });
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
    const double more = pixels_per_voxel_bound(image_to_voxel, shape_, shift > 0 ? 1 : 2);
    if (count_bound_ + more > kernel_->capacity()) {
      flush();  // so that largest_count sees every frame that was counted
      reserve_counts(frame.index, more);
    }
    count_bound_ += more;
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
