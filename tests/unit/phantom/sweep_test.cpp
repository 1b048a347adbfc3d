#include "phantom/sweep.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "geometry/pose.hpp"
#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

SweepSettings small_sweep(const Scene& scene, Motion motion) {
  SweepSettings s;
  s.path = path_over(scene, motion);
  s.path.orientation_deg = {7, -11, 5};
  s.frames = 9;
  s.columns = 83;
  s.rows = 71;
  s.pixel_size_mm = 0.5;
  s.format = {PixelType::f32, 1};
  return s;
}

std::vector<std::byte> all_pixels(SweepSource& source) {
  std::vector<std::byte> pixels(source.frames().count * source.frames().shape.bytes());
  source.read(0, source.frames().count, pixels);
  return pixels;
}

const TrackedTransform& tracked(const Frames& frames, const std::string& from) {
  for (const TrackedTransform& t : frames.tracked)
    if (t.name.from == from) return t;
  throw ComputationError("no transform from {}", from);
}

/// The way a reader goes, from what is recorded: inverse(ReferenceToTracker) ProbeToTracker ImageToProbe.
Matrix4 recorded_path(const Frames& frames, std::size_t sample) {
  return inverse(tracked(frames, "Reference").matrix[sample]) * tracked(frames, "Probe").matrix[sample] *
         frames.constant.at(0).matrix;
}

double largest_difference(const Matrix4& a, const Matrix4& b) {
  double largest = 0;
  for (std::size_t i = 0; i < 16; ++i) largest = std::max(largest, std::abs(a.m[i] - b.m[i]));
  return largest;
}

class EveryMotion : public testing::TestWithParam<Motion> {};

TEST_P(EveryMotion, PixelsShowTheSceneWhereTheRecordedTransformsPutThem) {
  const Scene scene = named_scene("mixed", 2);
  SweepSource source(scene, small_sweep(scene, GetParam()));
  const Frames& frames = source.frames();
  const std::vector<std::byte> bytes = all_pixels(source);
  const auto* pixels = reinterpret_cast<const float*>(bytes.data());
  std::size_t n = 0;
  for (std::size_t k = 0; k < frames.count; ++k) {
    const Matrix4 path = recorded_path(frames, k);
    for (std::size_t v = 0; v < frames.shape.rows; ++v)
      for (std::size_t u = 0; u < frames.shape.columns; ++u, ++n)
        // Poses round at 1e-12 mm and edges rise by 200 levels in 2 mm, so floats near 250 (1.5e-5) set the
        // limit.
        ASSERT_NEAR(double(pixels[n]), value(scene, transform_point(path, {double(u), double(v), 0})), 3e-5)
            << "frame " << k << " u " << u << " v " << v;
  }
}

TEST_P(EveryMotion, ProbeAndReferencePosesAreRigidAndFarFromTheIdentity) {
  const Scene scene = named_scene("spheres", 1);
  const SweepSource source(scene, small_sweep(scene, GetParam()));
  for (const TrackedTransform& t : source.frames().tracked)
    for (const Matrix4& pose : t.matrix) {
      EXPECT_LT(rigidity_error(pose), 1e-12);
      EXPECT_GT(largest_difference(pose, {}), 50);
    }
}

INSTANTIATE_TEST_SUITE_P(Sweep, EveryMotion,
                         testing::Values(Motion::linear, Motion::tilt, Motion::rotation, Motion::freehand,
                                         Motion::calibration));

TEST(Sweep, LinearFramesAreEvenlySpacedAlongTheNormalOverTheTravel) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.path.orientation_deg = {};
  const SweepSource source(scene, s);
  const Vec3 middle{41, 35, 0};
  for (std::size_t k = 0; k < 9; ++k) {
    const Vec3 p = transform_point(source.image_to_reference(k), middle);
    EXPECT_NEAR(p.x, scene.center_mm.x, 1e-9);
    EXPECT_NEAR(p.y, scene.center_mm.y, 1e-9);
    EXPECT_NEAR(p.z, scene.center_mm.z + 40 * (double(k) / 8 - 0.5), 1e-9);
  }
}

TEST(Sweep, ASingleFrameShowsTheMiddleOfTheRegion) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.frames = 1;
  const SweepSource source(scene, s);
  const Vec3 p = transform_point(source.image_to_reference(0), {41, 35, 0});
  EXPECT_LT(norm(p - scene.center_mm), 1e-9);
}

class EveryFormat : public testing::TestWithParam<PixelFormat> {};

TEST_P(EveryFormat, GivesTheSameBytesForAnyOrderAndAnyNumberOfThreads) {
  Scene scene = named_scene("mixed", 0.5);
  scene.speckle = Speckle{0.4, 0.7, 3};
  SweepSettings s = small_sweep(scene, Motion::freehand);
  s.format = GetParam();
  s.noise = 4;
  s.sector = Sector{};
  SweepSource source(scene, s);
  const std::vector<std::byte> together = all_pixels(source);
  const std::size_t bytes = source.frames().shape.bytes();
  std::vector<std::byte> one(bytes);
  for (const int threads : {1, 2, 7}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    for (const std::size_t frame : {8u, 3u, 0u, 5u}) {
      source.read(frame, 1, one);
      ASSERT_TRUE(std::equal(one.begin(), one.end(), together.begin() + frame * bytes)) << frame;
    }
  }
  SweepSource again(scene, s);
  EXPECT_EQ(all_pixels(again), together);
  s.seed = 2;
  SweepSource other(scene, s);
  EXPECT_NE(all_pixels(other), together);
}

INSTANTIATE_TEST_SUITE_P(Sweep, EveryFormat,
                         testing::Values(PixelFormat{PixelType::u8, 1}, PixelFormat{PixelType::u16, 1},
                                         PixelFormat{PixelType::f32, 1}, PixelFormat{PixelType::u8, 3}));

TEST(Sweep, WholeTypesRoundToNearestAndClamp) {
  Scene scene;
  scene.background = 99.6;
  scene.objects = {sphere({}, 3, 400), sphere({10, 0, 0}, 3, -50)};
  SweepSettings s;
  s.path = path_over(scene, Motion::linear);
  s.frames = 1;
  s.columns = s.rows = 81;
  s.pixel_size_mm = 0.5;
  SweepSource source(scene, s);
  const std::vector<std::byte> pixels = all_pixels(source);
  EXPECT_EQ(std::to_integer<int>(pixels[0]), 100);
  EXPECT_EQ(std::to_integer<int>(pixels[40 * 81 + 40]), 255);
  EXPECT_EQ(std::to_integer<int>(pixels[40 * 81 + 60]), 0);
}

TEST(Sweep, RgbHoldsTheGreyValueAtThreeGains) {
  Scene scene;
  scene.background = 200;
  SweepSettings s;
  s.frames = 1;
  s.format = {PixelType::u8, 3};
  SweepSource source(scene, s);
  const std::vector<std::byte> pixels = all_pixels(source);
  EXPECT_EQ(std::to_integer<int>(pixels[0]), 200);
  EXPECT_EQ(std::to_integer<int>(pixels[1]), 150);
  EXPECT_EQ(std::to_integer<int>(pixels[2]), 100);
}

TEST(Sweep, SectorIsDarkOutsideAndDescribedByTheMask) {
  Scene scene;
  scene.background = 100;
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.format = {};
  s.sector = Sector{-10, 30, 12, 40};
  SweepSource source(scene, s);
  const std::vector<std::byte> pixels = all_pixels(source);
  const auto& mask = source.frames().mask;
  ASSERT_EQ(mask.size(), 83u * 71u);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    ASSERT_EQ(std::to_integer<int>(pixels[i]), mask[i % mask.size()] ? 100 : 0);
  // Area of the sector in pixels of 0.25 mm^2, less what the image's top and sides cut: none here but the
  // corners beyond the 41 mm width, so inside 2 % (one pixel along the 80 mm border is 1.4 %).
  const double area = 0.5 * (40.0 * 40 - 12.0 * 12) * (60 * std::acos(-1) / 180);
  EXPECT_NEAR(0.25 * std::accumulate(mask.begin(), mask.end(), 0.0), area, 0.02 * area);
}

TEST(Sweep, PixelNoiseHasTheStatedStandardDeviation) {
  Scene scene;
  scene.background = 100;
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.noise = 5;
  SweepSource source(scene, s);
  const std::vector<std::byte> bytes = all_pixels(source);
  const auto* pixels = reinterpret_cast<const float*>(bytes.data());
  const auto n = static_cast<double>(bytes.size() / sizeof(float));
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    sum += double(pixels[i]);
    squares += double(pixels[i]) * double(pixels[i]);
  }
  // 53 037 samples: the standard errors are 0.022 and 0.014; five of them.
  EXPECT_NEAR(sum / n, 100, 0.11);
  EXPECT_NEAR(std::sqrt(squares / n - sum / n * sum / n), 5, 0.07);
}

TEST(Tracker, LagShiftsPosesByExactlyTheLagOnASweepOfConstantVelocity) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.path.orientation_deg = {};
  s.frames = 101;
  s.tracker.lag_s = 0.13;
  const SweepSource source(scene, s);
  // 40 mm in 5 s: a pose stamped t shows the probe 0.13 s * 8 mm/s = 1.04 mm behind. 1e-9: rounding of poses
  // near 1 m.
  for (std::size_t k = 0; k < s.frames; ++k) {
    const Vec3 said = transform_point(recorded_path(source.frames(), k), {0, 0, 0});
    const Vec3 true_place = transform_point(source.image_to_reference(k), {0, 0, 0});
    EXPECT_NEAR(true_place.z - said.z, 1.04, 1e-9);
    EXPECT_NEAR(true_place.x - said.x, 0, 1e-9);
  }
}

TEST(Tracker, OwnClockCoversTheFramesAndItsLagIsUndoneByTheSameOffset) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.frames = 60;
  s.tracker.rate_hz = 77;
  s.tracker.lag_s = 0.06;
  s.tracker.reference_drift_mm = s.tracker.reference_drift_deg = 0;  // so that interpolation is exact
  const SweepSource source(scene, s);
  const TrackedTransform& probe = tracked(source.frames(), "Probe");
  ASSERT_EQ(probe.time_s.size(), probe.matrix.size());
  EXPECT_LT(probe.time_s.front(), source.frames().time_s.front() - 0.4);
  EXPECT_GT(probe.time_s.back(), source.frames().time_s.back() + 0.4);
  for (std::size_t j = 1; j < probe.time_s.size(); ++j)
    EXPECT_NEAR(probe.time_s[j] - probe.time_s[j - 1], 1.0 / 77, 1e-12);
  for (std::size_t k = 0; k < s.frames; ++k) {
    const double time = source.frames().time_s[k] + s.tracker.lag_s;
    const auto after =
        std::size_t(std::upper_bound(probe.time_s.begin(), probe.time_s.end(), time) - probe.time_s.begin());
    const double fraction = (time - probe.time_s[after - 1]) * 77;
    const Matrix4 pose = interpolate_pose(probe.matrix[after - 1], probe.matrix[after], fraction);
    const Matrix4 path =
        inverse(tracked(source.frames(), "Reference").matrix[0]) * pose * source.image_to_probe();
    EXPECT_LT(largest_difference(path, source.image_to_reference(k)), 1e-9);
  }
}

TEST(Tracker, InvalidPosesAreFlaggedAndHoldNothingUsable) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.frames = 2000;
  s.tracker.invalid_samples = {3, 4};
  s.tracker.invalid_fraction = 0.1;
  s.tracker.dropped_fraction = 0.05;
  const SweepSource source(scene, s);
  const TrackedTransform& probe = tracked(source.frames(), "Probe");
  EXPECT_FALSE(is_usable(probe.status[3]));
  EXPECT_FALSE(is_usable(probe.status[4]));
  std::size_t invalid = 0;
  std::size_t missing = 0;
  for (std::size_t k = 0; k < s.frames; ++k) {
    invalid += probe.status[k] == Status::invalid;
    missing += probe.status[k] == Status::missing;
    EXPECT_EQ(is_usable(probe.status[k]), !(probe.matrix[k] == Matrix4{}));
  }
  // 2000 draws: standard deviations 13 and 10; four of them.
  EXPECT_NEAR(double(invalid), 0.1 * 0.95 * 2000, 54);
  EXPECT_NEAR(double(missing), 0.05 * 2000, 40);
  for (const Status status : tracked(source.frames(), "Reference").status) EXPECT_EQ(status, Status::ok);
}

TEST(Tracker, DroppedSamplesOfAClockOfItsOwnAreAbsent) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.tracker.rate_hz = 500;
  const std::size_t whole = tracked(SweepSource(scene, s).frames(), "Probe").matrix.size();
  s.tracker.dropped_fraction = 0.5;
  const SweepSource source(scene, s);
  const TrackedTransform& probe = tracked(source.frames(), "Probe");
  EXPECT_LT(probe.matrix.size(), 0.6 * double(whole));
  EXPECT_EQ(probe.matrix.size(), probe.time_s.size());
  EXPECT_EQ(probe.matrix.size(), probe.status.size());
}

TEST(Tracker, NoiseHasTheStatedSizeAndLeavesPosesRigid) {
  const Scene scene = named_scene("spheres", 0);
  SweepSettings s = small_sweep(scene, Motion::linear);
  s.frames = 4000;
  const SweepSource clean(scene, s);
  s.tracker.position_noise_mm = 0.3;
  const SweepSource noisy(scene, s);
  double squares = 0;
  for (std::size_t k = 0; k < s.frames; ++k) {
    const Matrix4& a = tracked(clean.frames(), "Probe").matrix[k];
    const Matrix4& b = tracked(noisy.frames(), "Probe").matrix[k];
    EXPECT_LT(rigidity_error(b), 1e-12);
    const Vec3 shift{b(0, 3) - a(0, 3), b(1, 3) - a(1, 3), b(2, 3) - a(2, 3)};
    squares += dot(shift, shift) / 3;
  }
  // 12 000 numbers: relative standard error of their deviation 0.65 %; four of these.
  EXPECT_NEAR(std::sqrt(squares / double(s.frames)), 0.3, 0.3 * 0.026);
}

TEST(Sweep, RefusesImpossibleSettingsByName) {
  const Scene scene = named_scene("spheres", 0);
  const auto refused = [&](auto change) {
    SweepSettings s = small_sweep(scene, Motion::linear);
    change(s);
    EXPECT_THROW(SweepSource(scene, s), UsageError);
  };
  refused([](SweepSettings& s) { s.frames = 0; });
  refused([](SweepSettings& s) { s.columns = 100000; });
  refused([](SweepSettings& s) { s.pixel_size_mm = 0; });
  refused([](SweepSettings& s) { s.frame_rate_hz = std::nan(""); });
  refused([](SweepSettings& s) { s.format.components = 2; });
  refused([](SweepSettings& s) { s.tracker.rate_hz = 0; });
  refused([](SweepSettings& s) { s.tracker.invalid_fraction = 1.5; });
  SweepSource source(scene, small_sweep(scene, Motion::linear));
  std::vector<std::byte> two(2 * source.frames().shape.bytes());
  EXPECT_THROW(source.read(8, 2, two), ComputationError);
  EXPECT_THROW(source.read(0, 1, two), ComputationError);
}

TEST(Noise, IsAFunctionOfItsCountersAlone) {
  EXPECT_EQ(random_bits(1, 2, 3), random_bits(1, 2, 3));
  EXPECT_NE(random_bits(1, 2, 3), random_bits(1, 3, 2));
  // First output of splitmix64 seeded with 0, as published with its reference code.
  EXPECT_EQ(mix(0), 0xe220a8397b1dcdafULL);
}

}  // namespace
}  // namespace snitt::phantom
