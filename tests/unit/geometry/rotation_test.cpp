#include "geometry/rotation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace snitt {
namespace {

constexpr double pi = std::numbers::pi;

TEST(Rotation, AQuarterTurnAboutZTakesXToY) {
  const Matrix4 turn = rotation_from_vector({0, 0, pi / 2});
  const Vec3 y = transform_point(turn, {1, 0, 0});
  EXPECT_NEAR(y.x, 0, 1e-15);
  EXPECT_NEAR(y.y, 1, 1e-15);
}

TEST(Rotation, VectorAndMatrixAreInversesFromTinyTurnsToHalfOnes) {
  for (const double angle : {0.0, 1e-12, 1e-6, 1e-3, 1.0, 3.0, pi - 1e-6}) {
    const Vec3 vector = angle * Vec3{2.0 / 7, -3.0 / 7, 6.0 / 7};
    const Vec3 back = vector_from_rotation(rotation_from_vector(vector));
    EXPECT_NEAR(norm(back - vector), 0, 1e-9 * std::max(angle, 1e-6)) << angle;
    EXPECT_LT(rigidity_error(rotation_from_vector(vector)), 4e-15);
  }
}

TEST(Rotation, TheAngleBetweenTwoPosesIsExactWhereAnArcCosineIsNot) {
  const Matrix4 a = rotation_from_vector({0.4, -1.1, 0.3});
  for (const double angle : {1e-10, 1e-6, 0.5, 3.1})
    EXPECT_NEAR(angle_between(a, a * rotation_from_vector({0, angle, 0})), angle, 1e-15 + 1e-12 * angle);
  EXPECT_NEAR(angle_between(a, a * rotation_from_vector({0, 2 * pi - 0.1, 0})), 0.1, 1e-12);
}

}  // namespace
}  // namespace snitt
