#include "image/inverse_check.hpp"

#include <gtest/gtest.h>

namespace snitt::image {
namespace {

/// 11 x 11 x 11 voxels of 1 mm that all move by `x_mm` along x: a tear at the rim.
SpatialTransform push(float x_mm) {
  DisplacementStep step{{{11, 11, 11}, {1, 1, 1}, {}}, std::vector<float>(std::size_t{3} * 11 * 11 * 11)};
  for (std::size_t i = 0; i < step.vectors_mm.size(); i += 3) step.vectors_mm[i] = x_mm;
  return {{"A", "B"}, {step}};
}

TEST(InverseCheck, CountsOnlyPointsThatStayInTheField) {
  const InverseCheck check = check_inverse(push(-2), push(2));
  EXPECT_LT(check.inside.largest, 1e-6);  // vectors are floats
  // Of each row of 11 voxels those at 0, 1 and 2 mm are brought out of the field or on its rim, and the rims
  // of y and z: 8 x 9 x 9. Of the middles those between them: 7 x 8 x 8.
  EXPECT_EQ(check.inside.count, 8U * 9U * 9U + 7U * 8U * 8U);
}

TEST(InverseCheck, FindsAWrongInverse) { EXPECT_NEAR(check_inverse(push(-1), push(2)).inside.mean, 1, 1e-6); }

TEST(InverseCheck, SaysHowMuchOfTheFieldAGridHolds) {
  const SpatialTransform transform = push(2);
  EXPECT_EQ(covered_percent(transform, {{21, 11, 11}, {1, 1, 1}, {}}), 100);
  // The field's voxels land at 2 to 12 mm; the grid ends at 6.5 mm: 5 of 11 planes.
  EXPECT_NEAR(covered_percent(transform, {{7, 11, 11}, {1, 1, 1}, {}}), 500.0 / 11, 1e-9);
}

}  // namespace
}  // namespace snitt::image
