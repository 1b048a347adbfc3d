#include "phantom/ct_scan.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/threads.hpp"

namespace snitt::phantom {
namespace {

CtScanSettings small() {
  CtScanSettings s;
  s.matrix = 128;
  s.field_of_view_mm = 220;
  s.from_mm = -5;
  s.to_mm = 5;
  s.increment_mm = 2.5;
  s.slice.fwhm_mm = 2.5;
  return s;
}

double cell(const Table& table, const char* column, std::size_t row) {
  return std::get<std::vector<double>>(table.find(column)->values).at(row);
}

TEST(CtNoise, VarianceSpectrumAndCorrelationAreThoseStated) {
  CtNoise noise;
  noise.sigma_hu = 20;
  noise.z_fwhm_mm = 2;
  const CtBlur blur = ct_blur(0.4, 0);
  const CtPixels pixels{64, 64, 0.5, 0, 0};
  const std::size_t slices = 400;
  const std::vector<float> field = ct_noise(noise, blur, pixels, slices, 1);
  const std::size_t area = 64 * 64;
  double squares = 0, products = 0, mean = 0;
  for (std::size_t k = 0; k + 1 < slices; ++k)
    for (std::size_t i = 0; i < area; ++i) {
      const double a = static_cast<double>(field[k * area + i]);
      squares += a * a;
      products += a * static_cast<double>(field[(k + 1) * area + i]);
      mean += a;
    }
  const double count = static_cast<double>((slices - 1) * area);
  // 400 slices hold some 5e4 independent values each way: 1 % is three standard errors of the variance.
  EXPECT_NEAR(squares / count, 400, 6);
  EXPECT_NEAR(mean / count, 0, 1e-6);  // no power at frequency 0
  EXPECT_NEAR(products / squares, noise_z_correlation(noise_z_weights(noise, 1)), 0.01);
  // Autocorrelation of smoothed white noise: exp(-d^2 / 4 s^2), s = 2 / 2.3548; 0.005: the Gaussian is a sum
  // of few slices.
  EXPECT_NEAR(noise_z_correlation(noise_z_weights(noise, 1)), std::exp(-1 / (4 * std::pow(2 / 2.3548, 2))),
              5e-3);
  // Power along the columns' frequency of one over 8 pixels, by its definition: dx dy / N |sum|^2.
  const double f = 8 / (64 * 0.5);
  double power = 0;
  for (std::size_t k = 0; k < slices; ++k) {
    double re = 0, im = 0;
    for (std::size_t row = 0; row < 64; ++row)
      for (std::size_t column = 0; column < 64; ++column) {
        const double angle = 2 * 3.14159265358979 * 8 * static_cast<double>(column) / 64;
        const double value = static_cast<double>(field[k * area + row * 64 + column]);
        re += value * std::cos(angle);
        im -= value * std::sin(angle);
      }
    power += (re * re + im * im) * 0.25 / 4096 / static_cast<double>(slices);
  }
  // |.|^2 is exponential: its mean over the some 130 independent of 400 slices is good to 9 %; 3 errors.
  EXPECT_NEAR(power / CtNoisePower(noise, blur, pixels).at(f), 1, 0.27);
}

TEST(CtNoise, WhiteNoiseIsWhite) {
  CtNoise noise;
  noise.sigma_hu = 10;
  noise.texture = NoiseTexture::white;
  const CtPixels pixels{32, 32, 0.5, 0, 0};
  const CtNoisePower power(noise, ct_blur(0.4, 0), pixels);
  EXPECT_NEAR(power.at(0.1), 100 * 0.25, 1e-9);  // variance times the pixel's area
  EXPECT_EQ(power.at(0.1), power.at(0.9));
}

TEST(CtScan, TheSameBytesForAnyNumberOfThreads) {
  CtScanSettings s = small();
  s.noise.sigma_hu = 8;
  s.noise.z_fwhm_mm = 3;
  const CtPhantomModel& model = ct_phantom_model("catphan-600");
  std::vector<std::byte> one, seven;
  ThreadLimit(1).run([&] { one = simulate_ct_phantom(model, s).ct.voxels; });
  ThreadLimit(7).run([&] { seven = simulate_ct_phantom(model, s).ct.voxels; });
  EXPECT_TRUE(one == seven);
  s.noise.seed = 2;
  EXPECT_FALSE(simulate_ct_phantom(model, s).ct.voxels == one);
}

/// Mean of a square of 5 x 5 pixels around the place that the truth gives.
double mean_at(const SimulatedScan& scan, std::size_t object) {
  const auto column = static_cast<std::size_t>(std::lround(cell(scan.objects, "column", object)));
  const auto row = static_cast<std::size_t>(std::lround(cell(scan.objects, "row", object)));
  const auto slice = static_cast<std::size_t>(std::lround(cell(scan.objects, "slice", object)));
  const auto& size = scan.ct.geometry.size;
  double sum = 0;
  for (std::size_t r = row - 1; r <= row + 1; ++r)
    for (std::size_t c = column - 1; c <= column + 1; ++c)
      sum += scan.ct.values<std::int16_t>()[(slice * size[1] + r) * size[0] + c];
  return sum / 9;
}

TEST(CtScan, RodsHaveTheirValueWhereTheTruthSaysInEveryPose) {
  for (const int pose : {0, 1, 2, 3, 4}) {
    CtScanSettings s = small();
    s.pose.is_reversed = pose != 1;
    s.pose.is_mirrored = pose == 2;
    s.pose.roll_deg = pose == 3 ? 37 : 2;
    s.pose.tilt_deg = pose == 4 ? 3 : 0;
    s.pose.offset_x_mm = 4;
    s.descending = pose == 3;
    s.tube_voltage_kv = pose == 1 ? 80 : 120;
    s.hu_scale = pose == 2 ? 1.02 : 1;
    s.hu_offset = pose == 2 ? 5 : 0;
    const SimulatedScan scan = simulate_ct_phantom(ct_phantom_model("catphan-604"), s);
    const auto& kinds = std::get<std::vector<std::string>>(scan.objects.find("kind")->values);
    const auto& modules = std::get<std::vector<std::string>>(scan.objects.find("module")->values);
    int rods = 0;
    for (std::size_t i = 0; i < scan.objects.rows(); ++i)
      if (kinds[i] == "rod" && modules[i] == "CTP732") {
        // Half a HU of rounding; the blur reaches 2.5 mm, less than the rod's 6.1 mm from its middle.
        EXPECT_NEAR(mean_at(scan, i), cell(scan.objects, "hu", i), 0.6) << pose << ' ' << i;
        ++rods;
      }
    EXPECT_EQ(rods, 10);
  }
}

TEST(CtScan, TheTruthTellsThePoseAndTheModulesItShows) {
  CtScanSettings s = small();
  s.from_mm.reset();
  s.to_mm.reset();
  s.increment_mm = 5;
  s.slice.fwhm_mm = 5;
  s.pose.roll_deg = 3;
  const SimulatedScan scan = simulate_ct_phantom(ct_phantom_model("acr-464"), s);
  EXPECT_EQ(scan.ct.geometry.size[2], 32u);  // 160 mm of phantom
  EXPECT_EQ(scan.record.find("roll_deg")->value, 3);
  EXPECT_NEAR(scan.record.find("f50_per_mm")->value, 0.4, 1e-9);
  const Table& modules = *scan.record.table("modules");
  ASSERT_EQ(modules.rows(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cell(modules, "slices_inside", i), 8);
    EXPECT_NEAR(cell(modules, "slice", i), 3.5 + 8.0 * static_cast<double>(i), 1e-9);
  }
  EXPECT_EQ(cell(*scan.record.table("slices"), "z_mm", 0), -17.5);
}

TEST(CtScan, PaddingClippingAndTableAreWhereTheyBelong) {
  CtScanSettings s = small();
  s.padding_hu = -2000;
  s.lowest_hu = -990;
  s.has_table = true;
  s.field_of_view_mm = 320;
  const SimulatedScan scan = simulate_ct_phantom(water_cylinder(200, 100), s);
  const std::span<const std::int16_t> voxels = scan.ct.values<std::int16_t>();
  EXPECT_EQ(voxels[0], -2000);
  EXPECT_EQ(voxels[64], -990);              // top of the circle: air, clipped
  EXPECT_EQ(voxels[64 * 128 + 64], 0);      // water
  EXPECT_GT(voxels[106 * 128 + 64], -500);  // 42.5 pixels of 2.5 mm below the axis: the skin at 105 to 107 mm
}

TEST(CtScan, WhatMakesNoImageIsRefused) {
  CtScanSettings s = small();
  s.to_mm = -6;
  EXPECT_THROW(simulate_ct_phantom(water_cylinder(200, 100), s), UsageError);
  s = small();
  s.increment_mm = 0;
  EXPECT_THROW(simulate_ct_phantom(water_cylinder(200, 100), s), UsageError);
  s = small();
  s.matrix = 4096;
  s.increment_mm = 0.05;
  EXPECT_THROW(simulate_ct_phantom(water_cylinder(200, 100), s), UsageError);
  CtBodySettings body;
  body.fat_mm = 80;
  EXPECT_THROW(simulate_ct_body(body, small()), UsageError);
}

}  // namespace
}  // namespace snitt::phantom
