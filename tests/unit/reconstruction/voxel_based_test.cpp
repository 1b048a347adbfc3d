#include "reconstruction/voxel_based.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/error.hpp"
#include "reconstruction/frame_planes.hpp"
#include "reconstruction/voxel_row.hpp"

#include "voxel_based_reference.hpp"

namespace snitt::reconstruction {
namespace {

template <typename T>
class VoxelBasedOfType : public testing::Test {};
using PixelTypes = testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                                  std::int32_t, float, double>;
TYPED_TEST_SUITE(VoxelBasedOfType, PixelTypes);

TYPED_TEST(VoxelBasedOfType, EqualsTheSearchThroughAllFramesForEveryMethodAndRegion) {
  unsigned seed = 0;
  const double white = std::is_integral_v<TypeParam> ? double(std::numeric_limits<TypeParam>::max()) : 255.0;
  for (const auto method :
       {VoxelMethod::nearest_plane, VoxelMethod::distance_weighted, VoxelMethod::adaptive_gaussian})
    for (const auto sampling : {PixelSampling::nearest, PixelSampling::bilinear})
      for (const std::size_t planes : {2U, 5U, 30U}) {
        ++seed;
        VoxelBasedOptions options;
        options.method = method;
        options.sampling = sampling;
        options.maximum_planes = planes;
        options.radius_mm = 1.5 + seed % 4;
        options.newness_weight = 0.5 * (seed % 2);
        options.brightness_weight = 0.5 * (seed % 3);
        auto source = random_frames<TypeParam>(40, seed % 2 == 0 ? 1 : 3, seed);
        const FramePoses poses = random_poses(40, seed);
        VolumeGeometry grid{{25, 18, 30}, {0.9, 1, 1.3}, {-0.7, -0.4, -1}, {}};
        grid.axis_directions = VolumeGeometry{}.axis_directions;
        RegionOptions region = some_region(seed, 21, 33);
        if (seed % 5 == 0) region.reject_below = double(source.pixels[5]);
        const VoxelBasedVolume got = run(source, poses, grid, options, region);
        const auto [values, accumulation] = reference(source, poses, grid, options, region, white);
        ASSERT_EQ(got.accumulation, accumulation) << "seed " << seed;
        ASSERT_EQ(values_of<TypeParam>(got), values) << "seed " << seed;
        ASSERT_EQ(got.frames_used, 37U);
        ASSERT_EQ(got.frames_skipped, 3U);
      }
}

TEST(VoxelBased, WeighsTwoParallelConstantPlanesByInverseDistance) {
  MemorySource<double> source(2, 20, 20);
  std::fill(source.pixels.begin(), source.pixels.begin() + 400, 100.0);
  std::fill(source.pixels.begin() + 400, source.pixels.end(), 40.0);
  const VolumeGeometry grid{{15, 15, 3}, {1, 1, 0.5}, {2, 2, 0.5}, VolumeGeometry{}.axis_directions};
  const auto volume = run(source, stack({0, 2}), grid, {});
  const auto values = values_of<double>(volume);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double z = 0.5 + 0.5 * double(i / 225);
    const double expected = (100 / z + 40 / (2 - z)) / (1 / z + 1 / (2 - z));
    EXPECT_NEAR(values[i], expected, 1e-12);  // a few roundings
    EXPECT_EQ(volume.accumulation[i], 512);
  }
}

TEST(VoxelBased, TakesTheValueOfAFrameOnItsPlane) {
  // At distance 0 the weight is 1/0.001 mm: the other frame, 2 mm away, counts 1/2001.
  MemorySource<double> source(2, 20, 20);
  std::fill(source.pixels.begin(), source.pixels.begin() + 400, 100.0);
  const VolumeGeometry grid{{20, 20, 1}, {1, 1, 1}, {0, 0, 0}, VolumeGeometry{}.axis_directions};
  const auto values = values_of<double>(run(source, stack({0, 2}), grid, {}));
  for (const double value : values) EXPECT_NEAR(value, 100 * 1000 / 1000.5, 1e-10);
}

TEST(VoxelBased, FillsUpToTheOutermostPixelsOfAnAlignedGrid) {
  auto source = random_frames<std::uint8_t>(1, 1, 9);
  const VolumeGeometry grid{{33, 21, 1}, {1, 1, 1}, {0, 0, 0}, VolumeGeometry{}.axis_directions};
  for (const auto method :
       {VoxelMethod::nearest_plane, VoxelMethod::distance_weighted, VoxelMethod::adaptive_gaussian}) {
    VoxelBasedOptions options;
    options.method = method;
    EXPECT_EQ(values_of<std::uint8_t>(run(source, stack({0}), grid, options)), source.pixels);
  }
}

TEST(VoxelBased, ReproducesALinearFieldWithinHalfAPixelAndHalfAFrameGapByNearestPlane) {
  const Vec3 gradient{2, -3, 5};  // per mm
  const FramePoses poses = random_poses(30, 4);
  MemorySource<double> source(30, 21, 33);
  for (std::size_t f = 0; f < 30; ++f)
    for (std::size_t v = 0; v < 21; ++v)
      for (std::size_t u = 0; u < 33; ++u)
        source.at(f, v, u) = dot(gradient, transform_point(poses.matrix[f], {double(u), double(v), 0}));
  const VolumeGeometry grid{{18, 14, 20}, {1, 1, 1}, {1.5, 1.5, 3}, VolumeGeometry{}.axis_directions};
  VoxelBasedOptions options;
  options.method = VoxelMethod::nearest_plane;
  const auto volume = run(source, poses, grid, options);
  const auto values = values_of<double>(volume);
  std::size_t i = 0;
  for (std::size_t z = 0; z < 20; ++z)
    for (std::size_t y = 0; y < 14; ++y)
      for (std::size_t x = 0; x < 18; ++x, ++i) {
        if (volume.accumulation[i] == 0) continue;
        const Vec3 p{1.5 + double(x), 1.5 + double(y), 3 + double(z)};
        // The foot is less than the radius away, the pixel's centre at most half a pixel's diagonal from the
        // foot.
        EXPECT_NEAR(values[i], dot(gradient, p),
                    norm(gradient) * (options.radius_mm + 0.5 * std::hypot(0.7, 0.9)));
      }
  // A voxel on the plane of an untilted frame: only the half pixel remains.
  for (std::size_t v = 0; v < 21; ++v)
    for (std::size_t u = 0; u < 33; ++u) source.at(0, v, u) = 2.0 * double(u) - 3.0 * double(v);
  FramePoses flat = stack({0});
  flat.matrix.resize(30, flat.matrix[0]);
  flat.status.resize(30, Status::invalid);
  const VolumeGeometry shifted_grid{{30, 18, 1}, {1, 1, 1}, {0.4, 0.3, 0}, VolumeGeometry{}.axis_directions};
  const auto plane = values_of<double>(run(source, flat, shifted_grid, options));
  for (std::size_t y = 0; y < 18; ++y)
    for (std::size_t x = 0; x < 30; ++x)
      EXPECT_LE(std::abs(plane[y * 30 + x] - (2 * (double(x) + 0.4) - 3 * (double(y) + 0.3))), 0.5 * (2 + 3));
}

TEST(VoxelBased, ReproducesALinearFieldExactlyBetweenParallelFramesByDistanceWeighting) {
  MemorySource<double> source(2, 20, 20);
  for (std::size_t f = 0; f < 2; ++f)
    for (std::size_t v = 0; v < 20; ++v)
      for (std::size_t u = 0; u < 20; ++u)
        source.at(f, v, u) = 2.0 * double(u) - 3.0 * double(v) + 5.0 * 2.0 * double(f);
  const VolumeGeometry grid{{16, 16, 3}, {1, 1, 0.5}, {1.3, 1.6, 0.5}, VolumeGeometry{}.axis_directions};
  const auto values = values_of<double>(run(source, stack({0, 2}), grid, {}));
  std::size_t i = 0;
  for (std::size_t z = 0; z < 3; ++z)
    for (std::size_t y = 0; y < 16; ++y)
      for (std::size_t x = 0; x < 16; ++x, ++i)
        EXPECT_NEAR(values[i], 2 * (1.3 + double(x)) - 3 * (1.6 + double(y)) + 5 * (0.5 + 0.5 * double(z)),
                    1e-12);
}

TEST(VoxelBased, AdaptiveGaussianOfFramesThatAgreeIsTheirMean) {
  MemorySource<double> source(2, 20, 20);
  std::fill(source.pixels.begin(), source.pixels.begin() + 400, 100.0);
  std::fill(source.pixels.begin() + 400, source.pixels.end(), 101.0);
  VoxelBasedOptions options;
  options.method = VoxelMethod::adaptive_gaussian;
  options.brightness_weight = 0;
  const VolumeGeometry grid{{10, 10, 1}, {1, 1, 1}, {2, 2, 0.25}, VolumeGeometry{}.axis_directions};
  // Variance below 1 counts as 1: σ = 32 mm, so distances up to 2 mm change a weight by less than 0.2 %.
  for (const double value : values_of<double>(run(source, stack({0, 2}), grid, options)))
    EXPECT_NEAR(value, 100.5, 1e-3);
}

TEST(VoxelBased, AdaptiveGaussianFollowsItsFormulaWhereFramesDisagree) {
  MemorySource<double> source(2, 20, 20);
  std::fill(source.pixels.begin() + 400, source.pixels.end(), 200.0);
  VoxelBasedOptions options;
  options.method = VoxelMethod::adaptive_gaussian;
  options.brightness_weight = 0.3;
  options.newness_weight = 0.2;
  const VolumeGeometry grid{{10, 10, 1}, {1, 1, 1}, {2, 2, 0.25}, VolumeGeometry{}.axis_directions};
  const double sigma = 32 / std::sqrt(100.0 * 100.0);
  const auto normal = [&](double d) {
    return std::exp(-d * d / (2 * sigma * sigma)) / (sigma * std::sqrt(2 * M_PI));
  };
  const double dark = normal(0.25);
  const double bright = normal(1.75) + 0.2 + 0.3;
  for (const double value : values_of<double>(run(source, stack({0, 2}), grid, options)))
    EXPECT_NEAR(value, 200 * bright / (dark + bright), 1e-10);
}

TEST(VoxelBased, IsByteIdenticalForAnyNumberOfThreadsAndAnyCache) {
  auto source = random_frames<std::uint16_t>(60, 1, 3);
  const FramePoses poses = random_poses(60, 3);
  const VolumeGeometry grid{{90, 40, 100}, {0.25, 0.4, 0.6}, {0, 0, -1}, VolumeGeometry{}.axis_directions};
  for (const auto method : {VoxelMethod::distance_weighted, VoxelMethod::adaptive_gaussian}) {
    VoxelBasedOptions options;
    options.method = method;
    options.maximum_planes = 4;
    options.brightness_weight = 1;
    const VoxelBasedVolume first = run(source, poses, grid, options);
    for (const std::size_t threads : {1U, 2U, 7U})
      for (const std::size_t frames_in_cache : {2U, 5U, 20U, 100U}) {
        tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
        options.cache_mb = double(frames_in_cache * source.frames().shape.bytes()) / 1e6;
        const VoxelBasedVolume other = run(source, poses, grid, options);
        ASSERT_EQ(other.values, first.values) << threads << " threads, " << frames_in_cache << " frames";
        ASSERT_EQ(other.accumulation, first.accumulation);
      }
  }
}

TEST(VoxelBased, ReadsEveryFrameOfASweepAboutOnce) {
  auto source = random_frames<std::uint8_t>(400, 1, 3);
  std::vector<double> z;
  for (std::size_t f = 0; f < 400; ++f) z.push_back(0.5 * double(f));
  VoxelBasedOptions options;
  options.cache_mb = 150 * 21 * 33 / 1e6;
  const VolumeGeometry grid{{66, 42, 400}, {0.5, 0.5, 0.5}, {0, 0, 0}, VolumeGeometry{}.axis_directions};
  EXPECT_LE(run(source, stack(z), grid, options).frames_read, 480U);
}

TEST(VoxelBased, LeavesVoxelsBeyondTheRadiusOrBesideTheImageEmpty) {
  MemorySource<std::uint8_t> source(1, 10, 10);
  std::fill(source.pixels.begin(), source.pixels.end(), std::uint8_t(9));
  VoxelBasedOptions options;
  options.radius_mm = 2;
  const VolumeGeometry grid{{20, 10, 7}, {1, 1, 1}, {0, 0, -3}, VolumeGeometry{}.axis_directions};
  const auto volume = run(source, stack({0}), grid, options);
  std::size_t i = 0;
  for (int z = -3; z <= 3; ++z)
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 20; ++x, ++i) {
        const bool near = std::abs(z) < 2 && x < 10;
        EXPECT_EQ(volume.accumulation[i], near ? 256 : 0);
        EXPECT_EQ(std::to_integer<int>(volume.values[i]), near ? 9 : 0);
      }
}

TEST(VoxelBased, PassesOverPixelsThatAreNotNumbers) {
  MemorySource<float> source(2, 10, 10);
  std::fill(source.pixels.begin(), source.pixels.begin() + 100, 7.0F);
  std::fill(source.pixels.begin() + 100, source.pixels.end(), std::nanf(""));
  const VolumeGeometry grid{{10, 10, 1}, {1, 1, 1}, {0, 0, 1}, VolumeGeometry{}.axis_directions};
  for (const auto method : {VoxelMethod::distance_weighted, VoxelMethod::adaptive_gaussian}) {
    VoxelBasedOptions options;
    options.method = method;
    for (const float value : values_of<float>(run(source, stack({0, 1}), grid, options)))
      EXPECT_EQ(value, 7.0F);
  }
}

TEST(VoxelBased, RefusesWhatDoesNotBelongTogether) {
  MemorySource<std::uint8_t> source(2, 10, 10);
  const VolumeGeometry grid{{4, 4, 4}, {1, 1, 1}, {0, 0, 0}, VolumeGeometry{}.axis_directions};
  const auto with = [](auto&& change) {
    VoxelBasedOptions options;
    change(options);
    return options;
  };
  EXPECT_THROW(run(source, stack({0}), grid, {}), InputError);
  EXPECT_THROW(run(source, stack({0, 1}), grid, with([](auto& o) { o.radius_mm = 0; })), UsageError);
  EXPECT_THROW(run(source, stack({0, 1}), grid, with([](auto& o) { o.maximum_planes = 0; })), UsageError);
  EXPECT_THROW(run(source, stack({0, 1}), grid, with([](auto& o) { o.cache_mb = 1e-4; })), UsageError);
  Monitor silent;
  EXPECT_THROW(reconstruct_voxel_based(source, stack({0, 1}), ImageRegion(9, 10), grid, {}, silent),
               InputError);
}

TEST(VoxelBased, ItsExponentialAgreesWithTheLibrary) {
  for (double x = 0; x < 700; x += 0.37) EXPECT_NEAR(exp_of_minus(x) / std::exp(-x), 1, 4e-16) << x;
  EXPECT_EQ(exp_of_minus(0), 1);
  EXPECT_EQ(exp_of_minus(1e10), 0);
}

}  // namespace
}  // namespace snitt::reconstruction
