#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "parsed.hpp"
#include "report/curve_plot.hpp"
#include "report/funnel_plot.hpp"
#include "report/label_places.hpp"
#include "report/scatter_plot.hpp"

namespace snitt::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Wording english;

FunnelPlot simulated_funnel() {
  FunnelPlot plot;
  plot.x_label = "examinations";
  plot.y_label = "share";
  plot.target = 0.3;
  plot.points = {{"near", 40, 0.32, 0}, {"out <b>", 50, 0.55, 1}, {"far", 60, 0.9, 2}};
  plot.limits = {{"95 %", {60, 40, 50}, {0.2, 0.15, 0.18}, {0.42, 0.46, 0.44}}};
  return plot;
}

TEST(FunnelPlot, NamesThoseOutsideAndTellsThemByShape) {
  const pugi::xml_document page = parsed_page(svg(simulated_funnel(), english));
  EXPECT_EQ(page.select_nodes("//circle[@class='open']").size(), 1U);
  EXPECT_EQ(page.select_nodes("//path[@class='mark out']").size(), 2U);
  const auto names = texts_of(page, "//text[@class='halo']");
  EXPECT_THAT(names, Contains("out <b>"));
  EXPECT_THAT(names, Contains("far"));
  EXPECT_THAT(names, Not(Contains("near")));
  EXPECT_STREQ(page.select_node("/svg/desc").node().text().get(),
               "Outside the limits: out <b> (0.55), far (0.9).");
}

TEST(FunnelPlot, DrawsLimitsByRisingSizeWhateverTheirOrder) {
  const pugi::xml_document page = parsed_page(svg(simulated_funnel(), english));
  const std::string data = page.select_node("//path[@class='limit l1']").node().attribute("d").value();
  std::vector<double> x;
  for (std::size_t at = 0; at != std::string::npos; at = data.find('L', at + 1))
    x.push_back(std::stod(data.substr(at + 1)));
  ASSERT_EQ(x.size(), 3U);
  EXPECT_LT(x[0], x[1]);
  EXPECT_LT(x[1], x[2]);
}

TEST(ScatterPlot, HasTheRecommendedDoseWithItsBand) {
  ScatterPlot plot;
  plot.x_label = "CTDIvol (mGy)";
  plot.y_label = "noise (HU)";
  plot.points = {{"S01", 5, 14}, {"S02", 10, 10}, {"lost", std::nan(""), 3}};
  plot.x_lines = {{"recommended", 8, 7, 9}};
  plot.y_lines = {{"wanted 11", 11}};
  const pugi::xml_document page = parsed_page(svg(plot, english));
  EXPECT_EQ(page.select_nodes("//circle").size(), 2U);
  EXPECT_THAT(texts_of(page, "//text"), Contains("recommended: 8"));
  const pugi::xml_node band = page.select_node("//rect[@class='shade']").node();
  const pugi::xml_node line = page.select_node("//line[@class='level l0']").node();
  EXPECT_NEAR(line.attribute("x1").as_double(),
              band.attribute("x").as_double() + band.attribute("width").as_double() / 2, 0.02)
      << "8 is the middle of 7 to 9";
  EXPECT_THAT(std::string(page.select_node("/svg/desc").node().text().get()),
              HasSubstr("recommended: 8.0 (7.0 to 9.0)"));
}

TEST(CurvePlot, NamesCurvesAtTheirEndsApart) {
  CurvePlot plot;
  plot.y_label = "TTF";
  plot.x_label = "frequency (1/mm)";
  for (const char* name : {"air", "bone", "acrylic", "teflon"})
    plot.curves.push_back({name, {0, 0.5, 1}, {1, 0.5, 0.01}, {}, {}, Curve::Kind::line});
  const pugi::xml_document page = parsed_page(svg(plot, english));
  std::vector<double> heights;
  for (const pugi::xpath_node& node : page.select_nodes("//text[starts-with(@class, 'name')]"))
    heights.push_back(node.node().attribute("y").as_double());
  std::sort(heights.begin(), heights.end());
  ASSERT_EQ(heights.size(), 4U);
  for (std::size_t i = 1; i < heights.size(); ++i) EXPECT_GE(heights[i] - heights[i - 1], 13);
  EXPECT_EQ(page.select_nodes("//path[@class='curve s3']").size(), 1U);
}

TEST(CurvePlot, DrawsStepsAcrossBeforeTheyGoDown) {
  CurvePlot plot;
  plot.curves = {{"", {0, 1, 2}, {1, 0.5, 0}, {}, {}, Curve::Kind::steps}};
  const pugi::xml_document page = parsed_page(svg(plot, english));
  const std::string data = page.select_node("//path[@class='curve s0']").node().attribute("d").value();
  EXPECT_EQ(std::count(data.begin(), data.end(), 'L'), 4) << data;
}

TEST(CurvePlot, BreaksItsBandWhereAnEndIsMissing) {
  const double nan = std::nan("");
  CurvePlot plot;
  plot.curves = {
      {"", {0, 1, 2, 3, 4}, {1, 1, 1, 1, 1}, {0, 0, nan, 0, 0}, {2, 2, 2, 2, 2}, Curve::Kind::line}};
  const pugi::xml_document page = parsed_page(svg(plot, english));
  const std::string data = page.select_node("//path[@class='shade s0']").node().attribute("d").value();
  EXPECT_EQ(std::count(data.begin(), data.end(), 'Z'), 2);
  EXPECT_THAT(data, Not(HasSubstr("nan")));
  plot.curves[0].y.assign(5, nan);
  EXPECT_THAT(svg(plot, english), HasSubstr("nothing to show"));
}

TEST(LabelPlaces, LieOverNothingAndInsideTheArea) {
  std::vector<NamedPlace> points;
  for (int i = 0; i < 12; ++i)
    points.push_back({100 + 9.0 * i, 100 + 7.0 * (i % 4), "S" + std::to_string(10 + i)});
  const Rectangle area{0, 0, 400, 300};
  const std::vector<LabelPlace> places = label_places(points, area);
  int placed = 0;
  for (std::size_t a = 0; a < places.size(); ++a) {
    if (!places[a].placed) continue;
    ++placed;
    EXPECT_GE(places[a].x - text_width(points[a].name) / 2, area.left);
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_FALSE(places[b].placed && std::abs(places[a].y - places[b].y) < 12 &&
                   std::abs(places[a].x - places[b].x) < text_width("S10") - 0.1);
  }
  EXPECT_GE(placed, 10) << "of twelve in a crowd";
}

TEST(Spread, KeepsHeightsApartAndInside) {
  EXPECT_THAT(spread({10, 10, 10}, 5, 0, 100), testing::ElementsAre(10, 15, 20));
  EXPECT_THAT(spread({99, 98, 1}, 5, 0, 100), testing::ElementsAre(100, 95, 1));
  EXPECT_TRUE(spread({}, 5, 0, 100).empty());
}

}  // namespace
}  // namespace snitt::report
