// Speed of pixel-based insertion beside PLUS's and beside the memory bandwidth of the same run. Run by hand:
//   ninja benchmark_insertion && ./tests/benchmark/benchmark_insertion
// PLUS, CPU seconds on one core of a similar machine: 156 Mpixel/s nearest (fixed point), 78 (doubles), 14
// trilinear.
#include <fmt/format.h>
#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "geometry/pose.hpp"
#include "reconstruction/insertion.hpp"
#include "reconstruction/output_grid.hpp"

using namespace snitt;
using namespace snitt::reconstruction;

namespace {

constexpr std::size_t rows = 616;
constexpr std::size_t columns = 820;
constexpr double pixel_mm = 0.083;

struct Seconds {
  double cpu;
  double wall;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

template <typename Function>
Seconds median_of(int times, Function function) {
  std::vector<double> cpu;
  std::vector<double> wall;
  for (int i = 0; i < times; ++i) {
    const double before = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    function();
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu.push_back(cpu_seconds() - before);
  }
  std::sort(cpu.begin(), cpu.end());
  std::sort(wall.begin(), wall.end());
  return {cpu[cpu.size() / 2], wall[wall.size() / 2]};
}

/// a = b + s·c over arrays far larger than the caches, in GB per CPU second of one thread.
double triad_gb_per_s() {
  const std::size_t n = 16'000'000;
  std::vector<double> a(n, 1);
  std::vector<double> b(n, 2);
  std::vector<double> c(n, 3);
  const Seconds s = median_of(5, [&] {
    for (std::size_t i = 0; i < n; ++i) a[i] = b[i] + 0.5 * c[i];
    if (a[n / 2] < 0) std::abort();
  });
  return 24.0 * static_cast<double>(n) / s.cpu / 1e9;
}

/// A sweep along the normal, 0.4 mm per frame, tilted against the grid by `tilt_deg` about an oblique axis.
FramePoses sweep(std::size_t frames, double tilt_deg) {
  FramePoses poses;
  const double half = tilt_deg * 3.14159265358979 / 360;
  const double s = std::sin(half) / std::sqrt(3.0);
  for (std::size_t f = 0; f < frames; ++f) {
    Matrix4 pose = rigid_matrix({std::cos(half), s, s, s}, {});
    const Vec3 along = 0.4 * static_cast<double>(f) * Vec3{pose(0, 2), pose(1, 2), pose(2, 2)};
    for (std::size_t r = 0; r < 3; ++r) {
      pose(r, 0) *= pixel_mm;
      pose(r, 1) *= pixel_mm;
      pose(r, 3) = along[r];
    }
    poses.matrix.push_back(pose);
    poses.status.push_back(Status::ok);
  }
  return poses;
}

struct Rule {
  const char* name;
  Interpolation interpolation;
  Compounding compounding;
  bool plus_compatible;
  double plus_mpixel_s;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t frames = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 40;
  std::vector<std::byte> pixels(frames * rows * columns);
  std::mt19937 random(1);
  for (std::byte& p : pixels) p = static_cast<std::byte>(random() >> 24);
  const FrameShape shape{rows, columns, {}};
  const ImageRegion region(rows, columns);
  const double megapixels = static_cast<double>(pixels.size()) / 1e6;
  const double triad = triad_gb_per_s();
  fmt::print(
      "triad: {:.1f} GB/s of one core; {} frames of {} x {}, pixels of {} mm; medians of 5 passes, user CPU "
      "time\n",
      triad, frames, columns, rows, pixel_mm);
  fmt::print("{:<28}{:>8}{:>8}{:>9}{:>14}{:>10}{:>12}{:>16}\n", "rule", "tilt", "mm", "threads",
             "Mpixel/s/core", "x PLUS", "wall Mpx/s", "pixels/triad GB");
  const Rule rules[] = {
      {"nearest mean", Interpolation::nearest, Compounding::mean, false, 156},
      {"nearest maximum", Interpolation::nearest, Compounding::maximum, false, 156},
      {"nearest latest", Interpolation::nearest, Compounding::latest, false, 156},
      {"trilinear mean", Interpolation::trilinear, Compounding::mean, false, 14},
      {"PLUS-compatible nearest mean", Interpolation::nearest, Compounding::mean, true, 78}};
  for (const double tilt : {10.0, 50.0})
    for (const double spacing : {0.5, 0.2})
      for (const Rule& rule : rules)
        for (const int threads : {1, 2}) {
          const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                          static_cast<std::size_t>(threads));
          const FramePoses poses = sweep(frames, tilt);
          GridOptions grid_options;
          grid_options.spacing_mm = {spacing, spacing, spacing};
          const VolumeGeometry grid = output_grid(poses, region, grid_options);
          InsertionOptions options;
          options.interpolation = rule.interpolation;
          options.compounding = rule.compounding;
          options.plus_compatible = rule.plus_compatible;
          Inserter inserter(grid, shape, region, options);
          std::vector<PosedFrame> posed;
          for (std::size_t f = 0; f < frames; ++f)
            posed.push_back({std::span<const std::byte>(pixels).subspan(f * shape.bytes(), shape.bytes()),
                             poses.matrix[f], f});
          inserter.insert(posed);  // brings the pages in
          const Seconds s = median_of(5, [&] { inserter.insert(posed); });
          fmt::print("{:<28}{:>8.0f}{:>8.1f}{:>9}{:>14.0f}{:>10.1f}{:>12.0f}{:>16.1f}\n", rule.name, tilt,
                     spacing, threads, megapixels / s.cpu, megapixels / s.cpu / rule.plus_mpixel_s,
                     megapixels / s.wall, megapixels / s.cpu / triad);
          std::fflush(stdout);
        }
}
