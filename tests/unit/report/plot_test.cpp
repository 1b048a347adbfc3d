#include "report/plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <pugixml.hpp>

#include "report/residual_image.hpp"
#include "report/text.hpp"
#include "report/ticks.hpp"

namespace snitt::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

pugi::xml_document parsed(const std::string& xml) {
  pugi::xml_document document;
  const auto result = document.load_buffer(xml.data(), xml.size());
  EXPECT_TRUE(result) << result.description() << " at "
                      << xml.substr(static_cast<std::size_t>(result.offset), 80);
  return document;
}

TEST(Text, OfAPageIsEscapedAndAlwaysUtf8) {
  EXPECT_EQ(escaped("a < b & \"c\" > 'd'"), "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(escaped("Troms\u00f8 \u2212\U0001F600"), "Troms\u00f8 \u2212\U0001F600");
  EXPECT_EQ(escaped(std::string("\x01\0\xff\xc0\xaf\xed\xa0\x80", 8)),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escaped("cut \xe2\x88"), "cut \uFFFD\uFFFD");
}

TEST(Base64, GivesTheVectorsOfRfc4648) {
  const auto encode = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode("\xff\xef\xbe"), "/+++");
}

TEST(Ticks, StandAtWholeMultiplesOfOneTwoOrFive) {
  EXPECT_THAT(axis_of(0, 1, 5).labels, ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(axis_of(-0.5, 0.5, 5).labels, ElementsAre("\u22120.4", "\u22120.2", "0.0", "0.2", "0.4"));
  EXPECT_THAT(axis_of(3.1, 96, 9).ticks, ElementsAre(20, 40, 60, 80));
  EXPECT_THAT(axis_of(0, 0.3, 3).ticks, ElementsAre(0, 0.1, 0.2, 3 * 0.1));
  EXPECT_THAT(axis_of(1e-4, 3e-4, 2).labels, ElementsAre("0.0001", "0.0002", "0.0003"));
  EXPECT_THAT(axis_of(0, 2e8, 2).labels, ElementsAre("0", "1e+08", "2e+08"));
}

TEST(Ticks, WidenAnAxisToWholeStepsWhenAsked) {
  const Axis axis = widened_axis(0.07, 1.31, 6);
  EXPECT_EQ(axis.low, 0);
  EXPECT_EQ(axis.step, 0.5);
  EXPECT_EQ(axis.high, 1.5);
}

TEST(Ticks, HaveRoomAroundASingleValue) {
  EXPECT_LT(axis_of(5, 5, 5).low, 5);
  EXPECT_GT(axis_of(0, 0, 5).high, 0);
  EXPECT_GT(axis_of(-3, -3, 5).high, -3);
}

TEST(Ticks, AreFewForAnyNumbers) {
  for (const auto& [low, high] : {std::pair{-1.7e308, 1.7e308},
                                  {1e308, 1e308},
                                  {5e-324, 1e-323},
                                  {1.0, 1 + 2e-16},
                                  {-0.0, 0.0},
                                  {1e6, 1e6 + 1e-9},
                                  {1e-300, 2e-300}})
    for (const Axis& axis : {axis_of(low, high, 9), widened_axis(low, high, 9)}) {
      EXPECT_LT(axis.low, axis.high) << low;
      EXPECT_LE(axis.ticks.size(), 12U) << low;
      EXPECT_EQ(axis.ticks.size(), axis.labels.size()) << low;
    }
}

TEST(Ticks, AreNeverMoreThanAskedFor) {
  for (double span = 1e-7; span < 1e7; span *= 1.37)
    for (const std::size_t most : {2U, 5U, 9U}) {
      const double step = round_step(span, most);
      EXPECT_LE(span / step, static_cast<double>(most) * (1 + 1e-6)) << span;
      EXPECT_GT(span / step, static_cast<double>(most) / 2.6) << span;  // the widest gap is from 2 to 5
    }
}

TEST(Histogram, CountsEveryValueOnce) {
  std::vector<double> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(0.001 * i);
  const std::vector<double> edges = bin_edges(values);
  const std::vector<std::size_t> counts = bin_counts(values, edges);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), values.size());
  EXPECT_EQ(edges.front(), 0);
  EXPECT_GE(edges.back(), 1);
  EXPECT_THAT(bin_counts({0, 0.5, 1, 1.5, 2, 7}, {0, 1, 2}), ElementsAre(2, 3))
      << "the last edge belongs to its bin";
}

TEST(Histogram, OfEqualValuesHasOneFullBin) {
  const std::vector<double> values(10, 3.7);
  const std::vector<std::size_t> counts = bin_counts(values, bin_edges(values));
  EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 10U);
}

TEST(Plot, PutsPointsWhereTheAxesSay) {
  Plot plot;
  plot.x_label = "lag (s)";
  plot.y_label = "rms <mm>";
  plot.series = {{"", {0, 10}, {0, 6}, Mark::dots}};
  const pugi::xml_document page = parsed(svg(plot));
  // The area is 64 … 704 across and 250 … 28 upwards: both axes end at the data.
  EXPECT_STREQ(page.select_node("//path").node().attribute("d").value(), "M64 250h0M704 28h0");
  EXPECT_THAT(svg(plot), HasSubstr("rms &lt;mm&gt;"));
}

TEST(Plot, LeavesOutWhatIsNotFiniteAndBreaksLinesThere) {
  Plot plot;
  const double nan = std::nan("");
  plot.series = {{"", {0, 1, 2, 3, 4}, {0, 1, nan, 1, 0}, Mark::line}};
  const pugi::xml_document page = parsed(svg(plot));
  const std::string data = page.select_node("//path").node().attribute("d").value();
  EXPECT_EQ(std::count(data.begin(), data.end(), 'M'), 2);
  EXPECT_THAT(data, Not(HasSubstr("nan")));
  plot.series[0].y.assign(5, nan);
  EXPECT_THAT(svg(plot), HasSubstr("nothing to show"));
}

TEST(Plot, OfAMillionPointsStaysSmallAndKeepsItsPeaks) {
  Plot plot;
  Series series{"", {}, {}, Mark::line};
  for (int i = 0; i < 1'000'000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 424'242 ? 6 : 0.001 * (i % 7));
  }
  plot.series = {series};
  const std::string drawn = svg(plot);
  EXPECT_LT(drawn.size(), 200'000U);
  EXPECT_THAT(drawn, HasSubstr(" 28L")) << "the one point at the top";
}

TEST(ResidualImage, ExaggeratesByARoundNumber) {
  EXPECT_EQ(exaggeration({{0, 0, 3, 4, 0}}, 1000), 10);    // 5 px, a twentieth is 50
  EXPECT_EQ(exaggeration({{0, 0, 0.9, 0, 0}}, 1000), 50);  // 55.6 times would be too long
  EXPECT_EQ(exaggeration({{0, 0, 100, 0, 0}}, 1000), 1) << "never shortened";
  EXPECT_EQ(exaggeration({{0, 0, 0, 0, 0}}, 1000), 1);
  EXPECT_EQ(exaggeration({}, 1000), 1);
}

TEST(ResidualImage, DrawsAnArrowFromItsPixelAlongItsError) {
  ResidualImage image;
  image.columns = 640;  // one CSS pixel each
  image.rows = 320;
  image.arrows = {{99.5, 49.5, 8, 0, 0}};  // the centre of pixel 0 is at 0.5
  const pugi::xml_document page = parsed(svg(image));
  const std::string data = page.select_node("//path").node().attribute("d").value();
  EXPECT_THAT(data, testing::StartsWith("M164 102L180 102")) << "twice as long, a twentieth of 320 being 16";
}

TEST(Correlation, HasACellForEveryPair) {
  const pugi::xml_document page = parsed(correlation_svg({"a", "b&c"}, {{1, -0.25}, {-0.25, 1}}));
  EXPECT_EQ(page.select_nodes("//rect").size(), 4U);
  EXPECT_EQ(page.select_nodes("//rect[@class='minus'][@fill-opacity='0.25']").size(), 2U);
}

}  // namespace
}  // namespace snitt::report
