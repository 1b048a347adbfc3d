#include "phantom/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "phantom/scene_json.hpp"
#include "phantom/truth.hpp"

namespace snitt::phantom {
namespace {

double sum_over(const Volume& volume) {
  double sum = 0;
  for (const float v : volume.values<float>()) sum += static_cast<double>(v);
  return sum * volume.geometry.spacing_mm.x * volume.geometry.spacing_mm.y * volume.geometry.spacing_mm.z;
}

Scene one_object(const Object& object) {
  Scene scene;
  scene.objects = {object};
  scene.center_mm =
      object.center_mm + Vec3{0.137, -0.211, 0.093};  // voxels do not sit on the object's symmetry
  scene.size_mm = {30, 30, 30};
  return scene;
}

TEST(Scene, SmoothSphereHasHalfItsValueOnTheSurfaceAndAllOfItInside) {
  const Object o = sphere({1, 2, 3}, 5, 200, 2);
  EXPECT_DOUBLE_EQ(coverage(o, {1, 2, 3}), 1);
  EXPECT_NEAR(coverage(o, {6, 2, 3}), 0.5, 1e-12);
  // Half an edge inside and outside the surface; the quintic's own sum rounds at 1e-15.
  EXPECT_NEAR(coverage(o, {1, 6, 3}), 1, 1e-12);
  EXPECT_NEAR(coverage(o, {1, 2, 9}), 0, 1e-12);
}

TEST(Scene, LineFallsAsAGaussianOfTheDistanceFromItsAxis) {
  const Object o = line({0, 0, -10}, {0, 0, 10}, 0.5, 100);
  // exp(-d^2 / 2 sigma^2) to rounding.
  EXPECT_NEAR(coverage(o, {0.3, 0.4, 2}), std::exp(-0.5), 1e-15);
  EXPECT_NEAR(coverage(o, {0, 0, 10.5}), std::exp(-0.5), 1e-15);
}

TEST(Scene, LaterObjectsHideEarlierOnesAndBlobsAdd) {
  Scene scene = one_object(sphere({}, 5, 200));
  scene.background = 10;
  scene.objects.push_back(sphere({}, 2, 50));
  scene.objects.push_back(blob({}, {1, 1, 1}, 7));
  EXPECT_DOUBLE_EQ(value(scene, {}), 57);
  EXPECT_NEAR(value(scene, {4, 0, 0}), 200 + 7 * std::exp(-8.0), 1e-12);
  EXPECT_DOUBLE_EQ(value(scene, {8, 0, 0}), 10);
}

TEST(Scene, RampAndWaveFollowTheirFormulas) {
  Scene scene;
  scene.background = 5;
  scene.center_mm = {1, 1, 1};
  scene.gradient_per_mm = {2, 0, -1};
  scene.waves = {{3, {0, 1, 0}, 8, 0.25}};
  // cos(2 pi (3/8 + 1/4)) = -1/sqrt(2).
  EXPECT_NEAR(value(scene, {2, 3, 5}), 5 + 2 - 4 - 3 / std::numbers::sqrt2, 1e-12);
}

TEST(Scene, WallIsEndlessAndTurnedObjectsTurn) {
  const Object w = wall({0, 5, 0}, {0, 2, 0}, 2, 1);
  EXPECT_DOUBLE_EQ(coverage(w, {1e5, 5.9, -1e5}), 1);
  EXPECT_DOUBLE_EQ(coverage(w, {1e5, 6.1, -1e5}), 0);
  const Object b = turned(box({}, {10, 2, 2}, 1), {0, 0, 1}, 90);
  EXPECT_DOUBLE_EQ(coverage(b, {0, 4.9, 0}), 1);
  EXPECT_DOUBLE_EQ(coverage(b, {4.9, 0, 0}), 0);
}

TEST(Truth, SharpSphereVolumeConvergesToItsFormulaWithSecondOrder) {
  const Object o = sphere({3, 4, 5}, 9, 1);
  const double exact = 4.0 / 3.0 * std::numbers::pi * 9 * 9 * 9;
  EXPECT_NEAR(volume_mm3(o), exact, 1e-9);
  // Counting the points of a randomly shifted lattice in a ball of radius R errs by about R/h points (Kendall
  // 1948), that is R h^2 mm^3: second order, as a root mean square over shifts. One shift alone may be lucky.
  const auto rms_error = [&](double spacing) {
    double squares = 0;
    for (int shift = 0; shift < 27; ++shift) {
      VolumeGeometry g = region_geometry(one_object(o), spacing);
      g.origin_mm = g.origin_mm + spacing * Vec3{(shift % 3) / 3.0, (shift / 3 % 3) / 3.0, (shift / 9) / 3.0};
      const double error = sum_over(truth_volume(one_object(o), g)) - exact;
      squares += error * error / 27;
    }
    return std::sqrt(squares);
  };
  const double coarse = rms_error(1.0);
  const double fine = rms_error(0.25);
  EXPECT_LT(coarse, 2 * 9.0);  // twice R h^2
  // Over two halvings; 0.3 for the scatter of 27 shifts.
  EXPECT_NEAR(0.5 * std::log2(coarse / fine), 2, 0.3);
}

TEST(Truth, SmoothSphereVolumeMatchesTheBetaFormulaWithTheOrderOfItsSmoothness) {
  const Object o = sphere({3, 4, 5}, 8, 1, 4);
  const double exact = volume_mm3(o);
  EXPECT_NEAR(exact, 4.0 / 3.0 * std::numbers::pi * 512 * (1 + 3.0 * 16 / (28 * 64)), 1e-9);
  std::vector<double> error;
  for (const double spacing : {2.0, 1.0, 0.5})
    error.push_back(
        std::abs(sum_over(truth_volume(one_object(o), region_geometry(one_object(o), spacing))) - exact));
  // The midpoint rule on a twice differentiable function of compact support converges faster than order 2.
  EXPECT_GT(std::log2(error[0] / error[1]), 2);
  EXPECT_LT(error[2], 1e-4 * exact);  // relative; 1e-6 is typical, floats round at 6e-8
}

TEST(Truth, SubsamplingGivesPartialVolumes) {
  const Object half = box({0, 0, 0}, {10, 10, 10}, 100);
  VolumeGeometry g;
  g.size = {1, 1, 1};
  g.origin_mm = {5, 0, 0};
  // The box's face halves the voxel: 4 of 8 sample planes are inside.
  EXPECT_FLOAT_EQ(truth_volume(one_object(half), g, 8).values<float>()[0], 50);
}

TEST(Truth, RowsAgreeWithTheFormulaAtEveryVoxel) {
  const Scene scene = named_scene("mixed", 1.5);
  VolumeGeometry g = region_geometry(scene, 2.3);
  g.axis_directions = {Vec3{0.6, 0.8, 0}, Vec3{-0.8, 0.6, 0}, Vec3{0, 0, 1}};
  const Volume volume = truth_volume(scene, g);
  const Matrix4 to_space = index_to_space(g);
  std::size_t n = 0;
  for (std::size_t k = 0; k < g.size[2]; ++k)
    for (std::size_t j = 0; j < g.size[1]; ++j)
      for (std::size_t i = 0; i < g.size[0]; ++i, ++n) {
        const Vec3 p = transform_point(to_space, {double(i), double(j), double(k)});
        // A float near 250 has steps of 1.5e-5.
        ASSERT_NEAR(static_cast<double>(volume.values<float>()[n]), value(scene, p), 3e-5)
            << i << ' ' << j << ' ' << k;
      }
}

TEST(Speckle, HasMeanOneAndTheSameValueAtTheSamePlace) {
  Scene scene;
  scene.background = 1;
  scene.speckle = Speckle{1, 0.5, 7};
  double sum = 0;
  double squares = 0;
  constexpr int n = 40000;
  for (int i = 0; i < n; ++i) {
    const Vec3 p{0.71 * (i % 200), 0.83 * (i / 200), 0.1};
    const double e = echo(scene, p);
    ASSERT_EQ(e, echo(scene, p));
    sum += e;
    squares += e * e;
  }
  // Rayleigh: mean 1 and variance 4/pi - 1 = 0.273; neighbours are nearly independent, so the mean's error is
  // 0.523/200 = 0.0026 and four of these are allowed; the sum of two uniforms is not quite normal, hence 5 %
  // below.
  EXPECT_NEAR(sum / n, 1, 0.02);
  EXPECT_NEAR(squares / n - sum / n * sum / n, 4 / std::numbers::pi - 1, 0.03);
  Scene other = scene;
  other.speckle->seed = 8;
  EXPECT_NE(echo(scene, {0.1, 0.2, 0.3}), echo(other, {0.1, 0.2, 0.3}));
}

TEST(SceneFile, DescribesEveryShape) {
  const Scene scene =
      scene_from_json(R"({"name": "all", "background": 3, "waves": [{"amplitude": 1, "direction": [1,0,0],
    "period_mm": 4}], "speckle": {"strength": 0.5, "seed": 9}, "objects": [
    {"shape": "sphere", "center_mm": [0,0,0], "radius_mm": 5, "value": 200, "edge_mm": 1},
    {"shape": "ellipsoid", "center_mm": [0,0,0], "radii_mm": [1,2,3], "value": 90, "turn_axis": [0,0,1], "turn_deg": 90},
    {"shape": "box", "center_mm": [0,0,0], "size_mm": [2,2,2], "value": 90, "blend": "add"},
    {"shape": "wall", "point_mm": [0,0,0], "normal": [0,1,0], "thickness_mm": 2, "value": 90},
    {"shape": "cylinder", "from_mm": [0,0,0], "to_mm": [0,0,9], "radius_mm": 1, "value": 90},
    {"shape": "line", "from_mm": [0,0,0], "to_mm": [0,0,9], "sigma_mm": 1, "value": 90},
    {"shape": "blob", "center_mm": [0,0,0], "sigma_mm": [1,1,1], "value": 9}]})",
                      "s.json");
  ASSERT_EQ(scene.objects.size(), 7u);
  EXPECT_EQ(scene.objects[2].blend, Blend::add);
  EXPECT_EQ(scene.objects[6].blend, Blend::add);
  EXPECT_EQ(scene.speckle->seed, 9u);
  // Turned by 90 degrees, the radius of 2 lies along x.
  EXPECT_DOUBLE_EQ(coverage(scene.objects[1], {1.9, 0, 0}), 1);
}

TEST(SceneFile, RefusesWhatItDoesNotUnderstandByName) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      scene_from_json(text, "s.json");
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  using testing::HasSubstr;
  EXPECT_THAT(message("{"), HasSubstr("s.json: not JSON"));
  EXPECT_THAT(message("[]"), HasSubstr("array"));
  EXPECT_THAT(message(R"({"bakground": 3})"), HasSubstr("unknown key 'bakground'"));
  EXPECT_THAT(message(R"({"background": "3"})"), HasSubstr("expected a number"));
  EXPECT_THAT(message(R"({"objects": [{"shape": "torus", "value": 1}]})"), HasSubstr("shape 'torus'"));
  EXPECT_THAT(message(R"({"objects": [{"shape": "sphere", "value": 1, "center_mm": [0,0,0]}]})"),
              HasSubstr("no 'radius_mm'"));
  EXPECT_THAT(
      message(R"({"objects": [{"shape": "sphere", "value": 1, "center_mm": [0,0], "radius_mm": 1}]})"),
      HasSubstr("three numbers"));
  EXPECT_THAT(
      message(R"({"objects": [{"shape": "sphere", "value": 1, "center_mm": [0,0,0], "radius_mm": -1}]})"),
      HasSubstr("object 0"));
  EXPECT_THAT(message(R"({"background": 1e400})"), HasSubstr("no double holds"));
  EXPECT_THAT(message(R"({"speckle": {"strength": 2}})"), HasSubstr("strength 2"));
  EXPECT_THROW(named_scene("torus", 0), UsageError);
}

}  // namespace
}  // namespace snitt::phantom
