#include "reconstruction/hole_filling.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <random>

#include "base/error.hpp"
#include "hole_filling_reference.hpp"

namespace snitt::reconstruction {
namespace {

constexpr FillArithmetic both[] = {FillArithmetic::rounded, FillArithmetic::plus_compatible};

template <typename T>
FillCounts fill(reference::Volume<T>& v, const std::vector<HoleFillingElement>& elements,
                FillArithmetic arithmetic) {
  Monitor silent;
  return fill_holes(std::as_writable_bytes(std::span(v.values)), {pixel_type_of<T>(), v.components},
                    v.accumulation, {std::size_t(v.size[0]), std::size_t(v.size[1]), std::size_t(v.size[2])},
                    elements, arithmetic, silent);
}

template <typename T>
reference::Volume<T> empty_volume(std::array<std::ptrdiff_t, 3> size, std::size_t components = 1) {
  const std::size_t voxels = std::size_t(size[0] * size[1] * size[2]);
  return {size, components, std::vector<T>(voxels * components, T(0)), std::vector<std::uint16_t>(voxels, 0)};
}

template <typename T>
void set(reference::Volume<T>& v, std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z, double value,
         std::uint16_t count = 256) {
  v.values[std::size_t(v.index(x, y, z)) * v.components] = T(value);
  v.accumulation[std::size_t(v.index(x, y, z))] = count;
}

/// Known voxels strewn with the given density; values over the whole range of the type.
template <typename T>
reference::Volume<T> random_volume(std::array<std::ptrdiff_t, 3> size, std::size_t components, double density,
                                   unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  auto v = empty_volume<T>(size, components);
  const double low = std::is_integral_v<T> ? double(std::numeric_limits<T>::lowest()) : -1000;
  const double high = std::is_integral_v<T> ? double(std::numeric_limits<T>::max()) : 1000;
  for (std::size_t i = 0; i < v.accumulation.size(); ++i) {
    if (unit(random) >= density) continue;
    v.accumulation[i] = std::uint16_t(1 + unit(random) * 65534);
    for (std::size_t c = 0; c < components; ++c)
      v.values[i * components + c] = T(low + unit(random) * (high - low));
  }
  return v;
}

template <typename T>
class HoleFillingOfType : public testing::Test {};
using PixelTypes = testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                                  std::int32_t, float, double>;
TYPED_TEST_SUITE(HoleFillingOfType, PixelTypes);

TYPED_TEST(HoleFillingOfType, EqualsThePlainReferenceForEveryElementDensityAndArithmetic) {
  const std::vector<std::vector<HoleFillingElement>> recipes = {
      {FillStick{9, 1}},
      {FillStick{6, 4}, FillNearest{{5, 0}}},
      {FillNearest{{7, 0.01}}},
      {FillInverseDistance{{5, 0.05}}},
      {FillGaussian{{3, 0.2}, 0.7}, FillGaussian{{7, 0}, 2}},
      {FillGaussianAccumulation{{5, 0.02}, 1.5}, FillStick{20, 2}},
  };
  unsigned seed = 1;
  for (const auto arithmetic : both)
    for (const auto& recipe : recipes)
      for (const double density : {0.01, 0.1, 0.5}) {
        // 70 voxels cross a word's border; 5 slices make every voxel see an edge.
        auto expected = random_volume<TypeParam>({70, 9, 5}, seed % 2 == 0 ? 1 : 3, density, seed);
        auto filled = expected;
        ++seed;
        const FillCounts wanted = reference::fill_holes(expected, recipe, arithmetic);
        const FillCounts got = fill(filled, recipe, arithmetic);
        ASSERT_EQ(filled.values, expected.values) << "seed " << seed << " density " << density;
        ASSERT_EQ(got.filled, wanted.filled);
        ASSERT_EQ(got.left, wanted.left);
      }
}

TEST(HoleFilling, IsByteIdenticalForAnyNumberOfThreads) {
  const auto holed = random_volume<std::uint16_t>({130, 40, 30}, 1, 0.08, 77);
  const std::vector<HoleFillingElement> recipe = {FillStick{9, 1}, FillNearest{{5, 0.01}}};
  auto one = holed;
  {
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
    fill(one, recipe, FillArithmetic::rounded);
  }
  for (const std::size_t threads : {2U, 7U}) {
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    auto many = holed;
    fill(many, recipe, FillArithmetic::rounded);
    EXPECT_EQ(many.values, one.values) << threads << " threads";
  }
}

TEST(HoleFilling, PutsTheLinearInterpolantOnALineBetweenTwoKnownVoxels) {
  auto v = empty_volume<double>({10, 1, 1});
  set(v, 1, 0, 0, 10);
  set(v, 8, 0, 0, 80);
  fill(v, {FillStick{9, 1}}, FillArithmetic::rounded);
  // 8 voxels are covered; outside the two ends no stick has both.
  EXPECT_EQ(v.values[0], 0);
  EXPECT_EQ(v.values[9], 0);
  for (std::size_t x = 1; x <= 8; ++x)
    EXPECT_NEAR(v.values[x], 10.0 * double(x), 1e-12);  // a few roundings of doubles
}

TEST(HoleFilling, ReproducesALinearFieldWithSticksOfAnyDirection) {
  auto v = random_volume<double>({40, 30, 20}, 1, 0.15, 5);
  const auto field = [](double x, double y, double z) {
    return 3 * x - 2 * y + 0.5 * z + 1000;
  };  // never 0, as holes are
  for (std::ptrdiff_t z = 0; z < 20; ++z)
    for (std::ptrdiff_t y = 0; y < 30; ++y)
      for (std::ptrdiff_t x = 0; x < 40; ++x)
        if (v.known(x, y, z))
          v.values[std::size_t(v.index(x, y, z))] = field(double(x), double(y), double(z));
  const auto before = v.accumulation;
  const FillCounts counts = fill(v, {FillStick{9, 3}}, FillArithmetic::rounded);
  EXPECT_GT(counts.filled[0], 15000U);
  std::uint64_t wrong = 0;
  for (std::ptrdiff_t z = 0; z < 20; ++z)
    for (std::ptrdiff_t y = 0; y < 30; ++y)
      for (std::ptrdiff_t x = 0; x < 40; ++x)
        // 1e-10: a few roundings of numbers of about 1000.
        wrong += std::abs(v.values[std::size_t(v.index(x, y, z))] - field(double(x), double(y), double(z))) >
                 1e-10;
  EXPECT_EQ(wrong, counts.left);
  EXPECT_EQ(v.accumulation, before);
}

TEST(HoleFilling, WeighsStickEndsAsThePeerDoesWhenAskedTo) {
  auto v = empty_volume<std::uint8_t>({4, 1, 1});
  set(v, 0, 0, 0, 10);
  set(v, 3, 0, 0, 101);
  fill(v, {FillStick{9, 1}}, FillArithmetic::plus_compatible);
  // x = 1: f = 2, r = 1: trunc(2/4·101 + 2/4·10); x = 2: f = 1, r = 2: trunc(3/4·101 + 1/4·10).
  EXPECT_EQ(v.values[1], 55);
  EXPECT_EQ(v.values[2], 78);
}

TEST(HoleFilling, AveragesAllSticksOfEqualLength) {
  auto v = empty_volume<double>({3, 3, 1});
  set(v, 0, 1, 0, 10);
  set(v, 2, 1, 0, 20);
  set(v, 1, 0, 0, 100);
  set(v, 1, 2, 0, 300);
  set(v, 0, 0, 0, 1000);  // the diagonal is longer and must not count
  set(v, 2, 2, 0, 1000);
  fill(v, {FillStick{9, 1}}, FillArithmetic::rounded);
  EXPECT_DOUBLE_EQ(v.values[4], (15.0 + 200.0) / 2);
}

TEST(HoleFilling, GoesOnToLongerSticksUntilEnoughAreUsed) {
  auto v = empty_volume<double>({3, 3, 1});
  set(v, 0, 1, 0, 10);
  set(v, 2, 1, 0, 20);
  set(v, 0, 0, 0, 100);
  set(v, 2, 2, 0, 100);
  fill(v, {FillStick{9, 2}}, FillArithmetic::rounded);
  const double axis = 1 / 2.0;
  const double diagonal = 1 / (2 * std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(v.values[4], (axis * 15 + diagonal * 100) / (axis + diagonal));
}

TEST(HoleFilling, NeverFeedsAFilledVoxelToAnother) {
  auto v = empty_volume<std::uint8_t>({200, 1, 1});
  set(v, 0, 0, 0, 200);
  const FillCounts counts = fill(v, {FillNearest{{3, 0}}}, FillArithmetic::rounded);
  EXPECT_EQ(counts.filled[0], 1U);
  EXPECT_EQ(counts.left, 198U);
  EXPECT_EQ(v.values[1], 200);
  EXPECT_EQ(v.values[2], 0);
}

TEST(HoleFilling, RefersTheRatioOfTheNearestCubeToTheCubeInUseUnlessPlusCompatible) {
  const std::vector<HoleFillingElement> recipe = {FillNearest{{5, 0.02}}};
  for (const auto arithmetic : both) {
    auto v = empty_volume<std::uint8_t>({7, 7, 7});
    set(v, 3, 3, 3, 50);
    fill(v, recipe, arithmetic);
    // 1/27 is above 0.02, 1/125 is not.
    EXPECT_EQ(v.values[std::size_t(v.index(2, 3, 3))], arithmetic == FillArithmetic::rounded ? 50 : 0);
  }
}

TEST(HoleFilling, TriesElementsInOrderAndCountsEach) {
  auto v = empty_volume<std::uint8_t>({9, 1, 1});
  set(v, 0, 0, 0, 10);
  set(v, 2, 0, 0, 30);
  const FillCounts counts =
      fill(v, {FillStick{3, 1}, FillNearest{{3, 0}}, FillNearest{{5, 0}}}, FillArithmetic::rounded);
  EXPECT_EQ(counts.filled, (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_EQ(counts.left, 4U);
  EXPECT_EQ(v.values, (std::vector<std::uint8_t>{10, 20, 30, 30, 30, 0, 0, 0, 0}));
}

TEST(HoleFilling, LeavesAFullAndAnEmptyVolumeAlone) {
  auto full = random_volume<std::uint8_t>({65, 3, 3}, 1, 1.1, 3);
  const auto before = full.values;
  EXPECT_EQ(fill(full, {FillStick{}}, FillArithmetic::rounded).left, 0U);
  EXPECT_EQ(full.values, before);
  auto none = empty_volume<std::uint8_t>({65, 3, 3});
  EXPECT_EQ(fill(none, {FillStick{}}, FillArithmetic::rounded).left, 65U * 9);
}

TEST(HoleFilling, RefusesElementsOutOfRangeAndArraysThatDoNotMatch) {
  auto v = empty_volume<std::uint8_t>({4, 4, 4});
  for (const HoleFillingElement& bad : std::vector<HoleFillingElement>{
           FillStick{2, 1}, FillStick{64, 1}, FillStick{9, 0}, FillNearest{{4, 0}}, FillNearest{{65, 0}},
           FillNearest{{5, 1.5}}, FillNearest{{5, std::nan("")}}, FillGaussian{{5, 0}, 0}})
    EXPECT_THROW(fill(v, {bad}, FillArithmetic::rounded), UsageError);
  v.accumulation.pop_back();
  EXPECT_THROW(fill(v, {FillStick{}}, FillArithmetic::rounded), InputError);
}

}  // namespace
}  // namespace snitt::reconstruction
