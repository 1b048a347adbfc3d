#include "calibration/image_shift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace snitt::calibration {
namespace {

std::vector<double> bump(double at, std::size_t rows = 400) {
  std::vector<double> profile;
  for (std::size_t r = 0; r < rows; ++r) {
    const double d = static_cast<double>(r) - at;
    profile.push_back(10 + 200 * std::exp(-0.5 * d * d / 9) + 60 * std::exp(-0.5 * (d - 12) * (d - 12) / 4));
  }
  return profile;
}

TEST(ImageShift, IsTheDrawnShiftToATenthOfAPixel) {
  for (double shift = -120; shift <= 120; shift += 7.3) {
    const auto found = profile_shift(bump(200), bump(200 + shift), {});
    ASSERT_TRUE(found) << shift;
    EXPECT_NEAR(found->shift_px, shift, 0.1);  // the claim of the header
    EXPECT_GT(found->correlation, 0.99);
  }
}

TEST(ImageShift, IsNothingForFlatOrUnlikeProfiles) {
  const std::vector<double> flat(400, 7.0);
  EXPECT_FALSE(profile_shift(flat, flat, {}));
  EXPECT_FALSE(profile_shift(bump(200), flat, {}));
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> one(400);
  std::vector<double> other(400);
  for (double& v : one) v = normal(random);
  for (double& v : other) v = normal(random);
  EXPECT_FALSE(profile_shift(one, other, {}));
}

TEST(ImageShift, TakesTheMiddleOfTheMotionAsReference) {
  // From end to end the line moves by 290 of 400 rows: no pair of the ends overlaps by 40 %.
  std::vector<std::vector<double>> profiles;
  for (int k = 0; k <= 29; ++k) profiles.push_back(bump(50 + 10 * k));
  profiles.emplace_back();  // a frame that could not be read
  const auto shifts = profile_shifts(profiles, {});
  for (std::size_t k = 1; k <= 29; ++k) {
    ASSERT_TRUE(shifts[k] && shifts[k - 1]) << k;
    EXPECT_NEAR(shifts[k]->shift_px - shifts[k - 1]->shift_px, 10, 0.1);
  }
  EXPECT_FALSE(shifts.back());
}

TEST(ImageShift, AveragesTheMiddleColumns) {
  GreyRegion region;
  region.rows = 20;
  region.columns = 9;
  for (std::size_t r = 0; r < 20; ++r)
    for (std::size_t c = 0; c < 9; ++c) region.values.push_back(c == 4 ? static_cast<double>(r) : 1000.0);
  ImageShiftOptions options;
  options.band_px = 1;
  options.smoothing_px = 0;
  const std::vector<double> profile = depth_profile(region, options);
  for (std::size_t r = 0; r < 20; ++r) EXPECT_EQ(profile[r], static_cast<double>(r));
}

}  // namespace
}  // namespace snitt::calibration
