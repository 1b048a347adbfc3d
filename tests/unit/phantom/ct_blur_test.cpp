#include "phantom/ct_blur.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

constexpr double pi = std::numbers::pi;

TEST(CtBlur, TheMtfIsAHalfWhereItWasAskedToBe) {
  for (const double f50 : {0.2, 0.4, 1.1})
    for (const double enhancement : {0.0, 0.3, 1.0}) {
      const CtBlur blur = ct_blur(f50, enhancement);
      EXPECT_NEAR(ct_mtf(blur, f50), 0.5, 1e-12);
      EXPECT_NEAR(ct_mtf(blur, 0), 1, 1e-12);
      EXPECT_NEAR(ct_mtf_crossing(blur, 0.5), f50, 1e-9);
      EXPECT_NEAR(ct_mtf(blur, ct_mtf_crossing(blur, 0.1)), 0.1, 1e-9);
    }
  EXPECT_THROW(ct_blur(0, 0), UsageError);
  EXPECT_THROW(ct_blur(0.4, 1.5), UsageError);
}

TEST(CtBlur, EdgeEnhancementRaisesMiddleFrequenciesAboveOneAndOvershootsAtAnEdge) {
  const CtBlur plain = ct_blur(0.5, 0);
  const CtBlur sharp = ct_blur(0.5, 0.6);
  EXPECT_GT(ct_mtf(sharp, 0.25), 1.05);
  EXPECT_LT(ct_mtf(plain, 0.25), 1);
  double highest = 0;
  for (double d = 0; d < 5; d += 0.01) highest = std::max(highest, ct_edge(sharp, d));
  EXPECT_GT(highest, 1.02);
  EXPECT_NEAR(ct_edge(sharp, 0), 0.5, 1e-12);
}

// The blur keeps the integral: that of the disk's profile over the plane is the disk's area. 1e-4: the
// table's interpolation.
TEST(CtBlur, ADiskKeepsItsArea) {
  for (const double radius_mm : {0.025, 0.5, 6.1, 100.0})
    for (const double enhancement : {0.0, 0.5}) {
      const DiskProfile profile(ct_blur(0.4, enhancement), radius_mm);
      double area_mm2 = 0;
      const double step_mm = profile.outer_mm() / 20000;
      for (double r = step_mm / 2; r < profile.outer_mm(); r += step_mm)
        area_mm2 += 2 * pi * r * profile.at(r) * step_mm;
      EXPECT_NEAR(area_mm2 / (pi * radius_mm * radius_mm), 1, 1e-4) << radius_mm;
    }
}

// A disk much wider than the blur is 1 inside and, at its rim, half of it less a curvature term of sigma / (2
// R sqrt(2 pi)) (first order of the chord's sagitta under a Gaussian).
TEST(CtBlur, ALargeDiskHasAStraightEdge) {
  const CtBlur blur = ct_blur(0.4, 0);
  const double radius_mm = 50;
  const DiskProfile profile(blur, radius_mm);
  EXPECT_EQ(profile.at(0), 1);
  const double curvature = blur.sigma_mm[0] / (2 * radius_mm * std::sqrt(2 * pi));
  EXPECT_NEAR(profile.at(radius_mm), 0.5 - curvature, 1e-4);
  for (const double d : {-1.0, -0.3, 0.2, 0.8})
    EXPECT_NEAR(profile.at(radius_mm - d), ct_edge(blur, d), 0.003);
  EXPECT_EQ(profile.at(200), 0);
}

// The Hankel transform of a thin wire's profile is the MTF. 0.002: the sum's step and the table.
TEST(CtBlur, AThinWireShowsTheMtf) {
  for (const double enhancement : {0.0, 0.5}) {
    const CtBlur blur = ct_blur(0.5, enhancement);
    const DiskProfile profile(blur, 0.01);
    for (const double f : {0.0, 0.2, 0.5, 0.9}) {
      double sum = 0, area = 0;
      const double step_mm = 0.002;
      for (double r = step_mm / 2; r < profile.outer_mm(); r += step_mm) {
        sum += std::cyl_bessel_j(0.0, 2 * pi * f * r) * profile.at(r) * r;
        area += profile.at(r) * r;
      }
      EXPECT_NEAR(sum / area, ct_mtf(blur, f), 0.002) << f;
    }
  }
}

TEST(CtBlur, SliceProfilesHaveTheirWidthAndAnAreaOfOne) {
  for (const SliceShape shape : {SliceShape::rectangle, SliceShape::gaussian}) {
    const SliceProfile slice{shape, 2.5};
    EXPECT_NEAR(slice.share(0, -100, 100), 1, 1e-9);
    EXPECT_NEAR(slice.cumulative(0), 0.5, 1e-12);
    double area = 0;
    for (double z = -10; z < 10; z += 0.001) area += 0.001 * slice.density_per_mm(z + 0.0005);
    EXPECT_NEAR(area, 1, 1e-3);
    EXPECT_GT(slice.density_per_mm(1.2), slice.density_per_mm(0) / 2);
    EXPECT_LT(slice.density_per_mm(1.3), slice.density_per_mm(0) / 2);
    // Half of a slice that a boundary passes through the middle of.
    EXPECT_NEAR(slice.share(7, 7, 50), 0.5, 1e-9);
  }
}

}  // namespace
}  // namespace snitt::phantom
