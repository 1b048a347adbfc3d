#include "report/cross_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report/columns.hpp"

namespace snitt::report {
namespace {

using ::testing::ElementsAre;

const Wording english;
const Wording bokmal(Language::bokmal);

Column words(const std::string& name, const std::vector<std::string>& values) {
  return {name, "", "", values};
}
Column counts(const std::vector<double>& values, const std::string& name = "count") {
  return {name, "1", "", values};
}

TEST(CrossTable, OfOneKindHasSharesAndATotal) {
  const auto [table, by] =
      cross_table({{words("modality", {"CT", "MR", "CT"}), counts({10, 30, 20})}}, english);
  EXPECT_EQ(by, "modality");
  const Rows rows(table);
  EXPECT_THAT(rows.words("modality"), ElementsAre("CT", "MR", "Total"));
  EXPECT_THAT(rows.numbers("count"), ElementsAre(30, 30, 60));
  EXPECT_THAT(rows.numbers("share"), ElementsAre(50, 50, 100));
}

TEST(CrossTable, OfTwoKindsHasSumsOfRowsAndColumns) {
  const auto [table, by] =
      cross_table({{words("area", {"N", "N", "S", "S", "W"}),
                    words("sector", {"in", "out", "in", "out", "in"}), counts({1, 3, 2, 6, 5})}},
                  bokmal);
  EXPECT_EQ(by, "område og sektor");
  const Rows rows(table);
  EXPECT_THAT(rows.words("område"), ElementsAre("N", "S", "W", "Totalt"));
  EXPECT_THAT(rows.numbers("in"), ElementsAre(1, 2, 5, 8));
  EXPECT_THAT(rows.numbers("out"), ElementsAre(3, 6, 0, 9));
  EXPECT_THAT(rows.numbers("Totalt"), ElementsAre(4, 8, 5, 17));
  EXPECT_THAT(rows.numbers("andel in"), ElementsAre(25, 25, 100, 100 * 8.0 / 17));
}

TEST(CrossTable, TellsNoSumOverWhatIsWithheld) {
  const double nan = std::nan("");
  const auto [table, by] =
      cross_table({{words("area", {"N", "N", "S", "S", "W", "W"}),
                    words("sector", {"in", "out", "in", "out", "in", "out"}), counts({nan, 3, 2, 6, 1, 1})}},
                  english);
  const Rows rows(table);
  EXPECT_TRUE(std::isnan(rows.numbers("in")[0]));
  EXPECT_TRUE(std::isnan(rows.numbers("in")[3])) << "its total less the others would tell it";
  EXPECT_TRUE(std::isnan(rows.numbers("Total")[0]));
  EXPECT_TRUE(std::isnan(rows.numbers("Total")[3]));
  EXPECT_EQ(rows.numbers("out")[3], 10);
}

TEST(CrossTable, PutsYearsAcrossAndLeavesUnknownPostsEmpty) {
  const auto [table, by] = cross_table({{words("position", {"a", "a", "b"}),
                                         {"year", "1", "", std::vector<std::int64_t>{2023, 2024, 2024}},
                                         counts({1, 2, 5}, "fte")}},
                                       english);
  const Rows rows(table);
  EXPECT_THAT(rows.words("position"), ElementsAre("a", "b", "Total"));
  EXPECT_THAT(rows.numbers("2024"), ElementsAre(2, 5, 7));
  EXPECT_TRUE(std::isnan(rows.numbers("2023")[1]));
  EXPECT_FALSE(rows.has_numbers("Total")) << "posts of years do not add up";
}

TEST(CrossTable, AddsWhatLiesInAGroupWithinIt) {
  const auto [table, by] =
      cross_table({{words("group", {"radiology", "radiology", "nuclear", "nuclear"}),
                    words("modality", {"CT", "MR", "PET", "SPECT"}), counts({30, 10, 1, 3})}},
                  english);
  const Rows rows(table);
  EXPECT_THAT(rows.words("modality"), ElementsAre("CT", "MR", "Total", "PET", "SPECT", "Total"));
  EXPECT_THAT(rows.numbers("share"), ElementsAre(75, 25, 100, 25, 75, 100));
}

TEST(CrossTable, CountsNoPrintedTotalTwiceAndSpeaksOneLanguage) {
  const Table printed{{words("modalitet_no", {"røntgen", "ultralyd", "totalt"}),
                       words("modality_en", {"x-ray", "ultrasound", "total"}),
                       counts({5, 7, 12}, "antall_count"),
                       {"er_total_is_total", "1", "", std::vector<std::int64_t>{0, 0, 1}}}};
  const Table in_english = cross_table(printed, english).first;
  const Rows english_rows(in_english);
  EXPECT_THAT(english_rows.words("modality"), ElementsAre("x-ray", "ultrasound", "Total"));
  const auto norwegian = cross_table(printed, bokmal).first;
  const Rows rows(norwegian);
  EXPECT_THAT(rows.words("modalitet"), ElementsAre("røntgen", "ultralyd", "Totalt"));
  EXPECT_THAT(rows.numbers("antall_count"), ElementsAre(5, 7, 12));
}

TEST(CrossTable, AddsNoRowOfATotalToTheOthers) {
  const auto [table, by] = cross_table(
      {{words("sex", {"male", "female", "total", "male", "female", "total"}),
        words("modality", {"CT", "CT", "CT", "total", "total", "total"}), counts({1, 2, 3, 1, 2, 3})}},
      english);
  const Rows rows(table);
  EXPECT_THAT(rows.numbers("count"), ElementsAre(1, 2, 3)) << "by " << by;
}

TEST(CrossTable, IsLeftOutWhereItCouldNotBeReadOrIsNoneOfCounts) {
  std::vector<std::string> many(80);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = "unit " + std::to_string(i);
  EXPECT_EQ(cross_table({{words("unit", many), counts(std::vector<double>(80, 1))}}, english).first.rows(),
            0U);
  EXPECT_EQ(cross_table({{words("a", {"x", "y"}), counts({1, 2}, "dose")}}, english).first.rows(), 0U);
  EXPECT_EQ(cross_table({}, english).first.rows(), 0U);
}

}  // namespace
}  // namespace snitt::report
