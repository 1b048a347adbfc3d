#include "geometry/rigid_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "geometry/rotation.hpp"

namespace snitt {
namespace {

Matrix4 placed(Vec3 turn, Vec3 shift) {
  Matrix4 m = rotation_from_vector(turn);
  for (std::size_t a = 0; a < 3; ++a) m(a, 3) = shift[a];
  return m;
}

std::vector<Vec3> moved(const Matrix4& m, const std::vector<Vec3>& points) {
  std::vector<Vec3> result;
  for (const Vec3 p : points) result.push_back(transform_point(m, p));
  return result;
}

const std::vector<Vec3> corner{{0, 0, 0}, {100, 0, 0}, {0, 60, 0}, {10, 20, 30}};

TEST(RigidFit, FindsTheMotionExactlyForAnyAngle) {
  for (const Vec3 turn : {Vec3{0, 0, 0}, Vec3{0.1, -0.2, 0.3}, Vec3{3.1, 0.1, 0}, Vec3{0, 0, M_PI}}) {
    const Matrix4 truth = placed(turn, {-300, 20, 7});
    const RigidFit fit = fit_rigid(corner, moved(truth, corner));
    // 1e-16 of 300 mm, a few roundings.
    for (std::size_t k = 0; k < 16; ++k) EXPECT_NEAR(fit.matrix.m[k], truth.m[k], 1e-11);
    EXPECT_LT(fit.rms_mm, 1e-11);
  }
}

TEST(RigidFit, OfCoplanarPointsIsARotationToo) {
  const std::vector<Vec3> flat{{0, 0, 0}, {100, 0, 0}, {0, 60, 0}};
  const Matrix4 truth = placed({1, 2, 0.5}, {4, 5, 6});
  const RigidFit fit = fit_rigid(flat, moved(truth, flat));
  EXPECT_NEAR(determinant3(fit.matrix), 1, 1e-12);
  EXPECT_LT(fit.rms_mm, 1e-12);
}

TEST(RigidFit, LeavesTheLeastSquares) {
  // Two opposite points moved apart symmetrically change neither rotation nor place.
  const std::vector<Vec3> from{{-10, 0, 0}, {10, 0, 0}, {0, -10, 0}, {0, 10, 0}, {0, 0, 7}};
  std::vector<Vec3> to = from;
  to[0].x -= 1;
  to[1].x += 1;
  const RigidFit fit = fit_rigid(from, to);
  EXPECT_NEAR(rigidity_error(fit.matrix), 0, 1e-14);
  EXPECT_NEAR(angle_between(fit.matrix, Matrix4{}), 0, 1e-12);
  EXPECT_NEAR(fit.rms_mm, std::sqrt(2.0 / 5), 1e-12);
}

TEST(RigidFit, APointWithoutWeightHasNoSay) {
  std::vector<Vec3> to = corner;
  to[3] = {500, 500, 500};
  const RigidFit fit = fit_rigid(corner, to, std::vector<double>{1, 1, 1, 0});
  EXPECT_NEAR(angle_between(fit.matrix, Matrix4{}), 0, 1e-12);
}

TEST(RigidFit, RefusesWhatDoesNotDetermineARotation) {
  const std::vector<Vec3> two{{0, 0, 0}, {1, 0, 0}};
  EXPECT_THROW(fit_rigid(two, two), ComputationError);
  const std::vector<Vec3> one(4, Vec3{1, 2, 3});
  EXPECT_THROW(fit_rigid(one, one), ComputationError);
  const std::vector<Vec3> line{{0, 0, 0}, {1, 1, 1}, {5, 5, 5}, {-3, -3, -3}};
  EXPECT_THROW(fit_rigid(line, line), ComputationError);
  EXPECT_THROW(fit_rigid(corner, two), UsageError);
}

TEST(RigidFit, RefusesMirrorImages) {
  std::vector<Vec3> mirrored = corner;
  for (Vec3& p : mirrored) p.x = -p.x;
  try {
    fit_rigid(corner, mirrored);
    FAIL() << "expected a refusal";
  } catch (const ComputationError& error) {
    EXPECT_NE(std::string(error.what()).find("mirror images"), std::string::npos);
  }
}

TEST(PrincipalExtents, AreThoseOfABox) {
  const std::vector<Vec3> box{{-3, 0, 0}, {3, 0, 0}, {0, -2, 0}, {0, 2, 0}, {0, 0, -1}, {0, 0, 1}};
  const Vec3 e = principal_extents(box);
  EXPECT_NEAR(e.x, std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(e.y, 2 / std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(e.z, 1 / std::sqrt(3.0), 1e-12);
}

}  // namespace
}  // namespace snitt
