#include "geometry/thin_plate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"

namespace snitt {
namespace {

using ::testing::HasSubstr;

std::vector<Vec3> scattered(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Vec3> points;
  const auto next = [&] { return static_cast<double>(random() % 20001) / 100 - 100; };
  for (std::size_t i = 0; i < count; ++i) {
    const double x = next();
    const double y = next();
    points.push_back({x + 300, y, next()});
  }
  return points;
}

Vec3 mapped(const ThinPlate& plate, const std::vector<Vec3>& centers, Vec3 p) {
  Vec3 sum = transform_point(plate.matrix, p);
  for (std::size_t i = 0; i < centers.size(); ++i) sum = sum + norm(p - centers[i]) * plate.weights[i];
  return sum;
}

TEST(ThinPlate, GoesThroughItsLandmarks) {
  const auto from = scattered(60, 1);
  auto to = scattered(60, 2);
  const ThinPlate plate = thin_plate_through(from, to);
  // Sums of 60 terms of some 1e4 in double precision, of a system whose condition is some 1e4.
  for (std::size_t i = 0; i < from.size(); ++i) EXPECT_LT(norm(mapped(plate, from, from[i]) - to[i]), 1e-8);
}

TEST(ThinPlate, OfALinearMapIsThatMap) {
  const auto from = scattered(12, 3);
  Matrix4 m;
  m.m = {0.9, -0.2, 0.3, 4, 0.5, 0.6, -0.7, 8, 0.1, 1.1, 1.2, -13, 0, 0, 0, 1};
  std::vector<Vec3> to;
  for (const Vec3 p : from) to.push_back(transform_point(m, p));
  for (const double smoothing : {0.0, 50.0}) {
    const ThinPlate plate = thin_plate_through(from, to, smoothing);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(plate.matrix.m[i], m.m[i], 1e-9);
    for (const Vec3 w : plate.weights) EXPECT_LT(norm(w), 1e-12);
  }
}

TEST(ThinPlate, OfLandmarksThatDefineNoneIsRefused) {
  const auto refusal = [](std::vector<Vec3> from) {
    try {
      thin_plate_through(from, scattered(from.size(), 9));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(refusal({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}), HasSubstr("four landmarks"));
  EXPECT_THAT(refusal({{0, 0, 5}, {1, 0, 5}, {0, 1, 5}, {1, 1, 5}, {3, 7, 5}}), HasSubstr("one plane"));
  EXPECT_THAT(refusal({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}}), HasSubstr("one place"));
}

}  // namespace
}  // namespace snitt
