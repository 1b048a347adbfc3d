#include "image/scalar_volume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"

namespace snitt::image {
namespace {

using testing::Each;
using testing::FloatNear;

ScalarVolume ramp(std::array<std::size_t, 3> size) {
  ScalarVolume volume;
  volume.geometry.size = size;
  volume.geometry.spacing_mm = {1, 2, 3};
  volume.geometry.origin_mm = {-5, 4, 7};
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i)
        volume.values.push_back(static_cast<float>(i) + 10 * static_cast<float>(j) +
                                100 * static_cast<float>(k));
  return volume;
}

Volume float_volume(std::array<std::size_t, 3> size) {
  Volume volume;
  volume.geometry.size = size;
  volume.format.type = PixelType::f32;
  volume.voxels.resize(4 * volume.geometry.voxels());
  return volume;
}

std::string refusal(const Volume& volume) {
  try {
    scalar_volume(volume, "a.mha");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ScalarVolume, RefusesWhatIsNoScalarVolume) {
  Volume colours = float_volume({4, 4, 4});
  colours.format.components = 3;
  EXPECT_THAT(refusal(colours), testing::HasSubstr("a.mha: has 3 components per voxel"));
  EXPECT_THAT(refusal(float_volume({4, 4, 1})), testing::HasSubstr("is 4 x 4 x 1 voxels"));
  Volume holes = float_volume({4, 4, 4});
  holes.values<float>()[21] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal(holes), testing::HasSubstr("voxel (1, 1, 1) is nan, as 1 of 64"));
  EXPECT_THROW(voxel_mask(float_volume({4, 4, 4}), "m.mha"), InputError);
}

TEST(ScalarVolume, SmoothingKeepsAConstantAndTheMassOfAPoint) {
  ScalarVolume constant = ramp({9, 8, 7});
  std::fill(constant.values.begin(), constant.values.end(), 3.0F);
  EXPECT_THAT(smoothed(constant, {1.5, 0.7, 2}).values, Each(FloatNear(3, 3e-6F)));  // float weights
  ScalarVolume point = ramp({21, 21, 21});
  std::fill(point.values.begin(), point.values.end(), 0.0F);
  point.values[(10 * 21 + 10) * 21 + 10] = 1;
  const ScalarVolume blurred = smoothed(point, {1, 1, 1});
  EXPECT_NEAR(std::accumulate(blurred.values.begin(), blurred.values.end(), 0.0), 1, 1e-5);
  // The product of three sampled Gaussians: exp(-r²/2) against the peak.
  EXPECT_NEAR(blurred.at(12, 9, 10) / blurred.at(10, 10, 10), std::exp(-2.5), 1e-5);
}

TEST(ScalarVolume, ShrinkingMeansBlocksAndKeepsThePlaceOfThings) {
  const ScalarVolume volume = ramp({7, 6, 4});
  const ScalarVolume small = shrunk(volume, {2, 3, 1});
  EXPECT_EQ(small.geometry.size, (std::array<std::size_t, 3>{3, 2, 4}));
  EXPECT_EQ(small.at(1, 1, 2), 2.5F + 40 + 200);
  const Vec3 here = transform_point(index_to_space(small.geometry), {1, 1, 2});
  const Vec3 there = transform_point(index_to_space(volume.geometry), {2.5, 4, 2});
  EXPECT_LT(norm(here - there), 1e-12);
}

TEST(ScalarVolume, ResamplingIsExactOnALinearImage) {
  const ScalarVolume volume = ramp({8, 8, 8});
  VolumeGeometry grid = volume.geometry;
  grid.size = {3, 3, 3};
  grid.origin_mm = transform_point(index_to_space(volume.geometry), {1.25, 2.5, 3.75});
  Matrix4 shift;
  shift(0, 3) = 0.5;
  const ScalarVolume out = resampled(volume, grid, shift, -1);
  EXPECT_NEAR(out.at(1, 0, 2), 2.75 + 25 + 575, 1e-4);
  EXPECT_EQ(resampled(volume, volume.geometry, {}, -1).values, volume.values);
  shift(0, 3) = 100;
  EXPECT_THAT(resampled(volume, grid, shift, -1).values, Each(-1));
}

TEST(ScalarVolume, AMaskIsTakenToAnotherGridByTheNearestVoxel) {
  VoxelMask mask{ramp({4, 4, 4}).geometry, std::vector<std::uint8_t>(64)};
  mask.inside[(1 * 4 + 2) * 4 + 3] = 1;
  VolumeGeometry fine = mask.geometry;
  fine.size = {8, 8, 8};
  fine.spacing_mm = {0.5, 1, 1.5};
  const VoxelMask out = on_grid(mask, fine);
  EXPECT_EQ(out.count(), 8U);
  EXPECT_EQ(out.inside[(2 * 8 + 4) * 8 + 6], 1);
}

}  // namespace
}  // namespace snitt::image
