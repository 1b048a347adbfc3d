#include "registration/point_registration.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.hpp"
#include "unit/registration/test_shapes.hpp"

namespace snitt::registration {
namespace {

using shapes::apart;
using shapes::moved;
using shapes::organ;
using shapes::rigid;
using testing::Contains;
using testing::HasSubstr;

const Matrix4 some_motion = rigid({1.9, -1.1, 0.8}, {35, -60, 110});

PointRegistration run(const PointSet& fixed, const PointSet& moving,
                      const PointRegistrationOptions& options = {}) {
  Monitor monitor;
  return register_points(make_cloud(fixed, 10000, "the fixed set"),
                         make_cloud(moving, 10000, "the moving set"), options, monitor);
}

double value(const PointRegistration& r, const std::string& name) { return r.record.find(name)->value; }

std::string all(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += reason + "\n";
  return text;
}

TEST(PointRegistration, OfASetToItselfIsTheIdentity) {
  const PointSet set = organ(2000, 1);
  const PointRegistration found = run(set, set);
  EXPECT_LT(apart(set, found.matrix, Matrix4{}), 1e-6);  // every point meets itself: only rounding is left
  EXPECT_EQ(found.record.verdict, "good") << all(found.record.reasons);
  EXPECT_NEAR(value(found, "coverage_fixed"), 1, 1e-12);
}

TEST(PointRegistration, FindsAnyMotionOfTheSamePoints) {
  const PointSet set = organ(1500, 1);
  const PointRegistration found = run(set, moved(set, some_motion));
  EXPECT_LT(apart(set, found.matrix, some_motion), 1e-5);
}

TEST(PointRegistration, FindsAMotionFromOtherPointsOfTheSurfaceWithNoise) {
  const PointSet fixed = organ(4000, 1);
  const PointSet moving = moved(organ(5000, 2), some_motion, 0.3);
  const PointRegistration found = run(fixed, moving);
  // 0.3 mm of noise on thousands of points leaves hundredths; normals of noisy points bias by a little more.
  EXPECT_LT(apart(fixed, found.matrix, some_motion), 0.15);
  EXPECT_EQ(found.record.verdict, "good") << all(found.record.reasons);
  EXPECT_NEAR(value(found, "rms_mm"), 0.3, 0.2);
}

TEST(PointRegistration, ExchangingTheSetsGivesTheInverse) {
  const PointSet fixed = organ(3000, 1);
  const PointSet moving = moved(organ(2500, 2), some_motion, 0.2);
  const PointRegistration there = run(fixed, moving);
  const PointRegistration back = run(moving, fixed);
  // Pairs go both ways, so the minimum is the same; the steps stop within 1e-6 of the radius or circle in
  // trimming.
  EXPECT_LT(apart(fixed, back.matrix * there.matrix, Matrix4{}), 0.02);
}

TEST(PointRegistration, MovesWithItsInputs) {
  const PointSet fixed = organ(2000, 1);
  const PointSet moving = moved(organ(2000, 2), some_motion, 0.2);
  const Matrix4 other = rigid({-0.4, 0.3, 2.0}, {-300, 20, 5});
  const Matrix4 direct = run(fixed, moving).matrix;
  const Matrix4 carried = run(moved(fixed, other), moving).matrix;
  // The grids that thin sets for the search turn with nothing, the final pairs are the same.
  EXPECT_LT(apart(fixed, carried * other, direct), 0.02);
}

TEST(PointRegistration, DoesNotDependOnTheOrderOfPoints) {
  const PointSet fixed = organ(1200, 1);
  PointSet moving = moved(organ(1300, 2), some_motion, 0.2);
  const Matrix4 first = run(fixed, moving).matrix;
  std::mt19937 random(4);
  std::shuffle(moving.points_mm.begin(), moving.points_mm.end(), random);
  EXPECT_EQ(run(fixed, moving).matrix, first);
}

TEST(PointRegistration, TrimsWhatOneSetLacks) {
  PointSet fixed = organ(4000, 1);
  std::erase_if(fixed.points_mm, [](Vec3 p) { return p.x < -15; });  // a third is gone
  fixed.labels.resize(fixed.points_mm.size());
  const PointSet moving = moved(organ(4000, 2), some_motion, 0.1);
  const PointRegistration found = run(fixed, moving);
  EXPECT_LT(apart(fixed, found.matrix, some_motion), 0.5);
  EXPECT_GT(value(found, "overlap_fixed"), 0.9);
  EXPECT_LT(value(found, "overlap_moving"), 0.8);
}

TEST(PointRegistration, FindsAScale) {
  const PointSet fixed = organ(2000, 1);
  Matrix4 larger = some_motion;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) larger(r, c) *= 1.3;
  PointRegistrationOptions options;
  options.model = LandmarkModel::similarity;
  const PointRegistration found = run(fixed, moved(organ(2000, 2), larger, 0.1), options);
  EXPECT_NEAR(value(found, "scale"), 1.3, 0.003);
  EXPECT_LT(apart(fixed, found.matrix, larger), 0.3);
}

TEST(PointRegistration, FindsAnAffineMap) {
  const PointSet fixed = organ(3000, 1);
  Matrix4 stretch = rigid({0.1, 0.2, -0.1}, {5, 3, -8});
  stretch(0, 0) *= 1.08;
  stretch(1, 2) += 0.06;
  PointRegistrationOptions options;
  options.model = LandmarkModel::affine;
  const PointRegistration found = run(fixed, moved(organ(3000, 2), stretch, 0.05), options);
  EXPECT_LT(apart(fixed, found.matrix, stretch), 0.3);
}

TEST(PointRegistration, RefusesAStartThatLeadsAstray) {
  const PointSet set = organ(2000, 1);
  const PointSet turned = moved(organ(2000, 2), rigid({0, 0, 3.14159}, {}), 0.1);
  PointRegistrationOptions options;
  options.start = PointStart::identity;
  try {
    const PointRegistration found = run(set, turned, options);
    EXPECT_LT(apart(set, found.matrix, rigid({0, 0, 3.14159}, {})), 0.5);  // solved would do too
  } catch (const ComputationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("turned by 18"));
    EXPECT_THAT(error.what(), HasSubstr("--start global"));
  }
  EXPECT_LT(apart(set, run(set, turned).matrix, rigid({0, 0, 3.14159}, {})), 0.2);
}

TEST(PointRegistration, DoubtsShapesThatFitTwice) {
  const PointRegistration box = run(shapes::ellipsoid(2000, 1, {60, 40, 25}),
                                    moved(shapes::ellipsoid(2000, 2, {60, 40, 25}), some_motion, 0.2));
  EXPECT_EQ(box.record.verdict, "doubtful");
  EXPECT_THAT(all(box.record.reasons), HasSubstr("another pose fits alike: turned by 180 deg"));
}

TEST(PointRegistration, DoubtsAModelThatCannotFit) {
  const PointSet fixed = organ(4000, 1);
  Matrix4 larger = some_motion;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) larger(r, c) *= 1.1;
  const PointRegistration scaled = run(fixed, moved(organ(5000, 2), larger, 0.3));
  EXPECT_EQ(scaled.record.verdict, "doubtful") << value(scaled, "rms_mm");
  EXPECT_THAT(all(scaled.record.reasons), HasSubstr("the shapes differ"));
  EXPECT_THAT(all(scaled.record.reasons), HasSubstr("measures 1.1 of the fixed one"));
  Matrix4 mirror = some_motion;
  for (std::size_t r = 0; r < 3; ++r) mirror(r, 0) *= -1;
  // The organ is its own mirror image but for a twist.
  const auto twisted = [](PointSet set) {
    for (Vec3& p : set.points_mm) p = transform_point(rotation_from_vector({0.02 * p.x, 0, 0}), p);
    return set;
  };
  const PointRegistration mirrored = run(twisted(fixed), moved(twisted(organ(5000, 2)), mirror, 0.3));
  EXPECT_EQ(mirrored.record.verdict, "doubtful") << value(mirrored, "rms_mm");
  PointSet bent = organ(5000, 2);
  for (Vec3& p : bent.points_mm) p = (1 + 0.3 * std::sin(p.x / 25 + p.y / 40)) * p;
  EXPECT_THAT(all(run(fixed, moved(bent, some_motion, 0.3)).record.reasons), HasSubstr("the shapes differ"));
  PointRegistrationOptions similarity;
  similarity.model = LandmarkModel::similarity;
  EXPECT_EQ(run(fixed, moved(organ(5000, 2), larger, 0.3), similarity).record.verdict, "good");
}

TEST(PointRegistration, CallsSparseAndNoisySetsOfTheSameShapeGood) {
  for (const PointDistance distance : {PointDistance::to_plane, PointDistance::to_point}) {
    PointRegistrationOptions options;
    options.distance = distance;
    // 300 points lie 8 mm apart; 1.5 mm is the noise of a cheap scanner.
    const PointRegistration sparse = run(organ(300, 1), moved(organ(4000, 2), some_motion, 0.3), options);
    EXPECT_EQ(sparse.record.verdict, "good") << all(sparse.record.reasons);
    const PointRegistration noisy = run(organ(4000, 1), moved(organ(4000, 2), some_motion, 1.5), options);
    EXPECT_EQ(noisy.record.verdict, "good") << all(noisy.record.reasons);
  }
}

TEST(PointRegistration, AsksWhetherTinySetsAreInMeters) {
  PointSet fixed = organ(2000, 1);
  for (Vec3& p : fixed.points_mm) p = 0.001 * p;
  EXPECT_THAT(all(run(fixed, fixed).record.reasons), HasSubstr("are they in meters?"));
}

TEST(PointRegistration, NamesTheMotionThatSurfacesLeaveFree) {
  const PointRegistration ball =
      run(shapes::ellipsoid(2000, 1, {40, 40, 40}), shapes::ellipsoid(2000, 2, {40, 40, 40}));
  EXPECT_THAT(all(ball.record.reasons), HasSubstr("slide on each other: a turn about"));
  const PointRegistration tube = run(shapes::tube(3000, 1, 15, 100), shapes::tube(3000, 2, 15, 100));
  EXPECT_THAT(all(tube.record.reasons), HasSubstr("slide on each other"));
  const PointRegistration plate = run(shapes::plate(2000, 1), shapes::plate(2000, 2));
  EXPECT_THAT(all(plate.record.reasons), HasSubstr("slide on each other"));
}

TEST(PointRegistration, TheIntervalHoldsTheTruth) {
  int held = 0;
  int asked = 0;
  for (unsigned seed = 0; seed < 4; ++seed) {
    const PointSet fixed = organ(1200, 10 + seed);
    const PointSet moving = moved(organ(1200, 50 + seed), some_motion, 0.3, seed + 3);
    const PointRegistration found = run(fixed, moving);
    const PointCloud cloud = make_cloud(fixed, 10000, "");
    const Vec3 center = transform_point(some_motion, cloud.center_mm);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const Quantity* q = found.record.find(std::string("center_") + "xyz"[axis] + "_mm");
      held += q->low <= center[axis] && center[axis] <= q->high ? 1 : 0;
      ++asked;
    }
  }
  EXPECT_GE(held, asked * 3 / 4);  // 95 % are meant; of 12 that leaves 9 and more but once in 400
}

TEST(PointRegistration, RefusesWhatItCannotRegister) {
  const PointSet set = organ(500, 1);
  const auto refusal = [](const PointSet& a, const PointSet& b) {
    try {
      run(a, b);
    } catch (const ComputationError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(refusal(shapes::set_of({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}), set),
              HasSubstr("the fixed set has 3 different points"));
  std::vector<Vec3> line;
  for (int i = 0; i < 50; ++i) line.push_back({1.0 * i, 2.0 * i, -i * 1.0});
  EXPECT_THAT(refusal(set, shapes::set_of(line)), HasSubstr("lie on a line"));
  PointSet metres = set;
  for (Vec3& p : metres.points_mm) p = 0.001 * p;
  EXPECT_THAT(refusal(set, metres), HasSubstr("is one in metres"));
  PointSet broken = set;
  broken.points_mm[7].y = std::nan("");
  EXPECT_THAT(refusal(broken, set), HasSubstr("not finite"));
}

TEST(CoherentDrift, BendsOneSurfaceOntoAnother) {
  const PointSet fixed = organ(1500, 1);
  PointSet moving = organ(2000, 2);
  for (Vec3& p : moving.points_mm) p = (1 + 0.12 * std::sin(p.x / 25 + p.y / 40)) * p;
  for (const DriftForm form : {DriftForm::classical, DriftForm::bayesian}) {
    PointRegistrationOptions options;
    DriftOptions drift;
    drift.form = form;
    drift.w = 0.02;
    drift.beta = 0.6;
    drift.lambda = 0.3;
    options.nonrigid = drift;
    options.drift_points = 1000;
    options.control_points = 250;
    const PointRegistration found = run(fixed, moving, options);
    EXPECT_GT(value(found, "rms_mm"), 1);  // what the rigid map leaves of the best part of it
    // Across the surface the sampling, some 3 mm, is averaged over the kernel; along it nothing is seen.
    EXPECT_LT(value(found, "median_distance_mm"), 0.3);
    EXPECT_LT(value(found, "distance_95_mm"), 1.0);
    EXPECT_GT(value(found, "least_determinant"), 0);
    EXPECT_LT(value(found, "spline_error_rms_mm"), 0.2);
  }
}

TEST(CoherentDrift, FindsWherePointsOfABodyWent) {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> place(-40, 40);
  std::vector<Vec3> points;
  for (int i = 0; i < 600; ++i) points.push_back({place(random), place(random), place(random)});
  const auto bend = [](Vec3 p) {
    return p + Vec3{2 * std::sin(p.y / 20), 2.5 * std::cos(p.z / 25), 2 * std::sin(p.x / 20)};
  };
  PointSet fixed = shapes::set_of(points);
  PointSet moving = fixed;
  for (Vec3& p : moving.points_mm) p = bend(p);
  PointRegistrationOptions options;
  options.start = PointStart::identity;
  options.distance = PointDistance::to_point;
  DriftOptions drift;
  drift.w = 0.02;
  drift.lambda = 0.1;
  options.nonrigid = drift;
  const PointRegistration found = run(fixed, moving, options);
  double squares = 0;
  for (const Vec3 p : points) {
    const Vec3 off = map_point(SpatialTransform{{"Fixed", "Moving"}, found.steps}, p) - bend(p);
    squares += dot(off, off) / 600;
  }
  EXPECT_LT(std::sqrt(squares), 0.5);  // of displacements of 2.7 mm RMS among points 5 mm apart
}

TEST(CoherentDrift, FindsARigidMotion) {
  const PointSet fixed = organ(1000, 1);
  PointRegistrationOptions options;
  options.method = LinearMethod::drift;
  const PointRegistration found = run(fixed, moved(organ(1000, 2), some_motion, 0.2), options);
  EXPECT_LT(apart(fixed, found.matrix, some_motion), 1.0);
}

}  // namespace
}  // namespace snitt::registration
