/// 95 % intervals of the pointer's and the phantom's calibration, 200 simulated recordings each, in harder
/// conditions than those of the fast suite. With SNITT_SHOW the counts and median half widths are printed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "calibration/landmark_detection.hpp"
#include "calibration/landmark_registration.hpp"
#include "calibration/pivot.hpp"
#include "calibration/spin.hpp"
#include "calibration/surface_registration.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "phantom/stylus_recording.hpp"
#include "phantom/trajectory.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr int runs = 200;
constexpr double to_deg = 180 / std::numbers::pi;

/// Nothing in it is zero or a right angle.
Matrix4 phantom_placement() {
  return phantom::translation({-75, -50, -150}) * phantom::rotation_deg({14, -21, 33});
}

/// Counts how often an interval holds the truth.
class Coverage {
 public:
  explicit Coverage(std::string name) : name_(std::move(name)) {}
  void add(double error, double half_width) {
    held_ += std::abs(error) <= half_width ? 1 : 0;
    half_widths_.push_back(half_width);
  }
  void expect_95() const {
    if (std::getenv("SNITT_SHOW") != nullptr)
      printf("%-14s held %d of %zu, median half width %.4f\n", name_.c_str(), held_, half_widths_.size(),
             statistics::median(half_widths_));
    // 95 % of 200 within the 95 % limits of the binomial distribution.
    EXPECT_GE(held_, 183) << name_;
    EXPECT_LE(held_, 197) << name_;
  }

 private:
  std::string name_;
  int held_ = 0;
  std::vector<double> half_widths_;
};

std::vector<Coverage> coverages(const std::vector<std::string>& names) {
  std::vector<Coverage> result;
  for (const std::string& name : names) result.emplace_back(name);
  return result;
}

phantom::StylusTracking tracking(std::uint64_t seed, double angle_noise_deg) {
  phantom::StylusTracking t;
  t.position_noise_mm = 0.25;
  t.angle_noise_deg = angle_noise_deg;
  t.outlier_fraction = 0.05;
  t.invalid_fraction = 0.03;
  t.seed = seed;
  return t;
}

struct PivotCase {
  const char* name;
  phantom::PivotMotion motion;
  double angle_noise_deg;
};

class PivotCoverage : public ::testing::TestWithParam<PivotCase> {};

TEST_P(PivotCoverage, Holds) {
  auto all = coverages({"tip_x_mm", "tip_y_mm", "tip_z_mm", "radius_mm"});
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto t = tracking(seed, GetParam().angle_noise_deg);
    const auto recording = record_pivot(GetParam().motion, t);
    const PivotCalibration c = calibrate_pivot(tracked_poses(recording.frames, "Stylus", "Reference"));
    const Vec3 error = c.tip_mm - t.tip_mm;
    for (std::size_t a = 0; a < 3; ++a) all[a].add(error[a], c.half_width_mm[a]);
    all[3].add(norm(error), c.radius_mm);
  }
  for (const Coverage& c : all) c.expect_95();
}

INSTANTIATE_TEST_SUITE_P(
    Pointer, PivotCoverage,
    ::testing::Values(PivotCase{"AngleNoise", {.poses = 200}, 0.1},
                      PivotCase{"ThreeDentsWithWays", {.poses = 100, .dents = 3, .lead_s = 2}, 0.05},
                      PivotCase{"NarrowCone", {.poses = 200, .half_angle_deg = 20}, 0.05},
                      PivotCase{"FewPoses", {.poses = 40}, 0.05}),
    [](const auto& given) { return given.param.name; });

TEST(SpinCoverage, HoldsForAHalfTurn) {
  auto all = coverages({"tilt_x_deg", "tilt_y_deg", "angle_deg"});
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto t = tracking(seed, 0.1);
    const auto recording = record_spin({.poses = 100, .turns = 0.6}, t);
    const SpinCalibration c =
        calibrate_spin(tracked_poses(recording.frames, "Stylus", "Reference"), t.tip_mm);
    const Vec3 d = transform_vector(inverse(tip_frame({}, c.axis)), unit(t.shaft));
    all[0].add(d.x / d.z * to_deg, c.half_width_deg[0]);
    all[1].add(d.y / d.z * to_deg, c.half_width_deg[1]);
    all[2].add(angle_between(c.axis, t.shaft) * to_deg, c.angle_deg);
  }
  for (const Coverage& c : all) c.expect_95();
}

TEST(LandmarkCoverage, HoldsForFourLandmarks) {
  // Four of the landmarks of phantom fCal 2.0 (PlusLibData).
  PhantomDefinition phantom;
  phantom.landmarks = {
      {"#1", {104.3, 5, 20}}, {"#5", {-34.3, 45, 15}}, {"#7", {-34.3, -5, 0}}, {"#3", {104.3, 45, 0}}};
  auto all =
      coverages({"tilt_x_deg", "tilt_y_deg", "tilt_z_deg", "center_x_mm", "center_y_mm", "center_z_mm"});
  const Matrix4 truth = phantom_placement();
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto r = record_landmarks(phantom, truth, {.touch_error_mm = 0.3}, tracking(seed, 0.02));
    Frames frames = r.frames;
    frames.constant.push_back({{"StylusTip", "Stylus"}, r.stylus_tip_to_stylus});
    const auto touched = find_touched_points(tracked_poses(frames, "StylusTip", "Reference"));
    // Half a turn maps these four on each other within 2 mm: by distances alone they are refused.
    LandmarkOptions options;
    options.order = {"#1", "#5", "#7", "#3"};
    const PhantomPlacement p = register_landmarks(touched, phantom, options).placement;
    const Vec3 tilt = vector_from_rotation(p.phantom_to_reference * inverse(truth));
    const Vec3 center =
        transform_point(p.phantom_to_reference, p.center_mm) - transform_point(truth, p.center_mm);
    for (std::size_t a = 0; a < 3; ++a) {
      all[a].add(tilt[a] * to_deg, p.tilt_half_width_deg[a]);
      all[3 + a].add(center[a], p.center_half_width_mm[a]);
    }
  }
  for (const Coverage& c : all) c.expect_95();
}

PhantomDefinition box() {
  PhantomDefinition p;
  p.name = "box";
  p.planes = {{"top", {0, 0, 35}, {140, 0, 35}, {140, 60, 35}},
              {"front", {0, 0, 0}, {140, 0, 0}, {140, 0, 35}},
              {"back", {0, 60, 0}, {140, 60, 0}, {140, 60, 35}},
              {"left", {0, 0, 0}, {0, 60, 0}, {0, 60, 35}},
              {"right", {140, 0, 0}, {140, 60, 0}, {140, 60, 35}}};
  return p;
}

TEST(SurfaceCoverage, HoldsWithObjectsFound) {
  auto all =
      coverages({"tilt_x_deg", "tilt_y_deg", "tilt_z_deg", "center_x_mm", "center_y_mm", "center_z_mm"});
  const Matrix4 truth = phantom_placement();
  const Matrix4 start = phantom::translation({2.5, -2, 1.5}) * truth * phantom::rotation_deg({1, -1.5, 2});
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto r =
        record_surfaces(box(), truth, {.poses = 80, .contact_error_mm = 0.1}, tracking(seed, 0.02));
    std::vector<Vec3> tips;
    for (const Matrix4& m : tracked_poses(r.frames, "Stylus", "Reference").matrix)
      tips.push_back(transform_point(m * r.stylus_tip_to_stylus, {}));
    const PhantomPlacement p = register_surfaces(tips, box(), start).placement;
    const Vec3 tilt = vector_from_rotation(p.phantom_to_reference * inverse(truth));
    const Vec3 center =
        transform_point(p.phantom_to_reference, p.center_mm) - transform_point(truth, p.center_mm);
    for (std::size_t a = 0; a < 3; ++a) {
      all[a].add(tilt[a] * to_deg, p.tilt_half_width_deg[a]);
      all[3 + a].add(center[a], p.center_half_width_mm[a]);
    }
  }
  for (const Coverage& c : all) c.expect_95();
}

}  // namespace
}  // namespace snitt::calibration
