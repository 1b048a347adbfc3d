#include "data/population.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace snitt {
namespace {

Table table(std::vector<std::string> ages, std::vector<std::string> sexes,
            std::vector<std::int64_t> persons) {
  return {{{"bohf", "", "", std::vector<std::string>(ages.size(), "North")},
           {"age_group", "", "", ages},
           {"kjonn", "", "", sexes},
           {"befolkning", "1", "", persons}}};
}

TEST(Population, AgesAreReadFromManyWords) {
  EXPECT_EQ(first_age_of("05-09"), 5);
  EXPECT_EQ(first_age_of("5-9 år"), 5);
  EXPECT_EQ(first_age_of("90+"), 90);
  EXPECT_EQ(first_age_of("<5"), 0);
  EXPECT_EQ(first_age_of("age 105 and more"), 105);
  EXPECT_EQ(first_age_of("unknown"), -1);
}

TEST(Population, SexesAreReadFromManyWords) {
  for (const char* word : {"female", "F", "K", "Kvinne", "kvinner", "2"})
    EXPECT_EQ(sex_of(word), Sex::female) << word;
  for (const char* word : {"male", "M", "MANN", "menn", "1"}) EXPECT_EQ(sex_of(word), Sex::male) << word;
  for (const char* word : {"", "other", "X", "9", "both"}) EXPECT_EQ(sex_of(word), Sex::unknown) << word;
}

TEST(Population, StrataAreReadByAnyKnownName) {
  const Population p =
      population_from(table({"00-04", "5+", "00-04", "5+"}, {"K", "K", "M", "M"}, {10, 20, 30, 0}), "p.csv");
  EXPECT_EQ(p.areas, std::vector<std::string>{"North"});
  EXPECT_EQ(p.years, std::vector<int>{0});
  EXPECT_EQ(p.age_starts, (std::vector<int>{0, 5}));
  EXPECT_EQ(p.rows[2].persons, 30);
  EXPECT_EQ(p.rows[2].sex, Sex::male);
}

TEST(Population, WhatDoesNotAddUpIsRefusedWithItsRow) {
  const auto message = [](const Table& t) {
    try {
      population_from(t, "p.csv");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message(table({"0", "0"}, {"K", "K"}, {1, 2})).find("row 2"), std::string::npos);
  EXPECT_NE(message(table({"0", "5"}, {"K", "both"}, {1, 2})).find("'both'"), std::string::npos);
  EXPECT_NE(message(table({"0", "all"}, {"K", "K"}, {1, 2})).find("'all'"), std::string::npos);
  EXPECT_NE(message(table({"0", "5"}, {"K", "K"}, {1, -2})).find("-2"), std::string::npos);
  EXPECT_NE(message(Table{}).find("population"), std::string::npos);
}

}  // namespace
}  // namespace snitt
