#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "base/error.hpp"
#include "calibration/surface_registration.hpp"
#include "calibration/surface_start.hpp"
#include "geometry/rotation.hpp"
#include "phantom/trajectory.hpp"
#include "statistics/summary.hpp"
#include "stylus_fixture.hpp"

namespace snitt::calibration {
namespace {

using phantom::record_surfaces;
using phantom::StylusTracking;
using phantom::SurfaceMotion;
using ::testing::HasSubstr;

constexpr double to_deg = 180 / std::numbers::pi;

/// A box of 140 x 60 x 35 mm without its bottom, and a groove on its top.
PhantomDefinition box() {
  PhantomDefinition p;
  p.name = "box";
  p.planes = {{"top", {0, 0, 35}, {140, 0, 35}, {140, 60, 35}},
              {"front", {0, 0, 0}, {140, 0, 0}, {140, 0, 35}},
              {"back", {0, 60, 0}, {140, 60, 0}, {140, 60, 35}},
              {"left", {0, 0, 0}, {0, 60, 0}, {0, 60, 35}},
              {"right", {140, 0, 0}, {140, 60, 0}, {140, 60, 35}}};
  p.lines = {{"groove", {20, 30, 41}, {120, 35, 41}}};
  p.landmarks = {{"corner", {0, 0, 35}}};
  return p;
}

struct Samples {
  std::vector<Vec3> tips;
  std::vector<std::string> objects;
};

Samples samples_of(const SurfaceMotion& motion, const StylusTracking& tracking) {
  const auto r = record_surfaces(box(), phantom_placement(), motion, tracking);
  const TrackedPoses poses = stylus_poses(r);
  const auto& names = std::get<std::vector<std::string>>(r.frames.fields.at(0).values);
  Samples s;
  for (std::size_t k = 0; k < poses.size(); ++k) {
    s.tips.push_back(transform_point(poses.matrix[k], transform_point(r.stylus_tip_to_stylus, {})));
    s.objects.push_back(names[poses.sample[k]]);
  }
  return s;
}

Matrix4 rough_start() {
  return phantom::translation({2.5, -2, 1.5}) * phantom_placement() * phantom::rotation_deg({1, -1.5, 2});
}

TEST(SurfaceRegistration, WithoutNoiseIsExactWithObjectsFoundOrGiven) {
  const Samples s = samples_of({}, {});
  const Matrix4 truth = phantom_placement();
  for (const SurfaceRegistration& r :
       {register_surfaces(s.tips, box(), rough_start()), register_surfaces(s.tips, box(), s.objects)}) {
    for (std::size_t k = 0; k < 16; ++k) EXPECT_NEAR(r.placement.phantom_to_reference.m[k], truth.m[k], 1e-6);
    EXPECT_EQ(r.uses.size(), 6U);
    EXPECT_TRUE(r.reasons.empty());
  }
}

TEST(SurfaceRegistration, FindsTheObjectOfNearlyEverySample) {
  const Samples s = samples_of({.contact_error_mm = 0.1}, usual_tracking(1));
  const SurfaceRegistration r = register_surfaces(s.tips, box(), rough_start());
  std::size_t right = 0;
  std::size_t mistaken = 0;
  std::size_t lifting = 0;
  for (std::size_t k = 0; k < s.tips.size(); ++k) {
    if (r.object_of_sample[k] < 0) continue;
    if (s.objects[k].empty())
      ++lifting;
    else
      ++(r.objects[static_cast<std::size_t>(r.object_of_sample[k])].name == s.objects[k] ? right : mistaken);
  }
  EXPECT_GT(right, 490U);   // of 600, 5 % of them outliers and some near edges
  EXPECT_EQ(mistaken, 0U);  // edges are left out
  EXPECT_LT(lifting, 20U);  // two at each of ten ends, within 0.1 mm of the plane
}

TEST(SurfaceRegistration, ItsIntervalsHoldWithObjectsGiven) {
  std::array<int, 9> covered{};
  std::array<std::vector<double>, 9> widths;
  const Matrix4 truth = phantom_placement();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Samples s =
        samples_of({.poses = 30, .contact_error_mm = 0.1, .travel_s = 0.5}, usual_tracking(seed));
    const SurfaceRegistration r = register_surfaces(s.tips, box(), s.objects);
    const PhantomPlacement& p = r.placement;
    const Vec3 tilt = vector_from_rotation(p.phantom_to_reference * inverse(truth));
    const Vec3 center =
        transform_point(p.phantom_to_reference, p.center_mm) - transform_point(truth, p.center_mm);
    const Vec3 origin = transform_point(p.phantom_to_reference, {}) - transform_point(truth, {});
    for (std::size_t a = 0; a < 3; ++a) {
      covered[a] += std::abs(tilt[a]) * to_deg <= p.tilt_half_width_deg[a] ? 1 : 0;
      covered[3 + a] += std::abs(center[a]) <= p.center_half_width_mm[a] ? 1 : 0;
      covered[6 + a] += std::abs(origin[a]) <= p.origin_half_width_mm[a] ? 1 : 0;
      widths[a].push_back(2 * p.tilt_half_width_deg[a]);
      widths[3 + a].push_back(2 * p.center_half_width_mm[a]);
      widths[6 + a].push_back(2 * p.origin_half_width_mm[a]);
    }
  }
  for (const int n : covered) {
    // 95 % of 200 within the 95 % limits of the binomial distribution.
    EXPECT_GE(n, 183);
    EXPECT_LE(n, 197);
  }
  if (std::getenv("SNITT_SHOW") != nullptr)
    for (std::size_t k = 0; k < 9; ++k)
      printf("covered %d width %.3f\n", covered[k], statistics::median(widths[k]));
}

TEST(SurfaceRegistration, ACornerOfEachPlaneIsEnoughWhenTheObjectsAreGiven) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Samples s = samples_of({.contact_error_mm = 0.1}, usual_tracking(seed));
    const Matrix4 back = inverse(phantom_placement());
    Samples part;
    for (std::size_t k = 0; k < s.tips.size(); ++k) {
      // The eighth of the box around one of its corners.
      const Vec3 p = transform_point(back, s.tips[k]);
      const bool inside = (seed & 1 ? p.x < 80 : p.x > 60) && (seed & 2 ? p.y < 35 : p.y > 25) && p.z > 10;
      if (!inside) continue;
      part.tips.push_back(s.tips[k]);
      part.objects.push_back(s.objects[k]);
    }
    const PhantomPlacement p = register_surfaces(part.tips, box(), part.objects).placement;
    EXPECT_LT(angle_between(p.phantom_to_reference, phantom_placement()) * to_deg, 1) << seed;
  }
}

TEST(SurfaceRegistration, ItsIntervalsHoldWithObjectsFound) {
  std::array<int, 6> covered{};
  const Matrix4 truth = phantom_placement();
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Samples s = samples_of({.poses = 60, .contact_error_mm = 0.1}, usual_tracking(seed));
    const PhantomPlacement p = register_surfaces(s.tips, box(), rough_start()).placement;
    const Vec3 tilt = vector_from_rotation(p.phantom_to_reference * inverse(truth));
    const Vec3 center =
        transform_point(p.phantom_to_reference, p.center_mm) - transform_point(truth, p.center_mm);
    for (std::size_t a = 0; a < 3; ++a) {
      covered[a] += std::abs(tilt[a]) * to_deg <= p.tilt_half_width_deg[a] ? 1 : 0;
      covered[3 + a] += std::abs(center[a]) <= p.center_half_width_mm[a] ? 1 : 0;
      worst = std::max(worst, std::abs(center[a]));
    }
  }
  for (const int n : covered) EXPECT_GE(n, 25);  // 1 % quantile of 95 % of 30
  EXPECT_LT(worst, 0.2);
  if (std::getenv("SNITT_SHOW") != nullptr)
    for (const int n : covered) printf("found: covered %d of 30, worst %.3f\n", n, worst);
}

TEST(SurfaceStart, IsFoundFromThePathAloneWhenThePhantomIsNotSymmetrical) {
  PhantomDefinition notched = box();
  notched.planes.push_back({"notch", {30, 0, 20}, {30, 60, 20}, {60, 60, 35}});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto r =
        record_surfaces(notched, phantom_placement(), {.contact_error_mm = 0.1}, usual_tracking(seed));
    std::vector<Vec3> tips;
    for (const Matrix4& pose : stylus_poses(r).matrix)
      tips.push_back(transform_point(pose * r.stylus_tip_to_stylus, {}));
    const Matrix4 start = find_start(tips, notched);
    EXPECT_LT(angle_between(start, phantom_placement()) * to_deg, 3) << seed;
    const PhantomPlacement p = register_surfaces(tips, notched, start).placement;
    EXPECT_LT(angle_between(p.phantom_to_reference, phantom_placement()) * to_deg, 0.3) << seed;
  }
}

TEST(SurfaceStart, DoesNotDependOnTheRateOfTheTracker) {
  const PhantomDefinition notched = [] {
    PhantomDefinition p = box();
    p.planes.push_back({"notch", {30, 0, 20}, {30, 60, 20}, {60, 60, 35}});
    return p;
  }();
  for (const std::size_t poses : {60, 400, 3000}) {
    const auto r = record_surfaces(notched, phantom_placement(), {.poses = poses, .contact_error_mm = 0.1},
                                   usual_tracking(poses));
    std::vector<Vec3> tips;
    for (const Matrix4& pose : stylus_poses(r).matrix)
      tips.push_back(transform_point(pose * r.stylus_tip_to_stylus, {}));
    EXPECT_LT(angle_between(find_start(tips, notched), phantom_placement()) * to_deg, 3) << poses;
  }
}

TEST(SurfaceStart, IsRefusedByNameForASymmetricalBoxAndForTooFewPlanes) {
  const Samples s = samples_of({.visits = {"top", "front", "back", "left", "right"}}, usual_tracking(1));
  EXPECT_THAT(refusal<ComputationError>([&] { find_start(s.tips, box()); }),
              HasSubstr("in more than one way"));
  const Samples two = samples_of({.visits = {"top", "front"}}, usual_tracking(1));
  EXPECT_THAT(refusal<ComputationError>([&] { find_start(two.tips, box()); }),
              HasSubstr("on at least three planes in different directions"));
}

TEST(SurfaceRegistrationRefusals, AreNamed) {
  const auto given = [](const std::vector<std::string>& visits) {
    const Samples s = samples_of({.visits = visits}, usual_tracking(1));
    return refusal<ComputationError>([&] { register_surfaces(s.tips, box(), s.objects); });
  };
  EXPECT_THAT(given({"top", "left"}),
              HasSubstr("2 planes, lines and points were touched; expected at least three"));
  // Nothing but planes along x.
  EXPECT_THAT(given({"top", "front", "back"}), HasSubstr("free to move along (1.00 "));
  const Samples one = samples_of({.visits = {"top"}}, usual_tracking(1));
  EXPECT_THAT(refusal<ComputationError>([&] { register_surfaces(one.tips, box(), rough_start()); }),
              HasSubstr("leave the phantom free to"));
  const Samples all = samples_of({}, usual_tracking(1));
  const Matrix4 far = phantom::translation({400, 0, 0}) * phantom_placement();
  EXPECT_THAT(refusal<ComputationError>([&] { register_surfaces(all.tips, box(), far); }),
              HasSubstr("samples lie within 10 mm"));
  PhantomDefinition bare = box();
  bare.planes.clear();
  bare.lines.clear();
  EXPECT_THAT(refusal<ComputationError>([&] { register_surfaces(all.tips, bare, rough_start()); }),
              HasSubstr("has no planes and no lines"));
  std::vector<std::string> wrong = all.objects;
  wrong[5] = "topp";
  EXPECT_THAT(refusal<InputError>([&] { register_surfaces(all.tips, box(), wrong); }),
              HasSubstr("did you mean 'top'?"));
  PhantomDefinition larger = box();
  for (PhantomPlane& p : larger.planes)
    for (Vec3* v : {&p.base_mm, &p.end1_mm, &p.end2_mm}) *v = 1.3 * *v;
  EXPECT_THAT(refusal<ComputationError>([&] { register_surfaces(all.tips, larger, all.objects); }),
              HasSubstr("do not fit phantom 'box'"));
}

}  // namespace
}  // namespace snitt::calibration
