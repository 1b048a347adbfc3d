#include "activity/rates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace snitt::activity {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;

// Two areas, two ages, one sex column; area A is old, B is young, and both have the same rates by age:
// 10 % of the old, 1 % of the young.
Population population() {
  Population p;
  p.areas = {"A", "B"};
  p.years = {2023, 2024};
  p.has_sex = true;
  p.age_starts = {0, 50};
  for (const int year : p.years)
    for (const Sex sex : {Sex::female, Sex::male}) {
      p.rows.push_back({0, year, sex, 0, 1000});
      p.rows.push_back({0, year, sex, 50, 3000});
      p.rows.push_back({1, year, sex, 0, 4000});
      p.rows.push_back({1, year, sex, 50, 500});
    }
  return p;
}

struct Cells {
  Texts area, sex, age, modality;
  std::vector<std::int64_t> year;
  Numbers count;
  void add(const std::string& a, int y, const std::string& s, const std::string& g, double n,
           const std::string& m = "CT") {
    area.push_back(a);
    year.push_back(y);
    sex.push_back(s);
    age.push_back(g);
    count.push_back(n);
    modality.push_back(m);
  }
  Table table() const {
    return {{{"area", "", "", area},
             {"year", "1", "", year},
             {"sex", "", "", sex},
             {"age_group", "", "", age},
             {"modality", "", "", modality},
             {"count", "1", "", count}}};
  }
};

Cells cells() {
  Cells c;
  for (const int year : {2023, 2024})
    for (const char* sex : {"female", "male"}) {
      c.add("A", year, sex, "00-49", 10);
      c.add("A", year, sex, "50+", 300);
      c.add("B", year, sex, "00-49", 40);
      c.add("B", year, sex, "50+", 50);
    }
  return c;
}

RateResult of(const Cells& c, Texts by, const RateOptions& options = {}) {
  CountColumns columns;
  columns.by = std::move(by);
  return rates(rate_counts(c.table(), columns, "counts.csv"), population(),
               standard_from(population(), "", 0, "pop"), options);
}

const Numbers& column(const Table& t, const std::string& name) {
  return std::get<Numbers>(t.find(name)->values);
}
const Texts& words(const Table& t, const std::string& name) { return std::get<Texts>(t.find(name)->values); }

TEST(Rates, StandardizingRemovesAge) {
  const RateResult r = of(cells(), {"area"});
  ASSERT_EQ(words(r.rates, "area"), (Texts{"A", "B"}));
  // A: 1240 events over 16 000 person-years; B: 360 over 18 000.
  EXPECT_NEAR(column(r.rates, "crude")[0], 1e5 * 1240 / 16000, 1e-9);
  EXPECT_NEAR(column(r.rates, "crude")[1], 1e5 * 360 / 18000, 1e-9);
  // All inhabitants: 20 000 young and 14 000 old person-years: (200 + 1400) / 34 000 in both.
  for (const std::size_t a : {0U, 1U}) {
    EXPECT_NEAR(column(r.rates, "direct")[a], 1e5 * 1600 / 34000, 1e-9);
    EXPECT_NEAR(column(r.rates, "smr")[a], 1, 1e-12);
    EXPECT_NEAR(column(r.rates, "indirect")[a], 1e5 * 1600 / 34000, 1e-9);
    EXPECT_NEAR(column(r.rates, "mean_count")[a], column(r.rates, "count")[a] / 2, 1e-12);
  }
  EXPECT_EQ(r.record.verdict, "good");
}

TEST(Rates, ExpectedEventsAddUpToThoseObserved) {
  Cells c = cells();
  c.add("A", 2023, "male", "50+", 77, "MR");
  c.add("B", 2024, "female", "00-49", 5, "MR");
  const RateResult r = of(c, {"area", "modality", "year"});
  for (const char* name : {"observed", "expected"}) {
    const Numbers& v = column(r.rates, name);
    EXPECT_NEAR(std::accumulate(v.begin(), v.end(), 0.0), 1600 + 82, 1e-9) << name;
  }
  const Numbers& all = column(*r.record.table("all_areas"), "count");
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), 0.0), 1682);
}

TEST(Rates, OrderAndSplittingOfRowsChangeNothing) {
  Cells c = cells(), turned, split;
  for (std::size_t i = c.count.size(); i-- > 0;) {
    turned.add(c.area[i], static_cast<int>(c.year[i]), c.sex[i], c.age[i], c.count[i]);
    split.add(c.area[i], static_cast<int>(c.year[i]), c.sex[i], c.age[i], c.count[i] - 1);
    split.add(c.area[i], static_cast<int>(c.year[i]), c.sex[i], c.age[i], 1);
  }
  const RateResult a = of(c, {"area"});
  for (const Cells& other : {turned, split}) {
    const RateResult b = of(other, {"area"});
    for (const char* name : {"direct", "direct_low", "direct_high", "smr_low", "crude_high"})
      EXPECT_EQ(column(a.rates, name), column(b.rates, name)) << name;
  }
}

TEST(Rates, NothingIsLostInSilence) {
  Cells c = cells();
  c.add("C", 2023, "female", "50+", 7);   // no such area
  c.add("", 2023, "female", "50+", 3);    // none
  c.add("A", 2022, "female", "50+", 11);  // no such year
  c.add("A", 2023, "", "50+", 13);        // unknown sex
  c.add("B", 2024, "female", "", 17);     // unknown age
  const RateResult r = of(c, {"area"});
  const auto& rec = r.record;
  EXPECT_EQ(rec.find("counted")->value, 1600 + 51);
  EXPECT_EQ(rec.find("left_out")->value, 21);
  EXPECT_EQ(rec.find("unknown_stratum")->value, 30);
  EXPECT_EQ(rec.find("used")->value + rec.find("left_out")->value, rec.find("counted")->value);
  EXPECT_EQ(column(r.rates, "count")[0], 1240 + 13);
  EXPECT_EQ(column(r.rates, "observed")[0], 1240);
  const Texts& reasons = words(*rec.table("left_out"), "reason");
  for (const char* reason : {"area without inhabitants", "no area", "year without inhabitants"})
    EXPECT_NE(std::find(reasons.begin(), reasons.end(), reason), reasons.end()) << reason;
  EXPECT_EQ(rec.verdict, "doubtful");
}

TEST(Rates, AnAreaWithoutEventsHasARateOfZero) {
  Cells c;
  c.add("A", 2023, "female", "50+", 12);
  const RateResult r = of(c, {"area"});
  ASSERT_EQ(r.rates.rows(), 2U);
  EXPECT_EQ(column(r.rates, "crude")[1], 0);
  EXPECT_NEAR(column(r.rates, "crude_high")[1], 1e5 * -std::log(0.025) / 9000, 1e-9);  // one year is there
  EXPECT_EQ(column(r.rates, "direct")[1], 0);
  EXPECT_GT(column(r.rates, "direct_high")[1], 0);
}

TEST(Rates, OnePopulationForSeveralYearsIsCountedForEach) {
  Population one = population();
  one.years = {0};
  one.rows.resize(one.rows.size() / 2);
  for (PopulationRow& row : one.rows) row.year = 0;
  CountColumns columns;
  columns.by = {"area"};
  const RateCounts counts = rate_counts(cells().table(), columns, "c");
  const RateResult r = rates(counts, one, standard_from(one, "", 0, "p"), {});
  EXPECT_EQ(column(r.rates, "person_years")[0], 16000);  // two years of 8000
  RateOptions options;
  options.population_year = 2023;
  Population later = population();
  later.years = {2023};
  later.rows.resize(later.rows.size() / 2);
  EXPECT_EQ(column(rates(counts, later, standard_from(later, "", 0, "p"), options).rates, "person_years")[0],
            16000);
}

TEST(Rates, AYearWithoutEventsIsAYear) {
  Cells c;
  c.add("A", 2023, "female", "50+", 12);
  c.add("A", 2024, "female", "50+", 0);
  EXPECT_EQ(column(of(c, {"area"}).rates, "person_years")[0], 16000);
  EXPECT_EQ(column(of(c, {"area"}).rates, "mean_count")[0], 6);
}

TEST(Rates, AReferenceYearIsWhatTheOthersAreHeldAgainst) {
  Cells c = cells();
  for (std::size_t i = 0; i < c.count.size(); ++i)
    if (c.year[i] == 2024) c.count[i] *= 2;
  RateOptions options;
  options.reference_year = 2023;
  const RateResult r = of(c, {"area", "year"}, options);
  for (std::size_t i = 0; i < r.rates.rows(); ++i)
    EXPECT_NEAR(column(r.rates, "smr")[i], column(r.rates, "year")[i] - 2022, 1e-12);
  const RateResult own = of(c, {"area", "year"});
  for (const double smr : column(own.rates, "smr")) EXPECT_NEAR(smr, 1, 1e-12);
}

TEST(Rates, PersonsByFrequencyGiveTheSameRatesAndWiderIntervals) {
  Cells persons;
  Numbers times;
  const Cells c = cells();
  for (std::size_t i = 0; i < c.count.size(); ++i) {  // a tenth of the events are one person's five
    persons.add(c.area[i], static_cast<int>(c.year[i]), c.sex[i], c.age[i], c.count[i] / 2);
    times.push_back(1);
    persons.add(c.area[i], static_cast<int>(c.year[i]), c.sex[i], c.age[i], c.count[i] / 10);
    times.push_back(5);
  }
  Table table = persons.table();
  table.columns.push_back({"events", "1", "", times});
  CountColumns columns;
  columns.by = {"area"};
  columns.frequency = "events";
  const RateResult b =
      rates(rate_counts(table, columns, "c"), population(), standard_from(population(), "", 0, "p"), {});
  const RateResult a = of(c, {"area"});
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_NEAR(column(b.rates, "direct")[i], column(a.rates, "direct")[i], 1e-9);
    const auto width = [i](const RateResult& r, const std::string& n) {
      return column(r.rates, n + "_high")[i] - column(r.rates, n + "_low")[i];
    };
    // Σ f² m = x/2 + 25 x/10 = 3 x: the interval of the count is sqrt(3) times as wide.
    EXPECT_NEAR(width(b, "crude") / width(a, "crude"), std::sqrt(3.0), 1e-9);
    EXPECT_NEAR(width(b, "direct") / width(a, "direct"), std::sqrt(3.0), 0.05);
  }
}

TEST(Rates, InflationWidensAsPersonsByFrequencyDo) {
  CountColumns columns;
  columns.by = {"area"};
  columns.inflation = 3;
  const RateResult b = rates(rate_counts(cells().table(), columns, "c"), population(),
                             standard_from(population(), "", 0, "p"), {});
  const RateResult a = of(cells(), {"area"});
  const auto width = [](const RateResult& r, const std::string& n) {
    return column(r.rates, n + "_high")[0] - column(r.rates, n + "_low")[0];
  };
  EXPECT_NEAR(width(b, "smr") / width(a, "smr"), std::sqrt(3.0), 1e-9);
}

TEST(Rates, CoarserCountsMakeCoarserStrata) {
  Population p = population();
  p.age_starts = {0, 25, 50, 75};
  std::vector<PopulationRow> rows;
  for (PopulationRow row : p.rows) {
    row.persons /= 2;
    rows.push_back(row);
    row.age_from += 25;
    rows.push_back(row);
  }
  p.rows = rows;
  CountColumns columns;
  columns.by = {"area"};
  const RateCounts counts = rate_counts(cells().table(), columns, "c");
  const RateResult r = rates(counts, p, standard_from(p, "", 0, "p"), {});
  // "00-49" and "50+" straddle 25 and 75: two groups are left, of two sexes.
  EXPECT_EQ(words(*r.record.table("standard"), "stratum"),
            (Texts{"female 00-49", "female 50+", "male 00-49", "male 50+"}));
  EXPECT_EQ(r.record.find("left_out")->value, 0);
  const RateResult esp = rates(counts, p, named_standard("esp2013"), {});
  EXPECT_GT(column(esp.rates, "direct")[0], 0);
}

TEST(Rates, StandardsAddUp) {
  double esp = 0;
  for (const PopulationRow& row : named_standard("esp2013").rows) esp += row.persons;
  EXPECT_EQ(esp, 100000);
  double who = 0;
  for (const PopulationRow& row : named_standard("who2000").rows) who += row.persons;
  EXPECT_NEAR(who, 100, 0.05);  // as published, rounded
  EXPECT_THROW(named_standard("segi"), InputError);
}

TEST(Rates, BadTablesAreRefusedWithRowAndColumn) {
  Cells c = cells();
  c.count[3] = -1;
  EXPECT_THROW(of(c, {"area"}), InputError);
  EXPECT_THROW(of(cells(), {"provider"}), InputError);
  Cells total = cells();
  total.add("A", 2023, "both", "50+", 600);
  EXPECT_THROW(of(total, {"area"}), InputError);
  RateOptions options;
  options.reference_year = 2019;
  EXPECT_THROW(of(cells(), {"area", "year"}, options), InputError);
  Cells elsewhere;
  elsewhere.add("Q", 2023, "male", "50+", 4);
  EXPECT_THROW(of(elsewhere, {"area"}), InputError);
}

}  // namespace
}  // namespace snitt::activity
