#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "parsed.hpp"
#include "report/activity_figures.hpp"
#include "report/quality_figures.hpp"

namespace snitt::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const Wording english;

Column words(const std::string& name, const std::vector<std::string>& values) {
  return {name, "", "", values};
}
Column numbers(const std::string& name, const std::vector<double>& values, const std::string& units = "1") {
  return {name, units, "", values};
}

CalibrationRecord phantom_record() {
  CalibrationRecord record{"catphan-600", "good", {}, {}, {}};
  record.tables = {{"modules", {}}, {"localization", {}}};
  return record;
}

TEST(QualityFigures, MarkInsertsBeyondTheirTolerance) {
  const Table inserts{{words("material", {"Air", "Teflon", "PMP"}), numbers("hu", {-1000, 930, -190}, "HU"),
                       numbers("difference_hu", {0, -60, 6}, "HU"),
                       numbers("tolerance_hu", {14, 30, std::nan("")}, "HU")}};
  const auto figures = quality_figures("inserts", inserts, phantom_record(), english);
  ASSERT_TRUE(figures && figures->size() == 1);
  const pugi::xml_document plot = parsed_page(figures->front().svg);
  EXPECT_THAT(texts_of(plot, "//g/title"), Contains("Teflon, beyond tolerance: \u221260"));
  EXPECT_THAT(texts_of(plot, "//g/title"), Contains("PMP, within tolerance, or without one: 6"));
}

TEST(QualityFigures, DrawOneCurvePerInsertAndNoneOfWhereThingsAre) {
  const Table ttf{{words("module", {"A", "A", "A", "A"}), words("object", {"Air", "Air", "PMP", "PMP"}),
                   numbers("frequency_per_mm", {0, 0.5, 0, 0.5}, "1/mm"),
                   numbers("value", {1, 0.4, 1, 0.5})}};
  const auto figures = quality_figures("ttf", ttf, phantom_record(), english);
  ASSERT_TRUE(figures && figures->size() == 1);
  const pugi::xml_document plot = parsed_page(figures->front().svg);
  EXPECT_THAT(texts_of(plot, "//text[starts-with(@class, 'name')]"), testing::ElementsAre("Air", "PMP"));
  EXPECT_THAT(texts_of(plot, "//text"), Contains("TTF"));
  EXPECT_TRUE(quality_figures("localization", ttf, phantom_record(), english)->empty());
  EXPECT_FALSE(quality_figures("ttf", ttf, {}, english)) << "another kind of result";
}

TEST(QualityFigures, DivideTargetsOfOneSizeByTheirContrast) {
  const Table targets{{numbers("nominal_contrast_hu", {10, 5, 10, 5}, "HU"),
                       numbers("diameter_mm", {9, 9, 3, 3}, "mm"),
                       numbers("contrast_to_noise", {2, 1, 1, 0.5})}};
  const auto figures = quality_figures("low_contrast", targets, phantom_record(), english);
  const pugi::xml_document plot = parsed_page(figures->front().svg);
  EXPECT_THAT(texts_of(plot, "//text[starts-with(@class, 'name')]"), testing::ElementsAre("10 HU", "5 HU"));
}

TEST(QualityFigures, DrawTheDetectionLimitOfTargets) {
  // Noise 2 HU: a limit of 3 HU at 9 mm is 1.5 times the noise, 6 HU at 3 mm three times.
  const Table targets{{numbers("nominal_contrast_hu", {10, 5, 10, 5}, "HU"),
                       numbers("diameter_mm", {9, 9, 3, 3}, "mm"),
                       numbers("contrast_hu", {10, -4, 8, 4}, "HU"),
                       numbers("contrast_to_noise", {5, 2, 4, 2}), numbers("limit_hu", {3, 3, 6, 6}, "HU")}};
  const auto figures = quality_figures("low_contrast", targets, phantom_record(), english);
  const pugi::xml_document plot = parsed_page(figures->front().svg);
  EXPECT_THAT(texts_of(plot, "//text[starts-with(@class, 'name')]"), Contains("detection limit"));
  EXPECT_THAT(std::string(plot.select_node("/svg/desc").node().text().get()),
              HasSubstr("detection limit: from 1.5 to 3, at the end 1.5."));
}

TEST(ActivityFigures, SortRatesAndHoldThemAgainstThatOfAll) {
  const Table rates{{words("area", {"low", "high"}), numbers("count", {10, 20}),
                     numbers("person_years", {1, 1}), numbers("direct", {5, 9}),
                     numbers("direct_low", {4, 8}), numbers("direct_high", {6, 10})}};
  CalibrationRecord record{"activity-rates", "good", {}, {}, {}};
  record.tables = {{"all_areas", {{numbers("direct", {7})}}}};
  const auto figures = activity_figures("rates", rates, record, english);
  ASSERT_TRUE(figures && figures->size() == 1);
  const pugi::xml_document plot = parsed_page(figures->front().svg);
  EXPECT_THAT(std::string(plot.select_node("/svg/desc").node().text().get()),
              testing::StartsWith("high: 9.0"));
  EXPECT_THAT(texts_of(plot, "//text"), Contains("all: 7"));
}

TEST(ActivityFigures, GiveEachMeasureOfTimeItsOwnUnit) {
  const Table curves{{words("measure", {"wait", "wait", "arrival", "arrival"}),
                      words("clock", {"elapsed", "elapsed", "elapsed", "elapsed"}),
                      words("group", {"CT", "CT", "CT", "CT"}), numbers("time_h", {24, 480, 0.1, 0.5}, "h"),
                      numbers("survival", {0.5, 0, 0.5, 0}), numbers("low", {0.4, 0, 0.4, 0}),
                      numbers("high", {0.6, 0, 0.6, 0})}};
  const auto figures = activity_figures("curves", curves, {"turnaround", "good", {}, {}, {}}, english);
  ASSERT_TRUE(figures && figures->size() == 2);
  EXPECT_THAT((*figures)[0].svg, HasSubstr("time (days)"));
  EXPECT_THAT((*figures)[1].svg, HasSubstr("time (minutes)"));
}

TEST(ActivityFigures, ShowAForecastBesideWhatWasObserved) {
  const Table forecasts{{words("series", {"CT", "CT"}), words("time", {"2025-01", "2025-02"}),
                         numbers("forecast", {110, 120}), numbers("low_95", {100, 105}),
                         numbers("high_95", {120, 135}), numbers("actual", {111, std::nan("")})}};
  CalibrationRecord record{"forecast by back-test", "good", {}, {}, {}};
  record.tables = {{"backtest",
                    {{words("series", {"CT", "CT", "CT"}), words("time", {"2024-11", "2024-12", "2024-12"}),
                      numbers("actual", {90, 100, 100})}}}};
  const auto figures = activity_figures("x", forecasts, record, english);
  ASSERT_TRUE(figures && figures->size() == 1);
  const std::string described =
      parsed_page(figures->front().svg).select_node("/svg/desc").node().text().get();
  EXPECT_THAT(described, HasSubstr("observed: from 90 to 111, at the end 111."));
  EXPECT_THAT(described, HasSubstr("forecast: from 110 to 120, at the end 120."));
  EXPECT_THAT(figures->front().svg, HasSubstr("class=\"shade s1\""));
}

TEST(ActivityFigures, DrawNoMeasuresOfDifferentUnitsOnOneAxis) {
  const Table measures{{words("measure", {"ft", "chi_squared"}), numbers("value", {2, 700}),
                        numbers("low", {1, 300}), numbers("high", {3, 1200})}};
  const auto figures =
      activity_figures("variation", measures, {"activity-variation", "good", {}, {}, {}}, english);
  EXPECT_TRUE(figures && figures->empty());
}

TEST(ActivityFigures, PutMediansOnTopAndEndTheAxisWhere99PercentAreDone) {
  CalibrationRecord record{"turnaround", "good", {}, {}, {}};
  const Table medians{{words("measure", {"wait", "wait"}), words("clock", {"elapsed", "elapsed"}),
                       words("group", {"CT", "MR"}), numbers("n", {10, 20}), numbers("median_h", {1, 2}, "h"),
                       numbers("km_median_h", {240, 480}, "h"), numbers("km_median_low_h", {216, 456}, "h"),
                       numbers("km_median_high_h", {264, 504}, "h")}};
  const auto top = activity_figures("x", medians, record, english);
  ASSERT_TRUE(top && top->size() == 1);
  EXPECT_EQ(top->front().heading, "") << "stands first";
  EXPECT_THAT(std::string(parsed_page(top->front().svg).select_node("/svg/desc").node().text().get()),
              HasSubstr("MR: 20"));
  EXPECT_THAT(top->front().svg, HasSubstr("median (days)"));

  const std::vector<std::string> same(4, "wait");
  const Table curves{{words("measure", same), words("group", {"CT", "CT", "CT", "CT"}),
                      numbers("time_h", {24, 480, 960, 8400}, "h"), numbers("survival", {0.5, 0.1, 0.009, 0}),
                      numbers("low", {0.4, 0, 0, 0}), numbers("high", {0.6, 0.2, 0.1, 0})}};
  const auto figures = activity_figures("curves", curves, record, english);
  ASSERT_TRUE(figures && figures->size() == 1);
  EXPECT_THAT(texts_of(parsed_page(figures->front().svg), "//text"), testing::Not(Contains("300")));
  EXPECT_THAT(figures->front().caption, HasSubstr("99 % are done"));
}

TEST(ActivityFigures, ShowFirstWhatHasToBeBought) {
  const Table need{{words("series", {"MR"}), words("from", {"2025-01"}), words("to", {"2025-12"}),
                    numbers("own_capacity", {100}), numbers("to_buy", {40}), numbers("low_95", {10}),
                    numbers("high_95", {70})}};
  const auto figures =
      activity_figures("private_need", need, {"forecast by back-test", "good", {}, {}, {}}, english);
  ASSERT_TRUE(figures && figures->size() == 1);
  EXPECT_EQ(figures->front().heading, "");
  EXPECT_THAT(std::string(parsed_page(figures->front().svg).select_node("/svg/desc").node().text().get()),
              HasSubstr("40 (10 to 70)"));
}

TEST(ActivityFigures, LeaveOtherResultsToTheGeneralRules) {
  EXPECT_FALSE(activity_figures("x", {{words("a", {"b"})}}, {"n-wire", "good", {}, {}, {}}, english));
}

}  // namespace
}  // namespace snitt::report
