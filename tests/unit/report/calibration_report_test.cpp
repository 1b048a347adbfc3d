#include "report/calibration_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>
#include <set>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "formats/png_file.hpp"
#include "phantom/sweep.hpp"
#include "report/frame_picture.hpp"
#include "simulated_record.hpp"
#include "store/layouts.hpp"
#include "temporary_folder.hpp"

namespace snitt::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

CalibrationReport simulated_report() {
  CalibrationReport report;
  report.title = "Probe <L14-5> & \"phantom\"";
  report.record = simulated_record();
  report.transform = linear_transform(simulated_transform());
  report.made_by = "probe.h5: snitt-test";
  return report;
}

pugi::xml_document parsed(const std::string& page) {
  pugi::xml_document document;
  const auto result =
      document.load_buffer(page.data(), page.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  EXPECT_TRUE(result) << result.description() << " at "
                      << page.substr(static_cast<std::size_t>(result.offset), 120);
  return document;
}

std::vector<std::string> cells_of(const pugi::xml_document& page) {
  std::vector<std::string> cells;
  for (const pugi::xpath_node& cell : page.select_nodes("//td")) cells.emplace_back(cell.node().text().get());
  return cells;
}

TEST(CalibrationPage, IsWellFormedWhateverTheTextsAre) {
  const std::string text = calibration_page(simulated_report());
  const pugi::xml_document page = parsed(text);
  EXPECT_STREQ(page.select_node("//h1").node().text().get(), "Probe <L14-5> & \"phantom\"");
  EXPECT_STREQ(page.select_node("//li[2]").node().text().get(), simulated_record().reasons[1].c_str());
}

TEST(CalibrationPage, NeedsNothingFromOutside) {
  const std::string page = calibration_page(simulated_report());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  std::size_t at = 0;
  while ((at = page.find("http:", at)) != std::string::npos) {
    EXPECT_THAT(page.substr(at, 19), testing::AnyOf("http://www.w3.org/1", "http://www.w3.org/2"))
        << "a name of XML";
    ++at;
  }
}

TEST(CalibrationPage, SaysTheNumbersOfTheRecord) {
  const CalibrationReport report = simulated_report();
  const std::vector<std::string> cells = cells_of(parsed(calibration_page(report)));
  for (const Quantity& quantity : report.record.summary) {
    EXPECT_THAT(cells, Contains(quantity.name));
    EXPECT_THAT(cells, Contains(value_text(quantity)));
  }
  for (const char* number : {"0.0745", "-0.0803", "48.4"}) EXPECT_THAT(cells, Contains(number));
  EXPECT_THAT(cells, Contains("fewer than nine dots"));
  EXPECT_THAT(cells, Contains("2.5 %")) << "3 of 120 frames were left out";
}

TEST(CalibrationPage, DrawsEveryTableAsItsColumnsAllow) {
  const pugi::xml_document page = parsed(calibration_page(simulated_report()));
  std::set<std::string> headings;
  for (const pugi::xpath_node& heading : page.select_nodes("//h2"))
    headings.insert(heading.node().text().get());
  for (const char* heading :
       {"Residuals in the image", "Errors: residuals", "Search curve: curve", "Signals: signals",
        "frames: status", "frames: reason", "Correlation of the parameters"})
    EXPECT_THAT(headings, Contains(heading));
  // arrows, histogram, course, two units of the curve, one of the signals, correlation
  EXPECT_EQ(page.select_nodes("//svg").size(), 7U);
  EXPECT_EQ(page.select_nodes("//line[@class='result']").size(), 2U) << "the lag, in both plots of the curve";
  EXPECT_EQ(page.select_nodes("//rect[@class='band']").size(), 2U);
  const std::string correlation = page.select_node("//svg[last()]").node().child("title").text().get();
  EXPECT_FALSE(correlation.empty());
  std::set<std::string> numbers;
  for (const pugi::xpath_node& text : page.select_nodes("//text")) numbers.insert(text.node().text().get());
  EXPECT_THAT(numbers, Contains("-0.50")) << "-3 / sqrt(4 * 9)";
}

TEST(CalibrationPage, ShowsAFileThatIsACurveAsOne) {
  CalibrationReport report = simulated_report();
  report.transform.reset();
  report.table = report.record.tables[1].second;
  report.record.tables.clear();
  const pugi::xml_document page = parsed(calibration_page(report));
  EXPECT_EQ(page.select_nodes("//svg").size(), 2U);
  EXPECT_EQ(page.select_nodes("//line[@class='result']").size(), 2U);
}

TEST(CalibrationPage, ShowsTheErrorsOfMostAlthoughSomeAreGross) {
  CalibrationReport report = simulated_report();
  auto& errors = std::get<std::vector<double>>(report.record.tables[0].second.columns[7].values);
  for (std::size_t i = 0; i < 14; ++i) errors[10 * i] = 80;
  const std::string page = calibration_page(report);
  EXPECT_THAT(page, HasSubstr("14 of 1080 are larger than"));
  EXPECT_THAT(page, HasSubstr("class=\"tick\">0.4</text>"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"tick\">80</text>")));
}

TEST(CalibrationPage, LeavesFixedParametersOutOfTheCorrelation) {
  CalibrationReport report = simulated_report();
  Table& covariance = report.record.tables.back().second;
  for (std::size_t i = 1; i < covariance.columns.size(); ++i) {
    std::get<std::vector<double>>(covariance.columns[i].values)[1] = 0;
    if (i == 2) std::get<std::vector<double>>(covariance.columns[i].values) = {0, 0, 0, 0};
  }
  const pugi::xml_document page = parsed(calibration_page(report));
  EXPECT_EQ(page.select_nodes("//rect[@class='plus' or @class='minus']").size(), 9U);
  EXPECT_THAT(calibration_page(report), Not(HasSubstr("nan")));
}

TEST(CalibrationPage, OfABareRecordHasNoPlots) {
  CalibrationReport report;
  report.title = "bare";
  report.record.method = "pivot";
  report.record.verdict = "good";
  const pugi::xml_document page = parsed(calibration_page(report));
  EXPECT_TRUE(page.select_nodes("//svg").empty());
  EXPECT_STREQ(page.select_node("//span").node().text().get(), "good");
}

TEST(CalibrationPage, SurvivesEmptyTablesAndColumnsOfNoNumbers) {
  CalibrationReport report = simulated_report();
  for (auto& [name, table] : report.record.tables)
    for (Column& column : table.columns)
      std::visit(
          [](auto& values) {
            if constexpr (requires { values.codes; })
              values.codes.clear();
            else
              values.clear();
          },
          column.values);
  parsed(calibration_page(report));
  report = simulated_report();
  for (auto& [name, table] : report.record.tables)
    for (Column& column : table.columns)
      if (auto* reals = std::get_if<std::vector<double>>(&column.values))
        reals->assign(reals->size(), std::nan(""));
  parsed(calibration_page(report));
}

TEST(CalibrationPage, DrawsResidualsOverTheFrameItIsGiven) {
  phantom::SweepSettings settings;
  const phantom::Scene scene = phantom::named_scene("spheres", 1);
  settings.path = phantom::path_over(scene, phantom::Motion::linear);
  settings.frames = 3;
  settings.pixel_size_mm = 0.5;
  settings.columns = 82;
  settings.rows = 61;
  settings.format = {PixelType::u16, 1};
  phantom::SweepSource sweep(scene, settings);
  const Picture picture = frame_picture(sweep, 1);
  EXPECT_EQ(picture.format, (PixelFormat{PixelType::u8, 1}));
  EXPECT_EQ(*std::max_element(picture.pixels.begin(), picture.pixels.end()), std::byte{255});
  CalibrationReport report = simulated_report();
  report.image = ReportImage{82, 61, 1.2, formats::png_bytes("x", picture), "frame 1 of sweep.h5"};
  const pugi::xml_document page = parsed(calibration_page(report));
  const std::string href = page.select_node("//image").node().attribute("href").value();
  EXPECT_THAT(href, testing::StartsWith("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THROW(frame_picture(sweep, 3), UsageError);
}

TEST(CalibrationPage, DrawsPlacesThatWereLeftOutDifferentlyAndCountsThem) {
  CalibrationReport report = simulated_report();
  EXPECT_TRUE(parsed(calibration_page(report)).select_nodes("//path[contains(@class, 'left-out')]").empty());
  Table& residuals = report.record.tables[0].second;
  std::vector<std::int64_t> used(residuals.rows(), 1);
  used[3] = used[10] = 0;
  std::erase_if(residuals.columns, [](const Column& column) { return column.name == "used"; });
  residuals.columns.push_back({"used", "1", "0: left out", std::move(used)});
  const std::string page = calibration_page(report);
  EXPECT_FALSE(parsed(page).select_nodes("//path[contains(@class, 'arrow left-out')]").empty());
  EXPECT_THAT(page, HasSubstr("2 of them, left out of the result, are dashed and pale."));
}

TEST(CalibrationPage, KnowsHowFarTheResidualsReach) {
  const auto last = last_image_point(simulated_record());
  ASSERT_TRUE(last);
  EXPECT_GT((*last)[0], 100);
  EXPECT_FALSE(last_image_point({}));
}

TEST(CalibrationReportTool, RefusesARecordingThatTheResidualsAreNotOfByName) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& command) {
    const std::string words =
        std::string(SNITT_BIN_DIR) + "/" + command + " >" + folder.path("said") + " 2>&1";
    const int status = std::system(words.c_str());
    std::ifstream file(folder.path("said"));
    return std::to_string(WEXITSTATUS(status)) + " " + std::string{std::istreambuf_iterator<char>(file), {}};
  };
  const CalibrationRecord record = simulated_record();
  CalibrationRecord bare = record;
  bare.tables.clear();
  const store::Provenance by{"snitt-test", "0.1.0", "{}", {}, ""};
  store::write_transform(folder.path("probe.h5"), simulated_transform(), by, IfExists::refuse, &record);
  store::write_transform(folder.path("bare.h5"), simulated_transform(), by, IfExists::refuse, &bare);
  said("snitt-phantom --scene spheres --frames 3 --columns 40 --rows 30 -o " + folder.path("small.h5"));
  said("snitt-phantom --scene spheres --frames 3 --columns 1600 --rows 1200 --pixel-size-mm 0.05 -o " +
       folder.path("large.h5"));
  const auto report = [&](const std::string& input, const std::string& rest) {
    return said("snitt-calibration-report " + folder.path(input) + " -o " + folder.path("p.html") +
                " --overwrite --recording " + folder.path(rest));
  };
  EXPECT_THAT(report("probe.h5", "small.h5"),
              testing::AllOf(testing::StartsWith("2 "), HasSubstr("small.h5 has images of 40 x 30")));
  EXPECT_THAT(report("bare.h5", "large.h5"),
              testing::AllOf(testing::StartsWith("2 "), HasSubstr("bare.h5 holds no places in an image")));
  EXPECT_THAT(report("probe.h5", "large.h5 --frame 100"),
              testing::AllOf(testing::StartsWith("2 "), HasSubstr("large.h5: there is no frame 100")));
  EXPECT_THAT(report("probe.h5", "large.h5"), testing::StartsWith("0 "));
}

TEST(CalibrationReportTool, WritesThePageWholeAndExportWritesTheTables) {
  const TemporaryFolder folder;
  const CalibrationRecord record = simulated_record();
  store::write_transform(folder.path("probe.h5"), simulated_transform(),
                         {"snitt-test", "0.1.0", "{}", {}, ""}, IfExists::refuse, &record);
  const auto run = [&](const std::string& command) {
    return std::system((std::string(SNITT_BIN_DIR) + "/" + command + " >/dev/null 2>&1").c_str());
  };
  ASSERT_EQ(run("snitt-calibration-report " + folder.path("probe.h5") + " -o " + folder.path("p.html")), 0);
  std::ifstream file(folder.path("p.html"));
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(cells_of(parsed(page)), Contains("11.21 mm (95 %: 11.10 to 11.32)"));
  EXPECT_NE(run("snitt-calibration-report " + folder.path("probe.h5") + " -o " + folder.path("p.pdf")), 0);

  ASSERT_EQ(run("snitt-export " + folder.path("probe.h5") + " --calibration-table covariance -o " +
                folder.path("c.csv")),
            0);
  EXPECT_EQ(formats::read_csv(folder.path("c.csv")).columns.size(), 5U);
  ASSERT_EQ(run("snitt-export " + folder.path("probe.h5") + " --calibration-table summary -o " +
                folder.path("s.csv")),
            0);
  EXPECT_EQ(formats::read_csv(folder.path("s.csv")).rows(), record.summary.size());
  EXPECT_NE(run("snitt-export " + folder.path("probe.h5") + " --calibration-table residual -o " +
                folder.path("r.csv")),
            0);
  ASSERT_EQ(run("snitt-export " + folder.path("probe.h5") + " -o " + folder.path("probe.tfm")), 0);
}

}  // namespace
}  // namespace snitt::report
