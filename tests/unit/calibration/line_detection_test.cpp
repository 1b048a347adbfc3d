#include "calibration/line_detection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

#include "base/error.hpp"

namespace snitt::calibration {
namespace {

struct Drawing {
  std::size_t columns = 320;
  std::size_t rows = 300;
  std::vector<double> values = std::vector<double>(columns * rows, 0.0);

  /// Gaussian profile of `sigma_px` about the line through (u, v) at `tilt_deg`; lines do not add up.
  Drawing& line(double u, double v, double tilt_deg, double brightness, double sigma_px = 1.5) {
    const double angle = tilt_deg * std::numbers::pi / 180;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const double d =
            -(static_cast<double>(c) - u) * std::sin(angle) + (static_cast<double>(r) - v) * std::cos(angle);
        double& pixel = values[r * columns + c];
        pixel = std::max(pixel, brightness * std::exp(-0.5 * d * d / (sigma_px * sigma_px)));
      }
    return *this;
  }
  Drawing& noise(double sigma, std::uint64_t seed, double background = 0) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(background, sigma);
    for (double& v : values) v += std::abs(normal(random));
    return *this;
  }
  template <typename T>
  LineDetection detect(const LineDetectionOptions& options = {}, double gain = 1,
                       std::size_t components = 1) const {
    const FrameShape shape{rows, columns, {pixel_type_of<T>(), components}};
    std::vector<T> pixels;
    for (const double v : values)
      for (std::size_t k = 0; k < components; ++k)
        pixels.push_back(static_cast<T>(std::is_floating_point_v<T> ? gain * v : std::round(gain * v)));
    return detect_line(shape, std::as_bytes(std::span<const T>(pixels)), options);
  }
};

/// Distance of the drawn line's points from the found line, at the borders of the region.
void expect_found(const LineDetection& found, double u, double v, double tilt_deg, double tolerance_px) {
  ASSERT_TRUE(found.line) << name_of(found.refusal);
  const double angle = tilt_deg * std::numbers::pi / 180;
  for (const double s : {-100.0, 0.0, 100.0}) {
    const double du = u + s * std::cos(angle) - found.line->point_px[0];
    const double dv = v + s * std::sin(angle) - found.line->point_px[1];
    EXPECT_NEAR(du * found.line->direction[1] - dv * found.line->direction[0], 0, tolerance_px)
        << "tilt " << tilt_deg << " at " << s;
  }
  EXPECT_NEAR(found.line->tilt_deg, tilt_deg, 0.1);
}

TEST(LineDetection, FindsADrawnLineAtAnyTiltToATenthOfAPixel) {
  for (double tilt = -75; tilt <= 75; tilt += 7.5)
    for (const double shift : {0.0, 0.25, 0.5, 0.8})
      expect_found(Drawing().line(155.3, 140 + shift, tilt, 200).detect<std::uint8_t>(), 155.3, 140 + shift,
                   tilt, 0.1);  // the claim of the header, for 8-bit rounding and any place between pixels
}

TEST(LineDetection, ReadsEveryKindOfPixel) {
  const Drawing drawing = Drawing().line(160, 120.4, 12, 200);
  expect_found(drawing.detect<std::uint16_t>({}, 200), 160, 120.4, 12, 0.1);
  expect_found(drawing.detect<std::int16_t>({}, 100), 160, 120.4, 12, 0.1);
  expect_found(drawing.detect<float>({}, 0.001), 160, 120.4, 12, 0.1);
  expect_found(drawing.detect<std::uint8_t>({}, 1, 3), 160, 120.4, 12, 0.1);
}

TEST(LineDetection, GivesPointsOnTheLine) {
  const auto found = Drawing().line(160, 120, 30, 200).detect<float>();
  ASSERT_TRUE(found.line);
  const double slope = std::tan(std::numbers::pi / 6);
  EXPECT_NEAR(found.line->row_at(10), 120 - 150 * slope, 0.1);
  EXPECT_NEAR(found.line->column_at(100), 160 - 20 / slope, 0.2);
  EXPECT_GT(found.line->inlier_share, 0.95);
  EXPECT_NEAR(found.line->contrast, 200, 5);  // a pixel's centre is at most half a pixel off the crest
}

TEST(LineDetection, BearsNoiseAndABrightBackground) {
  // Peaks scatter by a pixel or so; 40 of them average to a fraction of that.
  expect_found(Drawing().line(160, 150, -8, 150, 2).noise(15, 3).detect<std::uint8_t>(), 160, 150, -8, 0.5);
  expect_found(Drawing().line(160, 150, 60, 120, 2).noise(8, 4, 90).detect<std::uint8_t>(), 160, 150, 60,
               0.5);
}

TEST(LineDetection, TakesTheBrighterOfSeveralLines) {
  expect_found(Drawing().line(160, 90, 5, 200).line(160, 200, -20, 120).detect<std::uint8_t>(), 160, 90, 5,
               0.1);
}

TEST(LineDetection, IsNotMovedByALineAcrossAFewScanlines) {
  Drawing drawing = Drawing().line(160, 90, 5, 120);
  for (std::size_t r = 180; r < 220; ++r)
    for (std::size_t c = 100; c < 160; ++c) drawing.values[r * drawing.columns + c] = 250;
  expect_found(drawing.detect<std::uint8_t>(), 160, 90, 5, 0.1);
}

TEST(LineDetection, RefusesToChooseBetweenTwoLinesOfWhichHalfTheScanlinesEachSeeOne) {
  Drawing left = Drawing().line(160, 90, 0, 200);
  const Drawing right = Drawing().line(160, 200, 0, 200);
  for (std::size_t r = 0; r < left.rows; ++r)
    for (std::size_t c = left.columns / 2; c < left.columns; ++c)
      left.values[r * left.columns + c] = right.values[r * left.columns + c];
  EXPECT_EQ(left.detect<std::uint8_t>().refusal, LineRefusal::ambiguous);
}

TEST(LineDetection, FindsNothingWhereNothingIs) {
  EXPECT_EQ(Drawing().detect<std::uint8_t>().refusal, LineRefusal::no_peaks);
  EXPECT_EQ(Drawing().noise(0, 1, 100).detect<std::uint8_t>().refusal, LineRefusal::no_peaks);
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    found += Drawing().noise(40, seed).detect<std::uint8_t>().line.has_value();
  EXPECT_EQ(found, 0);  // of 40 random peaks over 300 rows 16 within 4 rows: never
}

TEST(LineDetection, FindsNothingInARoundSpotOrASteepLine) {
  Drawing spot;
  for (std::size_t r = 0; r < spot.rows; ++r)
    for (std::size_t c = 0; c < spot.columns; ++c)
      if (std::hypot(static_cast<double>(c) - 160, static_cast<double>(r) - 150) < 40)
        spot.values[r * spot.columns + c] = 200;
  EXPECT_FALSE(spot.detect<std::uint8_t>().line);
  EXPECT_EQ(Drawing().line(160, 150, 85, 200).detect<std::uint8_t>().refusal, LineRefusal::too_steep);
}

TEST(LineDetection, AgreesInTheWholeFrameWhateverTheClipRectangle) {
  const Drawing drawing = Drawing().line(160, 120.4, 12, 200);
  LineDetectionOptions options;
  options.clip = PixelRectangle{100, 60, 150, 120};
  expect_found(drawing.detect<std::uint8_t>(options), 160, 120.4, 12, 0.1);
  options.clip = PixelRectangle{-20, -20, 5000, 5000};
  expect_found(drawing.detect<std::uint8_t>(options), 160, 120.4, 12, 0.1);
  options.clip = PixelRectangle{0, 200, 319, 99};  // below the line
  EXPECT_EQ(drawing.detect<std::uint8_t>(options).refusal, LineRefusal::no_peaks);
  options.clip = PixelRectangle{400, 0, 10, 10};
  EXPECT_THROW(drawing.detect<std::uint8_t>(options), UsageError);
}

TEST(LineDetection, GoesRoundPixelsThatAreNoNumbers) {
  Drawing drawing = Drawing().line(160, 120, 3, 200);
  for (std::size_t r = 0; r < drawing.rows; ++r) drawing.values[r * drawing.columns + 8] = NAN;
  expect_found(drawing.detect<float>(), 160, 120, 3, 0.1);
}

}  // namespace
}  // namespace snitt::calibration
