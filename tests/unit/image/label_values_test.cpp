#include "image/label_values.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace snitt::image {
namespace {

template <typename T>
Volume row_of(const std::vector<T>& values) {
  Volume volume;
  volume.geometry.size = {values.size(), 1, 1};
  volume.format = {pixel_type_of<T>(), 1};
  volume.voxels.resize(values.size() * sizeof(T));
  std::copy(values.begin(), values.end(), volume.values<T>().begin());
  return volume;
}

TEST(LabelValues, CountsDifferentWholeValuesOfAnyType) {
  const ValueCount bytes = count_values(row_of<std::uint8_t>({0, 0, 7, 7, 0, 200}), 64);
  EXPECT_TRUE(bytes.are_whole);
  EXPECT_EQ(bytes.distinct, 3U);
  const ValueCount floats = count_values(row_of<float>({0, -2, 3, -2}), 64);
  EXPECT_TRUE(floats.are_whole);
  EXPECT_EQ(floats.distinct, 3U);
}

TEST(LabelValues, FractionsAndWhatIsNoNumberAreNoLabels) {
  EXPECT_FALSE(count_values(row_of<float>({0, 1, 1.5F}), 64).are_whole);
  EXPECT_FALSE(count_values(row_of<double>({0, std::numeric_limits<double>::quiet_NaN()}), 64).are_whole);
}

TEST(LabelValues, LooksNoFurtherThanItHasTo) {
  std::vector<std::int16_t> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int16_t>(i);
  EXPECT_EQ(count_values(row_of(many), 64).distinct, 65U);
}

TEST(LabelValues, TheFileSaysWhatItHolds) {
  Volume volume = row_of<std::uint8_t>({1});
  EXPECT_FALSE(is_label_image(volume));
  volume.quantity = "label";
  EXPECT_TRUE(is_label_image(volume));
  volume.quantity = "mask";
  EXPECT_TRUE(is_label_image(volume));
}

}  // namespace
}  // namespace snitt::image
