// Voxel-based reconstruction of a simulated sweep at two spacings. Run by hand on a quiet machine.
#include <fmt/format.h>
#include <tbb/global_control.h>

#include "reconstruction/voxel_based.hpp"
#include "sweep_phantom.hpp"

using namespace snitt;
using namespace snitt::reconstruction;

namespace {

struct Row {
  const char* name;
  VoxelMethod method;
  PixelSampling sampling;
};

void run(benchmark::SimulatedSweep& sweep, double spacing_mm, const Row& row, double triad) {
  const VolumeGeometry grid = sweep.grid(spacing_mm);
  const ImageRegion region(616, 820);
  VoxelBasedOptions options;
  options.method = row.method;
  options.sampling = row.sampling;
  Monitor silent;
  for (const std::size_t threads : {1U, 2U}) {
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    double pixels = 0;
    std::uint64_t read = 0;
    const benchmark::Time time = benchmark::best_of(3, [&] {
      const VoxelBasedVolume volume =
          reconstruct_voxel_based(sweep, sweep.poses, region, grid, options, silent);
      pixels = 0;
      for (const std::uint16_t count : volume.accumulation) pixels += count / 256.0;
      read = volume.frames_read;
    });
    const double voxels = double(grid.voxels());
    // Least traffic: every frame once, the volume and its accumulation once.
    const double bytes = 3 * voxels + double(sweep.frames().count * sweep.frames().shape.bytes());
    fmt::print("{:7.1f} {:>20} {:8} {:9.2f} {:10.1f} {:10.1f} {:12.1f} {:9.3f} {:8}\n", spacing_mm, row.name,
               threads, pixels / voxels, voxels / time.wall_s / 1e6, voxels / time.cpu_s / 1e6,
               pixels / time.cpu_s / 1e6, bytes / time.cpu_s / triad, read);
  }
}

}  // namespace

int main() {
  benchmark::SimulatedSweep sweep(60);
  const double triad = benchmark::triad_bytes_per_s();
  fmt::print("triad (one core): {:.1f} GB/s; radius 3 mm, at most 10 planes, 60 frames 1 mm apart\n\n",
             triad / 1e9);
  fmt::print(
      "spacing               method  threads px/voxel     Mvox/s   per core  Mpx/s/core  of triad    read\n");
  const Row rows[] = {{"nearest plane", VoxelMethod::nearest_plane, PixelSampling::nearest},
                      {"distance, nearest", VoxelMethod::distance_weighted, PixelSampling::nearest},
                      {"distance, bilinear", VoxelMethod::distance_weighted, PixelSampling::bilinear},
                      {"adaptive Gaussian", VoxelMethod::adaptive_gaussian, PixelSampling::bilinear}};
  for (const double spacing_mm : {0.5, 0.2})
    for (const Row& row : rows) run(sweep, spacing_mm, row, triad);
  fmt::print("\nMvox/s counts every voxel of the volume; per core by CPU time.\n");
}
