// Processor time per 512 x 512 slice for the global noise level and for the skin's edge: one thread, no
// files. Two lines say what the machine could do: moving the bytes that the noise level must move (values and
// body read; mean, deviation and mask written), and the additions it must make, both measured in this run.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <ctime>
#include <random>

#include "quality/axial_slices.hpp"
#include "quality/body_section.hpp"
#include "quality/global_noise.hpp"
#include "quality/skin_edge.hpp"

namespace {

using namespace snitt;

constexpr std::size_t width = 512;
constexpr std::size_t slices = 40;
constexpr double spacing = 0.8;

Volume noisy_body() {
  Volume ct;
  ct.geometry.size = {width, width, slices};
  ct.geometry.spacing_mm = {spacing, spacing, 5};
  ct.format = {PixelType::i16, 1};
  ct.voxels.resize(ct.geometry.voxels() * sizeof(std::int16_t));
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 15);
  auto values = ct.values<std::int16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = (static_cast<double>(i % width) - 255.5) * spacing;
    const double y = (static_cast<double>(i / width % width) - 255.5) * spacing;
    const double depth = (1 - std::hypot(x / 170, y / 120)) * 140;
    double hu = -1000 + 1050 * 0.5 * std::erfc(-depth / 0.8);
    if (std::hypot(x - 50, y / 1.2) < 40) hu = 80;
    if (std::hypot(x, y - 70) < 20) hu = 400;
    values[i] = static_cast<std::int16_t>(hu + noise(random));
  }
  return ct;
}

template <typename Work>
double seconds_of(const Work& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

}  // namespace

int main() {
  using namespace snitt::quality;
  const Volume ct = noisy_body();
  std::vector<std::vector<std::uint8_t>> bodies(slices);
  std::vector<std::vector<float>> values(slices);
  double level = 0;
  double f50 = 0;
  const double preparing = seconds_of([&] {
    for (std::size_t k = 0; k < slices; ++k) {
      measure_section(ct, k, false, {}, &bodies[k]);
      values[k] = slice_values(ct, k);
    }
  });
  const double noise = seconds_of([&] {
    for (std::size_t k = 0; k < slices; ++k) {
      NoiseField field;
      level += global_noise({values[k], width, width, spacing, spacing, 0}, bodies[k], {}, field).noise_hu;
    }
  });
  const double local = seconds_of([&] {
    const LocalKernel kernel = local_kernel(KernelShape::square, 6, spacing, spacing);
    for (std::size_t k = 0; k < slices; ++k)
      level += 1e-30 *
               static_cast<double>(
                   local_statistics({values[k], width, width, spacing, spacing, 0}, kernel).mean_hu[99999]);
  });
  const double skin = seconds_of([&] {
    for (std::size_t k = 0; k < slices; ++k)
      f50 +=
          skin_transfer(skin_profile({values[k], width, width, spacing, spacing, 0}, bodies[k], {}, {}), {})
              .f50_per_mm;
  });

  // The limits: the same bytes copied once, and the same number of dependent-free additions in double.
  constexpr std::size_t moved = width * width * (sizeof(float) * 3 + 2);
  std::vector<char> from(moved / 2, 1);
  std::vector<char> to(moved / 2);
  const double copying = seconds_of([&] {
    for (std::size_t k = 0; k < slices * 10; ++k) {
      std::memcpy(to.data(), from.data(), from.size());
      from[k] = to[k + 1];
    }
  });
  constexpr double additions =
      width * width * 2 *
      5;  // sums and squares: running total, two of the row that comes, two of the one that goes
  std::vector<double> numbers(512, 1.5);
  const double adding = seconds_of([&] {
    for (std::size_t k = 0; k < static_cast<std::size_t>(additions) / 512 * slices; ++k)
      for (std::size_t i = 0; i < 512; ++i) numbers[i] += 0.5;
    level += 1e-300 * numbers[7];
  });
  const double memory_ms = 1e3 * copying / (slices * 10);
  const double adding_ms = 1e3 * adding / slices;
  fmt::print("body and values       {:7.2f} ms per slice\n", 1e3 * preparing / slices);
  fmt::print("global noise level    {:7.2f} ms per slice ({:.3f} HU), of which local deviations {:.2f} ms\n",
             1e3 * noise / slices, level / slices, 1e3 * local / slices);
  fmt::print("skin's edge           {:7.2f} ms per slice ({:.4f} /mm)\n", 1e3 * skin / slices, f50 / slices);
  fmt::print("limit: its bytes once {:7.2f} ms, its additions {:.2f} ms: local deviations reach {:.0f} %\n",
             memory_ms, adding_ms, 100 * (memory_ms + adding_ms) / (1e3 * local / slices));
}
