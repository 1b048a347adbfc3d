#include "reconstruction/fan_detection.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace snitt::reconstruction {
namespace {

struct Drawing {
  std::size_t rows = 400;
  std::size_t columns = 520;
  Fan fan{{260, -60}, {-35, 35}, {90, 430}};
  double bright = 0.6;  ///< mean brightness inside, 1 is white
};

bool inside(const Fan& fan, double u, double v) {
  const double du = u - fan.apex_px[0], dv = v - fan.apex_px[1];
  const double angle = std::atan2(du, dv) * 180 / M_PI, r = std::hypot(du, dv);
  return angle >= fan.angles_deg[0] && angle <= fan.angles_deg[1] && r >= fan.radii_px[0] &&
         r <= fan.radii_px[1];
}

/// Speckle (Rayleigh, as of fully developed scattering) inside the fan, faint noise outside.
template <typename T>
std::vector<T> draw(const Drawing& d, unsigned seed, double white) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(1e-9, 1);
  std::vector<T> image(d.rows * d.columns);
  for (std::size_t v = 0; v < d.rows; ++v)
    for (std::size_t u = 0; u < d.columns; ++u) {
      const double speckle = d.bright * 0.8 * std::sqrt(-2 * std::log(unit(random)));
      const double value = inside(d.fan, double(u), double(v)) ? std::min(1.0, speckle) : 0.04 * unit(random);
      image[v * d.columns + u] = T(value * white);
    }
  return image;
}

template <typename T>
FanDetection detect(const Drawing& d, int frames, double white, const FanDetectionOptions& options = {}) {
  FanDetector detector({d.rows, d.columns, {pixel_type_of<T>(), 1}});
  for (int f = 0; f < frames; ++f) {
    const std::vector<T> image = draw<T>(d, unsigned(f + 1), white);
    detector.add(std::as_bytes(std::span(image)));
  }
  return detector.detect(options);
}

/// The filter of 21 pixels leaves a side uncertain by 1 pixel or two over some 250: half a degree each, which
/// moves the apex by a few pixels; rounded corners and curved arcs move the radii by up to the fraction of
/// the filter that they cut off.
void expect_fan(const FanDetection& found, const Fan& truth) {
  ASSERT_TRUE(found.fan.has_value()) << found.reason;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(found.fan->angles_deg[i], truth.angles_deg[i], 1);
    EXPECT_NEAR(found.fan->radii_px[i], truth.radii_px[i], 6) << i;
    EXPECT_NEAR(found.fan->apex_px[i], truth.apex_px[i], 5) << i;
  }
}

TEST(FanDetection, FindsADrawnCurvedProbe) { expect_fan(detect<std::uint8_t>({}, 5, 255), Drawing{}.fan); }

TEST(FanDetection, FindsItIn16BitsAndInFloats) {
  expect_fan(detect<std::uint16_t>({}, 5, 40000), Drawing{}.fan);
  expect_fan(detect<float>({}, 5, 0.01), Drawing{}.fan);
}

TEST(FanDetection, FindsItInASingleSpeckledFrame) {
  expect_fan(detect<std::uint8_t>({}, 1, 255), Drawing{}.fan);
}

TEST(FanDetection, FindsAnAsymmetricFan) {
  Drawing d;
  d.fan = {{200, -40}, {-25, 45}, {80, 400}};
  expect_fan(detect<std::uint8_t>(d, 5, 255), d.fan);
}

TEST(FanDetection, FindsThePhasedArrayWhoseApexIsInTheImage) {
  Drawing d;
  d.fan = {{260, 10}, {-40, 40}, {0, 370}};
  expect_fan(detect<std::uint8_t>(d, 5, 255), d.fan);
}

TEST(FanDetection, IgnoresTextBesideTheFanAndAShadowAtItsSide) {
  const Drawing d;
  FanDetector detector({d.rows, d.columns, {PixelType::u8, 1}});
  for (unsigned f = 0; f < 5; ++f) {
    auto image = draw<std::uint8_t>(d, f + 1, 255);
    for (std::size_t v = 10; v < 25; ++v)
      for (std::size_t u = 10; u < 90; ++u) image[v * d.columns + u] = 255;
    for (std::size_t v = 0; v < d.rows; ++v)
      for (std::size_t u = 0; u < d.columns; ++u) {
        const double angle = std::atan2(double(u) - 260, double(v) + 60) * 180 / M_PI;
        if (angle < -28 && v > 150 && v < 180 + 10 * f) image[v * d.columns + u] = 0;
      }
    detector.add(std::as_bytes(std::span(image)));
  }
  expect_fan(detector.detect(), d.fan);
}

TEST(FanDetection, TakesTheMarginOffBothSides) {
  const auto without = detect<std::uint8_t>({}, 3, 255);
  const auto with = detect<std::uint8_t>({}, 3, 255, {.margin_deg = 3});
  ASSERT_TRUE(without.fan && with.fan);
  EXPECT_DOUBLE_EQ(with.fan->angles_deg[0], without.fan->angles_deg[0] + 3);
  EXPECT_DOUBLE_EQ(with.fan->angles_deg[1], without.fan->angles_deg[1] - 3);
}

TEST(FanDetection, SaysWhyThereIsNone) {
  Drawing linear;
  linear.fan = {{260, -1e6}, {-0.01, 0.01}, {1e6, 1e6 + 380}};  // a rectangle of 350 pixels' width
  const auto rectangle = detect<std::uint8_t>(linear, 3, 255);
  EXPECT_FALSE(rectangle.fan);
  EXPECT_NE(rectangle.reason.find("linear"), std::string::npos) << rectangle.reason;

  Drawing full;
  full.fan = {{260, -1e6}, {-1, 1}, {0, 1e7}};
  const auto whole = detect<std::uint8_t>(full, 3, 255);
  EXPECT_FALSE(whole.fan);
  EXPECT_NE(whole.reason.find("side"), std::string::npos) << whole.reason;

  Drawing dark;
  const auto black = detect<std::uint8_t>(dark, 1, 0);
  EXPECT_FALSE(black.fan);
  EXPECT_NE(black.reason.find("equally bright"), std::string::npos);
  Drawing tiny;
  tiny.rows = tiny.columns = 20;
  EXPECT_FALSE(detect<std::uint8_t>(tiny, 1, 255).fan);
}

}  // namespace
}  // namespace snitt::reconstruction
