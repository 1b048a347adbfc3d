#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "base/threads.hpp"
#include "image_registration/discrete.hpp"
#include "image_registration/level_images.hpp"

/// benchmark_deformable_kernels: the inner loops of the deformable registration on one thread, against what
/// bounds them: bytes that must move at the speed of memcpy, or one instruction per word.
namespace {
using namespace snitt;
using namespace snitt::image_registration;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

/// Best processor seconds of five calls, after one that fills the caches and pages.
double seconds(const std::function<void()>& work) {
  work();
  double best = 1e300;
  for (int i = 0; i < 5; ++i) {
    const double before = cpu_seconds();
    work();
    best = std::min(best, cpu_seconds() - before);
  }
  return best;
}

}  // namespace

int main() {
  const ThreadLimit threads(1);
  VolumeGeometry geometry;
  geometry.size = {180, 200, 160};
  const double voxels = static_cast<double>(geometry.voxels());
  image::ScalarVolume image{geometry, std::vector<float>(geometry.voxels())};
  std::uint32_t state = 1;
  for (float& value : image.values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8U) * 1e-6F;
  }
  image = image::smoothed(image, {1.5, 1.5, 1.5});

  std::vector<float> copy(image.values.size());
  const double bytes_per_second =
      8 * voxels / seconds([&] { std::memcpy(copy.data(), image.values.data(), 4 * copy.size()); });
  fmt::print("memcpy: {:.1f} GB/s read and written\n", 1e-9 * bytes_per_second);
  const auto report = [&](const char* name, double time, double bytes) {
    fmt::print(
        "{:<34} {:7.1f} Mvoxel/s, {:5.1f} ns each; the bytes alone (≥ {:.0f} each) would take {:.1f} ns\n",
        name, 1e-6 * voxels / time, 1e9 * time / voxels, bytes, 1e9 * bytes / bytes_per_second);
  };

  std::vector<Ssc> words;
  report("SSC descriptors", seconds([&] { words = ssc_descriptors(image); }), 12);

  const SplineGrid lattice{geometry, {5, 5, 5}};
  constexpr std::size_t reach = 4;
  std::vector<float> costs;
  const double time = seconds([&] { costs = label_costs(lattice, words, words, {}, reach); });
  const double compared = 0.5 * voxels * std::pow(2.0 * reach + 1, 3);
  fmt::print("descriptor comparisons             {:7.0f} M/s, {:.2f} ns each\n", 1e-6 * compared / time,
             1e9 * time / compared);

  const SplineGrid grid{geometry, {12, 12, 12}};
  Coefficients coefficients(3 * grid.points());
  for (std::size_t i = 0; i < coefficients.size(); ++i)
    coefficients[i] = 2 * std::sin(0.7 * static_cast<double>(i));
  const Domain domain = whole_domain(geometry);
  const MovingImages moving{geometry, {image.values}, {}};
  const SplineWarp warp(grid, domain, moving, {});
  Warped warped;
  report("B-spline warp with slopes", seconds([&] { warp.warp(coefficients, warped); }), 20);
  std::vector<std::vector<float>> derivatives{std::vector<float>(image.values.size())};
  const Similarity squares = squared_difference(image.values, domain);
  report("squared differences", seconds([&] { squares(warped, derivatives); }), 16);
  const Similarity local = local_regression(image.values, domain, {{2, 2, 2}, 1, 0.01, {0.01}, false});
  report("local correlation, blocks of 2^3", seconds([&] { local(warped, derivatives); }), 28);
  const Similarity every = local_regression(image.values, domain, {{1, 1, 1}, 2, 0.01, {0.01}, false});
  report("local correlation, every voxel", seconds([&] { every(warped, derivatives); }), 28);
  const Similarity information = mutual_information(image.values, domain, {0, 16}, 32);
  report("mutual information", seconds([&] { information(warped, derivatives); }), 14);
  Coefficients gradient;
  report("B-spline gradient", seconds([&] { warp.pull_back(warped, derivatives, gradient); }), 16);
}
