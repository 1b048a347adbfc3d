#include "data/spatial_transform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace snitt {
namespace {

VolumeGeometry grid(std::size_t size, double spacing) {
  VolumeGeometry geometry;
  geometry.size = {size, size, size};
  geometry.spacing_mm = {spacing, spacing, spacing};
  geometry.origin_mm = {-1, 2, 3};
  return geometry;
}

/// A linear function of space, which both kinds of grid must reproduce.
Vec3 slope(Vec3 p) { return {0.1 * p.x - 0.2 * p.y, 0.05 * p.z + 1, -0.3 * p.x + 0.2}; }

template <typename Number>
std::vector<Number> sampled(const VolumeGeometry& geometry) {
  std::vector<Number> vectors;
  for (std::size_t k = 0; k < geometry.size[2]; ++k)
    for (std::size_t j = 0; j < geometry.size[1]; ++j)
      for (std::size_t i = 0; i < geometry.size[0]; ++i) {
        const Vec3 index{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        const Vec3 u = slope(transform_point(index_to_space(geometry), index));
        for (const double component : {u.x, u.y, u.z}) vectors.push_back(static_cast<Number>(component));
      }
  return vectors;
}

void expect_near(Vec3 a, Vec3 b, double tolerance) { EXPECT_LT(norm(a - b), tolerance); }

TEST(SpatialTransform, DisplacementFieldIsExactForLinearFields) {
  const VolumeGeometry geometry = grid(5, 2);
  const TransformStep step = DisplacementStep{geometry, sampled<float>(geometry)};
  const Vec3 p{3.3, 4.7, 8.1};
  expect_near(map_point(step, p), p + slope(p), 1e-5);  // vectors are stored as float
}

TEST(SpatialTransform, DisplacementFieldHoldsItsRimForHalfAVoxelAndMovesNothingBeyond) {
  const VolumeGeometry geometry = grid(3, 2);
  const TransformStep step = DisplacementStep{geometry, std::vector<float>(81, 1.0F)};
  expect_near(map_point(step, {-1.9, 2, 3}), {-0.9, 3, 4}, 1e-12);
  expect_near(map_point(step, {-2.1, 2, 3}), {-2.1, 2, 3}, 1e-12);
}

TEST(SpatialTransform, BSplineIsExactForLinearFieldsWhereAllItsControlPointsAre) {
  const VolumeGeometry geometry = grid(6, 2);  // valid from index 1 to 4: x from 1 to 7
  const TransformStep step = BSplineStep{geometry, sampled<double>(geometry)};
  for (const Vec3 p : {Vec3{3.3, 6.7, 8.1}, Vec3{1, 4, 5}, Vec3{7, 10, 11}})
    expect_near(map_point(step, p), p + slope(p), 1e-12);
  expect_near(map_point(step, {0.9, 6, 8}), {0.9, 6, 8}, 1e-12);
}

TEST(SpatialTransform, ThinPlateSplineAddsTheDistances) {
  const TransformStep step = ThinPlateStep{{}, {{0, 0, 0}, {3, 4, 0}}, {{1, 0, 0}, {0, 0.5, 0}}};
  expect_near(map_point(step, {3, 4, 0}), {8, 4, 0}, 1e-12);
  expect_near(map_point(step, {0, 0, 0}), {0, 2.5, 0}, 1e-12);
}

TEST(SpatialTransform, TheFirstStepIsAppliedFirst) {
  Matrix4 twice;
  for (std::size_t i = 0; i < 3; ++i) twice(i, i) = 2;
  Matrix4 shift;
  shift(0, 3) = 1;
  const SpatialTransform transform{{"A", "B"}, {LinearStep{twice}, LinearStep{shift}}};
  expect_near(map_point(transform, {1, 1, 1}), {3, 2, 2}, 0x1p-40);
  expect_near(transform_point(linear_part(transform), {1, 1, 1}), {3, 2, 2}, 0x1p-40);
  EXPECT_TRUE(is_linear(transform));
}

TEST(SpatialTransform, FaultsAreNamed) {
  SpatialTransform transform{{"A", "B"}, {DisplacementStep{grid(3, 1), std::vector<float>(80)}}};
  EXPECT_EQ(fault_of(transform),
            "step 0 (displacement field): it has 80 numbers; expected 81 for a grid of 3 x 3 x 3");
  transform.steps = {BSplineStep{grid(3, 1), std::vector<double>(81)}};
  EXPECT_EQ(fault_of(transform),
            "step 0 (B-spline): it has 3 control points along an axis; expected at least 4");
  transform.steps = {ThinPlateStep{{}, {{0, 0, 0}}, {{std::numeric_limits<double>::infinity(), 0, 0}}}};
  EXPECT_EQ(fault_of(transform), "step 0 (thin-plate spline): it has a number that is not finite");
  transform.steps = {LinearStep{}};
  EXPECT_EQ(fault_of(transform), "");
}

}  // namespace
}  // namespace snitt
