#include "activity/variation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "activity/variation_measures.hpp"
#include "base/error.hpp"
#include "base/threads.hpp"

namespace snitt::activity {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;

Table table(const Texts& area, const Numbers& observed, const Numbers& expected, const Numbers& rate) {
  return {{{"area", "", "", area},
           {"observed", "1", "", observed},
           {"expected", "1", "", expected},
           {"direct", "1", "", rate}}};
}
const Table five =
    table({"A", "B", "C", "D", "E"}, {10, 20, 30, 40, 50}, {20, 20, 30, 30, 50}, {1, 2, 3, 4, 10});

double value(const VariationResult& r, const std::string& measure, const std::string& column = "value") {
  const Texts& names = std::get<Texts>(r.measures.find("measure")->values);
  const auto at = std::find(names.begin(), names.end(), measure) - names.begin();
  return std::get<Numbers>(r.measures.find(column)->values)[static_cast<std::size_t>(at)];
}

TEST(Variation, MeasuresByHand) {
  const VariationResult r = variation(five, {}, {}, "rates");
  EXPECT_EQ(value(r, "ft"), 10);
  EXPECT_EQ(value(r, "ft2"), 2);
  EXPECT_TRUE(std::isnan(value(r, "ft3")));  // the third highest of five is the third lowest: six are wanted
  EXPECT_EQ(value(r, "median"), 3);
  EXPECT_NEAR(value(r, "cv"), 100 * std::sqrt((9 + 4 + 1 + 0 + 36) / 4.0) / 4, 1e-12);
  EXPECT_NEAR(value(r, "weighted_cv"), 100 * std::sqrt((9 + 4 + 1 + 0 + 36) / 5.0) / 4, 1e-12);
  EXPECT_NEAR(value(r, "scv_diehr"), (0.25 + 1.0 / 9 - (2.0 / 20 + 2.0 / 30 + 1.0 / 50)) / 5, 1e-12);
  const double logs = std::pow(std::log(0.5), 2) + std::pow(std::log(4.0 / 3), 2);
  EXPECT_NEAR(value(r, "scv_log"), (logs - (2.0 / 20 + 2.0 / 30 + 1.0 / 50)) / 5, 1e-12);
  EXPECT_NEAR(value(r, "chi_squared"), 100.0 / 20 + 100.0 / 30, 1e-12);  // the sums are equal
}

TEST(Variation, WhatIfAllHadTheLowestRate) {
  const VariationResult r = variation(five, {}, {}, "rates");
  const Table& s = *r.record.table("scenarios");
  const Numbers& more = std::get<Numbers>(s.find("more_events")->values);
  // Lowest is 1: 10 + 20/2 + 30/3 + 40/4 + 50/10 = 45 of 150.
  EXPECT_NEAR(more[0], 45 - 150, 1e-12);
  EXPECT_NEAR(more[2], 100 + 100 + 100 + 100 + 50 - 150, 1e-12);
  EXPECT_EQ(std::get<Texts>(s.find("area")->values), (Texts{"A", "C", "E"}));
}

TEST(Variation, ChanceAloneStaysWithinItsRange) {
  // Areas that differ by chance alone: 19 of 20 times the quotient lies within the range.
  const Table alike = table({"A", "B", "C", "D", "E", "F"}, {98, 103, 110, 95, 100, 94}, Numbers(6, 100.0),
                            {98, 103, 110, 95, 100, 94});
  const VariationResult r = variation(alike, {}, {}, "rates");
  EXPECT_EQ(value(r, "eb_variance"), 0);
  EXPECT_EQ(value(r, "log_deviation"), 0);
  EXPECT_GT(value(r, "ft"), 1);
  EXPECT_LT(value(r, "ft"), value(r, "ft", "chance_high"));
  EXPECT_LT(value(r, "scv_diehr"), 0);
  EXPECT_LT(value(r, "scv_diehr", "chance_low"), 0);
}

TEST(Variation, IntervalsCoverWhatTheyAreDrawnFrom) {
  // 40 areas with a gamma variance of 0.04: the systematic component is an estimate of it.
  AreaRates areas;
  for (int i = 0; i < 40; ++i) {
    areas.expected.push_back(100 + 10 * i);
    areas.observed.push_back(100 + 10 * i);
    areas.rate.push_back(1);
  }
  const MeasureIntervals intervals = measure_intervals(areas, 1, 0.04, 1000, 1);
  const auto scv = static_cast<std::size_t>(
      std::find(measure_names.begin(), measure_names.end(), std::string("scv_diehr")) -
      measure_names.begin());
  EXPECT_LT(intervals.low[scv], 0.04);
  EXPECT_GT(intervals.high[scv], 0.04);
  // 4 standard errors of a variance from 40: 0.04 sqrt(2/39) is 0.009.
  EXPECT_GT(intervals.low[scv], 0.04 - 4 * 0.009);
  EXPECT_LT(intervals.chance_high[scv], 0.003);
}

TEST(Variation, OrderOfRowsAndThreadsChangeNothing) {
  const Table turned =
      table({"E", "C", "A", "D", "B"}, {50, 30, 10, 40, 20}, {50, 30, 20, 30, 20}, {10, 3, 1, 4, 2});
  VariationResult one, seven, other;
  ThreadLimit(1).run([&] { one = variation(five, {}, {}, "rates"); });
  ThreadLimit(7).run([&] { seven = variation(five, {}, {}, "rates"); });
  other = variation(turned, {}, {}, "rates");
  for (const char* column : {"value", "low", "high", "chance_low", "chance_high"}) {
    const auto& a = std::get<Numbers>(one.measures.find(column)->values);
    for (const VariationResult* r : {&seven, &other}) {
      const auto& b = std::get<Numbers>(r->measures.find(column)->values);
      for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])));
    }
  }
}

TEST(Variation, SmallAreasAreLeftOutAndNamed) {
  VariationOptions options;
  options.least_count = 20;
  const VariationResult r = variation(five, {}, options, "rates");
  EXPECT_EQ(value(r, "ft"), 5);
  const Table& left = *r.record.table("left_out");
  EXPECT_EQ(std::get<Texts>(left.find("area")->values), Texts{"A"});
  EXPECT_EQ(r.record.verdict, "doubtful");
}

TEST(Variation, WithoutExpectedEventsPersonYearsDo) {
  const Table crude{{{"area", "", "", Texts{"A", "B", "C"}},
                     {"count", "1", "", Numbers{10, 30, 20}},
                     {"population", "1", "", Numbers{100, 200, 300}}}};
  const VariationResult r = variation(crude, {}, {}, "rates");
  EXPECT_NEAR(value(r, "ft"), 0.15 / (1.0 / 15), 1e-12);
  const Table& areas = *r.record.table("areas");
  EXPECT_NEAR(std::get<Numbers>(areas.find("expected")->values)[1], 20, 1e-12);
  EXPECT_EQ(r.record.verdict, "doubtful");
}

TEST(Variation, WhatCannotBeIsRefused) {
  EXPECT_THROW(variation(table({"A", "A", "B", "C"}, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 1, 1, 1}), {}, {}, "r"),
               InputError);
  EXPECT_THROW(variation(table({"A", "B"}, {1, 2}, {1, 2}, {1, 1}), {}, {}, "r"), InputError);
  EXPECT_THROW(variation(table({"A", "B", "C"}, {1, -2, 3}, {1, 2, 3}, {1, 1, 1}), {}, {}, "r"), InputError);
  VariationColumns columns;
  columns.expected = "E";
  EXPECT_THROW(variation(five, columns, {}, "r"), InputError);
}

}  // namespace
}  // namespace snitt::activity
