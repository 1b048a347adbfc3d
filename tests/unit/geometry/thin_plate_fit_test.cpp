#include "geometry/thin_plate_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.hpp"

namespace snitt {
namespace {

std::vector<Vec3> scattered(std::size_t n, std::uint64_t seed = 1, double extent_mm = 80) {
  std::mt19937_64 random(seed);
  std::vector<Vec3> points;
  const auto coordinate = [&] { return extent_mm * (static_cast<double>(random() >> 11) * 0x1p-53 - 0.5); };
  for (std::size_t i = 0; i < n; ++i) {
    Vec3 p;
    for (std::size_t a = 0; a < 3; ++a) p[a] = coordinate();
    points.push_back(p + Vec3{200, -100, 1200});  // far from the origin, as in a scanner's space
  }
  return points;
}

Vec3 bent(Vec3 p) {
  return p + Vec3{3 * std::sin(p.y / 30), 2 * std::cos(p.x / 25 + 1), 0.001 * (p.z - 1200) * (p.x - 200)};
}

std::vector<Vec3> all(const std::vector<Vec3>& points, Vec3 (*map)(Vec3)) {
  std::vector<Vec3> mapped;
  for (const Vec3 p : points) mapped.push_back(map(p));
  return mapped;
}

TEST(ThinPlateFit, GoesThroughItsLandmarksAndDoesNotBendAStraightMap) {
  const std::vector<Vec3> from = scattered(40);
  const ThinPlateFit fit(from, all(from, bent), {}, 0);
  for (const Vec3 p : from) EXPECT_LT(norm(fit.map(p) - bent(p)), 1e-9);
  const auto straight = [](Vec3 p) { return Vec3{1.1 * p.x - 0.2 * p.z + 5, p.y, 0.9 * p.z + 0.1 * p.x}; };
  const ThinPlateFit linear(from, all(from, straight), {}, 3);
  for (const Vec3 p : scattered(10, 7)) EXPECT_LT(norm(linear.map(p) - straight(p)), 1e-8);
  EXPECT_NEAR(linear.least_determinant(3), 1.1 * 0.9 + 0.2 * 0.1, 1e-10);
}

TEST(ThinPlateFit, MinimisesWhatItSays) {
  const std::vector<Vec3> from = scattered(12);
  const std::vector<Vec3> to = all(from, bent);
  const double smoothing = 7;
  std::vector<double> omega(12, 1.0);
  omega[3] = 4;  // mean 15/12, which the fit divides out
  const ThinPlateFit fit(from, to, omega, smoothing);
  // Moving the weights within Pᵀw = 0, or the linear part, must not lower the sum: its derivative is 0.
  const auto cost = [&](const std::vector<Vec3>& w, const Matrix4& m) {
    double sum = 0;
    for (std::size_t i = 0; i < 12; ++i) {
      Vec3 f = transform_point(m, from[i]);
      for (std::size_t j = 0; j < 12; ++j) f = f + norm(from[i] - from[j]) * w[j];
      const Vec3 r = to[i] - f;
      sum += omega[i] / 1.25 * dot(r, r);
      for (std::size_t j = 0; j < 12; ++j) sum -= smoothing * dot(w[i], w[j]) * norm(from[i] - from[j]);
    }
    return sum;
  };
  // A change that keeps the side conditions: weights of another spline through the same points.
  const ThinPlateFit other(from, scattered(12, 5), {}, 0);
  const double here = cost(fit.weights(), fit.matrix());
  for (const double step : {1e-4, -1e-4}) {
    std::vector<Vec3> moved = fit.weights();
    for (std::size_t i = 0; i < 12; ++i) moved[i] = moved[i] + step * other.weights()[i];
    EXPECT_GT(cost(moved, fit.matrix()), here);
    Matrix4 shifted = fit.matrix();
    shifted(1, 3) += step;
    EXPECT_GT(cost(fit.weights(), shifted), here);
  }
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_LT(norm(fit.residual_mm()[i] - (to[i] - fit.map(from[i]))), 1e-9);
}

TEST(ThinPlateFit, LeaveOneOutIsWhatLeavingOneOutGives) {
  const std::vector<Vec3> from = scattered(20);
  const std::vector<Vec3> to = all(from, bent);
  for (const double smoothing : {0.0, 5.0}) {
    const ThinPlateFit fit(from, to, {}, smoothing);
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::vector<Vec3> a = from;
      std::vector<Vec3> b = to;
      a.erase(a.begin() + static_cast<std::ptrdiff_t>(i));
      b.erase(b.begin() + static_cast<std::ptrdiff_t>(i));
      const ThinPlateFit without(a, b, {}, smoothing);
      EXPECT_NEAR(fit.leave_one_out_mm()[i], norm(without.map(from[i]) - to[i]), 1e-8);
      // And the error expected there of the spline of the others is that of kriging, up to the scale.
      if (smoothing == 0) {
        EXPECT_GT(without.expected_error_mm(from[i]), 0);
      }
    }
  }
}

TEST(ThinPlateFit, ExpectedErrorsAreTheErrorsOfSuchFields) {
  // Over 40 fields with the kernel's own roughness the mean squared error at a place must be the expected
  // one; its own deviation is sqrt(2/120) = 13 %.
  const std::vector<Vec3> from = scattered(60);
  const std::vector<Vec3> centers = scattered(1500, 99, 90);
  const Vec3 place{210, -90, 1195};
  double squared = 0;
  double expected = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed + 1000);
    std::normal_distribution<double> normal;
    std::vector<Vec3> w;
    for (std::size_t i = 0; i < centers.size(); ++i) {
      Vec3 one;
      for (std::size_t a = 0; a < 3; ++a) one[a] = normal(random);
      w.push_back(one);
    }
    const auto field = [&](Vec3 p) {
      Vec3 sum = p;
      // White noise convolved with 1/r has the spectrum 1/k⁴ of the kernel -r.
      for (std::size_t i = 0; i < centers.size(); ++i)
        sum = sum + (0.3 / std::max(norm(p - centers[i]), 1.0)) * w[i];
      return sum;
    };
    std::vector<Vec3> to;
    for (const Vec3 p : from) to.push_back(field(p));
    const ThinPlateFit fit(from, to, {}, 0);
    const Vec3 away = fit.map(place) - field(place);
    squared += dot(away, away);
    expected += fit.expected_error_mm(place) * fit.expected_error_mm(place);
  }
  EXPECT_GT(squared / expected, 0.6);
  EXPECT_LT(squared / expected, 1.6);
}

TEST(ThinPlateFit, SmoothingIsChosenByLeavingOneOut) {
  const std::vector<Vec3> from = scattered(80);
  std::vector<Vec3> to = all(from, bent);
  const double exact = best_smoothing(from, to, {});
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (Vec3& p : to)
    for (std::size_t a = 0; a < 3; ++a) p[a] += 2 * normal(random);
  const double noisy = best_smoothing(from, to, {});
  EXPECT_GT(noisy, 5 * exact);
  const auto error = [&](double smoothing) {
    const ThinPlateFit fit(from, to, {}, smoothing);
    double sum = 0;
    for (const Vec3 p : scattered(200, 11)) sum += dot(fit.map(p) - bent(p), fit.map(p) - bent(p));
    return std::sqrt(sum / 200);
  };
  EXPECT_LT(error(noisy), 0.8 * error(0));
  EXPECT_EQ(best_smoothing(from, from, {}), 0);
}

TEST(ThinPlateFit, RefusesWhatDetermineNothing) {
  const auto refusal = [](const std::vector<Vec3>& from, double smoothing) -> std::string {
    try {
      const ThinPlateFit fit(from, from, {}, smoothing);
    } catch (const ComputationError& error) {
      return error.what();
    }
    return "accepted";
  };
  std::vector<Vec3> from = scattered(6);
  EXPECT_THAT(refusal({from.begin(), from.begin() + 4}, 0), testing::HasSubstr("4 landmarks"));
  std::vector<Vec3> flat = from;
  for (Vec3& p : flat) p.z = 4;
  EXPECT_THAT(refusal(flat, 0), testing::HasSubstr("one plane"));
  from.push_back(from[2]);
  EXPECT_THAT(refusal(from, 0), testing::HasSubstr("landmarks 3 and 7 are at one place"));
  EXPECT_EQ(refusal(from, 1), "accepted");
}

}  // namespace
}  // namespace snitt
