#include "geometry/tip_frame.hpp"

#include <gtest/gtest.h>

#include "geometry/rotation.hpp"

namespace snitt {
namespace {

TEST(TipFrame, IsTheOneThatPlusWroteForItsStylus) {
  // StylusCalibration.results.xml of PlusLibData: StylusTipToStylus, six digits.
  const Matrix4 plus{{0.000810646, -0.000220466, 1, 210.019, 1, 0, -0.000810646, -0.170252, 1.7872e-007, 1,
                      0.000220466, 0.0463022, 0, 0, 0, 1}};
  const Vec3 tip{210.019, -0.170252, 0.0463022};
  const Matrix4 ours = tip_frame(tip, tip);
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(ours(r, c), plus(r, c), 1e-6) << r << " " << c;
}

TEST(TipFrame, IsRightHandedAndRigidForAnyAxis) {
  for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0.9, 0.4, 0}, Vec3{0, 0, -3}, Vec3{-1, 0.01, 0.2}}) {
    const Matrix4 frame = tip_frame({1, 2, 3}, axis);
    EXPECT_LT(rigidity_error(frame), 1e-15);
    EXPECT_NEAR(determinant3(frame), 1, 1e-15);
    EXPECT_NEAR(angle_between(transform_vector(frame, {0, 0, 1}), axis), 0, 1e-15);
  }
}

}  // namespace
}  // namespace snitt
