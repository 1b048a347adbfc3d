#include "base/spelling.hpp"

#include <gtest/gtest.h>

namespace snitt {
namespace {

TEST(EditDistance, CountsEachKindOfSlipOnce) {
  EXPECT_EQ(edit_distance("spacing", "spacing"), 0U);
  EXPECT_EQ(edit_distance("spacing", "spcing"), 1U);
  EXPECT_EQ(edit_distance("spacing", "spaccing"), 1U);
  EXPECT_EQ(edit_distance("spacing", "spasing"), 1U);
  EXPECT_EQ(edit_distance("spacing", "sapcing"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  // Where this form differs from the unrestricted one: no letter is edited twice.
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

TEST(EditDistance, IsSymmetric) {
  for (const auto& [a, b] : {std::pair("ca", "abc"), std::pair("overwrite", "ovrewirte"), std::pair("", "x")})
    EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
}

TEST(NearestWord, IsTheOneMeant) {
  const std::vector<std::string> options = {"--spacing-mm", "--sigma-mm", "--overwrite", "--output"};
  EXPECT_EQ(nearest_word("--spacng-mm", options), "--spacing-mm");
  EXPECT_EQ(nearest_word("--ouptut", options), "--output");
  EXPECT_EQ(nearest_word("--spacing_mm", options), "--spacing-mm");
  EXPECT_EQ(nearest_word("--over", options), "--overwrite");
}

TEST(NearestWord, IsNoneWhenNothingIsNear) {
  const std::vector<std::string> names = {"import", "export", "reconstruct-ultrasound"};
  EXPECT_EQ(nearest_word("banana", names), std::nullopt);
  EXPECT_EQ(nearest_word("", names), std::nullopt);
  EXPECT_EQ(nearest_word("x", {}), std::nullopt);
  EXPECT_EQ(did_you_mean("banana", names), "");
  EXPECT_EQ(did_you_mean("improt", names), "; did you mean 'import'?");
}

}  // namespace
}  // namespace snitt
