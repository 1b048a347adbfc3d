#include "data/transform_chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "geometry/rotation.hpp"

namespace snitt {
namespace {

using ::testing::HasSubstr;

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

VolumeGeometry grid(std::array<std::size_t, 3> size, double spacing) {
  VolumeGeometry geometry;
  geometry.size = size;
  geometry.spacing_mm = {spacing, spacing, spacing};
  const double half = -0.5 * spacing;
  geometry.origin_mm = {half * static_cast<double>(size[0] - 1), half * static_cast<double>(size[1] - 1),
                        half * static_cast<double>(size[2] - 1)};
  return geometry;
}

/// Smooth, of some 3 mm, and 0 at the rim of a box of 60 mm.
Vec3 bump(Vec3 p) {
  const double fall = std::exp(-dot(p, p) / 200);
  return fall * Vec3{3 * std::sin(p.y / 10 + 1), 2 * std::cos(p.z / 12), 2.5 * std::sin(p.x / 9)};
}

SpatialTransform field(const TransformName& name) {
  DisplacementStep step{grid({31, 31, 31}, 2), {}};
  for (std::size_t v = 0; v < step.grid.voxels(); ++v) {
    const Vec3 index{static_cast<double>(v % 31), static_cast<double>(v / 31 % 31),
                     static_cast<double>(v / 961)};
    const Vec3 u = bump(transform_point(index_to_space(step.grid), index));
    for (const double c : {u.x, u.y, u.z}) step.vectors_mm.push_back(static_cast<float>(c));
  }
  return {name, {step}};
}

SpatialTransform spline(const TransformName& name) {
  BSplineStep step{grid({9, 9, 9}, 10), {}};
  for (std::size_t v = 0; v < step.grid.voxels(); ++v) {
    const Vec3 index{static_cast<double>(v % 9), static_cast<double>(v / 9 % 9), static_cast<double>(v / 81)};
    const Vec3 u = bump(transform_point(index_to_space(step.grid), index));
    step.coefficients_mm.insert(step.coefficients_mm.end(), {u.x, u.y, u.z});
  }
  return {name, {step}};
}

SpatialTransform rigid(const TransformName& name) {
  Matrix4 m = rotation_from_vector({0.1, 0.2, -0.3});
  m(0, 3) = 4;
  m(1, 3) = -3;
  return {name, {LinearStep{m}}};
}

SpatialTransform plate(const TransformName& name) {
  // Weights that add up to nothing, and do so times their places: four corners of a square, alternating.
  ThinPlateStep step;
  step.landmarks_mm = {{-15, -15, 2}, {15, -15, 2}, {15, 15, 2}, {-15, 15, 2}};
  step.weights = {{0.05, 0.02, 0.03}, {-0.05, -0.02, -0.03}, {0.05, 0.02, 0.03}, {-0.05, -0.02, -0.03}};
  return {name, {step}};
}

std::vector<Vec3> probes() {
  std::vector<Vec3> points;
  for (double x = -18; x <= 18; x += 5.7)
    for (double y = -17; y <= 17; y += 6.1)
      for (double z = -16; z <= 16; z += 7.3) points.push_back({x, y, z});
  return points;
}

TEST(TransformMapper, MapsAsMapPointDoesWhateverTheRow) {
  const SpatialTransform all{
      {"A", "B"}, {rigid({}).steps[0], field({}).steps[0], spline({}).steps[0], plate({}).steps[0]}};
  const TransformMapper mapper(all);
  std::vector<Vec3> row;
  for (double x = -45; x < 45; x += 1.5) row.push_back({x, 3.3, -2.1});
  for (const SpatialTransform& transform : {all, spline({"A", "B"}), field({"A", "B"}), plate({"A", "B"})}) {
    std::vector<Vec3> moved = row;
    TransformMapper(transform).map(moved);
    // The sums of a B-spline along a row run in another order.
    for (std::size_t i = 0; i < row.size(); ++i)
      EXPECT_LT(norm(moved[i] - map_point(transform, row[i])), 1e-12);
  }
}

TEST(TransformMapper, DerivativesAreThoseOfDifferences) {
  const double h = 1e-5;
  for (const SpatialTransform& transform :
       {rigid({"A", "B"}), field({"A", "B"}), spline({"A", "B"}), plate({"A", "B"}),
        SpatialTransform{{"A", "B"}, {rigid({}).steps[0], spline({}).steps[0], plate({}).steps[0]}}}) {
    const TransformMapper mapper(transform);
    for (const Vec3 p : {Vec3{1.3, 2.7, -5.1}, Vec3{-11.7, 8.3, 3.9}}) {
      Vec3 there = p;
      const Matrix4 derivative = mapper.derivative(there);
      EXPECT_LT(norm(there - map_point(transform, p)), 1e-12);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        Vec3 up = p;
        Vec3 down = p;
        up[axis] += h;
        down[axis] -= h;
        const Vec3 slope = (0.5 / h) * (map_point(transform, up) - map_point(transform, down));
        for (std::size_t row = 0; row < 3; ++row)
          EXPECT_NEAR(derivative(row, axis), slope[row], 1e-8);  // h² times third derivatives, rounding / h
      }
    }
  }
}

TEST(ChainMapper, GoesThereAndBack) {
  const std::vector<SpatialTransform> transforms{rigid({"B", "A"}), field({"B", "C"}), spline({"D", "C"}),
                                                 plate({"D", "E"})};
  std::vector<TransformName> names;
  for (const auto& t : transforms) names.push_back(t.name);
  const TransformChain forth = find_chain(names, "A", "E");
  EXPECT_EQ(forth, (TransformChain{{0, true}, {1, false}, {2, true}, {3, false}}));
  EXPECT_EQ(chain_text(names, forth, "A"), "A → B → C → D → E");
  const ChainMapper there(transforms, forth);
  const ChainMapper back(transforms, find_chain(names, "E", "A"));
  EXPECT_FALSE(there.is_exact());
  std::vector<Vec3> points = probes();
  const InverseError one = there.map_all(points);
  const InverseError other = back.map_all(points);
  EXPECT_EQ(one.not_found + other.not_found, 0U);
  EXPECT_EQ(one.points, points.size());
  EXPECT_LT(std::max(one.largest_mm, other.largest_mm), 1e-6);  // where the search stops
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_LT(norm(points[i] - probes()[i]), 1e-5);
}

TEST(ChainMapper, OfLinearTransformsIsTheirProductAndExact) {
  const std::vector<SpatialTransform> transforms{rigid({"A", "B"}), rigid({"C", "B"})};
  const ChainMapper mapper(transforms, {{0, false}, {1, true}});
  EXPECT_TRUE(mapper.is_exact());
  ASSERT_TRUE(mapper.matrix());
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(mapper.matrix()->m[i], Matrix4{}.m[i], 1e-15);
}

TEST(ChainMapper, SaysWhichPointsHaveNoInverse) {
  // A field that moves everything by 5 mm up to its rim and nothing beyond: nothing arrives in between.
  DisplacementStep step{grid({11, 11, 11}, 2), {}};
  for (std::size_t v = 0; v < step.grid.voxels(); ++v)
    step.vectors_mm.insert(step.vectors_mm.end(), {5, 0, 0});
  const SpatialTransform torn{{"A", "B"}, {step}};
  const ChainMapper back(torn, true);
  std::vector<Vec3> points{{0, 0, 0}, {-8, 0, 0}};
  const InverseError error = back.map_all(points);
  EXPECT_LT(norm(points[0] - Vec3{-5, 0, 0}), 1e-6);
  EXPECT_EQ(error.not_found, 1U);
  EXPECT_TRUE(std::isnan(points[1].x));
}

TEST(FindChain, RefusesWhatIsNotOneWay) {
  const std::vector<TransformName> names{{"Fixed", "Atlas"}, {"Atlas", "Moving"}, {"X", "Y"}};
  EXPECT_TRUE(find_chain(names, "Fixed", "Fixed").empty());
  EXPECT_THAT(message_of([&] { find_chain(names, "Fixed", "Y"); }),
              HasSubstr("no chain leads from Fixed to Y: the transforms given (FixedToAtlas, AtlasToMoving, "
                        "XToY) lead from Fixed to Fixed, Atlas, Moving only"));
  EXPECT_THAT(message_of([&] { find_chain(names, "Fixd", "Moving"); }), HasSubstr("did you mean"));
  const std::vector<TransformName> loop{{"A", "B"}, {"B", "C"}, {"A", "C"}};
  EXPECT_THAT(message_of([&] { find_chain(loop, "A", "C"); }),
              HasSubstr("two chains lead from A to C: A → B → C"));
  EXPECT_THAT(message_of([&] { find_chain({{"A", "B"}, {"B", "A"}}, "A", "B"); }), HasSubstr("two chains"));
}

TEST(FarEnd, IsWhereALineOfTransformsEnds) {
  EXPECT_EQ(far_end({{"B", "C"}, {"B", "A"}}, "A"), "C");
  EXPECT_EQ(far_end({{"B", "C"}, {"B", "A"}}, "B"), std::nullopt);
  EXPECT_EQ(far_end({{"A", "B"}, {"C", "D"}}, "A"), std::nullopt);
  EXPECT_EQ(far_end({{"A", "B"}, {"B", "A"}}, "A"), std::nullopt);
}

}  // namespace
}  // namespace snitt
