// Processor time per 512 x 512 slice of a noisy body with lungs on a couch: run with one thread, no files.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <random>

#include "quality/body_section.hpp"

int main() {
  using namespace snitt;
  constexpr std::size_t width = 512;
  constexpr std::size_t slices = 200;
  Volume ct;
  ct.geometry.size = {width, width, slices};
  ct.geometry.spacing_mm = {0.9, 0.9, 5};
  ct.format = {PixelType::i16, 1};
  ct.voxels.resize(ct.geometry.voxels() * sizeof(std::int16_t));
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 30);
  auto values = ct.values<std::int16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = (static_cast<double>(i % width) - 255.5) * 0.9;
    const double y = (static_cast<double>(i / width % width) - 255.5) * 0.9;
    double hu = std::hypot(x / 170, y / 110) < 1 ? 40 : -1000;
    if (std::hypot((std::abs(x) - 75) / 50, y / 70) < 1) hu = -800;
    if (std::abs(x) < 210 && std::abs(y - 130) < 15) hu = std::abs(y - 130) < 12 ? -900 : -100;
    values[i] = static_cast<std::int16_t>(hu + noise(random));
  }
  const std::clock_t begin = std::clock();
  double sum = 0;
  for (std::size_t k = 0; k < slices; ++k)
    sum += quality::measure_section(ct, k, false, {}).water_equivalent_diameter_mm;
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  fmt::print("{:.0f} slices/s, mean diameter {:.3f} mm\n", slices / seconds, sum / slices);
}
