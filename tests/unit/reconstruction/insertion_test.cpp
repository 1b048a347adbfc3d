#include "reconstruction/insertion.hpp"

#include <gtest/gtest.h>

#include <tbb/global_control.h>
#include <limits>

#include <bit>
#include <cstring>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "insertion_fixture.hpp"

namespace snitt::reconstruction {
namespace {

using namespace insertion_tests;

constexpr std::array all_compoundings{Compounding::mean, Compounding::maximum, Compounding::latest,
                                      Compounding::mask_weighted};
constexpr std::array all_interpolations{Interpolation::nearest, Interpolation::trilinear};

std::vector<std::uint8_t> random_weights(std::size_t n) {
  std::mt19937 random(7);
  std::vector<std::uint8_t> weights(n);
  for (std::uint8_t& w : weights) w = static_cast<std::uint8_t>(random() % 5 == 0 ? 0 : random());
  return weights;
}

template <typename T>
class InsertionOfType : public testing::Test {};
using PixelTypes = testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                                  std::int32_t, float, double>;
TYPED_TEST_SUITE(InsertionOfType, PixelTypes);

template <typename T>
void expect_like_reference(const Sweep& sweep, const ImageRegion& region, const InsertionOptions& options) {
  const std::vector<Received> received = contributions<T>(sweep, region, options);
  const InsertedVoxels voxels = insert(sweep, region, options, pixel_type_of<T>());
  const T* values = reinterpret_cast<const T*>(voxels.values.data());
  const std::size_t components = sweep.shape.format.components;
  const bool nearest = options.interpolation == Interpolation::nearest;
  const bool selects =
      options.compounding == Compounding::maximum || options.compounding == Compounding::latest;
  const double largest_mask = options.compounding == Compounding::mask_weighted ? 255 : 1;
  std::size_t wrong = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < received.size(); ++i) {
    const auto expected = compound(received[i], options);
    // A corner that got next to nothing may be seen or not: fractions are cut to 24 bits.
    const double total = std::accumulate(received[i].weight.begin(), received[i].weight.end(), 0.0);
    if (!nearest && !selects && total < 1e-6) continue;
    wrong += (voxels.accumulation[i / components] > 0) != expected.has_value();
    if (!expected) {
      wrong += values[i] != T{0};
      continue;
    }
    ++seen;
    if constexpr (std::is_integral_v<T>) {
      // Exact for nearest and selection. Trilinear: three fractions cut to 24 bits and some roundings of
      // single precision move each of n weights by 2^-22 at most, which shifts the mean by that over their
      // total; one unit more at a rounding border.
      const auto rounded = static_cast<long double>(std::floor(*expected + 0.5L));
      const double shift = sizeof(T) > 2 ? 0
                                         : 65535 * 0x1p-22 * static_cast<double>(received[i].weight.size()) *
                                               largest_mask / total;
      const long double allowed = nearest || selects ? 0 : 1 + static_cast<long double>(shift);
      wrong += std::abs(static_cast<long double>(values[i]) - rounded) > allowed;
    } else {
      // Sums of up to some 1000 values of 100 in double; the result is rounded to T.
      const long double allowed = 100 * (std::is_same_v<T, float> ? 0x1p-24L : 0x1p-40L);
      wrong += !(std::abs(static_cast<long double>(values[i]) - *expected) <= allowed);
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(seen, 100U);
}

TYPED_TEST(InsertionOfType, AgreesWithAPlainLoopForEveryRule) {
  for (const std::size_t components : {std::size_t{1}, std::size_t{3}})
    for (const double pixel_mm : {0.11, 0.4, 1.9}) {
      const Sweep sweep = random_sweep<TypeParam>(17, components, pixel_mm, 9);
      for (const bool restricted : {false, true}) {
        RegionOptions region_options;
        if (restricted) {
          region_options.mask = random_weights(sweep.shape.pixels());
          region_options.reject_below = 40;
        }
        const ImageRegion region(sweep.shape.rows, sweep.shape.columns, region_options);
        for (const Interpolation interpolation : all_interpolations)
          for (const Compounding compounding : all_compoundings) {
            SCOPED_TRACE(testing::Message()
                         << components << " components, " << pixel_mm << " mm, restricted " << restricted
                         << ", rule " << static_cast<int>(interpolation) << static_cast<int>(compounding));
            InsertionOptions options;
            options.interpolation = interpolation;
            options.compounding = compounding;
            options.weights = random_weights(sweep.shape.pixels());
            expect_like_reference<TypeParam>(sweep, region, options);
          }
      }
    }
}

TYPED_TEST(InsertionOfType, GivesTheSameBytesForAnyThreadsSlabsBlocksAndInstructionSet) {
  for (const std::size_t components : {std::size_t{1}, std::size_t{3}}) {
    const Sweep sweep = random_sweep<TypeParam>(5, components, 0.13);
    const ImageRegion region(sweep.shape.rows, sweep.shape.columns, {});
    for (const bool plus : {false, true})
      for (const Interpolation interpolation : all_interpolations)
        for (const Compounding compounding : all_compoundings) {
          InsertionOptions options;
          options.interpolation = interpolation;
          options.compounding = compounding;
          options.plus_compatible = plus;
          options.weights = random_weights(sweep.shape.pixels());
          options.slabs = 1;
          options.instruction_set = InstructionSet::baseline;
          const InsertedVoxels first = insert(sweep, region, options, pixel_type_of<TypeParam>());
          for (const int threads : {1, 2, 7}) {
            const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                            static_cast<std::size_t>(threads));
            for (const InstructionSet set :
                 {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
              if (set > best_instruction_set()) continue;
              options.instruction_set = set;
              options.slabs = 3 * threads;
              const InsertedVoxels again = insert(sweep, region, options, pixel_type_of<TypeParam>(),
                                                  static_cast<std::size_t>(threads));
              EXPECT_TRUE(first.values == again.values && first.accumulation == again.accumulation)
                  << threads << " threads, set " << static_cast<int>(set) << ", rule " << plus
                  << static_cast<int>(interpolation) << static_cast<int>(compounding);
            }
          }
        }
  }
}

/// A single pixel of 1 mm, placed at `at` (voxels of 1 mm).
InsertedVoxels one_pixel(Vec3 at, std::uint8_t value, Interpolation interpolation) {
  Sweep sweep;
  sweep.shape = {1, 1, {}};
  sweep.grid.size = {4, 5, 6};
  sweep.pixels = {std::byte{value}};
  Matrix4 pose;
  for (std::size_t k = 0; k < 3; ++k) pose(k, 3) = at[k];
  sweep.poses = {pose};
  InsertionOptions options;
  options.interpolation = interpolation;
  return insert(sweep, ImageRegion(1, 1), options, PixelType::u8);
}

std::size_t at(std::size_t x, std::size_t y, std::size_t z) { return (z * 5 + y) * 4 + x; }

TEST(NearestInsertion, PutsAPixelIntoTheVoxelWhoseCentreIsNearestAndHalfGoesUp) {
  const InsertedVoxels voxels = one_pixel({1.49, 2.5, 2.51}, 200, Interpolation::nearest);
  EXPECT_EQ(voxels.accumulation[at(1, 3, 3)], 256);
  EXPECT_EQ(std::count(voxels.accumulation.begin(), voxels.accumulation.end(), 0), 4 * 5 * 6 - 1);
  EXPECT_EQ(voxels.values[at(1, 3, 3)], std::byte{200});
}

TEST(NearestInsertion, TakesWhatLiesUpToHalfAVoxelOutsideAndNothingBeyond) {
  EXPECT_EQ(one_pixel({-0.5, 0, 0}, 9, Interpolation::nearest).accumulation[0], 256);
  const InsertedVoxels beyond = one_pixel({-0.51, 0, 0}, 9, Interpolation::nearest);
  EXPECT_EQ(std::count(beyond.accumulation.begin(), beyond.accumulation.end(), 0), 4 * 5 * 6);
}

TEST(TrilinearInsertion, SpreadsAPixelWithTheProductsOfTheDistances) {
  const InsertedVoxels voxels = one_pixel({1.25, 2.5, 3}, 200, Interpolation::trilinear);
  // 256 · 3/4 · 1/2 and 256 · 1/4 · 1/2: exact in binary.
  EXPECT_EQ(voxels.accumulation[at(1, 2, 3)], 96);
  EXPECT_EQ(voxels.accumulation[at(2, 3, 3)], 32);
  EXPECT_EQ(voxels.accumulation[at(1, 2, 4)], 0);
  EXPECT_EQ(voxels.values[at(2, 3, 3)], std::byte{200});
}

/// Frames that cover a box densely, with values from a function of space.
template <typename Function>
Sweep dense_sweep(Function value) {
  Sweep sweep;
  sweep.shape = {60, 60, {PixelType::f64, 1}};
  sweep.grid.size = {10, 10, 10};
  sweep.grid.origin_mm = {1, 1, 1};
  const double step = 0.2;
  for (int f = 0; f < 60; ++f) {
    Matrix4 pose;
    pose(0, 0) = pose(1, 1) = step;
    pose(2, 3) = f * step;
    sweep.poses.push_back(pose);
    for (std::size_t v = 0; v < 60; ++v)
      for (std::size_t u = 0; u < 60; ++u) {
        const double x = value(static_cast<double>(u) * step, static_cast<double>(v) * step, f * step);
        const auto bytes = std::bit_cast<std::array<std::byte, 8>>(x);
        sweep.pixels.insert(sweep.pixels.end(), bytes.begin(), bytes.end());
      }
  }
  return sweep;
}

TEST(TrilinearInsertion, ReproducesALinearRamp) {
  const Sweep sweep = dense_sweep([](double x, double y, double z) { return 3 * x - 2 * y + z; });
  InsertionOptions options;
  options.interpolation = Interpolation::trilinear;
  const InsertedVoxels voxels = insert(sweep, ImageRegion(60, 60), options, PixelType::f64);
  const double* values = reinterpret_cast<const double*>(voxels.values.data());
  for (std::size_t i = 0; i < 1000; ++i) {
    const double x = static_cast<double>(i % 10) + 1;
    const double y = static_cast<double>(i / 10 % 10) + 1;
    const double z = static_cast<double>(i / 100) + 1;
    // Pixels lie symmetrically about every voxel, so odd terms cancel up to the rounding of the fixed-point
    // step, 2^-32 · 60.
    EXPECT_NEAR(values[i], 3 * x - 2 * y + z, 1e-6);
  }
}

TEST(Insertion, OfConstantImagesGivesAConstantVolumeForEveryRule) {
  const Sweep sweep = dense_sweep([](double, double, double) { return 42.5; });
  for (const Interpolation interpolation : all_interpolations)
    for (const Compounding compounding : all_compoundings) {
      InsertionOptions options;
      options.interpolation = interpolation;
      options.compounding = compounding;
      options.weights.assign(3600, 3);
      const InsertedVoxels voxels = insert(sweep, ImageRegion(60, 60), options, PixelType::f64);
      const double* values = reinterpret_cast<const double*>(voxels.values.data());
      for (std::size_t i = 0; i < 1000; ++i)
        EXPECT_NEAR(values[i], 42.5, 1e-12);  // sums of some hundred doubles
    }
}

/// Several 1 x 1 frames at one place.
std::vector<std::byte> pile(const std::vector<std::uint8_t>& values, Compounding compounding,
                            PixelType output) {
  Sweep sweep;
  sweep.shape = {1, 1, {}};
  for (const std::uint8_t v : values) sweep.pixels.push_back(std::byte{v});
  sweep.poses.assign(values.size(), Matrix4{});
  InsertionOptions options;
  options.compounding = compounding;
  return insert(sweep, ImageRegion(1, 1), options, output).values;
}

TEST(NearestInsertion, ComputesTheTrueMeanOfAMultisetRoundedOnce) {
  EXPECT_EQ(pile({1, 2, 2, 4, 4}, Compounding::mean, PixelType::u8)[0], std::byte{3});  // 2.6
  EXPECT_EQ(pile({1, 2}, Compounding::mean, PixelType::u8)[0], std::byte{2});           // 1.5, half up
  const auto bytes = pile({0, 0, 1}, Compounding::mean, PixelType::f32);
  float mean = 0;
  std::memcpy(&mean, bytes.data(), sizeof mean);
  EXPECT_EQ(mean, 1.0F / 3);
}

TEST(NearestInsertion, KeepsExactMeansBeyondTheCountsThatFitItsNarrowSums) {
  // 4095 pixels fit 32 bits; the mean of 5000 x 255, 4999 x 254 lies above 254.5 by 1 / 19998.
  std::vector<std::uint8_t> values(9999, 254);
  for (std::size_t i = 0; i < 5000; ++i) values[i] = 255;
  EXPECT_EQ(pile(values, Compounding::mean, PixelType::u8)[0], std::byte{255});
  for (int i = 0; i < 2; ++i) values.push_back(254);
  EXPECT_EQ(pile(values, Compounding::mean, PixelType::u8)[0], std::byte{254});
}

TEST(NearestInsertion, CountsZerosAsData) {
  EXPECT_EQ(pile({0, 0, 0, 100}, Compounding::mean, PixelType::u8)[0], std::byte{25});
}

TEST(NearestInsertion, KeepsTheLargestOrTheLastInTime) {
  EXPECT_EQ(pile({3, 9, 5}, Compounding::maximum, PixelType::u8)[0], std::byte{9});
  EXPECT_EQ(pile({3, 9, 5}, Compounding::latest, PixelType::u8)[0], std::byte{5});
}

/// A frame of a float recording without the pixels that were not measured gives the same voxels.
TEST(Insertion, LeavesOutPixelsThatAreNotANumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Interpolation interpolation : {Interpolation::nearest, Interpolation::trilinear})
    for (const Compounding compounding :
         {Compounding::mean, Compounding::maximum, Compounding::latest, Compounding::mask_weighted}) {
      Sweep sweep = random_sweep<float>(5, 1, 0.3);
      std::vector<std::uint8_t> mask(sweep.shape.pixels(), 1);
      const auto pixels = std::span(reinterpret_cast<float*>(sweep.pixels.data()), sweep.pixels.size() / 4);
      for (std::size_t i = 0; i < mask.size(); i += 7) {
        mask[i] = 0;
        for (std::size_t f = 0; f < sweep.poses.size(); ++f) pixels[f * mask.size() + i] = nan;
      }
      InsertionOptions options;
      options.interpolation = interpolation;
      options.compounding = compounding;
      options.weights.assign(mask.size(), 1);
      const std::size_t rows = sweep.shape.rows;
      const std::size_t columns = sweep.shape.columns;
      const InsertedVoxels with_nan = insert(sweep, ImageRegion(rows, columns, {}), options, PixelType::f32);
      RegionOptions masked;
      masked.mask = mask;
      const InsertedVoxels without =
          insert(sweep, ImageRegion(rows, columns, masked), options, PixelType::f32);
      EXPECT_EQ(with_nan.accumulation, without.accumulation);
      const auto* a = reinterpret_cast<const float*>(with_nan.values.data());
      const auto* b = reinterpret_cast<const float*>(without.values.data());
      // The mask cuts the rows into other runs, so sums are rounded at other places: some 2^-52 of values up
      // to 100, and once to float.
      for (std::size_t i = 0; i < with_nan.accumulation.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4) << i;
    }
}

TEST(Insertion, RefusesAFrameFarFromTheGridByItsNumber) {
  Sweep sweep = random_sweep<std::uint8_t>(1, 1, 0.2);
  sweep.poses[3](1, 3) = 1e12;
  try {
    insert(sweep, ImageRegion(sweep.shape.rows, sweep.shape.columns), {}, PixelType::u8);
    FAIL();
  } catch (const ComputationError& error) {
    EXPECT_NE(std::string(error.what()).find("frame 3"), std::string::npos);
  }
}

TEST(Insertion, StopsBeforeTheSumsOfAVoxelOverflow) {
  Sweep sweep;
  sweep.shape = {1200, 1200, {}};
  sweep.pixels.resize(sweep.shape.bytes());
  Matrix4 pose;
  pose(0, 0) = pose(1, 1) = 1e-4;
  sweep.poses = {pose};
  const ImageRegion region(1200, 1200);
  Inserter inserter(sweep.grid, sweep.shape, region, {});
  const std::vector<PosedFrame> frames = sweep.frames();
  for (int i = 0; i < 11; ++i) inserter.insert(frames);
  EXPECT_THROW(inserter.insert(frames), ComputationError);  // 12 · 1200² > 2^24
}

}  // namespace
}  // namespace snitt::reconstruction
