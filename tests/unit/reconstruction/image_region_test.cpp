#include "reconstruction/image_region.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "base/error.hpp"

namespace snitt::reconstruction {
namespace {

bool inside_clip(const ClipRectangle& c, std::int64_t u, std::int64_t v) {
  return u >= c.u && u <= c.u + c.width && v >= c.v && v <= c.v + c.height;
}

bool inside_fan(const Fan& fan, std::int64_t u, std::int64_t v) {
  const double du = static_cast<double>(u) - fan.apex_px[0];
  const double dv = static_cast<double>(v) - fan.apex_px[1];
  const double angle_deg = std::atan2(du, dv) * 180 / std::numbers::pi;
  const double radius = std::hypot(du, dv);
  return dv >= 0 && angle_deg >= fan.angles_deg[0] && angle_deg <= fan.angles_deg[1] &&
         radius >= fan.radii_px[0] && radius <= fan.radii_px[1];
}

TEST(ImageRegion, HoldsExactlyThePixelsThatPassClipFanAndMask) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 200; ++trial) {
    const std::size_t rows = 20 + random() % 30;
    const std::size_t columns = 20 + random() % 40;
    RegionOptions options;
    if (trial % 2 == 0)
      options.clip = ClipRectangle{
          static_cast<std::int64_t>(random() % 10) - 3, static_cast<std::int64_t>(random() % 10) - 3,
          static_cast<std::int64_t>(15 + random() % 60), static_cast<std::int64_t>(15 + random() % 60)};
    if (trial % 3 == 0)
      options.fan = Fan{{static_cast<double>(columns) / 2 + 0.3, -5.7}, {-31.3, 44.1}, {9.3, 41.7}};
    if (trial % 5 == 0)
      for (std::size_t i = 0; i < rows * columns; ++i) options.mask.push_back(random() % 3 == 0 ? 0 : 200);
    const ImageRegion region(rows, columns, options);
    const std::vector<std::uint8_t> mask = region.to_mask();
    std::size_t count = 0;
    for (std::size_t v = 0; v < rows; ++v)
      for (std::size_t u = 0; u < columns; ++u) {
        const auto iu = static_cast<std::int64_t>(u);
        const auto iv = static_cast<std::int64_t>(v);
        const bool expected = (!options.clip || inside_clip(*options.clip, iu, iv)) &&
                              (!options.fan || inside_fan(*options.fan, iu, iv)) &&
                              (options.mask.empty() || options.mask[v * columns + u] != 0);
        ASSERT_EQ(region.contains(iu, iv), expected) << u << ", " << v;
        ASSERT_EQ(mask[v * columns + u] != 0, expected);
        count += expected ? 1 : 0;
      }
    EXPECT_EQ(region.pixels(), count);
  }
}

TEST(ImageRegion, MergesNeighboursIntoOneInterval) {
  RegionOptions options;
  options.mask = {1, 2, 0, 3, 3, 3};
  const ImageRegion region(1, 6, options);
  ASSERT_EQ(region.row(0).size(), 2U);
  EXPECT_EQ(region.row(0)[0], (PixelInterval{0, 2}));
  EXPECT_EQ(region.row(0)[1], (PixelInterval{3, 6}));
}

TEST(ImageRegion, CountsTheFarBorderOfAClipRectangleIn) {
  RegionOptions options;
  options.clip = ClipRectangle{2, 1, 3, 0};
  const ImageRegion region(5, 10, options);
  EXPECT_EQ(region.pixels(), 4U);
  EXPECT_EQ(region.bounds_px(), (std::array<std::int64_t, 4>{2, 1, 5, 1}));
}

TEST(ImageRegion, RefusesWhatLeavesNothingOrDoesNotFit) {
  RegionOptions outside;
  outside.clip = ClipRectangle{100, 0, 5, 5};
  EXPECT_THROW(ImageRegion(10, 10, outside), UsageError);
  RegionOptions empty;
  empty.mask.assign(100, 0);
  EXPECT_THROW(ImageRegion(10, 10, empty), UsageError);
  RegionOptions wrong_size;
  wrong_size.mask.assign(99, 1);
  EXPECT_THROW(ImageRegion(10, 10, wrong_size), InputError);
  RegionOptions bad_fan;
  bad_fan.fan = Fan{{5, 0}, {30, -30}, {0, 10}};
  EXPECT_THROW(ImageRegion(10, 10, bad_fan), UsageError);
  bad_fan.fan = Fan{{5, 0}, {-30, 30}, {10, std::nan("")}};
  EXPECT_THROW(ImageRegion(10, 10, bad_fan), UsageError);
}

}  // namespace
}  // namespace snitt::reconstruction
