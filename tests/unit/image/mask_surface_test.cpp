#include "image/mask_surface.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::image {
namespace {

/// Voxels whose centres are within `radius` of `center`, on a turned grid with unequal spacing.
VoxelMask ball(Vec3 center, double radius, double stretch = 1) {
  VoxelMask mask;
  mask.geometry.size = {40, 36, 30};
  mask.geometry.spacing_mm = {1, 1.2, 1.5 * stretch};
  mask.geometry.origin_mm = {-20, 5, 100};
  mask.geometry.axis_directions = {Vec3{0, 1, 0}, Vec3{-1, 0, 0}, Vec3{0, 0, 1}};
  const Matrix4 to_space = index_to_space(mask.geometry);
  for (std::size_t k = 0; k < 30; ++k)
    for (std::size_t j = 0; j < 36; ++j)
      for (std::size_t i = 0; i < 40; ++i)
        mask.inside.push_back(
            norm(transform_point(to_space, {double(i), double(j), double(k)}) - center) < radius ? 1 : 0);
  return mask;
}

Vec3 middle(const VoxelMask& mask) {
  return transform_point(index_to_space(mask.geometry), {19.5, 17.5, 14.5});
}

TEST(MaskSurface, OfABallLiesOnItsSphereBetweenTheVoxels) {
  const Vec3 center = middle(ball({}, 0));
  const PointSet surface = mask_surface(ball(center, 14));
  ASSERT_GT(surface.size(), 1000U);
  double mean = 0;
  double worst = 0;
  double tilt = 0;
  for (std::size_t i = 0; i < surface.size(); ++i) {
    const Vec3 arm = surface.points_mm[i] - center;
    mean += norm(arm) / static_cast<double>(surface.size());
    worst = std::max(worst, std::abs(norm(arm) - 14));
    tilt = std::max(tilt, 1 - dot(arm, surface.normals[i]) / norm(arm));
  }
  // Smoothing over s moves a sphere of radius r inwards by s²/r = 0.08 mm; voxels round by a third of their
  // size.
  EXPECT_NEAR(mean, 14 - 1.05 * 1.05 / 14, 0.05);
  EXPECT_LT(worst, 0.6);
  EXPECT_LT(tilt, 0.05);  // normals outwards, within 18 degrees everywhere
}

TEST(MaskSurface, IsClosedAndTurnsOutwards) {
  const Vec3 center = middle(ball({}, 0));
  const PointSet surface = mask_surface(ball(center, 12));
  EXPECT_EQ(fault_of(surface), "");
  double volume = 0;
  for (const auto& t : surface.triangles)
    volume += dot(surface.points_mm[t[0]] - center,
                  cross(surface.points_mm[t[1]] - center, surface.points_mm[t[2]] - center)) /
              6;
  // Divergence theorem: positive when triangles are counter-clockwise from outside.
  EXPECT_NEAR(volume, 4.0 / 3 * 3.14159265 * std::pow(12 - 1.05 * 1.05 / 12, 3), 0.02 * 7238);
  // A closed surface of genus 0: V - E + F = 2 with E = 3 F / 2.
  EXPECT_EQ(static_cast<long>(surface.size()) - static_cast<long>(surface.triangles.size()) / 2, 2);
}

TEST(MaskSurface, EndsWhereTheImageCutsTheObject) {
  VoxelMask mask = ball(middle(ball({}, 0)), 14);
  for (std::size_t v = 0; v < mask.inside.size(); ++v)
    if ((v / 40) / 36 < 29) mask.inside[v] = 1;  // all but the last slice is full: only that end is a surface
  const PointSet surface = mask_surface(mask);
  for (const Vec3 n : surface.normals) EXPECT_GT(std::abs(n.z), 0.5);
  const Vec3 last = transform_point(index_to_space(mask.geometry), {0, 0, 29});
  for (const Vec3 p : surface.points_mm) EXPECT_NEAR(p.z, last.z, 2.5);
}

TEST(MaskSurface, RefusesWhatHasNone) {
  VoxelMask full = ball({}, 0);
  for (auto& v : full.inside) v = 1;
  EXPECT_THROW(mask_surface(full), ComputationError);
  VoxelMask speck = ball({}, 0);
  speck.inside[20000] = 1;
  try {
    mask_surface(speck);
    FAIL();
  } catch (const ComputationError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("nothing is left of the mask's 1 voxels"));
  }
}

}  // namespace
}  // namespace snitt::image
