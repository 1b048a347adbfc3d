#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace snitt {
namespace {

TEST(Utf8, CountsCharactersNotBytes) {
  EXPECT_EQ(character_count(""), 0U);
  EXPECT_EQ(character_count("Tromsø \U0001F600"), 8U);
  EXPECT_EQ(character_count("a\xff\xfe"), 3U);
  EXPECT_EQ(first_characters("Tromsø", 6), "Tromsø");
  EXPECT_EQ(first_characters("øæå", 2), "øæ");
  EXPECT_EQ(first_characters("x", 5), "x");
}

TEST(Utf8, MakesAnyBytesPrintable) {
  EXPECT_EQ(printable("tab\tline\nø"), "tab\tline\nø");
  EXPECT_EQ(printable(std::string("\x01\0\x7f", 3)), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")
      << "overlong forms and surrogates";
  EXPECT_EQ(printable("cut \xe2\x88"), "cut \uFFFD\uFFFD");
  for (int byte = 0; byte < 256; ++byte)
    for (int next = 0; next < 256; ++next) {
      const std::string text = printable(std::string{static_cast<char>(byte), static_cast<char>(next)});
      EXPECT_EQ(printable(text), text) << byte << " " << next;
    }
}

}  // namespace
}  // namespace snitt
