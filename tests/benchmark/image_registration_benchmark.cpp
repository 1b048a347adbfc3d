// Kernels of linear registration on an image of random blobs, and how much of the time is the memory's.
// usage: benchmark_image_registration [THREADS] [ROUNDS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "base/threads.hpp"
#include "image_registration/lc2.hpp"
#include "image_registration/linear_metric.hpp"

namespace {

using namespace snitt;
using namespace snitt::image_registration;

/// Best of `rounds`, in seconds.
double best_of(int rounds, const std::function<void()>& work) {
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

image::ScalarVolume blobs(std::array<std::size_t, 3> size) {
  image::ScalarVolume volume;
  volume.geometry.size = size;
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i) {
        const auto x = static_cast<double>(i);
        const auto y = static_cast<double>(j);
        const auto z = static_cast<double>(k);
        volume.values.push_back(static_cast<float>(100 + 40 * std::sin(0.11 * x + 0.05 * y) +
                                                   30 * std::sin(0.09 * y - 0.07 * z) +
                                                   20 * std::sin(0.3 * z + 0.2 * x)));
      }
  return volume;
}

Matrix4 small_turn() {
  Matrix4 matrix;
  matrix(0, 1) = -0.17;
  matrix(1, 0) = 0.17;
  matrix(0, 0) = matrix(1, 1) = 0.985;
  matrix(2, 3) = 2.3;
  return matrix;
}

void metric_rows(const image::ScalarVolume& volume, std::size_t wanted, int rounds) {
  const BSplineImage spline(volume);
  const FixedSamples samples = fixed_samples(spline, {}, wanted, 4);
  const auto n = static_cast<double>(samples.size());
  const Matrix4 matrix = small_turn();
  for (const Metric kind : {Metric::mi, Metric::ncc}) {
    LinearMetric metric(kind, samples, spline, {}, {0, 200}, {0, 200});
    const double value = best_of(rounds, [&] { metric.value(matrix); });
    const double rigid = best_of(rounds, [&] { metric.slope(LinearModel::rigid); });
    const double affine = best_of(rounds, [&] { metric.slope(LinearModel::affine); });
    // Each sample reads 16 runs of four floats, each in one or two lines of 64 bytes.
    fmt::print(
        "{:>9.0f} samples, {}: value {:6.1f} Msamples/s ({:.1f} GB/s of lines), slope rigid {:6.1f}, affine "
        "{:6.1f}\n",
        n, kind == Metric::mi ? "MI " : "NCC", 1e-6 * n / value, 1e-9 * n * 16 * 76 / value, 1e-6 * n / rigid,
        1e-6 * n / affine);
  }
}

}  // namespace

int main(int argc, char** argv) {
  ThreadLimit limit(argc > 1 ? std::atoi(argv[1]) : 1);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const image::ScalarVolume volume = blobs({181, 217, 181});
  const auto voxels = static_cast<double>(volume.values.size());
  const double spline = best_of(rounds, [&] { const BSplineImage image(volume); });
  fmt::print("spline coefficients: {:.1f} Mvoxels/s\n", 1e-6 * voxels / spline);
  const image::ScalarVolume small = blobs({40, 40, 40});  // stays in the caches: what computing alone takes
  metric_rows(small, 60'000, 20 * rounds);
  metric_rows(volume, 250'000, rounds);
  metric_rows(volume, 4'000'000, rounds);
  const Lc2 metric({blobs({110, 110, 80}), std::vector<std::uint8_t>(110 * 110 * 80, 1)}, volume, {}, 4);
  Matrix4 inside = small_turn();
  inside(0, 3) = 40;
  inside(1, 3) = 30;
  inside(2, 3) = 40;
  const double lc2 = best_of(rounds, [&] { metric.value(inside); });
  fmt::print("LC2, patches of 8 voxels, {:.0f} % on the image: {:.1f} Mvoxels/s\n",
             100 * metric.value(inside).overlap, 1e-6 * 110 * 110 * 80 / lc2);
}
