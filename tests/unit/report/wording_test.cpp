#include "report/wording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

namespace snitt::report {
namespace {

const Wording english;
const Wording bokmal(Language::bokmal);

std::multiset<std::string> places_of(std::string_view text) {
  const std::string own(text);
  const std::regex place("\\{[0-9]*\\}");
  std::multiset<std::string> places;
  for (std::sregex_iterator at(own.begin(), own.end(), place), end; at != end; ++at) places.insert(at->str());
  return places;
}

TEST(Wording, HasTheSamePlacesInBothLanguages) {
  std::set<std::string_view> seen;
  for (const auto& [one, other] : bokmal_words()) {
    EXPECT_EQ(places_of(one), places_of(other)) << one;
    EXPECT_TRUE(seen.insert(one).second) << one << " is there twice";
    EXPECT_FALSE(other.empty()) << one;
  }
  std::set<std::string_view> columns;
  for (const ColumnWords& words : column_words()) {
    EXPECT_TRUE(columns.insert(words.name).second) << words.name << " is there twice";
    EXPECT_FALSE(words.english.empty() || words.bokmal.empty()) << words.name;
  }
}

TEST(Wording, WritesNumbersAsTheLanguageDoes) {
  EXPECT_EQ(english.number(1234567), "1,234,567");
  EXPECT_EQ(bokmal.number(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(bokmal.number(2024), "2024") << "four digits stay together: years";
  EXPECT_EQ(bokmal.number(12.345), "12,35") << "12.345 is a hair more in binary; four digits";
  EXPECT_EQ(english.number(-0.5), "\u22120.5");
  EXPECT_EQ(english.number(-0.0), "0");
  EXPECT_EQ(english.number(1.92e-43), "1.92\u00d710\u207b\u2074\u00b3");
  EXPECT_EQ(bokmal.number(std::nan("")), "\u2013");
  EXPECT_EQ(english.number(-INFINITY), "\u2212\u221e");
  EXPECT_EQ(bokmal.number(3.14159, 2), "3,14");
  EXPECT_EQ(english.number(-0.004, 2), "0.00") << "no minus before zeros";
  EXPECT_EQ(bokmal.percent(0.1234), "12,3\u00a0%");
  EXPECT_EQ(bokmal.interval(12.3456, 12.1, 12.6), "12,35 (12,10 til 12,60)");
  EXPECT_EQ(english.interval(7, std::nan(""), 8), "7");
}

TEST(Wording, WritesDatesAndNamesOfColumns) {
  EXPECT_EQ(english.date("2026-01-02T00:00:00Z"), "2 January 2026");
  EXPECT_EQ(bokmal.date("2026-05-17T00:00:00Z"), "17. mai 2026");
  EXPECT_EQ(english.date("soon"), "soon");
  EXPECT_EQ(english.column("ctdivol_mgy", "mGy"), "CTDIvol (mGy)");
  EXPECT_EQ(english.column("tube_voltage_kv", "kV"), "tube voltage (kV)");
  EXPECT_EQ(english.column("error_mm", "mm"), "error (mm)");
  EXPECT_EQ(english.column("dlp_mgy_cm", "mGy.cm"), "DLP (mGy\u00b7cm)");
  EXPECT_EQ(english.column_in("frequency_per_mm", "1/mm"), "frequency");
  EXPECT_EQ(english.column_in("mape_percent", "%"), "mape");
  EXPECT_EQ(unit_text("HU2 mm2"), "HU\u00b2 mm\u00b2");
  EXPECT_EQ(unit_text("1"), "");
  EXPECT_EQ(bokmal.column("some_thing"), "some thing");
}

TEST(Decimals, SuitMostNumbersOfAColumn) {
  const auto decimals = [](std::vector<double> values) { return common_decimals(values); };
  EXPECT_EQ(decimals({1, 20, 300}), 0);
  EXPECT_EQ(decimals({1.5, 20, std::nan("")}), 2) << "four digits of 20";
  EXPECT_EQ(decimals({0.5, 0.001}), 5) << "three digits of 0.001";
  EXPECT_EQ(decimals({1e-43, 0.5}), -1) << "each by itself";
  EXPECT_EQ(decimals({}), 0);
}

}  // namespace
}  // namespace snitt::report
