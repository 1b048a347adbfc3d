#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "base/monitor.hpp"
#include "formats/archive.hpp"
#include "formats/volume_file.hpp"
#include "image/scalar_volume.hpp"
#include "quality/hotelling.hpp"
#include "quality/observer.hpp"

/// The low-contrast images of CT scans at 10, 55 and 100 % dose (CC0), filtered back-projection: 10 with and
/// 10 without four disks.
namespace snitt::quality {
namespace {

constexpr std::size_t side = 256;

struct Scans {
  std::map<std::string, std::vector<std::vector<float>>> images;  ///< by "dose_010/signal_absent"
  std::vector<ImagePlane> planes(const std::string& name) const {
    std::vector<ImagePlane> planes;
    for (const auto& image : images.at(name)) planes.push_back({image, side, side, 1, 1, 0});
    return planes;
  }
};

const Scans* scans() {
  static const auto loaded = []() -> std::unique_ptr<Scans> {
    const char* folder = std::getenv("SNITT_SHARED_DATA");
    const std::string path =
        (folder != nullptr ? std::string(folder) : std::string(SNITT_SOURCE_DIR) + "/../shared/data") +
        "/dose/lcd_ct/fbp.tar.xz";
    if (!std::filesystem::exists(path)) return nullptr;
    auto scans = std::make_unique<Scans>();
    std::map<std::string, std::vector<float>> files;
    formats::stream_archive(path, [&](formats::StreamedFile&& file) {
      if (file.bytes.size() != side * side * 2) return;
      const std::size_t dose = file.name.find("dose_");
      if (dose == std::string::npos) return;
      std::vector<std::int16_t> stored(side * side);
      std::memcpy(stored.data(), file.bytes.data(), file.bytes.size());
      files[file.name.substr(dose)] = std::vector<float>(stored.begin(), stored.end());
    });
    for (auto& [name, values] : files)  // by name: in the order of their numbers
      scans->images[name.substr(0, name.rfind('/'))].push_back(std::move(values));
    return scans;
  }();
  return loaded.get();
}

const std::vector<std::pair<std::string, double>> doses{
    {"dose_010", 0.10}, {"dose_055", 0.55}, {"dose_100", 1.0}};

std::vector<ImagePlane> planes_of(const image::ScalarVolume& volume) {
  const auto& [columns, rows, slices] = volume.geometry.size;
  std::vector<ImagePlane> planes;
  for (std::size_t k = 0; k < slices; ++k)
    planes.push_back(
        {std::span(volume.values).subspan(k * rows * columns, rows * columns), rows, columns, 1, 1, 0});
  return planes;
}

TEST(LowContrastSample, ObserversLoseWithTheRootOfDose) {
  Monitor quiet;
  const Channels channels = laguerre_gauss_channels(24, 1, 1, 10, 5);
  const auto signal = channel_outputs(
      channels,
      task_image({TaskShape::disk, 10.5, 5, 1}, transfer_function_of({0, 0.5}, {1, 0.2}), 24, 1, 1));
  std::map<double, double> hotelling_value;
  std::map<double, double> npw_value;
  for (const auto& [name, dose] : doses) {
    const std::string path =
        std::string(SNITT_SOURCE_DIR) + "/sample_data/low-contrast/dose-" + name.substr(5) + ".mha";
    const auto volume = image::scalar_volume(formats::read_volume(path, quiet), path);
    const auto planes = planes_of(volume);
    std::vector<SquareRegion> small;
    std::vector<SquareRegion> large;
    for (std::size_t k = 0; k < planes.size(); ++k) {
      large.push_back({k, 16, 16, 64});
      for (std::size_t r = 0; r < 96; r += 24)
        for (std::size_t c = 0; c < 96; c += 24) small.push_back({k, r, c, 24});
    }
    const HotellingResult found = hotelling_known_signal(signal, channel_samples(channels, planes, small));
    hotelling_value[dose] = found.detectability;
    EXPECT_LT(found.hold_out, found.resubstitution);
    npw_value[dose] = detectability({TaskShape::disk, 10.5, 5, 1}, transfer_function_of({0, 0.5}, {1, 0.2}),
                                    noise_power(planes, large));
  }
  for (const double dose : {0.10, 0.55}) {
    // 160 samples: each value is known to 6 %.
    EXPECT_NEAR(hotelling_value[dose] / hotelling_value[1.0] / std::sqrt(dose), 1, 0.15);
    // The spectrum of ten regions, weighted by the task, is known to about as much.
    EXPECT_NEAR(npw_value[dose] / npw_value[1.0] / std::sqrt(dose), 1, 0.15);
    EXPECT_NEAR(npw_value[dose] / hotelling_value[dose], 1, 0.25);
  }
}

class LowContrastScan : public testing::Test {
  void SetUp() override {
    if (scans() == nullptr)
      GTEST_SKIP() << "the low-contrast images are not there; say where with SNITT_SHARED_DATA";
  }
};

/// Mean over the middle 20 x 20 pixels of the standard deviation from image to image.
double middle_noise(const std::vector<ImagePlane>& planes) {
  double sum = 0;
  const auto n = static_cast<double>(planes.size());
  for (std::size_t r = 118; r < 138; ++r)
    for (std::size_t c = 118; c < 138; ++c) {
      double mean = 0;
      double squares = 0;
      for (const ImagePlane& p : planes) mean += double{p.at(r, c)} / n;
      for (const ImagePlane& p : planes) squares += std::pow(double{p.at(r, c)} - mean, 2);
      sum += std::sqrt(squares / (n - 1)) / 400;
    }
  return sum;
}

TEST_F(LowContrastScan, HasTheNoiseAndTheFigureOfMeritKnownOfIt) {
  const std::map<std::string, double> known{{"dose_010", 74.63}, {"dose_055", 31.63}, {"dose_100", 23.90}};
  std::vector<double> merit;
  for (const auto& [name, dose] : doses) {
    const double noise = middle_noise(scans()->planes(name + "/signal_absent"));
    EXPECT_NEAR(noise, known.at(name), 0.005);
    merit.push_back(1 / (noise * noise * dose));
  }
  EXPECT_LE(*std::max_element(merit.begin(), merit.end()) / *std::min_element(merit.begin(), merit.end()),
            1.04);
}

/// Twelve regions of 24 pixels on a circle of 47 pixels, where the disks are in the images that have them.
std::vector<SquareRegion> around(const std::vector<ImagePlane>& planes) {
  std::vector<SquareRegion> regions;
  for (std::size_t k = 0; k < planes.size(); ++k)
    for (const SquareRegion& region : regions_on_circle(planes[k], k, {127.5, 127.5}, 47, 24, 12))
      regions.push_back(region);
  return regions;
}

TEST_F(LowContrastScan, ItsNoisePowerFallsWithDoseAndKeepsItsShape) {
  std::map<std::string, NoisePower> noise;
  for (const auto& [name, dose] : doses) {
    const auto planes = scans()->planes(name + "/signal_absent");
    std::vector<SquareRegion> regions;
    for (std::size_t k = 0; k < planes.size(); ++k) regions.push_back({k, 96, 96, 64});
    noise[name] = noise_power(planes, regions);
  }
  const double at_10 = noise["dose_010"].variance_hu2 * 0.10;
  const double at_55 = noise["dose_055"].variance_hu2 * 0.55;
  const double at_100 = noise["dose_100"].variance_hu2;
  // Ten regions of 64 x 64 correlated pixels: the variance is known to 2 to 3 %.
  EXPECT_NEAR(at_10 / at_100, 1, 0.08);
  EXPECT_NEAR(at_55 / at_100, 1, 0.08);
  EXPECT_NEAR(noise["dose_010"].mean_frequency_per_mm / noise["dose_100"].mean_frequency_per_mm, 1, 0.03);
}

TEST_F(LowContrastScan, DetectabilityOfKnownDisksGrowsWithTheRootOfDose) {
  // Disk of 10.5 pixels and 5 HU; the same signal at all doses, so that the ratio is that of the noise alone.
  const Channels channels = laguerre_gauss_channels(24, 1, 1, 10, 5);
  const auto signal = channel_outputs(
      channels,
      task_image({TaskShape::disk, 10.5, 5, 1}, transfer_function_of({0, 0.5}, {1, 0.2}), 24, 1, 1));
  std::map<std::string, HotellingResult> found;
  for (const auto& [name, dose] : doses) {
    const auto planes = scans()->planes(name + "/signal_absent");
    found[name] = hotelling_known_signal(signal, channel_samples(channels, planes, around(planes)));
  }
  for (const auto& [name, dose] : doses) {
    const double expected = found["dose_100"].detectability * std::sqrt(dose);
    // The interval of either value is 13 % to both sides; measured were 0.317 and 0.762 of the value at full
    // dose, 0.316 and 0.742 are the roots.
    EXPECT_NEAR(found[name].detectability / expected, 1, 0.13) << name;
    EXPECT_LT(found[name].hold_out, found[name].resubstitution);
  }
}

TEST_F(LowContrastScan, TenPairsOfImagesShowTheDisksAtFullDoseOnly) {
  struct Disk {
    std::size_t column, row;
  };
  const Channels channels = laguerre_gauss_channels(31, 1, 1, 12, 3);
  std::map<std::string, int> seen;
  for (const auto& [column, row] : {Disk{161, 94}, Disk{94, 94}, Disk{95, 155}, Disk{159, 158}})
    for (const auto& [name, dose] : doses) {
      std::vector<SquareRegion> regions;
      for (std::size_t k = 0; k < 10; ++k) regions.push_back({k, row - 15, column - 15, 31});
      const HotellingResult found =
          hotelling(channel_samples(channels, scans()->planes(name + "/signal_present"), regions),
                    channel_samples(channels, scans()->planes(name + "/signal_absent"), regions));
      if (found.low > 0) ++seen[name];
      EXPECT_GT(found.high - found.low, 0.8);  // ten pairs say little about one disk, and it is told
    }
  EXPECT_GE(seen["dose_100"], 3);
  EXPECT_EQ(seen["dose_010"], 0);
}

}  // namespace
}  // namespace snitt::quality
