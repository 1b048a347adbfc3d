#include "calibration/dot_detection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "calibration/components.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t columns = 300;
constexpr std::size_t rows = 200;

struct Spot {
  double u, v, peak;
};
const std::vector<Spot> spots{{60.3, 50.7, 250}, {150, 90.25, 180}, {220.6, 140.4, 90}};

/// Gaussian spots, wider along u, on a dark ground; and a long bright bar that is no dot.
template <typename T>
std::vector<std::byte> picture(std::size_t components, double gain) {
  std::vector<T> pixels(rows * columns * components);
  for (std::size_t v = 0; v < rows; ++v)
    for (std::size_t u = 0; u < columns; ++u) {
      double value = v >= 170 && v < 176 && u > 20 && u < 280 ? 200 : 0;
      for (const Spot& s : spots)
        value += s.peak * std::exp(-std::pow((double(u) - s.u) / 6, 2) / 2 - std::pow((double(v) - s.v) / 4, 2) / 2);
      for (std::size_t c = 0; c < components; ++c)
        pixels[(v * columns + u) * components + c] = static_cast<T>(gain * std::min(value, 255.0));
    }
  std::vector<std::byte> bytes(pixels.size() * sizeof(T));
  std::memcpy(bytes.data(), pixels.data(), bytes.size());
  return bytes;
}

DotSettings settings() {
  DotSettings s;
  s.pixel_size_mm = 0.1;
  return s;
}

void expect_spots(const Dots& found, double tolerance_px) {
  ASSERT_EQ(found.dots.size(), spots.size());
  for (std::size_t i = 0; i < spots.size(); ++i) {  // strongest first
    EXPECT_NEAR(found.dots[i].u, spots[i].u, tolerance_px);
    EXPECT_NEAR(found.dots[i].v, spots[i].v, tolerance_px);
  }
}

TEST(DotDetection, FindsSpotsBelowAPixelAndLeavesBarsOut) {
  const DotDetector detector({rows, columns, {PixelType::u8, 1}}, settings());
  // The edge of a thresholded spot lies on whole pixels: some hundredths.
  expect_spots(detector.detect(picture<std::uint8_t>(1, 1)), 0.1);
}

TEST(DotDetection, GivesTheSameForColoursSixteenBitsAndFloats) {
  expect_spots(
      DotDetector({rows, columns, {PixelType::u8, 3}}, settings()).detect(picture<std::uint8_t>(3, 1)), 0.1);
  expect_spots(
      DotDetector({rows, columns, {PixelType::u16, 1}}, settings()).detect(picture<std::uint16_t>(1, 200)),
      0.1);
  expect_spots(DotDetector({rows, columns, {PixelType::f32, 1}}, settings()).detect(picture<float>(1, 1e-3)),
               0.1);
}

TEST(DotDetection, GreyPicturesInColoursGiveExactlyTheGreyOnes) {
  const Dots grey =
      DotDetector({rows, columns, {PixelType::u8, 1}}, settings()).detect(picture<std::uint8_t>(1, 1));
  const Dots rgb =
      DotDetector({rows, columns, {PixelType::u8, 3}}, settings()).detect(picture<std::uint8_t>(3, 1));
  ASSERT_EQ(grey.dots.size(), rgb.dots.size());
  for (std::size_t i = 0; i < grey.dots.size(); ++i) EXPECT_EQ(grey.dots[i].u, rgb.dots[i].u);
}

TEST(DotDetection, LooksOnlyWhereItIsTold) {
  DotSettings part = settings();
  part.region = PixelBox{100, 50, 100, 80};
  const DotDetector detector({rows, columns, {PixelType::u8, 1}}, part);
  const Dots found = detector.detect(picture<std::uint8_t>(1, 1));
  ASSERT_EQ(found.dots.size(), 1u);
  EXPECT_NEAR(found.dots[0].u, 150, 0.1);  // in pixels of the whole image
}

TEST(DotDetection, KeepsTheStrongestAndCountsTheRest) {
  DotSettings few = settings();
  few.maximum_dots = 1;
  const Dots found =
      DotDetector({rows, columns, {PixelType::u8, 1}}, few).detect(picture<std::uint8_t>(1, 1));
  ASSERT_EQ(found.dots.size(), 1u);
  EXPECT_NEAR(found.dots[0].u, 60.3, 0.1);
  EXPECT_EQ(found.left_out, 2u);
}

TEST(DotDetection, AnEmptyImageHasNoDots) {
  const std::vector<std::byte> black(rows * columns);
  EXPECT_TRUE(DotDetector({rows, columns, {PixelType::u8, 1}}, settings()).detect(black).dots.empty());
  const std::vector<std::byte> white(rows * columns, std::byte{255});
  EXPECT_TRUE(DotDetector({rows, columns, {PixelType::u8, 1}}, settings()).detect(white).dots.empty());
}

TEST(DotDetection, RefusesRegionsOutsideTheImageAndPixelsWithoutSize) {
  DotSettings wrong = settings();
  wrong.region = PixelBox{250, 0, 100, 50};
  EXPECT_THROW(DotDetector({rows, columns, {PixelType::u8, 1}}, wrong), InputError);
  wrong = settings();
  wrong.pixel_size_mm = 0;
  EXPECT_THROW(DotDetector({rows, columns, {PixelType::u8, 1}}, wrong), InputError);
  EXPECT_THROW(DotDetector({0, 0, {PixelType::u8, 1}}, settings()), InputError);
}

TEST(Components, DiagonalNeighboursBelongTogetherAndMomentsAreExact) {
  const std::vector<std::uint8_t> pixels{9, 0, 0, 0, 5,  //
                                         0, 3, 0, 0, 5,  //
                                         0, 0, 0, 1, 0,  //
                                         7, 0, 0, 0, 0};
  const std::vector<Component> found = components_of<std::uint8_t>({pixels.data(), 4, 5}, 2);
  ASSERT_EQ(found.size(), 3u);  // the 1 is below the threshold
  EXPECT_EQ(found[0].weight, 12);
  EXPECT_EQ(found[0].weighted_u, 3);
  EXPECT_EQ(found[0].pixels, 2u);
  EXPECT_EQ(found[1].weighted_v, 5);
  EXPECT_EQ(found[2].first_v, 3u);
}

TEST(Components, AFormThatJoinsLateIsOne) {
  // A comb: four teeth that only the last row joins.
  std::vector<std::uint16_t> pixels(7 * 100, 0);
  for (std::size_t v = 0; v < 7; ++v)
    for (std::size_t u = 0; u < 100; ++u)
      if (v == 6 || u % 30 == 5) pixels[v * 100 + u] = 1000;
  const std::vector<Component> found = components_of<std::uint16_t>({pixels.data(), 7, 100}, 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].pixels, 100u + 6 * 4);
}

}  // namespace
}  // namespace snitt::calibration
