// Processor time of the measures that the analysis of a phantom is made of: one thread, no files.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

#include "image/fourier.hpp"
#include "quality/hotelling.hpp"
#include "quality/observer.hpp"

namespace {

using namespace snitt;

/// Repeats until a fifth of a second has passed.
void report(const char* what, const std::function<double()>& work) {
  double sum = 0;
  int count = 0;
  const std::clock_t begin = std::clock();
  do {
    sum += work();
    ++count;
  } while (std::clock() - begin < CLOCKS_PER_SEC / 5);
  const double milliseconds = 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / count;
  fmt::print("{:9.3f} ms  {} ({:.4g})\n", milliseconds, what, sum / count);
}

}  // namespace

int main() {
  constexpr std::size_t width = 512;
  constexpr std::size_t slices = 10;
  constexpr double pixel = 0.4;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 8);
  std::vector<std::vector<float>> values(slices);
  std::vector<ImagePlane> planes;
  for (auto& slice : values) {
    for (std::size_t i = 0; i < width * width; ++i) {
      const double x = (static_cast<double>(i % width) - 250.3) * pixel;
      const double y = (static_cast<double>(i / width) - 260.8) * pixel;
      const double rod = 0.5 * std::erfc((std::hypot(x, y) - 6) / 0.8);
      const double wire = std::exp(-(std::pow(x - 40, 2) + std::pow(y - 20, 2)) / 0.5);
      slice.push_back(static_cast<float>(300 * rod + 900 * wire + noise(random)));
    }
    planes.push_back({slice, width, width, pixel, pixel, 0});
  }
  std::vector<SquareRegion> regions;
  for (std::size_t k = 0; k < slices; ++k)
    for (const SquareRegion& region : quality::regions_on_circle(planes[k], k, {250, 260}, 60, 64, 8))
      regions.push_back(region);
  quality::NoisePowerOptions padded;
  padded.padded_size = 128;
  const quality::NoisePower power = quality::noise_power(planes, regions);
  const quality::TransferFunction edge = quality::edge_transfer(planes, {250, 260}, 6);
  const quality::DetectionTask task{quality::TaskShape::designer, 5, 20, 1};
  report("noise power of 80 regions of 64 x 64",
         [&] { return quality::noise_power(planes, regions).mean_frequency_per_mm; });
  report("the same, padded to 128 x 128",
         [&] { return quality::noise_power(planes, regions, padded).mean_frequency_per_mm; });
  report("transfer function of a rod of 6 mm in 10 slices", [&] {
    return quality::edge_transfer(planes, {251, 260}, 6.2).f50_per_mm;
  });
  report("transfer function of a wire in 10 slices", [&] {
    return quality::point_transfer(planes, {350, 311}, 3).f50_per_mm;
  });
  report("d' by quadrature", [&] { return quality::detectability(task, edge, power); });
  report("d' on ImQuest's grid",
         [&] { return quality::detectability(task, edge, power, quality::imquest_observer()); });
  const quality::Channels channels = quality::laguerre_gauss_channels(64, pixel, pixel, 8, 5);
  const auto signal = quality::channel_outputs(channels, quality::task_image(task, edge, 64, pixel, pixel));
  report("channelized Hotelling observer, 80 regions, 200 bootstraps", [&] {
    return quality::hotelling_known_signal(signal, quality::channel_samples(channels, planes, regions))
        .detectability;
  });
  const std::vector<double> image(values[0].begin(), values[0].end());
  report("Fourier transform of 512 x 512", [&] { return image::fourier_2d(image, width, width)[1].real(); });
}
