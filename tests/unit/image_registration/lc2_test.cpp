#include "image_registration/lc2.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "image_registration/lc2_registration.hpp"
#include "test_head.hpp"

namespace snitt::image_registration {
namespace {

Monitor silent;

/// Length of the central differences over `h` mm.
double slope_at(Vec3 p, double h) {
  Vec3 slope;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3 d;
    d[axis] = h;
    slope[axis] = (head_at(p + d) - head_at(p - d)) / (2 * h);
  }
  return norm(slope);
}

double random_unit(std::uint32_t& state) {
  state = state * 1664525U + 1013904223U;
  return static_cast<double>(state >> 8U) / (1U << 24U);
}

/// What ultrasound might show of the head: echoes of tissue that differ from place to place, of borders,
/// speckle, and nothing outside a sector.
image::ScalarVolume ultrasound(const VolumeGeometry& grid, const Matrix4& grid_to_head, double speckle) {
  image::ScalarVolume volume{grid, {}};
  const Matrix4 to_space = index_to_space(grid);
  std::uint32_t state = 5;
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const Vec3 head = transform_point(grid_to_head, p);
        const double echo = 60 + (0.3 + 0.004 * p.x) * head_at(head) + 6 * slope_at(head, 1);
        const double noise = 1 + speckle * (random_unit(state) + random_unit(state) - 1);
        const bool is_seen = std::abs(p.x) < 0.5 * (p.y + 70);
        volume.values.push_back(is_seen ? static_cast<float>(echo * noise) : 0.0F);
      }
  return volume;
}

VolumeGeometry sweep_grid() {
  VolumeGeometry grid;
  grid.size = {48, 48, 40};
  grid.spacing_mm = {1.5, 1.5, 1.5};
  grid.origin_mm = {-35, -35, -29};
  return grid;
}

MaskedVolume whole(const image::ScalarVolume& volume) {
  return {volume, std::vector<std::uint8_t>(volume.values.size(), 1)};
}

TEST(Lc2, IsOneWhereTheImageIsALinearCombinationOfTheOther) {
  const image::ScalarVolume head = head_image(head_grid());
  // The metric takes differences over two voxels, and so does this image; the rim has none.
  image::ScalarVolume combined{head.geometry, {}};
  const Matrix4 to_space = index_to_space(head.geometry);
  const auto [nx, ny, nz] = head.geometry.size;
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i) {
        const Vec3 p = transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        combined.values.push_back(static_cast<float>(50 - 2 * head_at(p) + 9 * slope_at(p, 2)));
      }
  const Lc2 metric(whole(combined), head, {}, 4);
  const double at_truth = metric.value({}).likeness;
  EXPECT_GT(at_truth, 0.97);  // the damping takes a hundredth where patches are nearly flat
  Matrix4 shift;
  shift(0, 3) = 3;
  EXPECT_LT(metric.value(shift).likeness, at_truth - 0.1);
}

TEST(Lc2, DoesNotMindScaleAndOffsetOfEitherImage) {
  const image::ScalarVolume us = ultrasound(sweep_grid(), {}, 0.2);
  const image::ScalarVolume head = head_image(head_grid());
  image::ScalarVolume scaled_us = us;
  for (float& v : scaled_us.values) v = 3 * v + 1000;
  const image::ScalarVolume scaled_head =
      head_image(head_grid(), {}, [](double v, Vec3) { return 700 - 12 * v; });
  const double plain = Lc2(whole(us), head, {}, 4).value({}).likeness;
  EXPECT_NEAR(Lc2(whole(scaled_us), head, {}, 4).value({}).likeness, plain, 1e-4);  // sums of floats
  EXPECT_NEAR(Lc2(whole(us), scaled_head, {}, 4).value({}).likeness, plain, 1e-4);
}

TEST(Lc2, LeavesOutWhatIsNotOnTheOtherImage) {
  const image::ScalarVolume us = ultrasound(sweep_grid(), {}, 0.2);
  const Lc2 metric(whole(us), head_image(head_grid()), {}, 4);
  EXPECT_NEAR(metric.value({}).overlap, 1, 1e-12);
  Matrix4 far;
  far(0, 3) = 500;
  EXPECT_EQ(metric.value(far).overlap, 0);
  EXPECT_EQ(metric.value(far).likeness, 0);
  far(0, 3) = 40;
  EXPECT_NEAR(metric.value(far).overlap, 0.5, 0.3);
}

TEST(UltrasoundSector, IsWithoutTheBackgroundButWithDarkVessels) {
  image::ScalarVolume us = ultrasound(sweep_grid(), {}, 0.2);
  const std::size_t vessel = (20 * 48 + 24) * 48 + 24;
  us.values[vessel] = 0;
  const image::VoxelMask sector = ultrasound_sector(us, {});
  EXPECT_EQ(sector.inside[vessel], 1);
  EXPECT_EQ(sector.inside[0], 0);
  const MaskedVolume half = shrunk(us, sector, {2, 2, 2});
  EXPECT_EQ(half.volume.geometry.size[0], 24U);
  EXPECT_EQ(half.inside[0], 0);
}

TEST(RegisterLc2, FindsAKnownMotionFromFarStarts) {
  const Matrix4 truth = motion({1, -2, 1}, 7, {6, -4, 5});
  const ImagePair pair{
      ultrasound(sweep_grid(), Matrix4{}, 0.5), head_image(head_grid({1.5, 1.5, 2}), inverse(truth)), {}, {}};
  Lc2Options options;
  options.starts = 200;
  for (const Vec3 off : {Vec3{0, 0, 0}, Vec3{-6, 5, 4}}) {
    Matrix4 start = motion({0, 1, 1}, 4, off);
    const LinearResult found = register_lc2(pair, start, options, silent);
    // A quarter of the voxels, under speckle of half the value and echoes that grow along x.
    EXPECT_LT(largest_error_mm(found.fixed_to_moving, truth), 0.4);
    LinearOptions described;
    described.metric = Metric::lc2;
    EXPECT_EQ(linear_record(pair, start, described, found).verdict, "good");
  }
}

TEST(RegisterLc2, GivesTheSameBytesForAnyNumberOfThreads) {
  const ImagePair pair{ultrasound(sweep_grid(), {}, 0.5), head_image(head_grid()), {}, {}};
  Lc2Options options;
  options.starts = 30;
  options.climbs = 2;
  std::vector<Matrix4> results;
  for (const int threads : {1, 2, 7}) {
    ThreadLimit limit(threads);
    limit.run([&] {
      results.push_back(register_lc2(pair, motion({0, 0, 1}, 3, {2, 1, 0}), options, silent).fixed_to_moving);
    });
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(RegisterLc2, RefusesAnEmptyUltrasoundImage) {
  image::ScalarVolume flat{sweep_grid(), std::vector<float>(sweep_grid().voxels(), 7)};
  EXPECT_THROW(register_lc2({flat, head_image(head_grid()), {}, {}}, {}, {}, silent), ComputationError);
  ImagePair apart{ultrasound(sweep_grid(), {}, 0.5), head_image(head_grid()), {}, {}};
  apart.moving.geometry.origin_mm.x += 300;
  EXPECT_THROW(register_lc2(apart, {}, {}, silent), ComputationError);
}

}  // namespace
}  // namespace snitt::image_registration
