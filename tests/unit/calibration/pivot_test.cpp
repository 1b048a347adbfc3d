#include "calibration/pivot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.hpp"
#include "geometry/rotation.hpp"
#include "phantom/noise.hpp"
#include "statistics/summary.hpp"
#include "stylus_fixture.hpp"

namespace snitt::calibration {
namespace {

using phantom::record_pivot;
using phantom::StylusTracking;
using ::testing::HasSubstr;

TEST(Pivot, WithoutNoiseTheTipIsExact) {
  const StylusTracking tracking;
  const PivotCalibration c = calibrate_pivot(stylus_poses(record_pivot({}, tracking)));
  // Matrices with entries up to 1000 leave 1e-13 of them.
  EXPECT_LT(norm(c.tip_mm - tracking.tip_mm), 1e-8);
  EXPECT_EQ(c.count(PoseUse::used), 200U);
  EXPECT_TRUE(c.reasons.empty());
}

TEST(Pivot, TheTipIsWithinAFifthOfAMillimetreForManySeedsAndItsIntervalsHold) {
  std::array<int, 3> covered{};
  int within_radius = 0;
  double worst = 0;
  std::array<std::vector<double>, 3> widths;
  std::vector<double> radii;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const StylusTracking tracking = usual_tracking(seed);
    const PivotCalibration c = calibrate_pivot(stylus_poses(record_pivot({}, tracking)));
    const Vec3 error = c.tip_mm - tracking.tip_mm;
    worst = std::max(worst, norm(error));
    for (std::size_t a = 0; a < 3; ++a) {
      covered[a] += std::abs(error[a]) <= c.half_width_mm[a] ? 1 : 0;
      widths[a].push_back(2 * c.half_width_mm[a]);
    }
    within_radius += norm(error) <= c.radius_mm ? 1 : 0;
    radii.push_back(c.radius_mm);
    EXPECT_NEAR(c.residual_rms_mm, 0.25 * std::sqrt(3.0), 0.06) << seed;
  }
  EXPECT_LT(worst, 0.2);
  for (std::size_t a = 0; a < 3; ++a) {
    // 95 % of 200 within the 95 % limits of the binomial distribution.
    EXPECT_GE(covered[a], 183);
    EXPECT_LE(covered[a], 197);
  }
  EXPECT_GE(within_radius, 183);
  EXPECT_LE(within_radius, 197);
  RecordProperty("worst_mm", std::to_string(worst));
  if (std::getenv("SNITT_SHOW") != nullptr)
    printf("worst %.3f covered %d %d %d radius %d widths %.3f %.3f %.3f radius %.3f\n", worst, covered[0],
           covered[1], covered[2], within_radius, statistics::median(widths[0]),
           statistics::median(widths[1]), statistics::median(widths[2]), statistics::median(radii));
}

TEST(Pivot, SeveralDentsWithWaysBetweenShareOneTip) {
  StylusTracking tracking = usual_tracking(3);
  tracking.angle_noise_deg = 0.05;
  tracking.invalid_fraction = 0.03;
  tracking.dropped_fraction = 0.02;
  const auto recording = record_pivot({.poses = 150, .dents = 3, .travel_s = 2, .lead_s = 2}, tracking);
  const PivotCalibration c = calibrate_pivot(stylus_poses(recording));
  ASSERT_EQ(c.episodes.size(), 3U);
  for (std::size_t e = 0; e < 3; ++e) {
    // A fraction of the noise at the tip, sqrt(0.25² + (0.05 degrees of 210 mm)²) = 0.31 mm, over 140 poses.
    EXPECT_LT(norm(c.episodes[e].pivot_mm - recording.dents_mm[e]), 0.15);
    EXPECT_GT(c.episodes[e].used, 115U);
  }
  EXPECT_LT(norm(c.tip_mm - tracking.tip_mm), 0.1);
  EXPECT_GE(c.count(PoseUse::moving), 140U);  // 160 on the way, 5 % of them lost
  EXPECT_NEAR(static_cast<double>(c.count(PoseUse::outlier)), 0.05 * 450 * 0.95, 14);
  EXPECT_TRUE(c.reasons.empty());
}

TEST(Pivot, AThirdOfGrossOutliersDoesNoHarm) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    StylusTracking tracking = usual_tracking(seed);
    tracking.outlier_fraction = 0.33;
    const PivotCalibration c = calibrate_pivot(stylus_poses(record_pivot({.poses = 300}, tracking)));
    EXPECT_LT(norm(c.tip_mm - tracking.tip_mm), 0.15) << seed;
    EXPECT_THAT(c.reasons, ::testing::ElementsAre(HasSubstr("outliers; check what disturbs the tracker")));
  }
}

TEST(Pivot, ASlowWayIsNotTakenForRest) {
  const StylusTracking tracking = usual_tracking(8);
  const auto recording = record_pivot({.poses = 150, .dents = 2, .travel_s = 12}, tracking);
  const PivotCalibration c = calibrate_pivot(stylus_poses(recording));
  EXPECT_EQ(c.episodes.size(), 2U);
  EXPECT_LT(norm(c.tip_mm - tracking.tip_mm), 0.1);
}

TEST(Pivot, ANarrowSwivelIsDoubtedAndItsIntervalsStillHold) {
  std::array<int, 3> covered{};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const StylusTracking tracking = usual_tracking(seed);
    const PivotCalibration c = calibrate_pivot(stylus_poses(record_pivot({.half_angle_deg = 12}, tracking)));
    for (std::size_t a = 0; a < 3; ++a)
      covered[a] += std::abs(c.tip_mm[a] - tracking.tip_mm[a]) <= c.half_width_mm[a] ? 1 : 0;
    EXPECT_THAT(c.reasons, ::testing::Contains(HasSubstr("swivel over 40 degrees and more")));
  }
  for (const int n : covered) EXPECT_GE(n, 34);  // 1 % quantile of 95 % of 40
}

TEST(Pivot, CoverageIsTheFullAngleOfTheCone) {
  const PivotCalibration c =
      calibrate_pivot(stylus_poses(record_pivot({.poses = 2000, .half_angle_deg = 30}, usual_tracking(2))));
  // From 2.5 to 97.5 % of a path that lingers at the borders; the pointer's tip is 5 degrees off its shaft.
  EXPECT_NEAR(c.episodes.at(0).coverage_major_deg, 57, 4);
  EXPECT_NEAR(c.episodes.at(0).coverage_minor_deg, 55, 6);
}

TEST(Pivot, ErrorsThatLastForManyPosesWidenTheIntervals) {
  // First-order autoregressive errors, correlation 0.8 from pose to pose: two hundred poses are worth some
  // twenty.
  constexpr double rho = 0.8;
  int covered = 0;
  int covered_without = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    TrackedPoses poses = stylus_poses(record_pivot({}, {.seed = seed}));
    Vec3 error;
    for (std::size_t k = 0; k < poses.size(); ++k)
      for (std::size_t a = 0; a < 3; ++a) {
        const double fresh = phantom::normal(phantom::random_bits(seed, a, k));
        error[a] = k == 0 ? 0.25 * fresh : rho * error[a] + 0.25 * std::sqrt(1 - rho * rho) * fresh;
        poses.matrix[k](a, 3) += error[a];
      }
    const PivotCalibration c = calibrate_pivot(poses);
    EXPECT_GT(c.residual_correlation, 0.5);
    const Vec3 wrong = c.tip_mm - StylusTracking().tip_mm;
    const double inflation = (1 + c.residual_correlation) / (1 - c.residual_correlation);
    for (std::size_t a = 0; a < 3; ++a) {
      covered += std::abs(wrong[a]) <= c.half_width_mm[a] ? 1 : 0;
      covered_without += std::abs(wrong[a]) <= c.half_width_mm[a] / std::sqrt(inflation) ? 1 : 0;
    }
  }
  if (std::getenv("SNITT_SHOW") != nullptr)
    printf("correlated: %d, without %d of 120\n", covered, covered_without);
  EXPECT_GE(covered, 107);  // 1 % quantile of 95 % of 120, were they independent
  EXPECT_LT(covered_without, 100);
}

TEST(Pivot, TheSameBytesEveryTime) {
  const TrackedPoses poses = stylus_poses(record_pivot({}, usual_tracking(4)));
  EXPECT_EQ(calibrate_pivot(poses).tip_mm, calibrate_pivot(poses).tip_mm);
}

TEST(PivotRefusals, TooFewPosesAreCounted) {
  StylusTracking tracking;
  tracking.invalid_fraction = 0.9;
  const auto poses = stylus_poses(record_pivot({.poses = 100}, tracking));
  EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(poses); }),
              HasSubstr("of 100 poses are usable; expected at least 20"));
}

TEST(PivotRefusals, NoUsablePoseIsAnInputError) {
  StylusTracking tracking;
  tracking.invalid_fraction = 1;
  const auto recording = record_pivot({.poses = 100}, tracking);
  EXPECT_THAT(refusal<InputError>([&] { stylus_poses(recording); }),
              HasSubstr("none of 100 samples has a usable pose on the path Stylus -> Tracker"));
}

TEST(PivotRefusals, AWrongNameIsAnsweredWithTheNamesThatAreThere) {
  const auto recording = record_pivot({}, {});
  EXPECT_THAT(refusal<InputError>([&] { tracked_poses(recording.frames, "Stilus", "Reference"); }),
              HasSubstr("Stylus"));
}

TEST(PivotRefusals, PosesWithoutRotationAreNamed) {
  for (const double noise_mm : {0.0, 0.25}) {
    StylusTracking tracking;
    tracking.position_noise_mm = noise_mm;
    const auto poses = stylus_poses(record_pivot({.half_angle_deg = 0.5, .hinge = true}, tracking));
    EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(poses); }),
                HasSubstr("the poses are all alike"));
  }
}

TEST(PivotRefusals, RotationAboutOneAxisIsNamedWithTheAxis) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    StylusTracking tracking = usual_tracking(seed);
    tracking.angle_noise_deg = 0.05;
    const auto poses = stylus_poses(record_pivot({.hinge = true}, tracking));
    EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(poses); }),
                HasSubstr("the poses turn about one axis only"));
  }
}

TEST(PivotRefusals, ATipThatNeverRestsIsNamed) {
  // Nothing but the way from place to place, turning all the time.
  StylusTracking tracking = usual_tracking(1);
  const auto recording = record_pivot({.poses = 2, .dents = 40, .travel_s = 2}, tracking);
  EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(stylus_poses(recording)); }),
              HasSubstr("there is no tip that rests within 3 mm"));
}

TEST(PivotRefusals, NoiseBeyondTheToleranceIsNamedAndNoiseNearItIsDoubted) {
  StylusTracking tracking;
  tracking.position_noise_mm = 2.5;
  EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(stylus_poses(record_pivot({}, tracking))); }),
              HasSubstr("farther than 3 mm from where it should rest"));
  tracking.position_noise_mm = 1;
  const TrackedPoses poses = stylus_poses(record_pivot({}, tracking));
  EXPECT_THAT(calibrate_pivot(poses).reasons, ::testing::Contains(HasSubstr("allow a tolerance of 6 mm")));
  PivotOptions wide;
  wide.rest_tolerance_mm = 6;
  EXPECT_THAT(calibrate_pivot(poses, wide).reasons,
              ::testing::Not(::testing::Contains(HasSubstr("tolerance"))));
}

TEST(PivotRefusals, TwoPointersInOneRecordingAreNoticed) {
  StylusTracking one = usual_tracking(1);
  StylusTracking two = usual_tracking(2);
  two.tip_mm = {150, 20, -10};
  TrackedPoses poses = stylus_poses(record_pivot({}, one));
  const TrackedPoses more = stylus_poses(record_pivot({}, two));
  poses.matrix.insert(poses.matrix.end(), more.matrix.begin(), more.matrix.end());
  poses.time_s.insert(poses.time_s.end(), more.time_s.begin(), more.time_s.end());
  poses.sample.insert(poses.sample.end(), more.sample.begin(), more.sample.end());
  EXPECT_THAT(refusal<ComputationError>([&] { calibrate_pivot(poses); }), HasSubstr("two tips"));
}

}  // namespace
}  // namespace snitt::calibration
