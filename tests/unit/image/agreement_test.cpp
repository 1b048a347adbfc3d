#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "base/error.hpp"
#include "image/deformation.hpp"
#include "image/distance_transform.hpp"
#include "image/label_agreement.hpp"
#include "image/overlay.hpp"

namespace snitt::image {
namespace {

using ::testing::HasSubstr;

VolumeGeometry grid(std::size_t size, Vec3 spacing) {
  VolumeGeometry geometry;
  geometry.size = {size, size, size};
  geometry.spacing_mm = spacing;
  for (std::size_t axis = 0; axis < 3; ++axis)
    geometry.origin_mm[axis] = -0.5 * static_cast<double>(size - 1) * spacing[axis];
  return geometry;
}

Vec3 center(const VolumeGeometry& g, std::size_t v) {
  return transform_point(index_to_space(g),
                         {static_cast<double>(v % g.size[0]), static_cast<double>(v / g.size[0] % g.size[1]),
                          static_cast<double>(v / g.size[0] / g.size[1])});
}

Volume balls(const VolumeGeometry& g, Vec3 at, double radius, std::uint8_t label) {
  Volume volume;
  volume.geometry = g;
  volume.voxels.resize(g.voxels());
  for (std::size_t v = 0; v < g.voxels(); ++v)
    if (norm(center(g, v) - at) <= radius) volume.values<std::uint8_t>()[v] = label;
  return volume;
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Labels, OfTwoConcentricBallsAgreeAsTheirRadiiSay) {
  const VolumeGeometry g = grid(81, {0.5, 0.5, 0.5});
  const auto rows = compare_labels(balls(g, {}, 15, 3), balls(g, {}, 12, 3));
  ASSERT_EQ(rows.size(), 1U);
  const LabelAgreement& a = rows.front();
  EXPECT_EQ(a.label, 3);
  const double ratio = std::pow(12.0 / 15, 3);  // smaller over larger volume
  // Voxels at the rim: volumes to 0.1 %, boundaries to a voxel.
  EXPECT_NEAR(a.dice, 2 * ratio / (1 + ratio), 2e-3);
  EXPECT_NEAR(a.jaccard, ratio, 2e-3);
  EXPECT_NEAR(a.hausdorff_mm, 3, 0.5);
  EXPECT_NEAR(a.hausdorff95_mm, 3, 0.3);
  EXPECT_NEAR(a.mean_surface_distance_mm, 3, 0.1);
}

TEST(Labels, OfTwoShiftedBallsAgreeAsTheirLensSays) {
  const VolumeGeometry g = grid(81, {0.5, 0.5, 0.5});
  const double r = 12;
  const double d = 6;
  const auto rows = compare_labels(balls(g, {}, r, 1), balls(g, {d, 0, 0}, r, 1));
  const double lens = std::numbers::pi * (4 * r + d) * (2 * r - d) * (2 * r - d) / 12;
  const double ball = 4.0 / 3 * std::numbers::pi * r * r * r;
  EXPECT_NEAR(rows.front().dice, lens / ball, 2e-3);
  EXPECT_NEAR(rows.front().hausdorff_mm, d, 0.5);
}

TEST(Labels, HaveDistancesInMillimetresAlongEveryAxis) {
  const VolumeGeometry g = grid(21, {1, 2, 3});
  Volume a = balls(g, {}, 0.1, 1);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3 at;
    at[axis] = 4 * g.spacing_mm[axis];
    const auto rows = compare_labels(a, balls(g, at, 0.1, 1));
    EXPECT_DOUBLE_EQ(rows.front().hausdorff_mm, 4 * g.spacing_mm[axis]);
    EXPECT_DOUBLE_EQ(rows.front().mean_surface_distance_mm, 4 * g.spacing_mm[axis]);
    EXPECT_EQ(rows.front().dice, 0);
  }
}

TEST(Labels, ThatOnlyOneHasAreSaidAndOthersApart) {
  const VolumeGeometry g = grid(21, {1, 1, 1});
  const auto rows = compare_labels(balls(g, {}, 5, 2), balls(g, {}, 5, 7));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].second_voxels, 0U);
  EXPECT_EQ(rows[1].dice, 0);
  EXPECT_TRUE(std::isnan(rows[1].hausdorff_mm));
  EXPECT_THAT(message_of([&] { compare_labels(balls(g, {}, 0, 0), balls(g, {}, 0, 0)); }),
              HasSubstr("neither image has a label"));
  EXPECT_THAT(message_of([&] {
                compare_labels(balls(g, {}, 5, 1), balls(grid(20, {1, 1, 1}), {}, 5, 1));
              }),
              HasSubstr("different grids"));
}

TEST(DistanceTransform, IsThatOfComparingAllPairs) {
  std::mt19937 random(5);
  const std::array<std::size_t, 3> size{13, 9, 11};
  const Vec3 spacing{0.7, 1.9, 1.1};
  std::vector<std::uint8_t> set(size[0] * size[1] * size[2]);
  for (auto& one : set) one = random() % 150 == 0 ? 1 : 0;
  const std::vector<double> squares = squared_distances(set, size, spacing);
  const auto at = [&](std::size_t v) {
    return Vec3{spacing.x * static_cast<double>(v % 13), spacing.y * static_cast<double>(v / 13 % 9),
                spacing.z * static_cast<double>(v / 117)};
  };
  for (std::size_t v = 0; v < set.size(); ++v) {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t w = 0; w < set.size(); ++w)
      if (set[w] != 0) best = std::min(best, dot(at(v) - at(w), at(v) - at(w)));
    EXPECT_NEAR(squares[v], best, 1e-9);
  }
  EXPECT_TRUE(std::isinf(squared_distances(std::vector<std::uint8_t>(8), {2, 2, 2}, {1, 1, 1})[3]));
}

TEST(Deformation, OfALinearMapIsItsDeterminantEverywhere) {
  Matrix4 m;
  m.m = {1.2, 0.1, 0, 3, -0.1, 0.9, 0.2, 4, 0, 0.1, 1.1, 5, 0, 0, 0, 1};
  const auto s = deformation_statistics({{"A", "B"}, {LinearStep{m}}}, grid(7, {1, 2, 3}), nullptr);
  EXPECT_EQ(s.voxels, 343U);
  EXPECT_NEAR(s.lowest, determinant3(m), 1e-14);
  EXPECT_NEAR(s.highest, determinant3(m), 1e-14);
  EXPECT_NEAR(s.log_mean, std::log(determinant3(m)), 1e-14);
  EXPECT_LT(s.log_standard_deviation, 1e-13);
  EXPECT_EQ(s.folded, 0U);
}

/// The linear map as a field on its grid: central differences are exact for it.
DisplacementStep field_of(const Matrix4& m, const VolumeGeometry& g) {
  DisplacementStep step{g, {}};
  for (std::size_t v = 0; v < g.voxels(); ++v) {
    const Vec3 u = transform_point(m, center(g, v)) - center(g, v);
    for (const double c : {u.x, u.y, u.z}) step.vectors_mm.push_back(static_cast<float>(c));
  }
  return step;
}

TEST(Deformation, OfASampledLinearMapIsItsDeterminantUpToTheRim) {
  Matrix4 m;
  m.m = {1.2, 0.1, 0, 3, -0.1, 0.9, 0.2, 4, 0, 0.1, 1.1, 5, 0, 0, 0, 1};
  const VolumeGeometry g = grid(9, {2, 2, 2});
  const auto s = deformation_statistics({{"A", "B"}, {field_of(m, g)}}, g, nullptr);
  EXPECT_NEAR(s.lowest, determinant3(m), 1e-5);  // vectors are floats
  EXPECT_NEAR(s.highest, determinant3(m), 1e-5);
}

TEST(Deformation, CountsFoldsInTheMask) {
  Matrix4 mirror;
  mirror(0, 0) = -1;
  const VolumeGeometry g = grid(9, {2, 2, 2});
  VoxelMask mask{g, std::vector<std::uint8_t>(g.voxels())};
  mask.inside[100] = mask.inside[200] = 1;
  const auto s = deformation_statistics({{"A", "B"}, {field_of(mirror, g)}}, g, &mask);
  EXPECT_EQ(s.voxels, 2U);
  EXPECT_EQ(s.folded, 2U);
  EXPECT_EQ(s.folded_percent, 100);
  EXPECT_NEAR(s.lowest, -1, 1e-5);
  mask.inside.assign(g.voxels(), 0);
  EXPECT_THROW(deformation_statistics({{"A", "B"}, {}}, g, &mask), InputError);
}

TEST(InverseConsistency, OfATransformAndItsSampledInverseIsSmallAndFallsWithTheGrid) {
  const auto smooth = [](Vec3 p) {
    return std::exp(-dot(p, p) / 60) * Vec3{2 * std::cos(p.y / 6), 1.5 * std::sin(p.z / 5 + 1), 1};
  };
  std::vector<double> errors;
  for (const double spacing : {2.0, 1.0}) {
    const VolumeGeometry g = grid(static_cast<std::size_t>(40 / spacing) + 1, {spacing, spacing, spacing});
    BSplineStep step{grid(14, {4, 4, 4}), {}};
    for (std::size_t v = 0; v < step.grid.voxels(); ++v) {
      const Vec3 u = smooth(center(step.grid, v));
      step.coefficients_mm.insert(step.coefficients_mm.end(), {u.x, u.y, u.z});
    }
    const SpatialTransform forth{{"A", "B"}, {step}};
    InverseError error;
    const SpatialTransform back{{"B", "A"}, {displacement_field(ChainMapper(forth, true), g, error)}};
    EXPECT_EQ(error.not_found, 0U);
    EXPECT_LT(error.largest_mm, 1e-6);
    errors.push_back(inverse_consistency(back, forth, g, nullptr).largest);
  }
  EXPECT_LT(errors[1], 0.05);
  EXPECT_NEAR(std::log2(errors[0] / errors[1]), 2, 0.5);  // linear interpolation: second order
}

TEST(DistanceSummary, IsThatOfTheNumbers) {
  const DistanceSummary s = summary_of({3, 1, 2, 4});
  EXPECT_EQ(s.count, 4U);
  EXPECT_EQ(s.mean, 2.5);
  EXPECT_EQ(s.median, 2.5);
  EXPECT_EQ(s.largest, 4);
  EXPECT_DOUBLE_EQ(s.rms, std::sqrt(7.5));
  EXPECT_DOUBLE_EQ(s.percentile95, 3.85);
}

TEST(Otsu, SeparatesTwoClasses) {
  Volume volume = balls(grid(21, {1, 1, 1}), {}, 6, 200);
  for (auto& value : volume.values<std::uint8_t>())
    if (value == 0) value = 40;
  const double threshold = otsu_threshold(volume, {0, 255});
  EXPECT_GT(threshold, 40);
  EXPECT_LT(threshold, 200);
}

TEST(Pictures, OfTwoGridsAreRefused) {
  const Volume a = balls(grid(21, {1, 1, 1}), {}, 6, 200);
  const Volume b = balls(grid(20, {1, 1, 1}), {}, 6, 200);
  EXPECT_THROW(checkerboard(a, {0, 255}, b, {0, 255}), InputError);
  EXPECT_THROW(contour_overlay(a, {0, 255}, b, true), InputError);
  EXPECT_GT(checkerboard(a, {0, 255}, a, {0, 255}).pixels.size(), 0U);
  const Picture overlay = contour_overlay(a, {0, 255}, a, true);
  EXPECT_EQ(overlay.format.components, 3U);
}

}  // namespace
}  // namespace snitt::image
