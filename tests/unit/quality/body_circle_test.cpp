#include "quality/body_circle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "quality/phantom_evidence.hpp"
#include "statistics/random.hpp"

namespace snitt::quality {
namespace {

struct Drawn {
  std::vector<float> values;
  ImagePlane plane;
};

/// HU by position in mm from the middle of the image; each pixel is the mean of 8 x 8 points.
Drawn drawn(std::size_t size, double pixel_mm, const std::function<double(double, double)>& hu) {
  Drawn d;
  d.values.resize(size * size);
  constexpr int fine = 8;
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t c = 0; c < size; ++c) {
      double sum = 0;
      for (int i = 0; i < fine; ++i)
        for (int j = 0; j < fine; ++j)
          sum += hu((static_cast<double>(c) - (static_cast<double>(size) - 1) / 2 + (j + 0.5) / fine - 0.5) *
                        pixel_mm,
                    (static_cast<double>(r) - (static_cast<double>(size) - 1) / 2 + (i + 0.5) / fine - 0.5) *
                        pixel_mm);
      d.values[r * size + c] = static_cast<float>(sum / (fine * fine));
    }
  d.plane = {d.values, size, size, pixel_mm, pixel_mm, 0};
  return d;
}

double disk_hu(double x, double y, double cx, double cy, double radius) {
  return std::hypot(x - cx, y - cy) < radius ? 10 : -1000;
}

void expect_circle(const Drawn& d, double cx, double cy, double radius, double tolerance_mm) {
  const BodyCircle found = find_body_circle(d.plane);
  ASSERT_TRUE(found.is_found);
  const double middle = (static_cast<double>(d.plane.columns) - 1) / 2;
  EXPECT_NEAR((found.centre.column - middle) * d.plane.column_spacing_mm, cx, tolerance_mm);
  EXPECT_NEAR((found.centre.row - middle) * d.plane.row_spacing_mm, cy, tolerance_mm);
  EXPECT_NEAR(found.radius_mm, radius, tolerance_mm);
}

TEST(BodyCircle, IsThatOfADiskWithinATwentiethOfAPixel) {
  // Linear interpolation across an edge one pixel wide errs by up to 0.1 pixel, and 480 rays average that.
  for (const double radius : {50.3, 80.0, 100.5})
    expect_circle(drawn(260, 1, [=](double x, double y) { return disk_hu(x, y, 3.2, -7.7, radius); }), 3.2,
                  -7.7, radius, 0.05);
}

TEST(BodyCircle, IgnoresATableThatTouchesTheDisk) {
  const Drawn d = drawn(300, 1, [](double x, double y) {
    const bool is_table = y > 78 && y < 110 && std::abs(x) < 140;
    return is_table ? 50 : disk_hu(x, y, -5, 4, 80);
  });
  expect_circle(d, -5, 4, 80, 0.1);
}

TEST(BodyCircle, IsSeenInTheCornersOfASmallField) {
  // 150 mm of a disk of 201 mm: four arcs of some degrees are all there is.
  const Drawn d = drawn(170, 0.88, [](double x, double y) { return disk_hu(x, y, -1, 0.5, 100.5); });
  expect_circle(d, -1, 0.5, 100.5, 0.3);
}

TEST(BodyCircle, IsNotTheEdgeOfWhatWasReconstructed) {
  const Drawn d = drawn(200, 0.7, [](double x, double y) { return std::hypot(x, y) < 70 ? 10 : -2000; });
  EXPECT_FALSE(find_body_circle(d.plane).is_found);
}

TEST(BodyCircle, IsNotFoundInAnEllipse) {
  const Drawn d =
      drawn(300, 1.2, [](double x, double y) { return std::hypot(x / 150, y / 105) < 1 ? 10.0 : -1000.0; });
  const BodyCircle found = find_body_circle(d.plane);
  EXPECT_FALSE(found.is_found);
  EXPECT_NEAR(found.width_mm, 300, 2.5);
  EXPECT_NEAR(found.height_mm, 210, 2.5);
}

TEST(BodyCircle, IsNotFoundInAir) {
  EXPECT_FALSE(find_body_circle(drawn(100, 1, [](double, double) { return -1000.0; }).plane).is_found);
}

TEST(ScanAxis, FollowsTheMajorityOfCircles) {
  // Twenty slices on a tilted line with a tenth of a millimetre of noise; four of a table elsewhere.
  std::vector<BodyCircle> circles(24);
  for (std::size_t k = 0; k < circles.size(); ++k) {
    const double noise = 0.1 * (statistics::uniform(statistics::random_bits(1, k)) - 0.5);
    circles[k].is_found = true;
    circles[k].centre =
        k < 20 ? PlanePoint{100 + 0.05 * static_cast<double>(k) + noise, 90 - 0.02 * static_cast<double>(k)}
               : PlanePoint{40, 120};
  }
  std::vector<bool> on_axis;
  const ScanAxis axis = fit_axis(circles, {1, 1}, on_axis);
  ASSERT_TRUE(axis.is_known);
  // The slope's standard error is 0.03 / sqrt(665) = 0.001 mm per slice.
  EXPECT_NEAR(axis.slope_mm_per_slice[0], 0.05, 0.004);
  EXPECT_NEAR(axis.slope_mm_per_slice[1], -0.02, 0.004);
  EXPECT_EQ(std::ranges::count(on_axis, true), 20);
  EXPECT_FALSE(on_axis[22]);
}

}  // namespace
}  // namespace snitt::quality
