#include "calibration/spin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "base/error.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/summary.hpp"
#include "stylus_fixture.hpp"

namespace snitt::calibration {
namespace {

using phantom::record_pivot;
using phantom::record_spin;
using phantom::SpinMotion;
using phantom::StylusTracking;
using ::testing::HasSubstr;

constexpr double to_deg = 180 / std::numbers::pi;

StylusTracking turning_noise(std::uint64_t seed) {
  StylusTracking t = usual_tracking(seed);
  t.angle_noise_deg = 0.2;
  return t;
}

/// Tilts of the true shaft towards x and y of the frame that was found.
std::array<double, 2> tilts_deg(const SpinCalibration& c, Vec3 shaft) {
  const Vec3 d = transform_vector(inverse(tip_frame({}, c.axis)), unit(shaft));
  return {d.x / d.z * to_deg, d.y / d.z * to_deg};
}

TEST(Spin, WithoutNoiseTheShaftIsExact) {
  const StylusTracking tracking;
  const SpinCalibration c = calibrate_spin(stylus_poses(record_spin({}, tracking)), tracking.tip_mm);
  EXPECT_LT(angle_between(c.axis, tracking.shaft), 1e-9);
  EXPECT_NEAR(c.turn_deg, 360 * 3 * 199.0 / 200, 1e-6);
  EXPECT_TRUE(c.reasons.empty());
}

TEST(Spin, ItsIntervalsHoldWithGrossOutliers) {
  std::array<int, 2> covered{};
  int within = 0;
  double worst = 0;
  std::array<std::vector<double>, 2> widths;
  std::vector<double> angles;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const StylusTracking tracking = turning_noise(seed);
    const SpinCalibration c = calibrate_spin(stylus_poses(record_spin({}, tracking)), tracking.tip_mm);
    const std::array<double, 2> tilt = tilts_deg(c, tracking.shaft);
    for (std::size_t a = 0; a < 2; ++a) {
      covered[a] += std::abs(tilt[a]) <= c.half_width_deg[a] ? 1 : 0;
      widths[a].push_back(2 * c.half_width_deg[a]);
    }
    const double angle = angle_between(c.axis, tracking.shaft) * to_deg;
    within += angle <= c.angle_deg ? 1 : 0;
    worst = std::max(worst, angle);
    angles.push_back(c.angle_deg);
    EXPECT_EQ(c.wobble_deg, 0) << seed;
  }
  for (const int n : {covered[0], covered[1], within}) {
    // 95 % of 200 within the 95 % limits of the binomial distribution.
    EXPECT_GE(n, 183);
    EXPECT_LE(n, 197);
  }
  EXPECT_LT(worst, 0.1);
  if (std::getenv("SNITT_SHOW") != nullptr)
    printf("worst %.3f covered %d %d angle %d widths %.4f %.4f angle %.4f\n", worst, covered[0], covered[1],
           within, statistics::median(widths[0]), statistics::median(widths[1]), statistics::median(angles));
}

TEST(Spin, AHandThatWobblesSlowlyIsFollowed) {
  int within = 0;
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    const StylusTracking tracking = turning_noise(seed);
    const SpinCalibration c =
        calibrate_spin(stylus_poses(record_spin({.wobble_deg = 4}, tracking)), tracking.tip_mm);
    const double angle = angle_between(c.axis, tracking.shaft) * to_deg;
    worst = std::max(worst, angle);
    within += angle <= c.angle_deg ? 1 : 0;
    EXPECT_GT(c.wobble_deg, 2);
  }
  EXPECT_LT(worst, 0.15);
  EXPECT_GE(within, 13);  // the interval is for what the drift's model may miss, and rather too wide
  if (std::getenv("SNITT_SHOW") != nullptr) printf("wobble: worst %.3f within %d of 15\n", worst, within);
}

TEST(Spin, APartOfAPivotRecordingMayBeTheSpin) {
  const StylusTracking tracking = turning_noise(3);
  TrackedPoses poses = stylus_poses(record_pivot({}, tracking));
  const TrackedPoses spin = stylus_poses(record_spin({}, tracking));
  poses.matrix.insert(poses.matrix.end(), spin.matrix.begin(), spin.matrix.end());
  for (const double t : spin.time_s) poses.time_s.push_back(t + 100);
  for (const std::size_t k : spin.sample) poses.sample.push_back(k + 200);
  const PivotCalibration pivot = calibrate_pivot(poses);
  const auto part = spin_episode(poses, pivot);
  ASSERT_TRUE(part.has_value());
  EXPECT_LT(angle_between(calibrate_spin(*part, pivot.tip_mm).axis, tracking.shaft) * to_deg, 0.1);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const TrackedPoses swivel = stylus_poses(record_pivot({.poses = 400}, turning_noise(seed)));
    EXPECT_FALSE(spin_episode(swivel, calibrate_pivot(swivel)).has_value());
  }
}

TEST(SpinRefusals, AreNamed) {
  const StylusTracking tracking = turning_noise(1);
  const auto call = [&](const phantom::StylusRecording& r) {
    return refusal<ComputationError>([&] { calibrate_spin(stylus_poses(r), tracking.tip_mm); });
  };
  EXPECT_THAT(call(record_spin({.poses = 10}, tracking)), HasSubstr("expected at least 20"));
  StylusTracking clean = tracking;
  clean.outlier_fraction = 0;
  EXPECT_THAT(call(record_spin({.turns = 0.02}, clean)), HasSubstr("hardly turns"));
  EXPECT_THAT(call(record_pivot({}, tracking)), HasSubstr("does not turn about one axis"));
}

TEST(Spin, AQuarterTurnIsDoubted) {
  const StylusTracking tracking = turning_noise(1);
  const SpinCalibration c =
      calibrate_spin(stylus_poses(record_spin({.turns = 0.25}, tracking)), tracking.tip_mm);
  EXPECT_THAT(c.reasons, ::testing::Contains(HasSubstr("turned by 89 degrees only")));
}

}  // namespace
}  // namespace snitt::calibration
