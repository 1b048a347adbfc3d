#include "activity/resources.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;
const double nan = std::nan("");

NamedTable equipment(double printed) {
  return {{{{"unit", "", "", Texts{"A", "B", "sum", "C", "total"}},
            {"sector", "", "", Texts{"public", "public", "public", "private", "all"}},
            {"kind", "", "", Texts{"unit", "unit", "subtotal", "unit", "total"}},
            {"CT", "1", "", Numbers{2, 3, 5, 1, 6}},
            {"PET", "1", "", Numbers{1, 1, 2, nan, printed}}}},
          "equipment.csv"};
}

NamedTable activity_table() {
  return {{{{"modalitet", "", "", Texts{"CT", "CT"}}, {"sector", "", "", Texts{"public", "private"}}, {"exams", "1", "", Numbers{30000, 9000}}}}, "a"};
}

NamedTable staff() {
  return {{{{"group", "", "", Texts{"nurses", "nurses", "nurses", "nurses", "doctors", "doctors"}},
            {"year", "1", "", Numbers{2015, 2015, 2025, 2025, 2015, 2025}},
            {"fte", "1", "", Numbers{100, 101, 120, 120, 50, 45}},
            {"total", "1", "", Numbers{0, 1, 0, 1, 0, 0}}}},
          "s"};
}

double cell(const Table& table, const char* column, const char* first, const std::string& a, const char* second, const std::string& b) {
  const auto x = texts_of(*table.find(first)), y = texts_of(*table.find(second));
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] == a && y[i] == b) return std::get<Numbers>(table.find(column)->values)[i];
  ADD_FAILURE() << a << " " << b;
  return nan;
}

TEST(Resources, DivideExaminationsByUnits) {
  ResourceOptions options;
  options.names = {{"modality", "modalitet"}};
  const ResourceResult r = resources(equipment(2), {activity_table()}, {}, options);
  EXPECT_EQ(cell(r.productivity, "exams_per_unit", "modality", "CT", "sector", "public"), 6000);
  EXPECT_EQ(cell(r.productivity, "exams_per_unit", "modality", "CT", "sector", "private"), 9000);
  EXPECT_EQ(cell(r.productivity, "exams_per_unit", "modality", "CT", "sector", "all"), 6500);
  EXPECT_NEAR(cell(r.productivity, "share", "modality", "CT", "sector", "private"), 9.0 / 39, 1e-15);
  EXPECT_EQ(r.record.verdict, "good");
}

TEST(Resources, APrintedSumThatIsNotThatOfItsCellsIsNamed) {
  const ResourceResult r = resources(equipment(3), {}, {}, {});
  EXPECT_EQ(cell(*r.record.table("equipment"), "difference", "modality", "PET", "sector", "all"), 1);
  ASSERT_EQ(r.record.reasons.size(), 1u);
  EXPECT_NE(r.record.reasons[0].find("PET: the printed sum of sector all is 3, its cells add to 2 and 1 are empty"), std::string::npos)
      << r.record.reasons[0];
}

TEST(Resources, GrowthOfGroupsAndOfTheirSum) {
  ResourceOptions options;
  options.claims_percent = {10, 5, 12.8};
  options.claim_words = {"10", "5", "12.8"};
  const ResourceResult r = resources(equipment(2), {}, {staff()}, options);
  const Table& t = *r.record.table("staff");
  EXPECT_NEAR(cell(t, "growth_percent", "group", "nurses", "group", "nurses"), 20, 1e-12);
  EXPECT_NEAR(cell(t, "growth_percent", "group", "doctors", "group", "doctors"), -10, 1e-12);
  EXPECT_NEAR(cell(t, "growth_percent", "group", "all", "group", "all"), 10, 1e-12);
  const Table& claims = *r.record.table("claims");
  double reproduced = 0;
  for (const double v : std::get<Numbers>(claims.find("reproduced")->values)) reproduced += v;
  EXPECT_EQ(reproduced, 2);  // 10 % is the sum's, 5 % the mean's
  ASSERT_EQ(r.record.reasons.size(), 2u);
  EXPECT_NE(r.record.reasons[0].find("nurses 2015: the printed sum is 101"), std::string::npos);
  EXPECT_NE(r.record.reasons[1].find("12.8"), std::string::npos);
}

TEST(Resources, NameWhatIsMissing) {
  NamedTable t = equipment(2);
  t.table.columns.erase(t.table.columns.begin() + 1);
  EXPECT_THROW(resources(t, {}, {}, {}), InputError);
}

}  // namespace
}  // namespace snitt::activity
