#include "quality/local_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "quality/global_noise.hpp"

namespace snitt::quality {
namespace {

std::vector<float> random_image(std::size_t count, double scale, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(40, scale);
  std::vector<float> values(count);
  for (float& x : values) x = static_cast<float>(normal(random));
  return values;
}

ImagePlane plane_of(const std::vector<float>& values, std::size_t columns, double spacing = 1) {
  return {values, values.size() / columns, columns, spacing, spacing, 0};
}

TEST(LocalKernel, IsAsWideAsTheNearestOddNumberOfPixels) {
  EXPECT_EQ(local_kernel(KernelShape::square, 6, 0.8, 0.8).pixels, 49U);  // 7.5 pixels
  EXPECT_EQ(local_kernel(KernelShape::square, 6, 0.7, 0.7).pixels, 81U);  // 8.57 pixels
  EXPECT_EQ(local_kernel(KernelShape::square, 6, 1.0, 2.0).column_reach, 1U);
  EXPECT_EQ(local_kernel(KernelShape::square, 1, 5, 5).pixels, 9U);
  // A disk of diameter 7: rows of 3, 5 or 7 pixels around the middle one.
  const LocalKernel disk = local_kernel(KernelShape::disk, 7, 1, 1);
  EXPECT_EQ(disk.half_width, (std::vector<std::size_t>{1, 2, 3, 3, 3, 2, 1}));
  EXPECT_EQ(disk.pixels, 37U);
}

/// Running totals against the definition; values in doubles, so only the float result rounds.
TEST(LocalStatistics, AreThoseOfTheDefinition) {
  constexpr std::size_t columns = 31;
  const std::vector<float> values = random_image(columns * 23, 300, 3);
  const ImagePlane plane = plane_of(values, columns);
  for (const KernelShape shape : {KernelShape::square, KernelShape::disk})
    for (const DeviationOf deviation : {DeviationOf::sample, DeviationOf::population}) {
      const LocalKernel kernel = local_kernel(shape, 7, 1, 1);
      const LocalStatistics found = local_statistics(plane, kernel, deviation);
      for (std::size_t r = 0; r < plane.rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) {
          const std::size_t i = r * columns + c;
          if (r < 3 || c < 3 || r + 3 >= plane.rows || c + 3 >= columns) {
            ASSERT_TRUE(std::isnan(found.mean_hu[i]) && std::isnan(found.deviation_hu[i]));
            continue;
          }
          double mean = 0;
          double squares = 0;
          for (int pass = 0; pass < 2; ++pass)
            for (std::size_t y = 0; y < 7; ++y)
              for (std::size_t x = 3 - kernel.half_width[y]; x <= 3 + kernel.half_width[y]; ++x) {
                const double v = values[(r + y - 3) * columns + c + x - 3];
                if (pass == 0)
                  mean += v / static_cast<double>(kernel.pixels);
                else
                  squares += (v - mean) * (v - mean);
              }
          const double divisor =
              static_cast<double>(kernel.pixels) - (deviation == DeviationOf::sample ? 1.0 : 0.0);
          ASSERT_NEAR(found.mean_hu[i], mean, 1e-4);
          ASSERT_NEAR(found.deviation_hu[i], std::sqrt(squares / divisor), 1e-4);
        }
    }
}

TEST(LocalStatistics, OfWholeNumbersAreExactBesideMetal) {
  constexpr std::size_t columns = 64;
  std::vector<float> values(columns * 40, 7);
  for (std::size_t i = 0; i < 10; ++i) values[5 * columns + 20 + i] = 30000;
  const LocalStatistics found =
      local_statistics(plane_of(values, columns), local_kernel(KernelShape::square, 7, 1, 1));
  for (std::size_t c = 3; c < columns - 3; ++c) EXPECT_EQ(found.deviation_hu[30 * columns + c], 0);
}

TEST(Eroded, KeepsWhatIsSurrounded) {
  constexpr std::size_t columns = 17;
  std::mt19937 random(5);
  std::vector<std::uint8_t> mask(columns * 13);
  for (auto& m : mask) m = random() % 20 < 19 ? 1 : 0;
  const std::vector<std::uint8_t> kept = eroded(mask, columns, 1, 2);
  for (std::size_t r = 0; r < 13; ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      bool all = r >= 1 && c >= 2 && r + 1 < 13 && c + 2 < columns;
      if (all)
        for (std::size_t y = r - 1; y <= r + 1; ++y)
          for (std::size_t x = c - 2; x <= c + 2; ++x) all = all && mask[y * columns + x] == 1;
      ASSERT_EQ(kept[r * columns + c], all ? 1 : 0);
    }
}

/// Values drawn from a chi distribution with n degrees of freedom, scaled to unit mean square.
std::vector<float> chi_values(int degrees, std::size_t count, double scale) {
  std::mt19937 random(11);
  std::chi_squared_distribution<double> squares(degrees);
  std::vector<float> values(count);
  for (float& x : values) x = static_cast<float>(scale * std::sqrt(squares(random) / degrees));
  return values;
}

TEST(NoiseMode, IsTheModeOfAChiDistributionBetweenTheBins) {
  for (const double scale : {5.0, 17.3, 80.0}) {
    const std::vector<float> values = chi_values(48, 40000, scale);
    const std::vector<std::uint8_t> all(values.size(), 1);
    for (const double bin : {0.05, 0.1, 1.0}) {
      const NoiseMode found = noise_mode(values, all, bin);
      // The peak of 40 000 values that scatter by 10 % is known to some 0.3 %; a bin as wide as the peak's
      // own scatter adds as much.
      const double tolerance = 0.008 * scale;
      EXPECT_NEAR(found.mode_hu, scale * std::sqrt(47.0 / 48), tolerance) << scale << " " << bin;
      EXPECT_NEAR(found.width_hu, scale / std::sqrt(96.0), 0.08 * scale / std::sqrt(96.0) + 0.3 * bin);
      EXPECT_EQ(found.pixels, values.size());
    }
  }
}

TEST(NoiseMode, IsBlindToAMinorityWithStructure) {
  std::vector<float> values = chi_values(48, 20000, 20);
  for (std::size_t i = 0; i < values.size() * 2 / 5; ++i) values[i] += static_cast<float>(15 + i % 200);
  const NoiseMode found = noise_mode(values, std::vector<std::uint8_t>(values.size(), 1), 0.1);
  EXPECT_NEAR(found.mode_hu, 20 * std::sqrt(47.0 / 48), 0.01 * 20);
}

TEST(NoiseMode, ChangesInProportionToTheValues) {
  std::vector<float> values = chi_values(48, 5000, 20);
  const std::vector<std::uint8_t> all(values.size(), 1);
  const double before = noise_mode(values, all, 0.1).mode_hu;
  for (float& x : values) x *= 1.013F;
  // 1.3 % is a quarter of a HU; the fullest bin of 0.1 HU would jump among its neighbours.
  EXPECT_NEAR(noise_mode(values, all, 0.1).mode_hu / before, 1.013, 0.001);
}

TEST(NoiseMode, OfNothingIsNoNumber) {
  const std::vector<float> values(10, 3);
  EXPECT_TRUE(std::isnan(noise_mode(values, std::vector<std::uint8_t>(10, 0), 0.1).mode_hu));
  EXPECT_NEAR(noise_mode(values, std::vector<std::uint8_t>(10, 1), 0.1, ModeEstimate::fullest_bin).mode_hu, 3,
              0.06);
}

}  // namespace
}  // namespace snitt::quality
