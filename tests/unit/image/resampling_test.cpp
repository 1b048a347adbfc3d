#include "image/resampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "geometry/rotation.hpp"

namespace snitt::image {
namespace {

using ::testing::HasSubstr;

VolumeGeometry some_grid(std::array<std::size_t, 3> size) {
  const Matrix4 turn = rotation_from_vector({0.3, -0.2, 0.5});
  VolumeGeometry grid{size, {0.8, 1.2, 1.5}, {-20, 10, 5}, {}};
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.axis_directions[axis] = {turn(0, axis), turn(1, axis), turn(2, axis)};
  return grid;
}

template <typename T, typename Function>
Volume sampled(const VolumeGeometry& grid, const Function& f, std::size_t components = 1) {
  Volume volume;
  volume.geometry = grid;
  volume.format = {pixel_type_of<T>(), components};
  volume.voxels.resize(grid.voxels() * components * sizeof(T));
  for (std::size_t v = 0; v < grid.voxels(); ++v) {
    const Vec3 index{static_cast<double>(v % grid.size[0]),
                     static_cast<double>(v / grid.size[0] % grid.size[1]),
                     static_cast<double>(v / grid.size[0] / grid.size[1])};
    const Vec3 p = transform_point(index_to_space(grid), index);
    for (std::size_t c = 0; c < components; ++c)
      volume.values<T>()[v * components + c] = static_cast<T>(f(p) + static_cast<double>(c));
  }
  return volume;
}

template <typename T>
Volume random_volume(const VolumeGeometry& grid, std::size_t components = 1) {
  std::mt19937 random(7);
  return sampled<T>(
      grid, [&](Vec3) { return static_cast<double>(random() % 200); }, components);
}

SpatialTransform linear(const Matrix4& m) { return {{"Fixed", "Moving"}, {LinearStep{m}}}; }
Matrix4 shift(double x, double y, double z) {
  Matrix4 m;
  m(0, 3) = x;
  m(1, 3) = y;
  m(2, 3) = z;
  return m;
}

const SpatialTransform bent = [] {
  BSplineStep step;
  step.grid = some_grid({7, 7, 7});
  step.grid.spacing_mm = {6, 6, 6};
  step.grid.origin_mm = {-26, 0, -5};
  std::mt19937 random(3);
  for (std::size_t i = 0; i < 3 * step.grid.voxels(); ++i)
    step.coefficients_mm.push_back(static_cast<double>(random() % 2001) / 1000 - 1);
  return SpatialTransform{{"Fixed", "Moving"}, {step, LinearStep{shift(0.3, -0.2, 0.1)}}};
}();

class EveryType : public ::testing::TestWithParam<PixelType> {};

TEST_P(EveryType, TheIdentityGivesBackTheImage) {
  visit_pixel_type(GetParam(), [](auto tag) {
    using T = typename decltype(tag)::type;
    for (const std::size_t components : {1U, 3U})
      for (const Interpolation i : {Interpolation::nearest, Interpolation::linear, Interpolation::cubic}) {
        const Volume volume = random_volume<T>(some_grid({11, 9, 7}), components);
        const Volume out = resampled(volume, volume.geometry, linear({}), {i, 0});
        for (std::size_t v = 0; v < volume.values<T>().size(); ++v)
          // Coefficients of B-splines are floats for these types: seven digits of 200.
          EXPECT_NEAR(static_cast<double>(out.values<T>()[v]), static_cast<double>(volume.values<T>()[v]),
                      std::is_floating_point_v<T> ? 2e-4 : 0);
      }
  });
}
INSTANTIATE_TEST_SUITE_P(AllTypes, EveryType,
                         ::testing::Values(PixelType::u8, PixelType::i8, PixelType::u16, PixelType::i16,
                                           PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Resampling, LinearInterpolationIsExactForLinearImages) {
  const auto f = [](Vec3 p) { return 3 * p.x - 2 * p.y + 0.5 * p.z + 7; };
  const Volume volume = sampled<double>(some_grid({30, 30, 30}), f);
  VolumeGeometry grid = some_grid({9, 8, 7});
  grid.origin_mm = transform_point(index_to_space(volume.geometry), {10.3, 9.1, 8.7});
  const Volume out = resampled(volume, grid, bent, {Interpolation::linear, -1});
  const Volume expected = sampled<double>(grid, [&](Vec3 p) { return f(map_point(bent, p)); });
  for (std::size_t i = 0; i < grid.voxels(); ++i)
    EXPECT_NEAR(out.values<double>()[i], expected.values<double>()[i], 1e-11);
}

TEST(Resampling, CubicInterpolationOfASmoothImageConvergesWithTheFourthPowerOfTheSpacing) {
  const auto f = [](Vec3 p) { return std::sin(0.4 * p.x) * std::cos(0.3 * p.y + 1) + std::sin(0.35 * p.z); };
  std::vector<double> errors;
  for (const double spacing : {1.0, 0.5}) {
    VolumeGeometry fine;
    fine.size = {static_cast<std::size_t>(30 / spacing) + 1, static_cast<std::size_t>(30 / spacing) + 1,
                 static_cast<std::size_t>(30 / spacing) + 1};
    fine.spacing_mm = {spacing, spacing, spacing};
    const Volume volume = sampled<double>(fine, f);
    VolumeGeometry grid;
    grid.size = {7, 7, 7};
    grid.spacing_mm = {0.731, 0.731, 0.731};
    grid.origin_mm = {12.13, 12.41, 12.7};  // far from the rim, where the mirroring matters
    const Volume out = resampled(volume, grid, linear({}), {Interpolation::cubic, 0});
    const Volume expected = sampled<double>(grid, f);
    double worst = 0;
    for (std::size_t i = 0; i < grid.voxels(); ++i)
      worst = std::max(worst, std::abs(out.values<double>()[i] - expected.values<double>()[i]));
    errors.push_back(worst);
  }
  EXPECT_NEAR(std::log2(errors[0] / errors[1]), 4, 0.3);
  EXPECT_LT(errors[1], 1e-4);
}

TEST(Resampling, LooksUpWhereTheTransformLeads) {
  Volume volume = sampled<std::uint8_t>({{9, 9, 9}, {1, 1, 1}, {}, VolumeGeometry{}.axis_directions},
                                        [](Vec3) { return 0.0; });
  volume.values<std::uint8_t>()[(4 * 9 + 5) * 9 + 6] = 200;  // at (6, 5, 4) of the moving space
  const Volume out = resampled(volume, volume.geometry, linear(shift(2, 1, -1)), {Interpolation::nearest, 9});
  EXPECT_EQ(out.values<std::uint8_t>()[(5 * 9 + 4) * 9 + 4], 200);
  EXPECT_EQ(out.values<std::uint8_t>()[(0 * 9 + 4) * 9 + 4], 9);  // z = -1: outside
}

TEST(Resampling, GoesUpToHalfAVoxelBeyondTheOuterCentersAsItkDoes) {
  const Volume volume = sampled<float>({{3, 3, 3}, {1, 1, 1}, {}, VolumeGeometry{}.axis_directions},
                                       [](Vec3 p) { return 10 + p.x; });
  const auto at = [&](double x) {
    VolumeGeometry one{{1, 1, 1}, {1, 1, 1}, {x, 1, 1}, VolumeGeometry{}.axis_directions};
    return resampled(volume, one, linear({}), {Interpolation::linear, -5}).values<float>()[0];
  };
  EXPECT_EQ(at(-0.5), 10.0F);
  EXPECT_EQ(at(-0.501), -5.0F);
  EXPECT_EQ(at(2.499), 12.0F);
  EXPECT_EQ(at(2.5), -5.0F);
}

TEST(Resampling, RoundsAndKeepsWholeNumbersInTheirRange) {
  Volume volume = sampled<std::uint8_t>({{12, 3, 3}, {1, 1, 1}, {}, VolumeGeometry{}.axis_directions},
                                        [](Vec3 p) { return p.x < 6 ? 0.0 : 255.0; });
  const Volume out = resampled(volume, volume.geometry, linear(shift(0.5, 0, 0)), {Interpolation::cubic, 0});
  EXPECT_EQ(out.values<std::uint8_t>()[4], 0);             // the spline would go below
  EXPECT_EQ(out.values<std::uint8_t>()[6], 255);           // and above
  EXPECT_NEAR(out.values<std::uint8_t>()[5], 127.5, 0.5);  // the middle of the step
  EXPECT_THROW(resampled(volume, volume.geometry, linear({}), {Interpolation::linear, -1}), UsageError);
}

TEST(Resampling, KeepsTimeAndNames) {
  Volume volume = random_volume<std::int16_t>(some_grid({5, 4, 3}));
  volume.time_points = 2;
  volume.dimensions = 4;
  volume.time_step_s = 0.5;
  volume.quantity = "label";
  volume.voxels.resize(2 * volume.voxels.size());
  for (std::size_t i = 60; i < 120; ++i)
    volume.values<std::int16_t>()[i] = static_cast<std::int16_t>(volume.values<std::int16_t>()[i - 60] + 1);
  const Volume out = resampled(volume, volume.geometry, linear({}), {Interpolation::nearest, 0});
  EXPECT_TRUE(out.voxels == volume.voxels);
  EXPECT_EQ(out.time_step_s, 0.5);
  EXPECT_EQ(out.quantity, "label");
}

TEST(Resampling, GivesTheSameBytesForAnyNumberOfThreads) {
  const Volume volume = random_volume<float>(some_grid({40, 35, 30}));
  const auto with = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    GridMapping mapping;
    Volume out =
        resampled(volume, volume.geometry, ChainMapper(bent, true), {Interpolation::cubic, 0}, mapping);
    return std::tuple{out.voxels, mapping.inverse.sum_mm, mapping.inside};
  };
  const auto one = with(1);
  EXPECT_TRUE(one == with(7));
  EXPECT_GT(std::get<1>(one), 0);
}

}  // namespace
}  // namespace snitt::image
