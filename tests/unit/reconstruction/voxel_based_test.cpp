#include "reconstruction/voxel_based.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/error.hpp"
#include "reconstruction/frame_planes.hpp"
#include "reconstruction/voxel_row.hpp"

namespace snitt::reconstruction {
namespace {

template <typename T>
class MemorySource : public FrameSource {
 public:
  MemorySource(std::size_t count, std::size_t rows, std::size_t columns, std::size_t components = 1) {
    frames_.count = count;
    frames_.shape = {rows, columns, {pixel_type_of<T>(), components}};
    pixels.resize(count * rows * columns * components);
  }
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    ASSERT_EQ(out.size(), count * bytes);
    std::memcpy(out.data(), reinterpret_cast<const std::byte*>(pixels.data()) + first * bytes, count * bytes);
  }
  T& at(std::size_t frame, std::size_t v, std::size_t u, std::size_t c = 0) {
    const FrameShape& s = frames_.shape;
    return pixels[((frame * s.rows + v) * s.columns + u) * s.format.components + c];
  }
  std::vector<T> pixels;

 private:
  Frames frames_;
};

template <typename T>
VoxelBasedVolume run(MemorySource<T>& source, const FramePoses& poses, const VolumeGeometry& grid,
                     const VoxelBasedOptions& options, const RegionOptions& region = {}) {
  Monitor silent;
  const FrameShape& shape = source.frames().shape;
  return reconstruct_voxel_based(source, poses, ImageRegion(shape.rows, shape.columns, region), grid, options,
                                 silent);
}

template <typename T>
std::vector<T> values_of(const VoxelBasedVolume& volume) {
  std::vector<T> values(volume.values.size() / sizeof(T));
  std::memcpy(values.data(), volume.values.data(), volume.values.size());
  return values;
}

/// Frame f lies at z = z_mm[f], pixels of 1 mm.
FramePoses stack(const std::vector<double>& z_mm) {
  FramePoses poses;
  for (const double z : z_mm) {
    Matrix4 m;
    m(2, 3) = z;
    poses.matrix.push_back(m);
    poses.status.push_back(Status::ok);
  }
  return poses;
}

/// A jerky hand: planes about 1 mm apart, tilted by up to 0.3 rad, pixels of 0.7 x 0.9 mm.
FramePoses random_poses(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  FramePoses poses;
  for (std::size_t f = 0; f < count; ++f) {
    const double a = 0.3 * unit(random), b = 0.3 * unit(random), c = 0.3 * unit(random);
    const Vec3 x{std::cos(a) * std::cos(b), std::sin(a), std::sin(b)};
    const Vec3 y{-std::sin(a), std::cos(a) * std::cos(c), std::sin(c)};
    Matrix4 m;
    for (std::size_t r = 0; r < 3; ++r) m(r, 0) = 0.7 * x[r], m(r, 1) = 0.9 * y[r];
    m(0, 3) = unit(random);
    m(1, 3) = unit(random);
    m(2, 3) = double(f) + 0.5 * unit(random);
    poses.matrix.push_back(m);
    poses.status.push_back(f % 11 == 7 ? Status::invalid : Status::ok);
  }
  return poses;
}

/// Every voxel against every frame, as the description says it.
template <typename T>
std::pair<std::vector<T>, std::vector<std::uint16_t>> reference(
    MemorySource<T>& source, const FramePoses& poses, const VolumeGeometry& grid,
    const VoxelBasedOptions& options, const RegionOptions& region_options, double white) {
  const FrameShape shape = source.frames().shape;
  const std::size_t components = shape.format.components;
  const ImageRegion region(shape.rows, shape.columns, region_options);
  const bool vnn = options.method == VoxelMethod::nearest_plane;
  const bool bilinear = !vnn && options.sampling == PixelSampling::bilinear;
  const std::size_t most = vnn ? 1 : options.maximum_planes;
  const double reject = region_options.reject_below.value_or(-HUGE_VAL);
  const auto planes = frame_planes(poses, grid);
  std::vector<T> values(grid.voxels() * components);
  std::vector<std::uint16_t> accumulation(grid.voxels());
  struct Foot {
    double distance;
    std::uint32_t frame;
    std::vector<double> sample;
  };
  for (std::size_t k = 0, voxel = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
        std::vector<Foot> feet;
        for (const FramePlane& p : planes) {
          const auto map = [&](const std::array<double, 4>& m) {
            return m[0] * double(i) + (m[1] * double(j) + m[2] * double(k) + m[3]);
          };
          const double d = std::abs(map(p.distance));
          const double u = map(p.u);
          const double v = map(p.v);
          if (d >= options.radius_mm) continue;
          Foot foot{d, p.frame, {}};
          if (bilinear) {
            const auto cu = std::int64_t(std::floor(u)), cv = std::int64_t(std::floor(v));
            if (!(region.contains(cu, cv) && region.contains(cu + 1, cv) && region.contains(cu, cv + 1) &&
                  region.contains(cu + 1, cv + 1)))
              continue;
            for (std::size_t c = 0; c < components; ++c) {
              const auto at = [&](int du, int dv) {
                return double(source.at(p.frame, std::size_t(cv + dv), std::size_t(cu + du), c));
              };
              const double fu = u - double(cu), fv = v - double(cv);
              const double upper = at(0, 0) + fu * (at(1, 0) - at(0, 0));
              const double lower = at(0, 1) + fu * (at(1, 1) - at(0, 1));
              foot.sample.push_back(upper + fv * (lower - upper));
            }
          } else {
            const auto cu = std::int64_t(std::floor(u + 0.5)), cv = std::int64_t(std::floor(v + 0.5));
            if (!region.contains(cu, cv)) continue;
            for (std::size_t c = 0; c < components; ++c)
              foot.sample.push_back(double(source.at(p.frame, std::size_t(cv), std::size_t(cu), c)));
          }
          feet.push_back(foot);
        }
        std::stable_sort(feet.begin(), feet.end(),
                         [](const Foot& a, const Foot& b) { return a.distance < b.distance; });
        if (feet.size() > most) feet.resize(most);
        std::sort(feet.begin(), feet.end(), [](const Foot& a, const Foot& b) { return a.frame < b.frame; });
        std::erase_if(feet, [&](const Foot& f) { return !(f.sample[0] >= reject); });
        if (feet.empty()) continue;
        accumulation[voxel] = std::uint16_t(256 * feet.size());
        const double n = double(feet.size());
        for (std::size_t c = 0; c < components; ++c) {
          double sum = 0, total = 0, mean = 0, mean_frame = 0, variance = 0;
          for (const Foot& f : feet) mean += f.sample[c], mean_frame += f.frame;
          mean /= n;
          mean_frame /= n;
          for (const Foot& f : feet) {
            const double away = (f.sample[c] - mean) * (255 / white);
            variance += away * away;
          }
          const double precision = std::clamp(variance / n, 1.0, 1e7) / 1024.0;
          for (const Foot& f : feet) {
            double w = vnn ? 1 : 1 / std::max(f.distance, 0.001);
            if (options.method == VoxelMethod::adaptive_gaussian) {
              w = std::sqrt(precision / (2 * M_PI)) * exp_of_minus(0.5 * f.distance * f.distance * precision);
              if (f.frame >= mean_frame) w += options.newness_weight;
              if (f.sample[c] >= mean) w += options.brightness_weight;
            }
            sum += w * f.sample[c];
            total += w;
          }
          values[voxel * components + c] =
              std::is_integral_v<T> ? T(std::floor(sum / total + 0.5)) : T(sum / total);
        }
      }
  return {values, accumulation};
}

template <typename T>
MemorySource<T> random_frames(std::size_t count, std::size_t components, unsigned seed) {
  MemorySource<T> source(count, 21, 33, components);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  const double high = std::is_integral_v<T> ? double(std::numeric_limits<T>::max()) : 200;
  const double low = std::is_integral_v<T> ? double(std::numeric_limits<T>::lowest()) : -100;
  for (T& pixel : source.pixels) pixel = T(low + unit(random) * (high - low));
  return source;
}

RegionOptions some_region(unsigned seed, std::size_t rows, std::size_t columns) {
  RegionOptions region;
  if (seed % 3 == 1) region.clip = ClipRectangle{3, 2, 25, 15};
  if (seed % 3 == 2) {
    region.mask.resize(rows * columns);
    for (std::size_t v = 0; v < rows; ++v)
      for (std::size_t u = 0; u < columns; ++u)
        region.mask[v * columns + u] = std::hypot(double(u) - 15, double(v) - 2) < 17 && (u < 8 || u > 11);
  }
  return region;
}

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
