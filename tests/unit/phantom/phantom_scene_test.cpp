#include "phantom/phantom_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "formats/phantom_file.hpp"
#include "geometry/rotation.hpp"
#include "phantom/sweep.hpp"
#include "store/layouts.hpp"
#include "temporary_folder.hpp"

namespace snitt::phantom {
namespace {

PhantomDefinition sample(const std::string& name) {
  return formats::read_phantom(std::string(SNITT_SOURCE_DIR) + "/sample_data/phantoms/" + name);
}

struct Recording {
  PhantomDefinition phantom;
  Scene scene;
  SweepSettings settings;
};

Recording recording_of(const std::string& name) {
  Recording r;
  r.phantom = sample(name);
  r.scene = scene_of_phantom(r.phantom, default_phantom_to_reference());
  r.settings.path = path_around(r.phantom, default_phantom_to_reference(), r.scene);
  r.settings.frames = 60;
  r.settings.columns = 410;
  r.settings.rows = 308;
  r.settings.pixel_size_mm = 0.16;
  r.settings.format = {PixelType::f32, 1};
  return r;
}

/// Where the wire goes through the image, in pixels, by the true poses; nothing beyond its ends.
std::optional<Vec3> crossing(const SweepSource& source, std::size_t frame, const PhantomWire& wire) {
  const Matrix4 map = inverse(source.image_to_reference(frame)) * default_phantom_to_reference();
  const Vec3 front = transform_point(map, wire.front_mm);
  const Vec3 back = transform_point(map, wire.back_mm);
  const double share = front.z / (front.z - back.z);
  if (!(share >= 0 && share <= 1)) return std::nullopt;
  return front + share * (back - front);
}

std::vector<float> pixels_of(SweepSource& source, std::size_t frame) {
  std::vector<float> pixels(source.frames().shape.pixels());
  source.read(frame, 1, std::as_writable_bytes(std::span(pixels)));
  return pixels;
}

/// Mean and standard deviation of the place, weighted by what exceeds the background near `around`.
struct Dot {
  double u = 0, v = 0, sigma_u = 0, sigma_v = 0, peak = 0;
};

Dot dot_near(const SweepSource& source, const std::vector<float>& pixels, Vec3 around, double background) {
  double sum = 0, su = 0, sv = 0, suu = 0, svv = 0;
  Dot dot;
  const int reach = 20;
  for (int dv = -reach; dv <= reach; ++dv)
    for (int du = -reach; du <= reach; ++du) {
      const double u = std::round(around.x) + du;
      const double v = std::round(around.y) + dv;
      const auto columns = static_cast<double>(source.frames().shape.columns);
      const double w = double(pixels.at(static_cast<std::size_t>(v * columns + u))) - background;
      dot.peak = std::max(dot.peak, w);
      sum += w;
      su += w * u;
      sv += w * v;
      suu += w * u * u;
      svv += w * v * v;
    }
  dot.u = su / sum;
  dot.v = sv / sum;
  dot.sigma_u = std::sqrt(suu / sum - dot.u * dot.u);
  dot.sigma_v = std::sqrt(svv / sum - dot.v * dot.v);
  return dot;
}

TEST(PhantomScene, CalibrationMotionKeepsAllWiresOfTheNPhantomInTheImage) {
  for (const char* name : {"fcal-1.2.json", "fcal-2.0.json"}) {
    Recording r = recording_of(name);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      r.settings.path.seed = seed;
      const SweepSource source(r.scene, r.settings);
      for (std::size_t k = 0; k < r.settings.frames; ++k)
        for (const WirePattern& pattern : r.phantom.patterns)
          for (const PhantomWire& wire : pattern.wires) {
            const auto at = crossing(source, k, wire);
            ASSERT_TRUE(at) << name << " seed " << seed << " frame " << k << " wire " << wire.name;
            EXPECT_TRUE(at->x > 10 && at->x < 400 && at->y > 10 && at->y < 298)
                << name << " seed " << seed << " frame " << k << " wire " << wire.name << " at " << at->x
                << " " << at->y;
          }
    }
  }
}

TEST(PhantomScene, TheFirstNIsNearestToTheProbeAndItsFirstWireFarthestRight) {
  const Recording r = recording_of("fcal-2.0.json");
  const SweepSource source(r.scene, r.settings);
  for (std::size_t k = 0; k < r.settings.frames; ++k) {
    const auto& p = r.phantom.patterns;
    EXPECT_LT(crossing(source, k, p[0].wires[1])->y, crossing(source, k, p[1].wires[1])->y);
    EXPECT_LT(crossing(source, k, p[1].wires[1])->y, crossing(source, k, p[2].wires[1])->y);
    for (const WirePattern& pattern : p) {
      EXPECT_GT(crossing(source, k, pattern.wires[0])->x, crossing(source, k, pattern.wires[1])->x);
      EXPECT_GT(crossing(source, k, pattern.wires[1])->x, crossing(source, k, pattern.wires[2])->x);
    }
  }
}

TEST(PhantomScene, AWireIsSeenAsADotOfThePointSpreadAtItsPlace) {
  Recording r = recording_of("fcal-1.2.json");
  r.settings.path.amplitude_deg = {};
  r.settings.pixel_height_mm = 0.1;
  r.settings.point_spread_mm = Vec3{0.48, 0.2, 1};
  SweepSource source(r.scene, r.settings);
  const PhantomWire& wire = r.phantom.patterns[1].wires[0];  // at right angles to the image
  for (const std::size_t k : {std::size_t{0}, std::size_t{31}, std::size_t{59}}) {
    const Vec3 at = *crossing(source, k, wire);
    const Dot dot = dot_near(source, pixels_of(source, k), at, r.scene.background);
    // Sums over the pixel grid of a Gaussian this wide are exact to 1e-6; neighbours are 5 mm away, beyond
    // the cut.
    EXPECT_NEAR(dot.u, at.x, 1e-3);
    EXPECT_NEAR(dot.v, at.y, 1e-3);
    EXPECT_NEAR(dot.sigma_u * 0.16, 0.48, 1e-3);
    EXPECT_NEAR(dot.sigma_v * 0.1, 0.2, 1e-3);
  }
}

TEST(PhantomScene, AnObliqueWireIsAsWideAsItsThicknessOfBeamMakesIt) {
  // A wire at 45 degrees to the normal, along the rows: every depth z of the beam shows it at x = z, so that
  // the dot's variance along the rows is the sum of the lateral and the elevational one.
  Recording r = recording_of("fcal-1.2.json");
  r.phantom = {};
  r.phantom.wires = {{"oblique", {-20, -20, 0}, {20, 20, 0}}};
  r.scene = scene_of_phantom(r.phantom, default_phantom_to_reference());
  r.settings.path = path_around(r.phantom, default_phantom_to_reference(), r.scene);
  r.settings.path.amplitude_deg = r.settings.path.amplitude_mm = {};
  r.settings.frames = 1;
  r.settings.point_spread_mm = Vec3{0.3, 0.3, 0.4};
  SweepSource source(r.scene, r.settings);
  const Vec3 at = *crossing(source, 0, r.phantom.wires[0]);
  const Dot dot = dot_near(source, pixels_of(source, 0), at, r.scene.background);
  EXPECT_NEAR(dot.u, at.x, 1e-3);
  EXPECT_NEAR(dot.sigma_u * 0.16, 0.5, 1e-3);
  EXPECT_NEAR(dot.sigma_v * 0.16, 0.3, 1e-3);
}

TEST(PhantomScene, FlippedImagesShowTheSameThroughTheirOwnCalibration) {
  Recording r = recording_of("fcal-2.0.json");
  r.settings.frames = 2;
  SweepSource plain(r.scene, r.settings);
  const std::vector<float> as_it_is = pixels_of(plain, 1);
  r.settings.flip_columns = true;
  SweepSource flipped(r.scene, r.settings);
  const std::vector<float> mirrored = pixels_of(flipped, 1);
  EXPECT_LT(determinant3(flipped.image_to_probe()), 0);
  for (std::size_t v = 0; v < 308; ++v)
    for (std::size_t u = 0; u < 410; ++u)
      // The same point by another sum: poses round at 1e-12 mm.
      ASSERT_NEAR(mirrored[v * 410 + u], as_it_is[v * 410 + 409 - u], 1e-4);
  r.settings.flip_rows = true;
  SweepSource turned(r.scene, r.settings);
  const std::vector<float> upside_down = pixels_of(turned, 1);
  EXPECT_GT(determinant3(turned.image_to_probe()), 0);
  EXPECT_NEAR(upside_down[100 * 410 + 7], as_it_is[207 * 410 + 402], 1e-4);
}

TEST(PhantomScene, TheCrossingStaysInTheImageWhileTheProbeTurnsAllAround) {
  const Recording r = recording_of("crossed-wires.json");
  const SweepSource source(r.scene, r.settings);
  double largest_turn = 0;
  for (std::size_t k = 0; k < r.settings.frames; ++k) {
    const Vec3 seen = transform_point(inverse(source.image_to_reference(k)) * default_phantom_to_reference(),
                                      r.phantom.points[0].position_mm);
    EXPECT_NEAR(seen.z, 0, 1e-9);
    EXPECT_TRUE(seen.x > 0 && seen.x < 409 && seen.y > 0 && seen.y < 307);
    Matrix4 first = source.image_to_reference(0);
    Matrix4 now = source.image_to_reference(k);
    for (Matrix4* m : {&first, &now})
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) (*m)(i, j) /= r.settings.pixel_size_mm;
    largest_turn = std::max(largest_turn, angle_between(first, now));
  }
  EXPECT_GT(largest_turn, 0.7) << "at least 40 degrees";
}

TEST(PhantomScene, TheWallIsSeenUnderManyAnglesAndIsALineInEveryImage) {
  const Recording r = recording_of("single-wall.json");
  SweepSource source(r.scene, r.settings);
  double lowest = 1;
  double steepest = 0;
  for (std::size_t k = 0; k < r.settings.frames; ++k) {
    const Matrix4 to_phantom = inverse(default_phantom_to_reference()) * source.image_to_reference(k);
    // Height over the wall at the ends of the top and bottom rows: the wall is below the probe's face and
    // above the deepest row in the middle of the image.
    EXPECT_GT(transform_point(to_phantom, {204.5, 0, 0}).z, 0);
    EXPECT_LT(transform_point(to_phantom, {204.5, 307, 0}).z, 0);
    const double slope = transform_vector(to_phantom, {1, 0, 0}).z / 0.16;
    lowest = std::min(lowest, slope);
    steepest = std::max(steepest, slope);
  }
  EXPECT_LT(lowest, -0.2);
  EXPECT_GT(steepest, 0.2);
}

TEST(PhantomScene, LeavesPlanesForTheStylusWhereThereAreWires) {
  const Scene fcal = scene_of_phantom(sample("fcal-2.0.json"), {});
  EXPECT_EQ(fcal.objects.size(), 9U);
  const Scene wall = scene_of_phantom(sample("single-wall.json"), {});
  ASSERT_EQ(wall.objects.size(), 1U);
  EXPECT_EQ(value(wall, {3, -8, 0}), 230);
  EXPECT_EQ(value(wall, {3, -8, 5}), wall.background);
}

TEST(PhantomScene, OfAPhantomForTheStylusAloneIsRefused) {
  PhantomDefinition phantom;
  phantom.landmarks = {{"#1", {0, 0, 0}}};
  EXPECT_THROW((void)scene_of_phantom(phantom, {}), InputError);
}

TEST(PhantomTool, KeepsTheCalibrationApartWhenAskedTo) {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& options) {
    const std::string command =
        std::string(SNITT_BIN_DIR) + "/snitt-phantom --motion calibration --frames 3 --columns 40 " +
        "--rows 30 --pixel-size-mm 1.6 --pixel-height-mm 1.5 --scene-of-phantom " + SNITT_SOURCE_DIR +
        "/sample_data/phantoms/fcal-1.2.json " + options + " >/dev/null 2>&1";
    return std::system(command.c_str());
  };
  ASSERT_EQ(run("-o " + folder.path("with.h5")), 0);
  ASSERT_EQ(run("--hide-calibration --truth-calibration " + folder.path("truth.h5") + " -o " +
                folder.path("without.h5")),
            0);
  const auto with = store::open_frames(folder.path("with.h5"));
  const auto without = store::open_frames(folder.path("without.h5"));
  ASSERT_EQ(with->frames().constant.size(), 2U);
  ASSERT_EQ(without->frames().constant.size(), 1U);
  EXPECT_EQ(without->frames().constant[0].matrix, default_phantom_to_reference());
  const StaticTransform truth = store::read_transform(folder.path("truth.h5"));
  EXPECT_EQ(truth.name.text(), "ImageToProbe");
  for (const StaticTransform& constant : with->frames().constant)
    if (constant.name == truth.name) {
      EXPECT_EQ(constant.matrix, truth.matrix);
    }
  EXPECT_NE(run("--truth-calibration " + folder.path("same.h5") + " -o " + folder.path("same.h5")), 0);
}

TEST(Sweep, HidesItsCalibrationAndCarriesMoreConstantsWhenAsked) {
  Recording r = recording_of("fcal-2.0.json");
  r.settings.constants = {{{"Phantom", "Reference"}, default_phantom_to_reference()}};
  EXPECT_EQ(SweepSource(r.scene, r.settings).frames().constant.size(), 2U);
  r.settings.hide_calibration = true;
  const SweepSource source(r.scene, r.settings);
  ASSERT_EQ(source.frames().constant.size(), 1U);
  EXPECT_EQ(source.frames().constant[0].name.text(), "PhantomToReference");
}

TEST(Sweep, PixelsOfTwoSizesAreInTheCalibrationAndInWhatTheScannerClaims) {
  Recording r = recording_of("fcal-2.0.json");
  r.settings.pixel_height_mm = 0.11;
  const SweepSource source(r.scene, r.settings);
  const Matrix4& m = source.image_to_probe();
  EXPECT_NEAR(norm({m(0, 0), m(1, 0), m(2, 0)}), 0.16, 1e-12);
  EXPECT_NEAR(norm({m(0, 1), m(1, 1), m(2, 1)}), 0.11, 1e-12);
  EXPECT_EQ((*source.frames().pixel_spacing_mm)[1], 0.11);
}

}  // namespace
}  // namespace snitt::phantom
