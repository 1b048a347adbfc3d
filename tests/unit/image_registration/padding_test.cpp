#include "image_registration/padding.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace snitt::image_registration {
namespace {

/// A body that grows along z in air, within a circular field of view; `clip` is the least value of air.
ImagePair ct(float padding, float clip) {
  ImagePair pair;
  image::ScalarVolume& ct = pair.fixed;
  ct.geometry.size = {40, 40, 10};
  for (int k = 0; k < 10; ++k)
    for (int j = 0; j < 40; ++j)
      for (int i = 0; i < 40; ++i) {
        const double r = std::hypot(i - 19.5, j - 19.5);
        const float air = std::max(clip, -1000.0F + static_cast<float>((i * 7 + j * 3 + k) % 50 - 25));
        ct.values.push_back(r > 19.6 ? padding : r < 6 + 0.5 * k ? 40.0F : air);
      }
  pair.moving = ct;
  return pair;
}

std::size_t outside_circle() {
  std::size_t count = 0;
  for (int j = 0; j < 40; ++j)
    for (int i = 0; i < 40; ++i) count += std::hypot(i - 19.5, j - 19.5) > 19.6 ? 10 : 0;
  return count;
}

TEST(Padding, OutsideTheFieldOfViewIsLeftOutAndBecomesAir) {
  for (const float padding : {-3024.0F, -2000.0F, -1025.0F}) {
    ImagePair pair = ct(padding, -1024);
    Monitor silent;
    leave_padding_out(pair, silent);
    ASSERT_TRUE(pair.fixed_mask && pair.moving_mask);
    EXPECT_EQ(pair.fixed_mask->inside.size() - pair.fixed_mask->count(), outside_circle());
    EXPECT_EQ(pair.fixed.values[0], -1000);
  }
}

TEST(Padding, OfTheScannersLeastValueIsToldFromAirByBeingTheSameInEverySlice) {
  ImagePair padded = ct(-1024, -1023);
  Monitor silent;
  leave_padding_out(padded, silent);
  ASSERT_TRUE(padded.fixed_mask);
  EXPECT_EQ(padded.fixed_mask->inside.size() - padded.fixed_mask->count(), outside_circle());
  ImagePair clipped = ct(-1000, -1000);  // all air has the least value, and follows the body
  for (float& value : clipped.fixed.values)
    value = std::max(value, value < 0 ? -1000.0F : value) < 0 ? -1000.0F : value;
  clipped.moving = clipped.fixed;
  leave_padding_out(clipped, silent);
  EXPECT_FALSE(clipped.fixed_mask);
}

TEST(Padding, OfAMaskIsTakenTogetherWithIt) {
  ImagePair pair = ct(-2000, -1024);
  pair.fixed_mask = image::VoxelMask{pair.fixed.geometry, std::vector<std::uint8_t>(16000, 1)};
  std::fill_n(pair.fixed_mask->inside.begin(), 1600, 0);  // the first slice
  Monitor silent;
  leave_padding_out(pair, silent);
  EXPECT_EQ(pair.fixed_mask->count(), 9 * (16000 - outside_circle()) / 10);
}

TEST(Padding, MagneticResonanceHasNone) {
  ImagePair pair = ct(0, 0);
  Monitor silent;
  leave_padding_out(pair, silent);
  EXPECT_FALSE(pair.fixed_mask);
}

TEST(MaskWithMargin, LosesItsBorderButNotAllOfASmallMask) {
  image::VoxelMask mask;
  mask.geometry.size = {20, 20, 20};
  mask.geometry.spacing_mm = {1, 1, 2};
  mask.inside.assign(8000, 1);
  for (std::size_t v = 0; v < 8000; ++v)
    if (v % 20 < 10) mask.inside[v] = 0;
  const MaskWithMargin margin(mask);
  EXPECT_EQ(margin.without_margin(3).count(), 400U * 7);   // x from 13 on: 4 mm from the last outside
  EXPECT_EQ(margin.without_margin(16).count(), 400U * 6);  // 16 and 8 mm leave too little, 4 mm six columns
}

}  // namespace
}  // namespace snitt::image_registration
