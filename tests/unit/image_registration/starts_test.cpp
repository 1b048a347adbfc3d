#include "image_registration/starts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image_registration/block_matching.hpp"
#include "image_registration/pyramid.hpp"
#include "test_head.hpp"

namespace snitt::image_registration {
namespace {

TEST(Starts, CentersAndMassesFallTogether) {
  const Matrix4 truth = motion({0, 0, 1}, 0, {60, -40, 25});
  ImagePair pair{head_image(head_grid()), head_image(head_grid()), {}, {}};
  pair.moving.geometry.origin_mm = pair.moving.geometry.origin_mm + Vec3{60, -40, 25};
  EXPECT_LT(largest_error_mm(start_matrix(pair, Start::centers), truth), 1e-9);
  EXPECT_LT(largest_error_mm(start_matrix(pair, Start::moments), truth), 1e-6);
  EXPECT_LT(largest_error_mm(start_matrix(pair, Start::header), {}), 1e-12);
}

TEST(Starts, OverlapIsAShareOfTheMaskedImage) {
  ImagePair pair{head_image(head_grid()), head_image(head_grid()), {}, {}};
  EXPECT_EQ(overlap(pair, {}), 1);
  EXPECT_NEAR(overlap(pair, motion({0, 0, 1}, 0, {42, 0, 0})), 0.5, 0.03);  // one layer of voxels
  image::VoxelMask mask{pair.fixed.geometry, std::vector<std::uint8_t>(pair.fixed.values.size())};
  for (std::size_t v = 0; v < mask.inside.size(); ++v)
    mask.inside[v] = v % pair.fixed.geometry.size[0] < pair.fixed.geometry.size[0] / 2 ? 1 : 0;
  pair.fixed_mask = mask;
  EXPECT_NEAR(overlap(pair, motion({0, 0, 1}, 0, {42, 0, 0})), 1, 0.05);
}

TEST(Starts, BoxesAreInMillimetresOfSpace) {
  VolumeGeometry grid = head_grid();
  EXPECT_EQ(box_text(grid), "x -42 to 42, y -50 to 50, z -40 to 40 mm");
  grid.axis_directions = {Vec3{0, 1, 0}, Vec3{-1, 0, 0}, Vec3{0, 0, 1}};
  EXPECT_EQ(box_text(grid), "x -142 to -42, y -50 to 34, z -40 to 40 mm");
}

TEST(Blocks, FindALargeTurnAndForgiveWhatHasNoCounterpart) {
  const Matrix4 truth = motion({1, 2, -1}, 18, {12, -9, 7});
  const auto inverted = [](double v, Vec3) { return 150 - v; };
  for (const bool is_inverted : {false, true}) {
    ImagePair pair{
        head_image(head_grid({2.4, 2.4, 2.4})),
        head_image(head_grid({2.4, 2.4, 2.4}), inverse(truth), is_inverted ? Contrast(inverted) : same),
        {},
        {}};
    const auto [nx, ny, nz] = pair.fixed.geometry.size;
    for (std::size_t k = 0; k < nz / 3; ++k)  // a corner shows something else
      for (std::size_t j = 0; j < ny / 3; ++j)
        for (std::size_t i = 0; i < nx / 3; ++i)
          pair.fixed.values[(k * ny + j) * nx + i] = static_cast<float>((i * 7 + j * 5 + k * 3) % 100);
    // Two voxels, from 25 mm: a start, not a result.
    EXPECT_LT(largest_error_mm(match_blocks(pair, {}, LinearModel::rigid), truth), 6) << is_inverted;
  }
}

TEST(Pyramid, HalvesDownToTheCoarserImage) {
  VolumeGeometry fine = head_grid({1, 1, 3});
  const VolumeGeometry coarse = head_grid({2, 2, 2});
  EXPECT_THAT(level_spacings(fine, coarse), testing::ElementsAre(4, 2));
  const auto small = at_resolution(head_image(fine), 4);
  ASSERT_TRUE(small.has_value());
  EXPECT_EQ(small->geometry.spacing_mm, (Vec3{4, 4, 3}));
  EXPECT_FALSE(at_resolution(head_image(coarse), 2).has_value());
}

}  // namespace
}  // namespace snitt::image_registration
