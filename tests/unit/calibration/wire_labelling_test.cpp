#include "calibration/wire_labelling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "calibration/n_wire.hpp"
#include "fcal_recordings.hpp"
#include "geometry/rotation.hpp"
#include "phantom/noise.hpp"

namespace snitt::calibration {
namespace {

using testing::HasSubstr;

/// An image of phantom fCal 2.0 from above: rows along -x of the phantom, depth along -z, tilted as asked.
Matrix4 phantom_to_image(Vec3 turn_rad, double along_mm) {
  Matrix4 place;  // image (mm, plane at its third coordinate 0) from phantom
  place.m = {-1, 0, 0, 75, 0, 0, -1, 40, 0, 1, 0, -along_mm, 0, 0, 0, 1};
  Matrix4 scale;
  for (std::size_t k = 0; k < 3; ++k) scale(k, k) = 1 / 0.1;
  Matrix4 about;
  about.m = {1, 0, 0, 30, 0, 1, 0, 30, 0, 0, 1, 0, 0, 0, 0, 1};
  return scale * about * rotation_from_vector(turn_rad) * inverse(about) * place;
}

std::vector<Dot> dots_of(const Matrix4& to_image) {
  const WireModel model = fcal::model();
  std::vector<Dot> dots;
  for (std::size_t w = 0; w < model.wires(); ++w) {
    const auto hit = wire_in_image(model.wire(w), to_image);
    dots.push_back({hit->u, hit->v, 10.0 + static_cast<double>(w), 20, 5, 4});
  }
  return dots;
}

LabellingSettings settings() {
  LabellingSettings s;
  s.pixel_size_mm = 0.1;
  return s;
}

TEST(WireLabelling, NamesEveryWireOfAPerfectImageFromAnyTilt) {
  for (const Vec3 turn :
       {Vec3{0, 0, 0}, Vec3{0.2, 0, 0}, Vec3{0, 0.3, 0}, Vec3{0.1, -0.25, 0.3}, Vec3{-0.2, 0.2, -0.4}}) {
    const std::vector<Dot> dots = dots_of(phantom_to_image(turn, 14));
    std::vector<Dot> shuffled = dots;
    std::reverse(shuffled.begin(), shuffled.end());
    const Labelling found = label_wires(shuffled, fcal::model(), settings(), ImageTurn::as_recorded);
    ASSERT_EQ(found.status, SegmentationStatus::ok) << found.detail;
    for (std::size_t w = 0; w < dots.size(); ++w) {
      EXPECT_EQ(found.points[w].u, dots[w].u) << w;
      EXPECT_EQ(found.points[w].v, dots[w].v) << w;
    }
    EXPECT_LT(found.misfit_mm, 1e-9);  // a plane through the phantom, exactly
  }
}

TEST(WireLabelling, FalseDotsDoNotDisturb) {
  std::vector<Dot> dots = dots_of(phantom_to_image({0.05, 0.1, 0.02}, 22));
  for (std::uint64_t i = 0; i < 20; ++i)
    dots.push_back({600 * phantom::uniform(phantom::random_bits(3, i, 0)),
                    450 * phantom::uniform(phantom::random_bits(3, i, 1)), 3, 9, 3, 3});
  const Labelling found = label_wires(dots, fcal::model(), settings(), ImageTurn::as_recorded);
  ASSERT_EQ(found.status, SegmentationStatus::ok);
  for (std::size_t w = 0; w < 9; ++w) EXPECT_EQ(found.points[w].u, dots[w].u);
}

TEST(WireLabelling, AMirroredImageIsOnlyFoundAsSuch) {
  std::vector<Dot> dots = dots_of(phantom_to_image({0.05, 0.1, 0.02}, 10));
  for (Dot& dot : dots) dot.u = 700 - dot.u;
  EXPECT_EQ(label_wires(dots, fcal::model(), settings(), ImageTurn::mirrored).status, SegmentationStatus::ok);
  // The Ns of fCal 2.0 differ in width: read the wrong way they fit no plane.
  const Labelling wrong = label_wires(dots, fcal::model(), settings(), ImageTurn::as_recorded);
  EXPECT_NE(wrong.status, SegmentationStatus::ok);
}

TEST(WireLabelling, SaysWhatIsMissing) {
  std::vector<Dot> dots = dots_of(phantom_to_image({0, 0, 0}, 14));
  EXPECT_EQ(label_wires({}, fcal::model(), settings(), ImageTurn::as_recorded).status,
            SegmentationStatus::no_dots);
  const std::vector<Dot> eight(dots.begin(), dots.end() - 1);
  const Labelling few = label_wires(eight, fcal::model(), settings(), ImageTurn::as_recorded);
  EXPECT_EQ(few.status, SegmentationStatus::too_few_dots);
  EXPECT_THAT(few.detail, HasSubstr("8 dots for 9 wires"));
  dots[7].v +=
      40;  // the middle wire of the last pattern leaves its line; those of others are of its width too
  EXPECT_EQ(label_wires(dots, fcal::model(), settings(), ImageTurn::as_recorded).status,
            SegmentationStatus::no_arrangement);
  dots[1].v += 40;
  dots[4].v += 40;
  const Labelling broken = label_wires(dots, fcal::model(), settings(), ImageTurn::as_recorded);
  EXPECT_EQ(broken.status, SegmentationStatus::no_pattern);
  EXPECT_THAT(broken.detail, HasSubstr("1:H5_h5"));
}

TEST(WireLabelling, RefusesPhantomsThatAreNoNWires) {
  PhantomDefinition none;
  EXPECT_THROW(wire_model(none, "x.json"), InputError);
  PhantomDefinition crooked = formats::read_phantom(fcal::config());
  crooked.patterns[1].wires[2].back_mm.x += 20;
  EXPECT_THROW(wire_model(crooked, "x.json"), InputError);
}

TEST(NWire, MiddlePointsAndTheLinearSolutionAreExactWithoutNoise) {
  const WireModel model = fcal::model();
  Matrix4 truth;
  truth.m = {0.1, 0, 0, 5, 0, 0.1, 0, -7, 0, 0, 0.1, 3, 0, 0, 0, 1};
  truth = rotation_from_vector({0.3, -0.2, 0.5}) * truth;
  std::vector<WireFrame> frames;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const auto noise = [i](std::uint64_t k) { return phantom::uniform(phantom::random_bits(1, i, k)) - 0.5; };
    const Matrix4 to_image =
        phantom_to_image({0.2 * noise(0), 0.3 * noise(1), 0.2 * noise(2)}, 20 + 20 * noise(3));
    WireFrame frame{i, inverse(truth * to_image), {}, {}, 0.02, {}};
    for (const Dot& d : dots_of(to_image)) frame.points.push_back({d.u, d.v, 1});
    frames.push_back(frame);
  }
  const std::vector<MiddlePoint> points = middle_points(frames, model, {});
  const LinearSolution linear = solve_linear(points);
  for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(linear.image_to_probe.m[k], truth.m[k], 1e-9);
  EXPECT_EQ(linear.left_out, 0u);
  for (const double e : errors_3d_mm(points, truth)) EXPECT_LT(e, 1e-9);
}

TEST(NWire, StatisticsAreOfTheBestNineteenTwentieths) {
  std::vector<double> errors;
  for (int i = 1; i <= 20; ++i) errors.push_back(i);
  const ErrorStatistics s = error_statistics(errors);
  EXPECT_DOUBLE_EQ(s.mean95, 10);                      // 1 … 19
  EXPECT_NEAR(s.deviation95, std::sqrt(30.0), 1e-12);  // (19² - 1) / 12
  EXPECT_DOUBLE_EQ(s.mean, 10.5);
  EXPECT_EQ(s.largest, 20);
}

TEST(NWire, FewFramesAndPointsOnOneLineAreRefused) {
  std::vector<MiddlePoint> points;
  for (std::size_t i = 0; i < 5; ++i) points.push_back({i, 1, double(i), double(i * i), {double(i), 0, 0}});
  EXPECT_THROW(solve_linear(points), ComputationError);
  points.clear();
  for (std::size_t i = 0; i < 30; ++i) points.push_back({i, 1, double(i), 2 * double(i), {double(i), 0, 0}});
  EXPECT_THROW(solve_linear(points), ComputationError);
}

}  // namespace
}  // namespace snitt::calibration
