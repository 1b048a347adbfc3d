// With the settings of its configuration file PLUS's segmentation and linear calibration are reproduced: its
// points, its matrix, its errors. Numbers: results file of PLUS for the recordings of phantom fCal 2.0.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "fcal_recordings.hpp"
#include "geometry/rotation.hpp"

namespace snitt::calibration {
namespace {

class PlusCompatible : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    calibration = new fcal::Recording(fcal::segmented("Calibration", fcal::plus_dots()));
    validation = new fcal::Recording(fcal::segmented("Validation", fcal::plus_dots()));
  }
  static void TearDownTestSuite() {
    delete calibration;
    delete validation;
  }
  static std::vector<MiddlePoint> middles(const fcal::Recording& r) {
    return middle_points(r.posed.frames, fcal::model(), fcal::phantom_to_reference());
  }
  static inline fcal::Recording* calibration = nullptr;
  static inline fcal::Recording* validation = nullptr;
};

void expect_points_of_plus(const fcal::Recording& r, const std::string& name) {
  const WireModel model = fcal::model();
  const auto expected = fcal::plus_points(name);
  ASSERT_EQ(expected.size(), r.segmentation.frames.size());
  for (const auto& [frame, wires] : expected) {
    const Labelling& found = r.segmentation.frames[static_cast<std::size_t>(frame)];
    EXPECT_EQ(found.status == SegmentationStatus::ok, !wires.empty()) << "frame " << frame;
    if (wires.empty() || found.points.empty()) continue;
    for (std::size_t w = 0; w < model.wires(); ++w) {
      const fcal::PlusPoint& plus = wires.at(model.wire(w).name);
      // PLUS writes six digits: 0.0005 px.
      EXPECT_NEAR(found.points[w].u, plus.u, 0.001) << "frame " << frame << ", wire " << model.wire(w).name;
      EXPECT_NEAR(found.points[w].v, plus.v, 0.001) << "frame " << frame << ", wire " << model.wire(w).name;
    }
  }
}

TEST_F(PlusCompatible, TheSameFramesAreSegmentedWithTheSamePoints) {
  EXPECT_EQ(calibration->segmentation.found, 184u);
  EXPECT_EQ(validation->segmentation.found, 103u);
  expect_points_of_plus(*calibration, "calibration");
  expect_points_of_plus(*validation, "validation");
}

TEST_F(PlusCompatible, TheLinearSolutionIsThatOfPlus) {
  const Matrix4 plus{{-0.000519165, 0.0744587, 0.000837223, 11.2137, -0.0803067, -6.68987e-05, 0.00174527,
                      48.4162, 0.00181709, -0.000804192, 0.0773718, -0.398993, 0, 0, 0, 1}};
  const Matrix4 ours = solve_linear(middles(*calibration)).image_to_probe;
  for (std::size_t row = 0; row < 3; ++row) {
    // Six printed digits of numbers up to 0.08, and points that PLUS kept in other precision.
    for (std::size_t column = 0; column < 3; ++column)
      EXPECT_NEAR(ours(row, column), plus(row, column), 1e-6);
    EXPECT_NEAR(ours(row, 3), plus(row, 3), 5e-4);
  }
}

TEST_F(PlusCompatible, TheErrorsAreThoseOfPlus) {
  const Matrix4 image_to_probe = solve_linear(middles(*calibration)).image_to_probe;
  const ErrorStatistics c = error_statistics(errors_3d_mm(middles(*calibration), image_to_probe));
  const ErrorStatistics v = error_statistics(errors_3d_mm(middles(*validation), image_to_probe));
  EXPECT_EQ(c.count, 552u);
  EXPECT_EQ(v.count, 309u);
  // Printed with six digits; what is left are the points' own six digits.
  EXPECT_NEAR(c.mean95, 0.479116, 2e-5);
  EXPECT_NEAR(c.deviation95, 0.22656, 2e-5);
  EXPECT_NEAR(v.mean95, 0.539932, 2e-5);
  EXPECT_NEAR(v.deviation95, 0.223536, 2e-5);
}

TEST_F(PlusCompatible, TheErrorsInTheImageAreThoseOfPlusWithItsSign) {
  const WireModel model = fcal::model();
  const Matrix4 reference_to_image = inverse(solve_linear(middles(*calibration)).image_to_probe);
  const auto expected = fcal::plus_points("validation");
  for (const WireFrame& f : validation->posed.frames)
    for (std::size_t w = 0; w < model.wires(); ++w) {
      const auto hit = wire_in_image(
          model.wire(w), reference_to_image * inverse(f.probe_to_reference) * fcal::phantom_to_reference());
      ASSERT_TRUE(hit);
      const fcal::PlusPoint& plus = expected.at(static_cast<int>(f.frame)).at(model.wire(w).name);
      // A wire at a small angle to the image magnifies the rounding of the matrix.
      EXPECT_NEAR(f.points[w].u - hit->u, plus.error_u, 0.02);
      EXPECT_NEAR(f.points[w].v - hit->v, plus.error_v, 0.02);
    }
}

TEST(OwnSettings, ALowerThresholdFindsEveryFrameAndThePointsOfPlusWherePlusHasSome) {
  DotSettings dots = fcal::plus_dots();
  dots.threshold_percent = 3;
  dots.maximum_dots = 40;
  const fcal::Recording r = fcal::segmented("Calibration", dots);
  EXPECT_EQ(r.segmentation.found, 190u);
  const WireModel model = fcal::model();
  for (const auto& [frame, wires] : fcal::plus_points("calibration"))
    for (std::size_t w = 0; !wires.empty() && w < model.wires(); ++w) {
      const WirePoint& found = r.segmentation.frames[static_cast<std::size_t>(frame)].points.at(w);
      const fcal::PlusPoint& plus = wires.at(model.wire(w).name);
      // The same dot with more of its faint rim: dots are up to 30 px wide and lie 100 px apart.
      EXPECT_LT(std::hypot(found.u - plus.u, found.v - plus.v), 8) << "frame " << frame << ", wire " << w;
    }
}

}  // namespace
}  // namespace snitt::calibration
