#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "formats/dicom_registration.hpp"

namespace snitt::formats {
namespace {

TEST(DecimalString, HasSixteenCharactersAndTheBestOfThem) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random()) / 1e18 - 9, static_cast<int>(random() % 60) - 40);
    const std::string text = decimal_string(value);
    ASSERT_LE(text.size(), 16U);
    // At worst a sign, a point and an exponent of three or four characters leave nine digits.
    EXPECT_NEAR(std::stod(text), value, 1e-9 * std::abs(value)) << text;
  }
  EXPECT_EQ(decimal_string(0), "0");
  EXPECT_EQ(decimal_string(1), "1");
  EXPECT_EQ(decimal_string(-1.0 / 3), "-0.3333333333333");
}

}  // namespace
}  // namespace snitt::formats
