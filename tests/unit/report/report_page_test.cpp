#include "report/report_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "parsed.hpp"
#include "report/column_roles.hpp"
#include "report/data_table.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Wording english;
const std::string hostile = "</td><script>alert(1)</script>\"' onload=x & \u202e evil";

Column words(const std::string& name, const std::vector<std::string>& values) {
  return {name, "", "", values};
}
Column numbers(const std::string& name, const std::vector<double>& values, const std::string& units = "1") {
  return {name, units, "", values};
}

ReportInput input_of(const std::string& name, Table table) {
  ReportInput input;
  input.name = name;
  input.table = std::move(table);
  return input;
}

std::string page_of(std::vector<ReportInput> inputs, const Wording& wording = english) {
  return report_page({"Report", "2026-01-01T00:00:00Z", "snitt-report 0", std::move(inputs), 1000}, wording);
}

TEST(ReportPage, TellsWhatIsDoubtfulFirstWithALinkToIt) {
  ReportInput input = input_of("a.h5", {{numbers("x", {1, 2})}});
  input.record = CalibrationRecord{"benchmark", "doubtful", {"few cases; collect more"}, {}, {}};
  ReportInput refused;
  refused.name = "b.h5";
  refused.refused = "b.h5: is no file";
  const pugi::xml_document page =
      parsed_page(page_of({input_of("good.csv", {{numbers("x", {1})}}), input, refused}));
  const auto links = page.select_nodes("//div[@class='attention']//a");
  ASSERT_EQ(links.size(), 2U);
  for (const pugi::xpath_node& link : links) {
    const std::string id = std::string(link.node().attribute("href").value()).substr(1);
    EXPECT_TRUE(page.select_node(("//h2[@id='" + id + "']").c_str())) << id;
  }
  EXPECT_THAT(texts_of(page, "//div[@class='attention']//li"), Contains("few cases; collect more"));
  EXPECT_THAT(texts_of(page, "//div[@class='attention']//li"), Contains("b.h5: is no file"));
}

ReportInput check_of_records() {
  ReportInput input = input_of(
      "found.h5", {{words("check", {"missing values", "begins late", "negative interval"}),
                    words("gravity", {"note", "warning", "error"}), words("provider", {"", "South", "North"}),
                    words("column", {"sex", "", "wait"}), words("value", {"", "2024-02", ""}),
                    numbers("rows", {8, 135, 2}), numbers("of", {308, 135, 105}),
                    words("message", {"not covered", "not delivered?", "clocks differ"})}});
  input.record = CalibrationRecord{"check of records", "doubtful", {"clocks differ in 2 rows"}, {}, {}};
  return input;
}

TEST(ReportPage, ListsFindingsTheGravestFirstWithTheirMessagesAndNoSums) {
  const std::string text = page_of({check_of_records()});
  const pugi::xml_document page = parsed_page(text);
  EXPECT_THAT(texts_of(page, "//table[not(@data-name)]//td[1]"),
              testing::IsSupersetOf({"error", "warning", "note"}));
  EXPECT_LT(text.find("<td>error"), text.find("<td>warning"));
  EXPECT_LT(text.find("<td>warning"), text.find("<td>note"));
  EXPECT_THAT(texts_of(page, "//table[not(@data-name)]//td[4]"),
              testing::UnorderedElementsAre("clocks differ", "not delivered?", "not covered"));
  EXPECT_THAT(texts_of(page, "//div[@class='attention']//li"),
              testing::UnorderedElementsAre("clocks differ in 2 rows",
                                            "begins late (South, 2024-02): 135 of 135 rows: not delivered?"));
  EXPECT_TRUE(page.select_nodes("//svg").empty()) << "rows of unrelated findings add up to nothing";
}

TEST(ReportPage, TellsReasonsOnceAndTablesWithoutRowsInOneLine) {
  ReportInput input = input_of("a.h5", {{numbers("x", {1, 2})}});
  input.record = CalibrationRecord{"benchmark", "doubtful", {"few cases; collect more"}, {}, {}};
  input.record->tables = {{"events", {{numbers("y", {})}}}, {"refused", {{words("why", {})}}}};
  const std::string text = page_of({input});
  EXPECT_EQ(text.find("few cases"), text.rfind("few cases"));
  const pugi::xml_document page = parsed_page(text);
  EXPECT_TRUE(page.select_node("//p/a[@href='#attention']"));
  EXPECT_TRUE(page.select_node("//h2[@id='attention']"));
  EXPECT_THAT(texts_of(page, "//p[@class='note']"), Contains("Tables without rows: events, refused."));
}

TEST(TableFigures, AddNoTotalsToWhatTheySum) {
  // Margins of a table by modality and sex, as disclosure control publishes them.
  const Table margins{{words("modality", {"CT", "MR", "total", "total", "total"}),
                       words("sex", {"total", "total", "female", "male", "total"}),
                       numbers("count", {10, 30, 25, 15, 40})}};
  const Figures figures = table_figures("totals", margins, nullptr, english);
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_EQ(std::string(parsed_page(figures[0].svg).select_node("/svg/desc").node().text().get()),
            "MR: 30. CT: 10. ");
  EXPECT_EQ(std::string(parsed_page(figures[1].svg).select_node("/svg/desc").node().text().get()),
            "female: 25. male: 15. ");
}

TEST(ReportPage, ShowsWhatWasLeftOutAfterTheResults) {
  ReportInput input = input_of("a.h5", {{words("site", {"A", "B"}), numbers("count", {5, 6})}});
  input.record = CalibrationRecord{"other", "good", {}, {}, {}};
  input.record->tables = {{"excluded", {{words("reason_of", {"x", "y"}), numbers("rows", {1, 2})}}},
                          {"results",
                           {{words("group", {"C", "D"}), numbers("rate", {1, 2}), numbers("rate_low", {0, 1}),
                             numbers("rate_high", {2, 3})}}}};
  const Figures figures = figures_of(input, english);
  ASSERT_EQ(figures.size(), 3U);
  EXPECT_EQ(figures.back().heading, "Left out");
}

TEST(TableFigures, NameWhatHasNoWord) {
  const Table counts{{words("exam", {"HEAD", "HEAD", "CHEST"}), words("reason", {"x", "y", "z"}),
                      words("group", {"", "A", "A"}), numbers("count", {1, 2, 3})}};
  const Figures figures = table_figures("excluded", counts, nullptr, english);
  ASSERT_FALSE(figures.empty());
  EXPECT_THAT(texts_of(parsed_page(figures[0].svg), "//text"), Contains("(none)"));
}

TEST(ReportPage, HasEveryHeadingInItsContentsAndNoNameTwice) {
  const pugi::xml_document page = parsed_page(
      page_of({input_of("a.csv", {{numbers("x", {1})}}), input_of("b.csv", {{numbers("y", {1})}})}));
  std::set<std::string> ids;
  for (const pugi::xpath_node& heading : page.select_nodes("//h2|//h3")) {
    const std::string id = heading.node().attribute("id").value();
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_TRUE(page.select_node(("//nav//a[@href='#" + id + "']").c_str())) << id;
  }
  EXPECT_GE(ids.size(), 4U);
}

TEST(ReportPage, LetsNoNameRunOrTurnItsNeighbours) {
  ReportInput input = input_of(hostile, {{words(hostile, {hostile, "x", "y", "z"}),
                                          {"n", hostile, hostile, std::vector<double>{1, 2, 3, 4}},
                                          numbers("low", {0, 1, 2, 3}),
                                          numbers("high", {2, 3, 4, 5}),
                                          numbers("count", {1, 2, 3, 4})}});
  input.record = CalibrationRecord{
      hostile, "doubtful", {hostile}, {plain(hostile, 1, hostile, hostile)}, {{hostile, *input.table}}};
  input.provenance = "{\"tool\": \"<script>\", \"inputs\": 3}";
  input.transform = SpatialTransform{{"A", "B"}, {}};
  const std::string text = page_of({input}, Wording(Language::bokmal));
  const pugi::xml_document page = parsed_page(text);
  EXPECT_EQ(page.select_nodes("//script").size(), 1U) << "the page's own";
  EXPECT_TRUE(page.select_nodes("//*[@onload]").empty());
  EXPECT_THAT(text, Not(HasSubstr("\u202e")));
  EXPECT_THAT(text, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(std::string(page.select_node("//meta[@http-equiv]").node().attribute("content").value()),
              HasSubstr("default-src 'none'"));
}

TEST(ReportPage, NeedsNothingFromOutside) {
  const std::string page =
      page_of({input_of("a.csv", {{words("name", {"a", "b"}), numbers("count", {1, 2})}})});
  for (const char* outside : {"<link", "url(", "@import", "https:", "src=\"http", "href=\"http"})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
}

TEST(DataTable, HoldsEveryNumberInFullBesideItsShortForm) {
  Page page("t");
  const Table table{{numbers("dose", {1.23456789, std::nan(""), 98765.4321}, "mGy"),
                     {"key", "1", "", std::vector<std::int64_t>{7, 8, 9'007'199'254'740'993}},
                     {"used", "1", "", std::vector<std::uint8_t>{1, 0, 1}}}};
  add_table(table, {"x", 1000, 16}, page);
  const pugi::xml_document parsed = parsed_page(page.finish());
  std::vector<std::string> values;
  for (const pugi::xpath_node& cell : parsed.select_nodes("//td"))
    values.emplace_back(cell.node().attribute("data-v").value());
  EXPECT_EQ(values, (std::vector<std::string>{"1.23456789", "7", "1", "", "8", "0", "98765.4321",
                                              "9007199254740993", "1"}));
  EXPECT_THAT(texts_of(parsed, "//th/small"), Contains("mGy"));
}

TEST(DataTable, SaysWhatItLeavesOut) {
  Page page("t");
  add_table({{numbers("x", std::vector<double>(50, 1))}}, {"long", 20, 16}, page);
  const std::string text = page.finish();
  EXPECT_EQ(parsed_page(text).select_nodes("//tbody/tr").size(), 20U);
  EXPECT_THAT(text, HasSubstr("The first 20 of 50 rows"));
  EXPECT_TRUE(parsed_page(text).select_node("//details/div/table")) << "long tables are folded";
}

TEST(ColumnRoles, FindEstimatesByTheirNames) {
  const Table table{{words("area", {"a"}), numbers("rate", {1}), numbers("rate_low", {1}),
                     numbers("rate_high", {1}), numbers("ratio", {1}), numbers("error", {1}),
                     numbers("low", {1}), numbers("high", {1})}};
  const std::vector<Estimate> found = estimates_of(table);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].low, "rate_low");
  EXPECT_EQ(found[1].value, "ratio") << "a standard error has no interval of its own";
}

TEST(ColumnRoles, ReadTimesOfAnyKind) {
  EXPECT_DOUBLE_EQ(*years_of("2024"), 2024);
  EXPECT_DOUBLE_EQ(*years_of("2024-03"), 2024 + 2 / 12.0);
  EXPECT_DOUBLE_EQ(*years_of("2024-Q3"), 2024.5);
  EXPECT_LT(*years_of("2024-03-30"), *years_of("2024-04"));
  EXPECT_LT(*years_of("2024-W52"), *years_of("2025-W01"));
  for (const char* text : {"", "x", "0301", "2024-13", "2024/03", "March"})
    EXPECT_FALSE(years_of(text)) << text;
}

TEST(TableFigures, ComeByWhatTheColumnsAre) {
  const auto count = [](const Table& table) { return table_figures("t", table, nullptr, english).size(); };
  const std::vector<std::string> months{"2024-01", "2024-02", "2024-03", "2024-01", "2024-02", "2024-03"};
  EXPECT_EQ(count({{words("month", months), words("modality", {"CT", "CT", "CT", "MR", "MR", "MR"}),
                    numbers("count", {1, 2, 3, 4, 5, 6})}}),
            1U);
  EXPECT_EQ(count({{numbers("frequency_per_mm", {0, 0.1, 0.2, 0.3, 0.4}), numbers("nps", {1, 2, 3, 2, 1})}}),
            1U);
  EXPECT_EQ(count({{words("area", {"a", "b"}), numbers("rate", {1, 2}), numbers("low", {0, 1}),
                    numbers("high", {2, 3})}}),
            1U);
  EXPECT_EQ(count({{words("modality", {"CT", "MR"}), words("sector", {"public", "private"}),
                    numbers("count", {1, 2})}}),
            1U)
      << "one plot: a bar for each modality, in parts by sector";
  EXPECT_EQ(
      count({{words("area", {"a", "b", "c"}), numbers("n", {10, 20, 30}), numbers("share", {0.1, 0.2, 0.3}),
              numbers("low_95", {0, 0, 0}), numbers("high_95", {1, 1, 1}), numbers("low_998", {0, 0, 0}),
              numbers("high_998", {1, 1, 1})}}),
      1U);
  EXPECT_EQ(count({{words("a", {"x", "y"}), numbers("b", {1, 2})}}), 0U) << "nothing known: a table alone";
  EXPECT_EQ(count({}), 0U);
  EXPECT_EQ(count({{words("area", {}), numbers("rate", {}), numbers("low", {}), numbers("high", {})}}), 0U);
}

TEST(TableFigures, SumCountsOfOneMonthOverWhatIsNotDrawn) {
  const Table table{
      {words("month", {"2024-01", "2024-02", "2024-03", "2024-01"}), numbers("count", {1, 2, 3, 10})}};
  const Figures figures = table_figures("t", table, nullptr, english);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_THAT(figures[0].svg, HasSubstr("from 2 to 11, at the end 3")) << "January has 1 + 10";
}

TEST(TablesOfAnInput, AreEachThereOnce) {
  ReportInput input = input_of("vgc.h5", {{words("reader", {"a"}), numbers("area", {0.5})}});
  input.record = CalibrationRecord{
      "visual grading characteristics", "good", {}, {plain("area", 0.5, "1", "")}, {{"areas", *input.table}}};
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_of(input, english)) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"summary", "areas"}));
  EXPECT_EQ(tables_of(input_of("my.list.csv", *input.table), english).front().first, "my.list");
}

}  // namespace
}  // namespace snitt::report
