// Hole filling with sticks (length 9, one stick) of a simulated sweep, beside the peer's published speed and
// this machine's memory bandwidth. Run by hand on a quiet machine.
#include <fmt/format.h>
#include <tbb/global_control.h>

#include "reconstruction/hole_filling.hpp"
#include "sweep_phantom.hpp"

using namespace snitt;
using namespace snitt::reconstruction;

namespace {

/// PLUS, volume voxels per second of one core, slowest and fastest of its volumes.
constexpr double peer_low = 3.7e6;
constexpr double peer_high = 5.3e6;

struct Inserted {
  std::vector<std::uint8_t> values;
  std::vector<std::uint16_t> accumulation;
};

/// Nearest voxel, latest wins: only where holes are matters here.
Inserted insert(const benchmark::SimulatedSweep& sweep, const VolumeGeometry& grid) {
  Inserted out{std::vector<std::uint8_t>(grid.voxels()), std::vector<std::uint16_t>(grid.voxels())};
  const Matrix4 space_to_index = inverse(index_to_space(grid));
  for (std::size_t f = 0; f < sweep.frames().count; ++f) {
    const Matrix4 m = space_to_index * sweep.poses.matrix[f];
    const std::uint8_t* pixel = sweep.image(f);
    for (std::size_t v = 0; v < 616; ++v)
      for (std::size_t u = 0; u < 820; ++u, ++pixel) {
        const Vec3 p = transform_point(m, {double(u), double(v), 0});
        const auto at = [](double x) { return std::size_t(std::max(0.0, std::floor(x + 0.5))); };
        if (at(p.x) >= grid.size[0] || at(p.y) >= grid.size[1] || at(p.z) >= grid.size[2]) continue;
        const std::size_t voxel = (at(p.z) * grid.size[1] + at(p.y)) * grid.size[0] + at(p.x);
        out.values[voxel] = *pixel;
        out.accumulation[voxel] = 256;
      }
  }
  return out;
}

void run(const benchmark::SimulatedSweep& sweep, double spacing_mm, double triad) {
  const VolumeGeometry grid = sweep.grid(spacing_mm);
  Inserted volume = insert(sweep, grid);
  const double voxels = double(grid.voxels());
  Monitor silent;
  const std::vector<HoleFillingElement> elements = {FillStick{9, 1}};
  for (const FillArithmetic arithmetic : {FillArithmetic::rounded, FillArithmetic::plus_compatible})
    for (const std::size_t threads : {1U, 2U}) {
      tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      FillCounts counts;
      const benchmark::Time time = benchmark::best_of(5, [&] {
        counts = fill_holes(std::as_writable_bytes(std::span(volume.values)), {PixelType::u8, 1},
                            volume.accumulation, grid.size, elements, arithmetic, silent);
      });
      const double rate = voxels / time.cpu_s;
      const double filled = double(counts.filled[0]);
      // Least traffic: the accumulation once, and every filled voxel once.
      const double bytes = 2 * voxels + filled;
      fmt::print("{:7.1f} {:>9} {:8} {:8.2f} {:7.2f} {:10.1f} {:10.1f} {:7.1f} - {:<5.1f} {:10.3f}\n",
                 spacing_mm, arithmetic == FillArithmetic::rounded ? "rounded" : "plus", threads,
                 filled / voxels, double(counts.left) / voxels, voxels / time.wall_s / 1e6, rate / 1e6,
                 rate / peer_high, rate / peer_low, bytes / time.cpu_s / triad);
    }
}

}  // namespace

int main() {
  const benchmark::SimulatedSweep sweep(60);
  const double triad = benchmark::triad_bytes_per_s();
  fmt::print("triad (one core): {:.1f} GB/s\n\n", triad / 1e9);
  fmt::print(
      "spacing arithmetic threads   filled    left    Mvox/s  per core     times the peer  of triad\n");
  for (const double spacing_mm : {0.5, 0.2}) run(sweep, spacing_mm, triad);
  fmt::print(
      "\nMvox/s counts every voxel of the volume; per core by CPU time. Peer (PLUS): 3.7 - 5.3 Mvox/s.\n");
}
