#include "phantom/stylus_recording.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "data/transform_graph.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "phantom/phantom_scene.hpp"

namespace snitt::phantom {
namespace {

std::vector<Vec3> tips(const StylusRecording& r) {
  const FramePoses poses = evaluate(r.frames, find_path(r.frames, "Stylus", "Reference"), {});
  const Vec3 tip = transform_point(r.stylus_tip_to_stylus, {});
  std::vector<Vec3> path;
  for (const Matrix4& pose : poses.matrix) path.push_back(transform_point(pose, tip));
  return path;
}

const std::vector<std::string>& objects(const StylusRecording& r) {
  return std::get<std::vector<std::string>>(r.frames.fields.at(0).values);
}

PhantomDefinition block() {
  PhantomDefinition p;
  p.name = "block";
  p.landmarks = {{"a", {0, 0, 0}}, {"b", {80, 5, 0}}, {"c", {10, 60, 20}}};
  p.planes = {{"top", {0, 0, 30}, {100, 0, 30}, {100, 60, 30}}};
  p.lines = {{"edge", {0, 0, 0}, {0, 60, 5}}};
  return p;
}

TEST(StylusRecording, WithoutNoiseTheTipRestsInEveryDentAndNowhereElse) {
  const StylusRecording r = record_pivot({.poses = 100, .dents = 3, .travel_s = 1, .lead_s = 1}, {});
  const std::vector<Vec3> path = tips(r);
  std::size_t on_the_way = 0;
  for (std::size_t k = 0; k < path.size(); ++k) {
    const std::string& object = objects(r)[k];
    if (object.empty()) {
      ++on_the_way;
      continue;
    }
    const Vec3 dent = r.dents_mm.at(std::stoul(object.substr(5)) - 1);
    // Products of a few matrices with entries up to 1000.
    EXPECT_LT(norm(path[k] - dent), 1e-9);
  }
  EXPECT_GT(on_the_way, 60U);
}

TEST(StylusRecording, TheShaftStaysInTheConeAndFillsIt) {
  const StylusRecording r = record_pivot({.poses = 600, .half_angle_deg = 60}, {});
  const Vec3 shaft = unit(transform_vector(r.stylus_tip_to_stylus, {0, 0, 1}));
  double widest = 0;
  for (const Matrix4& a : r.stylus_to_reference)
    for (const Matrix4& b : r.stylus_to_reference)
      widest = std::max(widest, angle_between(transform_vector(a, shaft), transform_vector(b, shaft)));
  const double degrees = widest * 180 / M_PI;
  EXPECT_LE(degrees, 120.0001);
  EXPECT_GT(degrees, 105);
}

TEST(StylusRecording, NoiseHasTheDeviationAskedForAndOutliersAreGross) {
  StylusTracking tracking{.position_noise_mm = 0.25, .outlier_fraction = 0.05};
  const StylusRecording r = record_pivot({.poses = 4000}, tracking);
  double squares = 0;
  std::size_t gross = 0;
  std::size_t good = 0;
  for (const Vec3 tip : tips(r)) {
    const double distance = norm(tip - r.dents_mm.at(0));
    if (distance > 3) {
      ++gross;
    } else {
      squares += distance * distance;
      ++good;
    }
  }
  // 4000 draws: the share within 4 deviations of sqrt(0.05 * 0.95 / 4000); some outliers rotate the tip back.
  EXPECT_NEAR(static_cast<double>(gross) / 4000, 0.05, 0.014);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(3 * good)), 0.25, 0.005);
}

TEST(StylusRecording, LostPosesCarryTheirStatus) {
  const StylusRecording r =
      record_pivot({.poses = 2000}, {.invalid_fraction = 0.1, .dropped_fraction = 0.05});
  std::size_t invalid = 0;
  std::size_t missing = 0;
  for (const Status s : r.frames.tracked.at(0).status) {
    invalid += s == Status::invalid ? 1 : 0;
    missing += s == Status::missing ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(invalid), 200, 55);  // 4 deviations
  EXPECT_NEAR(static_cast<double>(missing), 100, 40);
}

TEST(StylusRecording, LandmarksAreTouchedWhereThePhantomHasThem) {
  const PhantomDefinition phantom = block();
  const Matrix4 placed = default_phantom_to_reference();
  const StylusRecording r = record_landmarks(phantom, placed, {.visits = {"c", "a", "c", "b"}}, {});
  const std::vector<Vec3> path = tips(r);
  for (std::size_t k = 0; k < path.size(); ++k)
    for (const PhantomPoint& p : phantom.landmarks)
      if (objects(r)[k] == p.name) {
        EXPECT_LT(norm(path[k] - transform_point(placed, p.position_mm)), 1e-9) << k;
      }
  EXPECT_THROW(record_landmarks(phantom, placed, {.visits = {"d"}}, {}), InputError);
}

TEST(StylusRecording, TheTipMovesOnPlanesAndAlongLines) {
  const PhantomDefinition phantom = block();
  const Matrix4 back = inverse(default_phantom_to_reference());
  const StylusRecording r = record_surfaces(phantom, default_phantom_to_reference(), {}, {});
  const std::vector<Vec3> path = tips(r);
  for (std::size_t k = 0; k < path.size(); ++k) {
    const Vec3 p = transform_point(back, path[k]);
    if (objects(r)[k] == "top") {
      EXPECT_NEAR(p.z, 30, 1e-9);
    }
    if (objects(r)[k] == "edge") {
      EXPECT_NEAR(norm(cross(p, unit({0, 60, 5}))), 0, 1e-9);
    }
  }
}

TEST(StylusRecording, TheSameSettingsGiveTheSameRecording) {
  const StylusTracking tracking{.position_noise_mm = 0.2, .outlier_fraction = 0.1, .seed = 5};
  const auto a = record_spin({}, tracking).frames.tracked.at(0).matrix;
  EXPECT_EQ(a, record_spin({}, tracking).frames.tracked.at(0).matrix);
  StylusTracking other = tracking;
  other.seed = 6;
  EXPECT_NE(a, record_spin({}, other).frames.tracked.at(0).matrix);
}

TEST(StylusRecording, SettingsOutOfRangeAreRefused) {
  EXPECT_THROW(record_pivot({.poses = 0}, {}), UsageError);
  EXPECT_THROW(record_pivot({}, {.outlier_fraction = 1.5}), UsageError);
  EXPECT_THROW(record_spin({}, {.shaft = {0, 0, 0}}), UsageError);
}

}  // namespace
}  // namespace snitt::phantom
