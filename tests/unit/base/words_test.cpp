#include "base/words.hpp"

#include <gtest/gtest.h>

namespace snitt {
namespace {

TEST(Words, OneThingIsNotSeveral) {
  EXPECT_EQ(counted(1, "label"), "1 label");
  EXPECT_EQ(counted(0, "label"), "0 labels");
  EXPECT_EQ(counted(2, "branch", "branches"), "2 branches");
  EXPECT_EQ(counted(1, "ring was", "rings were"), "1 ring was");
}

}  // namespace
}  // namespace snitt
