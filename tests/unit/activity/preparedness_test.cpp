#include "activity/preparedness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "data/table_columns.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

struct Row {
  std::string area, site;
  double exams, travel;
};

Table flows(const std::vector<Row>& rows) {
  std::vector<std::string> area, site, modality;
  std::vector<double> exams, travel;
  for (const Row& r : rows) {
    area.push_back(r.area);
    site.push_back(r.site);
    modality.emplace_back("CT");
    exams.push_back(r.exams);
    travel.push_back(r.travel);
  }
  return {{{"area", "", "", area},
           {"site", "", "", site},
           {"modality", "", "", modality},
           {"exams", "1", "", exams},
           {"travel", "min", "", travel}}};
}

Table units(const std::vector<std::string>& site, const std::vector<double>& number,
            const std::vector<double>& each) {
  return {{{"site", "", "", site},
           {"modality", "", "", std::vector<std::string>(site.size(), "CT")},
           {"units", "1", "", number},
           {"exams_per_unit", "1", "", each}}};
}

double cell(const Table& table, const char* column, const char* key, const std::string& value) {
  const auto keys = texts_of(*table.find(key));
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == value) return std::get<std::vector<double>>(table.find(column)->values)[i];
  ADD_FAILURE() << value;
  return 0;
}

TEST(Preparedness, ALostSitesPatientsGoWhereThereIsRoom) {
  // a: 100 at A, 30 at B, 10 at C. Lost A: 100 asked in the ratio 3 to 1; B has room for 45, C for 90.
  PreparednessOptions options;
  options.lost = {"A"};
  const auto r = preparedness(flows({{"a", "A", 100, 1}, {"a", "B", 30, 1}, {"a", "C", 10, 1}}), "f",
                              units({"A", "B", "C"}, {1, 1, 1}, {100, 75, 100}), "u", options);
  EXPECT_NEAR(cell(r.areas, "unmet", "area", "a"), 0, 1e-6);
  EXPECT_NEAR(cell(r.areas, "moved", "area", "a"), 100, 1e-6);
  const Table& sites = *r.record.table("sites");
  EXPECT_NEAR(cell(sites, "load", "site", "B"), 75, 1e-6);
  EXPECT_NEAR(cell(sites, "load", "site", "C"), 65, 1e-6);
  EXPECT_EQ(cell(sites, "load", "site", "A"), 0);
}

TEST(Preparedness, NothingLostChangesNothing) {
  const auto r = preparedness(flows({{"a", "A", 100, 1}, {"b", "B", 30, 1}}), "f",
                              units({"A", "B"}, {1, 2}, {100, 20}), "u", {});
  EXPECT_EQ(cell(r.areas, "moved", "area", "a"), 0);
  EXPECT_EQ(cell(r.areas, "unmet", "area", "b"), 0);
}

TEST(Preparedness, UnmetNeedAndOvertimeByHand) {
  // Half of A's two units lost, for half a year: 60 of 120 a year stay, B has room for 20: 40 unmet, 20 in
  // half a year.
  PreparednessOptions options;
  options.lost = {"A:CT=1"};
  options.weeks = 26;
  const auto r = preparedness(flows({{"a", "A", 120, 1}, {"a", "B", 80, 1}}), "f",
                              units({"A", "B"}, {2, 1}, {60, 100}), "u", options);
  EXPECT_NEAR(cell(r.areas, "unmet", "area", "a"), 20, 1e-6);
  EXPECT_NEAR(cell(r.areas, "unmet_share", "area", "a"), 0.2, 1e-9);
  // 40 a year over 160 that are left, at both sites alike.
  EXPECT_NEAR(cell(*r.record.table("sites"), "overtime_percent", "site", "A"), 25, 1e-6);
  EXPECT_NEAR(cell(*r.record.table("sites"), "overtime_percent", "site", "B"), 25, 1e-6);
}

TEST(Preparedness, OthersMakeRoomWhereThatHelps) {
  // a reaches A and B, b reaches B and C. A is lost and B full of b's, who can go to C.
  PreparednessOptions options;
  options.lost = {"A"};
  const auto r =
      preparedness(flows({{"a", "A", 50, 1}, {"a", "B", 0, 1}, {"b", "B", 50, 1}, {"b", "C", 0, 1}}), "f",
                   units({"A", "B", "C"}, {1, 1, 1}, {50, 50, 50}), "u", options);
  EXPECT_NEAR(cell(r.areas, "unmet", "area", "a"), 0, 1e-6);
  EXPECT_NEAR(cell(r.areas, "moved", "area", "b"), 50, 1e-6);
}

TEST(Preparedness, WhoCannotTravelIsUnmet) {
  PreparednessOptions options;
  options.lost = {"A"};
  options.longest_travel = 60;
  const auto r = preparedness(flows({{"a", "A", 50, 10}, {"a", "B", 0, 90}, {"b", "B", 10, 90}}), "f",
                              units({"A", "B"}, {1, 1}, {50, 500}), "u", options);
  EXPECT_NEAR(cell(r.areas, "unmet", "area", "a"), 50, 1e-9);
  EXPECT_EQ(cell(r.areas, "unmet", "area", "b"), 0);  // they go there today
  EXPECT_EQ(r.record.verdict, "doubtful");
}

TEST(Preparedness, AUnitCanDoWhatTheBestTenthDo) {
  // Examinations per unit 10, 20, …, 100 at ten sites: P90 (type 7) is 91; the last does 100 and keeps it.
  std::vector<Row> rows;
  std::vector<std::string> names;
  for (int i = 1; i <= 10; ++i) {
    names.push_back("S" + std::to_string(i));
    rows.push_back({"a", names.back(), 10.0 * i, 1});
  }
  const auto r =
      preparedness(flows(rows), "f",
                   units(names, std::vector<double>(10, 1), std::vector<double>(10, std::nan(""))), "u", {});
  EXPECT_NEAR(cell(*r.record.table("sites"), "capacity", "site", "S1"), 91, 1e-9);
  EXPECT_NEAR(cell(*r.record.table("sites"), "capacity", "site", "S10"), 100, 1e-9);
}

TEST(RaiseFlow, IsAsLargeAsTheSmallestCut) {
  // Random networks of 4 areas and 4 sites: the largest flow is the smallest, over sets of areas, of the
  // demand outside plus the room of the sites that the set reaches (Ford and Fulkerson).
  for (std::uint64_t run = 0; run < 200; ++run) {
    std::vector<double> demand, room, flow(16, 0);
    std::vector<std::uint8_t> allowed;
    for (std::uint64_t i = 0; i < 4; ++i) {
      demand.push_back(std::floor(10 * statistics::uniform(statistics::random_bits(run, i, 1))));
      room.push_back(std::floor(10 * statistics::uniform(statistics::random_bits(run, i, 2))));
    }
    for (std::uint64_t i = 0; i < 16; ++i)
      allowed.push_back(statistics::uniform(statistics::random_bits(run, i, 3)) < 0.4 ? 1 : 0);
    double cut = 1e9;
    for (unsigned set = 0; set < 16; ++set) {
      double sum = 0;
      for (std::size_t a = 0; a < 4; ++a)
        if (!(set >> a & 1u)) sum += demand[a];
      for (std::size_t s = 0; s < 4; ++s) {
        bool reached = false;
        for (std::size_t a = 0; a < 4; ++a) reached = reached || ((set >> a & 1u) && allowed[a * 4 + s]);
        if (reached) sum += room[s];
      }
      cut = std::min(cut, sum);
    }
    EXPECT_NEAR(raise_flow(flow, allowed, demand, room), cut, 1e-6);
    EXPECT_NEAR(std::accumulate(flow.begin(), flow.end(), 0.0), cut, 1e-6);
  }
}

TEST(Preparedness, NamesSitesThatAreNotThere) {
  PreparednessOptions options;
  options.lost = {"Z"};
  const Table f = flows({{"a", "A", 1, 1}});
  EXPECT_THROW(preparedness(f, "f", units({"A"}, {1}, {1}), "u", options), UsageError);
  options.lost = {"A=2"};
  EXPECT_THROW(preparedness(f, "f", units({"A"}, {1}, {1}), "u", options), UsageError);
  EXPECT_THROW(preparedness(f, "f", units({"B"}, {1}, {1}), "u", {}), InputError);
}

}  // namespace
}  // namespace snitt::activity
