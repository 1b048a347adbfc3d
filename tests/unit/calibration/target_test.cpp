#include <gmock/gmock.h>

#include "base/error.hpp"
#include "calibration/point_target.hpp"
#include "calibration/wall_target.hpp"
#include "phantom/trajectory.hpp"
#include "statistics/summary.hpp"
#include "target_fixture.hpp"

namespace snitt::calibration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TargetCalibration calibrated(const Simulation& s, const TargetSettings& settings,
                             FrameSource* validation = nullptr) {
  const auto source = simulate(s);
  TargetCalibration c;
  Monitor monitor;
  calibrate_target(*source, validation, settings, monitor, c);
  return c;
}

std::string refusal(const Simulation& s, const TargetSettings& settings, FrameSource* validation = nullptr) {
  try {
    calibrated(s, settings, validation);
  } catch (const ComputationError& error) {
    return error.what();
  }
  return "not refused";
}

/// How far the corners of the image lie from where they should, at most.
double worst_corner_mm(const Matrix4& found, const Matrix4& truth) {
  double worst = 0;
  for (const Vec3 corner : {Vec3{0, 0, 0}, Vec3{239, 0, 0}, Vec3{0, 199, 0}, Vec3{239, 199, 0}})
    worst = std::max(worst, norm(transform_point(found, corner) - transform_point(truth, corner)));
  return worst;
}

/// Frames as closed formulas make them: a probe that turns and moves, and where a point or a wall is seen.
struct Exact {
  Matrix4 image_to_probe;
  TargetPlace place;
  std::vector<TargetFrame> frames;
};

Exact exact(TargetKind kind, std::size_t count) {
  Exact e;
  RigidParts parts{phantom::rotation_deg({31, -47, 112}), {0.19, 0.23}};
  for (std::size_t i = 0; i < 3; ++i) parts.rigid(i, 3) = 12.0 - 31.0 * static_cast<double>(i);
  e.image_to_probe = image_to_probe_of(parts);
  e.place = {{14, -37, 85}, (1 / std::sqrt(14.0)) * Vec3{1, -2, 3}};
  std::mt19937_64 random(7);
  const auto within = [&](double limit) {
    return limit * (2 * static_cast<double>(random() >> 11) * 0x1p-53 - 1);
  };
  while (e.frames.size() < count) {
    TargetFrame f;
    f.frame = e.frames.size();
    const Matrix4 pose = phantom::rotation_deg({within(40), within(40), within(60)});
    if (kind == TargetKind::point) {
      // The pose is shifted so that the point lies in the image where it is to be seen.
      f.points = {{120 + within(100), 100 + within(90)}};
      f.probe_to_reference = pose;
      const Vec3 at = transform_point(pose * e.image_to_probe, {f.points[0].u, f.points[0].v, 0});
      f.probe_to_reference = phantom::translation(e.place.point_mm - at) * pose;
    } else {
      f.probe_to_reference = phantom::translation({within(40), within(40), within(40)}) * pose;
      const Matrix4 m = f.probe_to_reference * e.image_to_probe;
      const auto v_at = [&](double u) {
        const Vec3 from = transform_point(m, {u, 0, 0});
        const Vec3 down = transform_vector(m, {0, 1, 0});
        return dot(e.place.point_mm - from, e.place.normal) / dot(down, e.place.normal);
      };
      f.points = {{60, v_at(60)}, {180, v_at(180)}};
      if (!(std::abs(f.points[0].v) < 400 && std::abs(f.points[1].v) < 400)) continue;
    }
    f.earlier = f.later = f.probe_to_reference;
    e.frames.push_back(f);
  }
  return e;
}

constexpr FrameShape exact_shape{200, 240, {PixelType::u8, 1}};

TEST(PointTarget, TheLinearSolutionOfExactFramesIsExact) {
  const Exact e = exact(TargetKind::point, 20);
  const auto start = start_point(e.frames);
  ASSERT_TRUE(start);
  // 12 unknowns of a size of 100 from well spread frames leave 1e-13 of them.
  EXPECT_LT(worst_corner_mm(start->image_to_probe, e.image_to_probe), 1e-8);
  EXPECT_LT(norm(start->place.point_mm - e.place.point_mm), 1e-8);
}

TEST(PointTarget, FourWrongDotsInTenDoNotHideThePoint) {
  Exact e = exact(TargetKind::point, 60);
  for (std::size_t f = 0; f < e.frames.size(); ++f)
    if (f % 5 < 2) e.frames[f].points = {{20.0 + static_cast<double>(7 * f % 190), 180}};
  const auto start = start_point(e.frames);
  ASSERT_TRUE(start);
  EXPECT_LT(worst_corner_mm(start->image_to_probe, e.image_to_probe), 1e-6);
}

TEST(PointTarget, AWeakerDotIsTakenWhereTheStrongestIsElsewhere) {
  Exact e = exact(TargetKind::point, 40);
  for (std::size_t f = 0; f < e.frames.size(); f += 4)
    e.frames[f].points.insert(e.frames[f].points.begin(), {10.0 + static_cast<double>(f), 30});
  const auto start = start_point(e.frames);
  ASSERT_TRUE(start);
  PointModel model(e.frames, *start);
  const TargetRefinement r = refine_target(model, exact_shape, {});
  EXPECT_EQ(std::count(r.used.begin(), r.used.end(), 1), 40);
  EXPECT_LT(worst_corner_mm(r.image_to_probe, e.image_to_probe), 1e-6);
}

TEST(PointTarget, ASolutionFarFromWhereThePointShouldBeDoesNotCount) {
  const Exact e = exact(TargetKind::point, 20);
  const std::array<Vec3, 1> elsewhere{e.place.point_mm + Vec3{25, 0, 0}};
  EXPECT_FALSE(start_point(e.frames, elsewhere, 20));
  EXPECT_TRUE(start_point(e.frames, elsewhere, 30));
}

TEST(WallTarget, ExactFramesGiveTheExactMatrixWithoutAGuess) {
  const Exact e = exact(TargetKind::wall, 60);
  // The aspect is 0.23 / 0.19; a start with square pixels must do.
  const auto start = start_wall(e.frames, std::nullopt);
  ASSERT_TRUE(start);
  WallModel model(e.frames, *start);
  const TargetRefinement r = refine_target(model, exact_shape, {});
  // Central differences leave 1e-9 of a step.
  EXPECT_LT(worst_corner_mm(r.image_to_probe, e.image_to_probe), 1e-5);
  EXPECT_NEAR(std::abs(dot(r.place.normal, e.place.normal)), 1, 1e-10);
  EXPECT_NEAR(dot(r.place.point_mm - e.place.point_mm, e.place.normal), 0, 1e-5);
}

TEST(WallTarget, OneWrongLineInTenDoesNotHideTheWall) {
  Exact e = exact(TargetKind::wall, 60);
  for (std::size_t f = 0; f < e.frames.size(); f += 10) e.frames[f].points = {{60, 20}, {180, 190}};
  const auto start = start_wall(e.frames, std::array{0.2, 0.24});
  ASSERT_TRUE(start);
  WallModel model(e.frames, *start);
  const TargetRefinement r = refine_target(model, exact_shape, {});
  EXPECT_LT(worst_corner_mm(r.image_to_probe, e.image_to_probe), 1e-3);
}

TEST(TargetRefinement, LeavingAFrameOutIsWhatASecondCalibrationWithoutItFinds) {
  Simulation s;
  s.frames = 60;
  s.spoiled = 0;
  const std::vector<TargetFrame> frames = calibrated(s, settings_for(s)).calibration.posed.frames;
  PointModel model(frames, *start_point(frames));
  const TargetRefinement all = refine_target(model, exact_shape, {});
  for (const std::size_t left : {3U, 20U, 41U}) {
    std::vector<TargetFrame> rest = frames;
    rest.erase(rest.begin() + left);
    PointModel model_without(rest, {all.image_to_probe, all.place});
    const TargetRefinement without = refine_target(model_without, exact_shape, {});
    const auto error = [&](const Matrix4& image_to_probe, Vec3 point) {
      const TargetFrame& f = frames[left];
      return transform_point(f.probe_to_reference * image_to_probe, {f.points[0].u, f.points[0].v, 0}) -
             point;
    };
    const std::vector<double>& p = all.leave_one_out[left];
    const Vec3 stepped = error(model.image_to_probe(p), model.place(p).point_mm);
    const Vec3 solved = error(without.image_to_probe, without.place.point_mm);
    const Vec3 before = error(all.image_to_probe, all.place.point_mm);
    // The weights of all frames are estimated anew without one, which one step leaves out.
    EXPECT_LT(norm(stepped - solved), 0.35 * norm(before - solved) + 0.005) << left;
    EXPECT_GT(norm(stepped), norm(before)) << left;
  }
}

class Target : public ::testing::TestWithParam<TargetKind> {
 protected:
  Simulation simulation() const {
    Simulation s;
    s.kind = GetParam();
    return s;
  }
  bool point() const { return GetParam() == TargetKind::point; }
};

INSTANTIATE_TEST_SUITE_P(, Target, ::testing::Values(TargetKind::point, TargetKind::wall),
                         [](const auto& kind) { return name_of(kind.param); });

TEST_P(Target, ImagesWithNoiseAndWrongDetectionsGiveTheMatrixWithinItsIntervals) {
  const Simulation s = simulation();
  const auto source = simulate(s);
  const TargetCalibration c = calibrated(s, settings_for(s));
  const Matrix4 truth = source->truth().image_to_probe();
  // About three times the usual error of 0.1 mm (point) and 0.5 mm (wall, along its lines mostly).
  EXPECT_LT(worst_corner_mm(c.refinement.image_to_probe, truth), point() ? 0.4 : 1.5);
  const auto error = errors_of(c.refinement, truth);
  for (std::size_t k = 0; k < error.size(); ++k)
    // Twice a 95 % half width is left in one of 10 000.
    EXPECT_LT(std::abs(error[k]), 2 * c.refinement.half_width_95[k]) << k;
  EXPECT_TRUE(c.refinement.converged);
  EXPECT_TRUE(c.complete);
}

TEST_P(Target, AnotherRecordingOfTheSameTargetValidates) {
  const Simulation s = simulation();
  Simulation other = s;
  other.seed = 77;
  const auto validation = simulate(other);
  const TargetSettings settings = settings_for(s);
  const TargetCalibration c = calibrated(s, settings, validation.get());
  ASSERT_TRUE(c.validation);
  // 0.15 mm and 0.1 degrees at 100 mm make 0.4 mm in space, 0.25 mm along one direction.
  EXPECT_LT(c.validation_errors.distance.mean95, 0.5);
  EXPECT_GT(c.validation_errors.distance.count, 100U);
  const CalibrationRecord record = record_of(c, settings);
  EXPECT_EQ(record.verdict, "good") << ::testing::PrintToString(record.reasons);
  EXPECT_EQ(record.find("precision_mean95_mm") != nullptr, point());
  ASSERT_NE(record.find("pixel_u_mm"), nullptr);
  const Table* residuals = record.table("residuals");
  ASSERT_NE(residuals, nullptr);
  for (const char* name : {"role", "frame", "u_px", "v_px", "error_u_px", "error_v_px", "error_mm", "used"})
    EXPECT_NE(residuals->find(name), nullptr) << name;
  EXPECT_EQ(record.table("frames")->rows(), 300U);
  EXPECT_EQ(record.table("covariance")->rows(), static_cast<std::size_t>(target_parameters));
}

TEST_P(Target, ALagIsFoundWithinItsInterval) {
  Simulation s = simulation();
  s.lag_s = 0.04;
  s.tracker_rate_hz = 100;
  s.spoiled = 0;
  TargetSettings settings = settings_for(s);
  settings.refinement.estimate_lag = true;
  const TargetCalibration c = calibrated(s, settings);
  EXPECT_LT(c.refinement.half_width_95[target_lag], 0.01);
  EXPECT_NEAR(c.lag_s, 0.04, 2 * c.refinement.half_width_95[target_lag]);
}

TEST_P(Target, OnePixelSizeIsFoundWhenThereIsOne) {
  Simulation s = simulation();
  s.pixel_height_mm = 0.2;
  TargetSettings settings = settings_for(s);
  settings.refinement.isotropic = true;
  const TargetCalibration c = calibrated(s, settings);
  EXPECT_EQ(c.refinement.pixel_mm[0], c.refinement.pixel_mm[1]);
  EXPECT_NEAR(c.refinement.pixel_mm[0], 0.2, 2 * c.refinement.half_width_95[target_pixel_u]);
  EXPECT_EQ(c.refinement.half_width_95[target_pixel_u], c.refinement.half_width_95[target_pixel_v]);
}

TEST_P(Target, AMirroredImageHasAMatrixThatIsRightForItAndIsNamed) {
  Simulation s = simulation();
  s.mirrored = true;
  const Matrix4 truth = simulate(simulation())->truth().image_to_probe();
  TargetSettings settings = settings_for(s);
  settings.earlier_image_to_probe = truth;
  const TargetCalibration c = calibrated(s, settings);
  Matrix4 mirror;
  mirror(0, 0) = -1;
  mirror(0, 3) = 239;
  EXPECT_LT(worst_corner_mm(c.refinement.image_to_probe, truth * mirror), point() ? 0.4 : 1.5);
  EXPECT_EQ(c.turned_how, "mirrored left to right");
  EXPECT_THAT(record_of(c, settings).reasons, ::testing::Contains(HasSubstr("mirrored left to right")));
}

TEST_P(Target, FewFramesAreRefused) {
  Simulation s = simulation();
  s.frames = 15;
  EXPECT_THAT(refusal(s, settings_for(s)), HasSubstr("expected at least 20"));
}

TEST_P(Target, AProbeAtRestIsRefused) {
  Simulation s = simulation();
  s.frames = 40;
  s.amplitude_mm = Vec3{};
  s.amplitude_deg = Vec3{};
  EXPECT_THAT(refusal(s, settings_for(s)), HasSubstr("the probe did not move"));
}

/// The first image again and again.
class Frozen : public FrameSource {
 public:
  explicit Frozen(std::unique_ptr<SpoiledSource> source) : source_(std::move(source)) {}
  const Frames& frames() const override { return source_->frames(); }
  void read(std::size_t, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames().shape.bytes();
    for (std::size_t i = 0; i < count; ++i) source_->read(0, 1, out.subspan(i * bytes, bytes));
  }

 private:
  std::unique_ptr<SpoiledSource> source_;
};

TEST_P(Target, FrozenImagesAreRefused) {
  Simulation s = simulation();
  s.frames = 40;
  s.spoiled = 0;
  Frozen source(simulate(s));
  TargetCalibration c;
  Monitor monitor;
  try {
    calibrate_target(source, nullptr, settings_for(s), monitor, c);
    FAIL();
  } catch (const ComputationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("all images are alike"));
  }
  EXPECT_EQ(frames_table(c).rows(), 40U);
}

TEST_P(Target, AProbeThatOnlyShiftsIsRefusedWithTheTurnsThatAreMissing) {
  Simulation s = simulation();
  s.spoiled = 0;
  s.amplitude_deg = Vec3{};
  s.amplitude_mm = Vec3{20, 12, point() ? 0.0 : 20.0};
  EXPECT_THAT(refusal(s, settings_for(s)),
              AllOf(HasSubstr("the motion of the probe leaves"), HasSubstr("tilting the fan"),
                    HasSubstr("like a screwdriver")));
}

TEST_P(Target, AProbeThatTurnedAboutOneAxisOnlyIsRefusedWithTheTurnsThatAreMissing) {
  Simulation s = simulation();
  s.spoiled = 0;
  s.amplitude_deg = Vec3{0, 100, 0};
  const std::string message = refusal(s, settings_for(s));
  EXPECT_THAT(message, AllOf(HasSubstr("the motion of the probe leaves"), HasSubstr("tilting the fan"),
                             HasSubstr("rocking")));
  if (point())
    EXPECT_THAT(message, ::testing::Not(HasSubstr("like a screwdriver")));
  else  // without a result the image's axes are not known
    EXPECT_THAT(message, HasSubstr("about one axis only"));
}

TEST_P(Target, PixelsFarFromTheScannersAreRefused) {
  const Simulation s = simulation();
  TargetSettings settings = settings_for(s);
  settings.nominal_pixel_mm = {0.2, 0.3};
  EXPECT_THAT(refusal(s, settings), HasSubstr("pixels along v come out as 0.2"));
}

TEST_P(Target, ATargetThatMovedBeforeValidationIsRefused) {
  const Simulation s = simulation();
  Simulation other = s;
  other.seed = 5;
  other.target_shift_mm = {6, 8, 10};
  const auto validation = simulate(other);
  EXPECT_THAT(refusal(s, settings_for(s), validation.get()), HasSubstr("left at the same place"));
}

TEST_P(Target, PosesOfAnotherRecordingAreRefused) {
  Simulation s = simulation();
  s.spoiled = 0;
  s.wrong_poses = true;
  EXPECT_THAT(refusal(s, settings_for(s)),
              ::testing::AnyOf(HasSubstr("is not one"), HasSubstr("agree with a target at one place"),
                               HasSubstr("no matrix brings"), HasSubstr("the motion of the probe leaves")));
}

}  // namespace
}  // namespace snitt::calibration
