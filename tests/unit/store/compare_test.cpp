#include "store/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "samples.hpp"
#include "scratch.hpp"

namespace snitt::store {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

class Compare : public ::testing::Test {
 protected:
  std::vector<Difference> compare(const Volume& a, const Volume& b, const CompareOptions& options = {}) {
    write_volume(scratch.path("a.h5"), a, provenance(), IfExists::overwrite);
    write_volume(scratch.path("b.h5"), b, provenance(), IfExists::overwrite);
    return compare_files(scratch.path("a.h5"), scratch.path("b.h5"), options);
  }
  Scratch scratch;
};

Volume floats(const std::vector<float>& values) {
  Volume volume = some_volume(PixelType::f32, {values.size(), 1, 1});
  std::memcpy(volume.voxels.data(), values.data(), volume.voxels.size());
  return volume;
}

TEST_F(Compare, CountsAndMeasuresTheValuesThatDiffer) {
  const auto differences = compare(floats({1, 2, 3, 4}), floats({1, 2, 6, 0}));
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].object, "/voxels");
  EXPECT_EQ(differences[0].values, 2U);
  EXPECT_EQ(differences[0].largest, 4.0);
  EXPECT_EQ(differences[0].rms, 2.5);  // sqrt((9 + 16) / 4)
}

TEST_F(Compare, AcceptsADifferenceEqualToTheToleranceAndNoLarger) {
  EXPECT_THAT(compare(floats({1, 2}), floats({1, 2.5}), {0.5, false}), IsEmpty());
  EXPECT_EQ(compare(floats({1, 2}), floats({1, 2.5}), {0.499, false}).size(), 1U);
}

TEST_F(Compare, TakesTwoNanAsEqualAndOneAsInfinitelyFar) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(compare(floats({nan, 2}), floats({nan, 2})), IsEmpty());
  const auto differences = compare(floats({nan, 2}), floats({1, 2}), {1e300, false});
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].largest, std::numeric_limits<double>::infinity());
}

TEST_F(Compare, SeesNamesAndTextsUnlessOnlyDataCounts) {
  Volume a = some_volume(PixelType::u8, {3, 2, 2});
  Volume b = a;
  b.frame = "Tracker";
  EXPECT_THAT(compare(a, b), ElementsAre(Field(&Difference::object, "/@frame")));
  EXPECT_THAT(compare(a, b, {0, true}), IsEmpty());
  b.geometry.origin_mm.y += 1;
  EXPECT_THAT(compare(a, b, {0, true}), ElementsAre(Field(&Difference::object, "/origin")));
}

TEST_F(Compare, LeavesOutFreeMetadata) {
  Volume a = some_volume(PixelType::u8, {3, 2, 2});
  Volume b = a;
  b.metadata.front().second = "another";
  EXPECT_THAT(compare(a, b), IsEmpty());
}

TEST_F(Compare, NamesArraysOfAnotherShapeOrType) {
  const auto shapes = compare(some_volume(PixelType::u8, {3, 2, 2}), some_volume(PixelType::u8, {3, 2, 1}));
  EXPECT_THAT(shapes, ElementsAre(Field(&Difference::problem, "uint8 [2, 2, 3] against uint8 [1, 2, 3]")));
  const auto types = compare(some_volume(PixelType::u8, {3, 2, 2}), some_volume(PixelType::i16, {3, 2, 2}));
  EXPECT_THAT(types, ElementsAre(Field(&Difference::problem, "uint8 [2, 2, 3] against int16 [2, 2, 3]")));
}

TEST_F(Compare, NamesTheFileThatHasATransformMore) {
  Frames frames = some_frames(3, {4, 5, {}});
  write_some(scratch.path("a.h5"), frames, noise(60, 1));
  frames.constant.clear();
  write_some(scratch.path("b.h5"), frames, noise(60, 1));
  EXPECT_THAT(compare_files(scratch.path("a.h5"), scratch.path("b.h5"), {}),
              ElementsAre(Field(&Difference::problem, "only in " + scratch.path("a.h5"))));
}

TEST_F(Compare, RefusesFilesOfDifferentLayouts) {
  write_volume(scratch.path("a.h5"), some_volume(PixelType::u8, {2, 2, 2}), provenance(), IfExists::refuse);
  write_transform(scratch.path("b.h5"), {{"Image", "Probe"}, {}}, provenance(), IfExists::refuse);
  EXPECT_THROW((void)compare_files(scratch.path("a.h5"), scratch.path("b.h5"), {}), InputError);
}

}  // namespace
}  // namespace snitt::store
