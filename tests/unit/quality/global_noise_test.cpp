#include "quality/global_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quality/axial_slices.hpp"
#include "quality/body_section.hpp"
#include "simulated_body.hpp"

namespace snitt::quality {
namespace {

using simulated::Body;
using simulated::Scan;

struct Found {
  GlobalNoise noise;
  NoiseField field;
};

Found measure(const Volume& ct, const GlobalNoiseOptions& options = {}) {
  std::vector<std::uint8_t> body;
  measure_section(ct, 0, false, {}, &body);
  const std::vector<float> values = slice_values(ct, 0);
  const ImagePlane plane{
      values, ct.geometry.size[1], ct.geometry.size[0], ct.geometry.spacing_mm.y, ct.geometry.spacing_mm.x,
      0};
  Found found;
  found.noise = global_noise(plane, body, options, found.field);
  return found;
}

/// The mode of the deviations of n = 49 independent pixels is sqrt((n - 2) / (n - 1)) = 0.9895 of the noise.
TEST(GlobalNoise, OfWhiteNoiseIsTheNoise) {
  for (const double hu : {5.0, 12.0, 30.0, 80.0}) {
    Scan scan;
    scan.noise_hu = hu;
    const Found found = measure(simulated::volume_of(Body{}, scan));
    EXPECT_NEAR(found.noise.noise_hu, hu * std::sqrt(47.0 / 48), 0.01 * hu) << hu;
    EXPECT_NEAR(found.noise.rms_hu, hu, 0.01 * hu) << hu;
    EXPECT_NEAR(found.noise.anisotropy, 1, 0.02);
    EXPECT_NEAR(found.noise.soft_tissue_hu, 50, 0.02 * hu);
  }
}

/// Organs, vessels, a spine, gas, layers of skin and fat, and a couch: the demanded 2 %.
TEST(GlobalNoise, IsTheNoiseOfStructuredBodiesToo) {
  for (const double hu : {6.0, 15.0, 40.0}) {
    Scan scan;
    scan.noise_hu = hu;
    Body body;
    body.skin_mm = 2;
    body.fat_mm = 15;
    body.structured = body.on_couch = true;
    const Found found = measure(simulated::volume_of(body, scan));
    EXPECT_NEAR(found.noise.noise_hu, hu, 0.02 * hu) << hu;
    EXPECT_NEAR(found.noise.fat_hu, -100, 5) << hu;
    EXPECT_GT(found.noise.dense_hu, 300);
    EXPECT_GT(found.noise.soft_spread_hu, 5);
  }
}

/// Noise without low frequencies is seen almost whole by a small kernel, and not more.
TEST(GlobalNoise, OfColouredNoiseIsWhatTheKernelSees) {
  Scan scan;
  scan.noise = simulated::Noise::band(0.8, 1.6);
  const Found found = measure(simulated::volume_of(Body{}, scan));
  // Share of the variance within 7 x 7 pixels, integrated numerically over the spectrum.
  double seen = 0;
  double all = 0;
  for (double v = -0.4975; v < 0.5; v += 0.005)
    for (double u = -0.4975; u < 0.5; u += 0.005) {
      const double power = scan.noise.power(std::hypot(u, v));
      const auto box = [](double f) {
        return std::sin(7 * simulated::pi * f) / (7 * std::sin(simulated::pi * f));
      };
      seen += power * (1 - std::pow(box(u) * box(v), 2));
      all += power;
    }
  const double expected = scan.noise_hu * std::sqrt(seen / all * 49 / 48);
  EXPECT_NEAR(found.noise.rms_hu, expected, 0.015 * expected);
}

/// Where noise is as strong as the range of soft tissue is wide, thresholds on pixels cut it, local means do
/// not.
TEST(GlobalNoise, LocalMeansKeepTheMaskWhole) {
  Scan scan;
  scan.noise_hu = 80;
  const Volume ct = simulated::volume_of(Body{}, scan);
  GlobalNoiseOptions pixel;
  pixel.mask = TissueMask::pixel;
  const double by_mean = measure(ct).noise.tissue_mm2;
  const double by_pixel = measure(ct, pixel).noise.tissue_mm2;
  EXPECT_GT(by_mean, 0.85 * simulated::pi * 160 * 110);
  // Of a normal value of mean 50 and deviation 80, 63 % are in 0 to 150.
  EXPECT_NEAR(by_pixel / (simulated::pi * 160 * 110), 0.629, 0.01);
}

TEST(GlobalNoise, SettingTheRestToZeroLeaksEdges) {
  Scan scan;
  scan.noise_hu = 40;
  const Volume ct = simulated::volume_of(Body{}, scan);
  GlobalNoiseOptions options;
  options.mask = TissueMask::pixel;
  options.deviation = DeviationOf::population;
  const double plain = measure(ct, options).noise.noise_hu;
  options.mask = TissueMask::pixel_others_zero;
  const double leaking = measure(ct, options).noise.noise_hu;
  EXPECT_NEAR(plain, 40 * std::sqrt(47.0 / 49), 0.6);
  // A tenth of the pixels, those below 0 HU, become 0: less noise than there is.
  EXPECT_LT(leaking, 0.97 * plain);
}

TEST(GlobalNoise, ScalesWithThePixels) {
  Scan scan;
  const Volume ct = simulated::volume_of(Body{}, scan);
  GlobalNoiseOptions fine;
  fine.bin_hu = 0.02;
  GlobalNoiseOptions coarse;
  coarse.bin_hu = 0.5;
  // The estimate between the bins hardly depends on them.
  EXPECT_NEAR(measure(ct, fine).noise.noise_hu, measure(ct, coarse).noise.noise_hu, 0.05);
  GlobalNoiseOptions round;
  round.shape = KernelShape::disk;
  EXPECT_NEAR(measure(ct, round).noise.rms_hu, 15, 0.2);
}

TEST(GlobalNoise, OfTooLittleTissueIsNoNumber) {
  Body small;
  small.half_width_mm = small.half_height_mm = 27;
  GlobalNoiseOptions options;
  EXPECT_FALSE(std::isnan(measure(simulated::volume_of(small, {}), options).noise.noise_hu));
  options.smallest_tissue_mm2 = 3000;
  EXPECT_TRUE(std::isnan(measure(simulated::volume_of(small, {}), options).noise.noise_hu));
}

TEST(GlobalNoise, TellsStreaksAndMetal) {
  Scan scan;
  Volume ct = simulated::volume_of(Body{}, scan);
  auto values = ct.values<std::int16_t>();
  std::mt19937 random(9);
  for (std::size_t j = 0; j < scan.rows; ++j) {
    const auto streak = static_cast<std::int16_t>(static_cast<int>(random() % 61) - 30);
    for (std::size_t i = 0; i < scan.columns; ++i) values[j * scan.columns + i] += streak;
  }
  EXPECT_GT(measure(ct).noise.anisotropy, 1.3);
  EXPECT_EQ(measure(ct).noise.metal_mm2, 0);
  for (std::size_t j = 160; j < 170; ++j)
    for (std::size_t i = 200; i < 210; ++i) values[j * scan.columns + i] = 3071;
  EXPECT_NEAR(measure(ct).noise.metal_mm2, 64, 1e-9);
}

}  // namespace
}  // namespace snitt::quality
