#include "reconstruction/voxel_based.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "reconstruction/frame_cache.hpp"
#include "reconstruction/voxel_block.hpp"

namespace snitt::reconstruction {
namespace {

/// Blocks are small enough that few frames are near all of one, and large enough that asking which is cheap.
constexpr std::array<std::size_t, 3> block_voxels{row_voxels, 8, 8};
/// What is computed between two looks at the frame cache, at most.
constexpr std::array<std::size_t, 3> region_voxels{64, 64, 64};

/// A part of the volume whose frames are held in memory together.
struct Region {
  VoxelBox box;
  double middle_frame = 0;  ///< mean of the frames that are near: the order of the sweep
  bool fits = true;         ///< its frames fit into half the cache; otherwise they are fetched one by one
};

void check(const VoxelBasedOptions& o) {
  if (!(o.radius_mm > 0 && std::isfinite(o.radius_mm)))
    throw UsageError("radius is {} mm; expected a positive length", o.radius_mm);
  if (o.maximum_planes < 1 || o.maximum_planes > 1000)
    throw UsageError("maximum number of planes is {}; expected 1 to 1000", o.maximum_planes);
  if (!(o.newness_weight >= 0 && o.brightness_weight >= 0 &&
        std::isfinite(o.newness_weight + o.brightness_weight)))
    throw UsageError("weights of newness and brightness are {} and {}; expected numbers from 0",
                     o.newness_weight, o.brightness_weight);
  if (o.white && !(*o.white > 0 && std::isfinite(*o.white)))
    throw UsageError("white is {}; expected a positive number", *o.white);
}

void check(const Frames& frames, const FramePoses& poses, const ImageRegion& region) {
  if (frames.shape.rows < 2 || frames.shape.columns < 2)
    throw InputError("recording has frames of {} x {} pixels; expected at least 2 x 2", frames.shape.columns,
                     frames.shape.rows);
  if (poses.matrix.size() != frames.count || poses.status.size() != frames.count)
    throw InputError("recording has {} frames and {} poses; expected one pose per frame", frames.count,
                     poses.matrix.size());
  if (region.rows() != frames.shape.rows || region.columns() != frames.shape.columns)
    throw InputError("image region has {} x {} pixels; expected {} x {} as the frames", region.columns(),
                     region.rows(), frames.shape.columns, frames.shape.rows);
}

double white_of(const VoxelBasedOptions& options, PixelType type) {
  if (options.white) return *options.white;
  return visit_pixel_type(type, [](auto tag) {
    using T = typename decltype(tag)::type;
    return std::is_integral_v<T> ? double(std::numeric_limits<T>::max()) : 255.0;
  });
}

std::size_t cache_capacity(const VoxelBasedOptions& options, const FrameShape& shape) {
  const double frames = options.cache_mb * 1e6 / double(shape.bytes());
  if (!(frames >= 2))
    throw UsageError("frame cache of {} MB cannot hold two frames; expected at least {:.3g} MB",
                     options.cache_mb, 2 * double(shape.bytes()) / 1e6);
  return std::size_t(std::min(frames, 1e9));
}

std::size_t longest_axis(const VoxelBox& box) {
  std::size_t axis = 0;
  for (std::size_t a = 1; a < 3; ++a)
    if (box.end[a] - box.first[a] > box.end[axis] - box.first[axis]) axis = a;
  return axis;
}

/// Splits the volume until the frames near a region fit into half the cache (the other half is for those of
/// the next).
class Plan {
 public:
  Plan(const VoxelBasedJob& job, std::size_t frames_at_once) : job_(job), frames_at_once_(frames_at_once) {
    std::vector<NearPlane> all;
    for (std::size_t p = 0; p < job.planes.size(); ++p) all.push_back({std::uint32_t(p), false});
    if (!all.empty() && job.size[0] * job.size[1] * job.size[2] > 0) split({{0, 0, 0}, job.size}, all);
    std::stable_sort(regions_.begin(), regions_.end(),
                     [](const Region& a, const Region& b) { return a.middle_frame < b.middle_frame; });
  }
  const std::vector<Region>& regions() const { return regions_; }

 private:
  void split(const VoxelBox& box, const std::vector<NearPlane>& among) {
    const auto near = near_planes(job_.planes, among, *job_.cells, box, job_.options->radius_mm,
                                  job_.options->maximum_planes);
    if (near.empty()) return;
    const bool fits = near.size() <= frames_at_once_;
    std::size_t axis = 0;
    double parts = 0;  // along the axis that is to be split
    bool small = true;
    for (std::size_t a = 0; a < 3; ++a) {
      const double length = double(box.end[a] - box.first[a]);
      small = small && length <= double(region_voxels[a]);
      if (length / double(block_voxels[a]) > parts) parts = length / double(block_voxels[a]), axis = a;
    }
    // A probe held still brings many frames near one block; fewer can matter to each of its parts.
    const bool below_block = parts <= 1;
    if (below_block) axis = longest_axis(box);
    const std::size_t voxels = box.end[axis] - box.first[axis];
    if ((fits && small) || (below_block && (fits || voxels == 1))) {
      double sum = 0;
      for (const NearPlane plane : near) sum += job_.planes[plane.plane].frame;
      regions_.push_back({box, sum / double(near.size()), fits});
      return;
    }
    const std::size_t lower =
        below_block ? voxels / 2 : (std::size_t(std::ceil(parts)) / 2) * block_voxels[axis];
    const std::size_t middle = box.first[axis] + lower;
    VoxelBox low = box;
    VoxelBox high = box;
    low.end[axis] = high.first[axis] = middle;
    split(low, near);
    split(high, near);
  }

  const VoxelBasedJob& job_;
  std::size_t frames_at_once_;
  std::vector<Region> regions_;
};

std::vector<VoxelBox> blocks_of(const VoxelBox& box) {
  std::vector<VoxelBox> blocks;
  std::array<std::size_t, 3> at{};
  for (at[2] = box.first[2]; at[2] < box.end[2]; at[2] += block_voxels[2])
    for (at[1] = box.first[1]; at[1] < box.end[1]; at[1] += block_voxels[1])
      for (at[0] = box.first[0]; at[0] < box.end[0]; at[0] += block_voxels[0]) {
        VoxelBox block{at, {}};
        for (std::size_t a = 0; a < 3; ++a) block.end[a] = std::min(at[a] + block_voxels[a], box.end[a]);
        blocks.push_back(block);
      }
  return blocks;
}

/// The frames near a region, held in memory.
struct Held {
  std::vector<NearPlane> near;
  std::vector<const std::byte*> pixels;  // [near]
};

template <typename T>
class Sweep {
 public:
  Sweep(const VoxelBasedJob& job, FrameCache& cache, VoxelBasedVolume& volume)
      : job_(job), cache_(cache), blocks_([&job, &volume] {
          return VoxelBlock<T>(job, reinterpret_cast<T*>(volume.values.data()), volume.accumulation.data());
        }) {
    for (std::size_t p = 0; p < job.planes.size(); ++p) all_.push_back({std::uint32_t(p), false});
  }

  /// While one region is computed, the frames of the next are read.
  void run(std::span<const Region> regions, Monitor& monitor) {
    Held now;
    Held next;
    for (std::size_t r = 0; r < regions.size(); ++r) {
      monitor.progress("reconstructing", double(r), double(regions.size()));
      if (!regions[r].fits) {
        fetch_and_compute(regions[r].box);
        continue;
      }
      if (now.near.empty()) now = hold(regions[r].box);
      const bool read_ahead = r + 1 < regions.size() && regions[r + 1].fits;
      tbb::parallel_invoke([&] { compute(regions[r].box, now); },
                           [&] { next = read_ahead ? hold(regions[r + 1].box) : Held{}; });
      now = std::move(next);
    }
    monitor.progress("reconstructing", double(regions.size()), double(regions.size()));
  }

 private:
  std::vector<NearPlane> near(const VoxelBox& box, std::span<const NearPlane> among) const {
    return near_planes(job_.planes, among, *job_.cells, box, job_.options->radius_mm,
                       job_.options->maximum_planes);
  }

  Held hold(const VoxelBox& box) {
    Held held{near(box, all_), {}};
    std::vector<std::uint32_t> frames;
    for (const NearPlane plane : held.near) frames.push_back(job_.planes[plane.plane].frame);
    held.pixels = cache_.hold(frames);
    return held;
  }

  void compute(const VoxelBox& box, const Held& held) {
    const std::vector<VoxelBox> blocks = blocks_of(box);
    tbb::parallel_for(std::size_t{0}, blocks.size(), [&](std::size_t b) {
      const std::vector<NearPlane> close = near(blocks[b], held.near);
      std::vector<const std::byte*> pixels(close.size());
      for (std::size_t n = 0, h = 0; n < close.size(); ++n) {
        while (held.near[h].plane != close[n].plane) ++h;
        pixels[n] = held.pixels[h];
      }
      blocks_.local().compute(blocks[b], close, [&](std::size_t n) { return pixels[n]; });
    });
  }

  /// For a single voxel with more frames near it than the cache holds.
  void fetch_and_compute(const VoxelBox& box) {
    const std::vector<NearPlane> close = near(box, all_);
    blocks_.local().compute(box, close,
                            [&](std::size_t n) { return cache_.fetch(job_.planes[close[n].plane].frame); });
  }

  const VoxelBasedJob& job_;
  FrameCache& cache_;
  tbb::enumerable_thread_specific<VoxelBlock<T>> blocks_;
  std::vector<NearPlane> all_;
};

}  // namespace

VoxelBasedVolume reconstruct_voxel_based(FrameSource& source, const FramePoses& image_to_grid,
                                         const ImageRegion& region, const VolumeGeometry& grid,
                                         const VoxelBasedOptions& wanted, Monitor& monitor) {
  VoxelBasedOptions options = wanted;
  if (options.method == VoxelMethod::nearest_plane) {
    options.maximum_planes = 1;
    options.sampling = PixelSampling::nearest;
  }
  check(options);
  const Frames& frames = source.frames();
  check(frames, image_to_grid, region);
  const std::size_t capacity = cache_capacity(options, frames.shape);
  const SampleCells cells(region, options.sampling);
  if (cells.empty())
    throw InputError("image region has no {}; expected a larger region (or nearest sampling)",
                     options.sampling == PixelSampling::bilinear ? "square of four pixels" : "pixel");
  const std::vector<FramePlane> planes = frame_planes(image_to_grid, grid);

  VoxelBasedVolume volume;
  volume.values.resize(grid.voxels() * size_of(frames.shape.format));
  volume.accumulation.resize(grid.voxels());
  volume.frames_used = planes.size();
  volume.frames_skipped = frames.count - planes.size();
  const VoxelBasedJob job{
      &options,
      &cells,
      SampleLimits(cells, options.radius_mm),
      planes,
      frames.shape,
      grid.size,
      region.reject_below().value_or(-std::numeric_limits<double>::infinity()),
      {options.newness_weight, options.brightness_weight, 255 / white_of(options, frames.shape.format.type)}};
  const Plan plan(job, capacity / 2);
  FrameCache cache(source, capacity);
  visit_pixel_type(frames.shape.format.type, [&](auto tag) {
    Sweep<typename decltype(tag)::type>(job, cache, volume).run(plan.regions(), monitor);
  });
  volume.frames_read = cache.frames_read();
  return volume;
}

}  // namespace snitt::reconstruction
