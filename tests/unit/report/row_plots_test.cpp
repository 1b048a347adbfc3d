#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "parsed.hpp"
#include "report/bar_plot.hpp"
#include "report/box_plot.hpp"
#include "report/dot_plot.hpp"

namespace snitt::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const Wording english;

TEST(BoxPlot, PutsQuartilesAndMedianWhereTheAxisSays) {
  Box box = box_of("S01", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, english);
  EXPECT_EQ(box.median, 5);
  EXPECT_EQ(box.lower_quartile, 2.5);
  EXPECT_EQ(box.upper_quartile, 7.5);
  EXPECT_EQ(box.low, 0.5) << "5th percentile, type 7";
  EXPECT_EQ(box.note, "n = 11");
  box.high = 10;
  const pugi::xml_document page = parsed_page(svg(BoxPlot{"doses", "CTDIvol (mGy)", {box}, {}}, english));
  const pugi::xml_node rectangle = page.select_node("//rect[@class='box']").node();
  const pugi::xml_node dot = page.select_node("//circle").node();
  // The axis goes from 0 to 10: the median stands in the middle of the box here.
  const double left = rectangle.attribute("x").as_double();
  const double width = rectangle.attribute("width").as_double();
  EXPECT_NEAR(dot.attribute("cx").as_double(), left + width / 2, 0.02) << "coordinates have two decimals";
  const pugi::xml_node axis = page.select_node("//line[@class='axis']").node();
  const double from = axis.attribute("x1").as_double();
  const double to = axis.attribute("x2").as_double();
  EXPECT_NEAR(left, from + 0.25 * (to - from), 0.02);
  EXPECT_NEAR(width, 0.5 * (to - from), 0.02);
}

TEST(BoxPlot, LeavesOutWhatIsMissing) {
  Box box;
  box.name = "empty";
  const std::string drawn = svg(BoxPlot{"", "x", {box, box_of("none", {}, english)}, {}}, english);
  EXPECT_THAT(drawn, testing::Not(HasSubstr("nan")));
  EXPECT_TRUE(parsed_page(drawn).select_nodes("//rect[@class='box']").empty());
}

TEST(ReferenceLines, HaveNamesThatNoLineRunsThrough) {
  BoxPlot plot{"", "x", {box_of("S01", {1, 2, 30}, english)}, {}};
  for (int i = 0; i < 6; ++i) plot.lines.push_back({"published level " + std::to_string(i), 10.0 + 0.4 * i});
  const pugi::xml_document page = parsed_page(svg(plot, english));
  struct Label {
    double left, right, baseline;
  };
  std::vector<Label> labels;
  for (const pugi::xpath_node& node : page.select_nodes("//text[@class='halo']")) {
    const double x = node.node().attribute("x").as_double();
    labels.push_back({x, x + text_width(node.node().text().get()), node.node().attribute("y").as_double()});
  }
  ASSERT_EQ(labels.size(), 6U);
  for (const pugi::xpath_node& node : page.select_nodes("//line[starts-with(@class, 'level')]")) {
    const double x = node.node().attribute("x1").as_double();
    const double top = node.node().attribute("y1").as_double();
    for (const Label& label : labels)
      EXPECT_FALSE(x > label.left && x < label.right && top < label.baseline - 2)
          << x << " " << label.baseline;
  }
  for (std::size_t a = 0; a < labels.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_FALSE(labels[a].left < labels[b].right && labels[b].left < labels[a].right &&
                   std::abs(labels[a].baseline - labels[b].baseline) < 12);
}

TEST(DotPlot, SaysEveryEstimateInWords) {
  DotPlot plot{
      "rates", "per 100,000", {{"Oslo <&>", 12.3456, 12.1, 12.6, 0, ""}, {"Bærum", 10, 9, 11, 0, ""}}, {},
      {},      false};
  const pugi::xml_document page = parsed_page(svg(plot, Wording(Language::bokmal)));
  EXPECT_STREQ(page.select_node("/svg/title").node().text().get(), "rates");
  EXPECT_THAT(std::string(page.select_node("/svg/desc").node().text().get()),
              HasSubstr("Oslo <&>: 12,35 (12,10 til 12,60)"));
  EXPECT_STREQ(page.select_node("/svg").node().attribute("role").value(), "img");
  EXPECT_EQ(page.select_nodes("//line[@class='range']").size(), 2U);
}

TEST(DotPlot, TellsSeriesApartByShape) {
  DotPlot plot{
      "",   "x", {{"a", 1, 0, 2, 0, ""}, {"b", 1, 0, 2, 1, ""}, {"c", 1, 0, 2, 2, ""}}, {}, {"x", "y", "z"},
      false};
  const pugi::xml_document page = parsed_page(svg(plot, english));
  EXPECT_EQ(page.select_nodes("//circle[@class='mark s0']").size(), 2U) << "the key and the dot";
  std::set<std::size_t> corners;
  for (const pugi::xpath_node& node : page.select_nodes("//path[starts-with(@class, 'mark')]")) {
    const std::string data = node.node().attribute("d").value();
    corners.insert(static_cast<std::size_t>(std::count(data.begin(), data.end(), 'L')));
  }
  EXPECT_EQ(corners, (std::set<std::size_t>{2, 3})) << "a triangle and a square";
}

TEST(BarPlot, IsAsLongAsItsSumAndWritesIt) {
  const BarPlot plot{"", "files", {{"CT", {3, 1}}, {"MR", {2, 0}}}, {"used", "not"}};
  const pugi::xml_document page = parsed_page(svg(plot, english));
  const auto rectangles = page.select_nodes("//g/rect");
  ASSERT_EQ(rectangles.size(), 3U) << "a part of nothing is not drawn";
  const auto width = [&](std::size_t i) { return rectangles[i].node().attribute("width").as_double(); };
  EXPECT_NEAR(width(0) / width(1), 3, 0.01);
  EXPECT_NEAR(width(0) / width(2), 1.5, 0.01);
  EXPECT_THAT(texts_of(page, "//text[@class='tick']"), Contains("4"));
  const auto ticks = texts_of(page, "//text[@text-anchor='middle'][@class='tick']");
  EXPECT_THAT(ticks, testing::Not(Contains(HasSubstr(".")))) << "files are whole";
}

TEST(RowChart, ShortensNamesThatHaveNoRoomAndSaysThemInFull) {
  const std::string name(80, 'x');
  const pugi::xml_document page = parsed_page(svg(BarPlot{"", "n", {{name, {1}}}, {}}, english));
  EXPECT_THAT(texts_of(page, "//g/title"), Contains(name));
  EXPECT_THAT(texts_of(page, "//text[@text-anchor='end']"), Contains(testing::EndsWith("\u2026")));
}

}  // namespace
}  // namespace snitt::report
