#include "image/views.hpp"

#include <gtest/gtest.h>

#include <set>

namespace snitt::image {
namespace {

Volume ramp() {
  Volume v;
  v.geometry.size = {4, 3, 2};
  v.geometry.spacing_mm = {1, 2, 4};
  v.format = {PixelType::u8, 1};
  for (int i = 0; i < 24; ++i) v.voxels.push_back(static_cast<std::byte>(i * 10));
  return v;
}

TEST(Views, ShowEveryVoxelOfASliceInItsPlace) {
  const Volume v = ramp();
  const Window window{0, 255};
  const Picture z = slice_picture(v, 2, 1, window);
  EXPECT_EQ(z.rows, 3U);
  EXPECT_EQ(z.columns, 4U);
  EXPECT_EQ(static_cast<int>(z.pixels[4 * 2 + 3]), 10 * (12 + 8 + 3));
  const Picture y = slice_picture(v, 1, 2, window);  // rows are slices, columns are x
  EXPECT_EQ(y.rows, 2U);
  EXPECT_EQ(static_cast<int>(y.pixels[4 + 1]), 10 * (12 + 8 + 1));
  const Picture x = slice_picture(v, 0, 3, window);  // rows are slices, columns are y
  EXPECT_EQ(x.columns, 3U);
  EXPECT_EQ(static_cast<int>(x.pixels[3 + 2]), 10 * (12 + 8 + 3));
}

TEST(Views, MapTheWindowLinearlyAndClampOutside) {
  const Picture picture = slice_picture(ramp(), 2, 0, {20, 70});
  EXPECT_EQ(static_cast<int>(picture.pixels[0]), 0);
  EXPECT_EQ(static_cast<int>(picture.pixels[2]), 0);
  EXPECT_EQ(static_cast<int>(picture.pixels[4]), 102);  // (40 - 20) / 50 of 255
  EXPECT_EQ(static_cast<int>(picture.pixels[11]), 255);
}

TEST(Views, AreTheSoftTissueWindowForHounsfieldUnits) {
  Volume v = ramp();
  v.units = "HU";
  EXPECT_EQ(default_window(v).low, -160);
  EXPECT_EQ(default_window(v).high, 240);
}

TEST(Views, IgnoreUnfilledVoxelsWhenTheyChooseAWindow) {
  Volume v;
  v.geometry.size = {100, 10, 10};
  v.format = {PixelType::u8, 1};
  v.voxels.assign(10000, std::byte{0});
  for (std::size_t i = 0; i < 1000; ++i) v.voxels[i] = static_cast<std::byte>(100 + i % 100);
  EXPECT_EQ(default_window(v).low, 0);
  EXPECT_GE(default_window(v).high, 195);
}

TEST(Views, KeepMillimetresSquare) {
  OrthogonalViews options;
  options.view_pixels = 80;
  const Picture picture = orthogonal_views(ramp(), {0, 255}, options);
  // Extents are 4, 6 and 8 mm, so 40, 60 and 80 pixels: widths 40 + 40 + 60 with four margins of 8, height 80
  // with a margin above and a footer of 26.
  EXPECT_EQ(picture.columns, 40U + 40U + 60U + 4U * 8U);
  EXPECT_EQ(picture.rows, 80U + 8U + 26U);
  EXPECT_EQ(picture.format, (PixelFormat{PixelType::u8, 3}));
}

}  // namespace
}  // namespace snitt::image
