#include "activity/repeats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "activity/concentration.hpp"
#include "activity/repeat_tables.hpp"
#include "base/error.hpp"
#include "base/threads.hpp"
#include "formats/csv.hpp"
#include "statistics/random.hpp"
#include "temporary_folder.hpp"

namespace snitt::activity {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;

constexpr const char* header = "patient,examined,codes,provider,care_level,laterality,status,referrer,age\n";

class RepeatsTest : public ::testing::Test {
 protected:
  /// Of rows "patient,day of January to …,code,provider,…".
  RepeatResult of(const std::string& rows, RepeatOptions options = {},
                  const std::vector<Indicator>& indicators = {}) {
    const RepeatSource source{folder.write("records.csv", header + rows), "provider", "UTC", &list};
    if (!options.end) options.end = "2026-01-01";
    if (!options.start) options.start = "2024-01-01";
    return repeats(source, indicators, options, monitor);
  }
  static double cell(const Table& t, const std::string& column, const std::string& modality,
                     double window = 30) {
    const auto& words = std::get<Texts>(t.find("modality")->values);
    const auto& windows = std::get<Numbers>(t.find("window_days")->values);
    for (std::size_t i = 0; i < t.rows(); ++i)
      if (words[i] == modality && windows[i] == window) return std::get<Numbers>(t.find(column)->values)[i];
    return -1;
  }
  TemporaryFolder folder;
  CodeList list;
  Monitor monitor;
};

std::string row(const std::string& patient, const std::string& time, const std::string& code,
                const std::string& more = "A,outpatient,,completed,R1,40") {
  return patient + "," + time + "," + code + "," + more + "\n";
}

TEST_F(RepeatsTest, AnotherOfTheSameKindWithinTheWindowIsARepeat) {
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNA0GG") +
         row("p", "2024-03-08T10:00Z", "SNA0AG", "B,inpatient,,completed,R2,40") +
         row("q", "2024-03-01T10:00Z", "SNA0GG") + row("q", "2024-04-20T10:00Z", "SNA0GG"));
  EXPECT_EQ(cell(r.repeats, "examinations", "MR"), 4);
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 7), 1);  // seven times 24 hours are within
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 30), 1);
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 90), 2);
  EXPECT_EQ(cell(r.repeats, "other_provider", "MR", 90), 1);
  EXPECT_EQ(cell(r.repeats, "identical_code", "MR", 90), 1);  // q's
  const Table& pairs = *r.record.table("pairs");
  EXPECT_EQ(pairs.rows(), 2U);
  EXPECT_EQ(std::get<Texts>(pairs.find("next_care_level")->values), (Texts{"inpatient", "outpatient"}));
  RepeatOptions by_code;
  by_code.rules.by_code = true;
  const RepeatResult code =
      of(row("p", "2024-03-01T10:00Z", "SNA0GG") + row("p", "2024-03-08T10:00Z", "SNA0AG"), by_code);
  EXPECT_EQ(cell(*code.record.table("all"), "repeated", "MR", 365), 0);
}

TEST_F(RepeatsTest, TheOtherSideIsNoRepeatAndBothSidesAreOneOfEither) {
  const auto side = [](const std::string& s) { return "A,outpatient," + s + ",completed,R1,40"; };
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNG0AG", side("left")) +
         row("p", "2024-03-10T10:00Z", "SNG0AG", side("right")) +
         row("q", "2024-03-01T10:00Z", "SNG0AG", side("left")) +
         row("q", "2024-03-10T10:00Z", "SNG0AG", side("bilateral")) +
         row("s", "2024-03-01T10:00Z", "SNG0AG/ZTX0XA") + row("s", "2024-03-10T10:00Z", "SNG0AG/ZTX0XA"));
  EXPECT_EQ(cell(r.repeats, "repeated", "MR"), 2);  // q's and s's
  EXPECT_EQ(cell(r.repeats, "other_side", "MR"), 1);
}

TEST_F(RepeatsTest, CodesOfRightAndLeftAreBothSides) {
  const RepeatResult r = of(row("p", "2024-03-01T10:00Z", "SNA0GG/ZTX0XA/ZTX0XB") +
                            row("p", "2024-03-08T10:00Z", "SNA0GG/ZTX0XA"));
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 30), 1);
}

TEST_F(RepeatsTest, AMistypedYearDoesNotEndTheData) {
  std::string rows;
  for (int day = 1; day <= 30; ++day)
    rows += row("p" + std::to_string(day),
                (day == 30 ? "2099-04-" : "2024-04-") + std::string(day < 10 ? "0" : "") + std::to_string(day) +
                    "T10:00Z",
                "SNA0GG");
  const RepeatSource source{folder.write("records.csv", header + rows), "provider", "UTC", &list};
  const RepeatResult r = repeats(source, {}, {}, monitor);
  EXPECT_EQ(cell(r.repeats, "examinations", "MR"), 29);
  EXPECT_EQ(r.record.verdict, "doubtful");
  for (const Quantity& q : r.record.summary)
    if (q.name == "days") {
      EXPECT_EQ(q.value, 28);
    }
}

TEST_F(RepeatsTest, OneDayAtOneProviderIsOneExamination) {
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNA0GG") + row("p", "2024-03-01T10:20Z", "SNA0AG") +
         row("p", "2024-03-01T23:59Z", "SNA0GG", "B,outpatient,,completed,R1,40"));
  EXPECT_EQ(r.record.find("same_day")->value, 1);
  EXPECT_EQ(cell(r.repeats, "examinations", "MR"), 2);
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 7), 1);  // at another provider the same day
}

TEST_F(RepeatsTest, OnlyWindowsInsideTheDataCountAndTheOthersAreCensored) {
  RepeatOptions options;
  options.start = "2024-01-01";
  options.end = "2024-02-10";
  options.rules.windows = {7, 20, 30};
  const RepeatResult r =
      of(row("p", "2024-01-05T00:00Z", "SNA0GG") + row("p", "2024-01-15T00:00Z", "SNA0GG") +
             row("q", "2024-02-05T00:00Z", "SNA0GG") + row("t", "2024-02-20T00:00Z", "SNA0GG"),
         options);
  EXPECT_EQ(r.record.find("outside")->value, 1);
  EXPECT_EQ(cell(r.repeats, "examinations", "MR", 7), 3);
  EXPECT_EQ(cell(r.repeats, "followed", "MR", 7), 2);  // q is known for five days
  EXPECT_EQ(cell(r.repeats, "followed", "MR", 30), 1);
  EXPECT_EQ(cell(r.repeats, "share", "MR", 30), 1);  // p's first
  // Kaplan and Meier: on day 10 three are not yet gone but q, known for 5 days: 1 of 2; nobody is known
  // for 30.
  EXPECT_NEAR(cell(r.repeats, "share_censored", "MR", 20), 0.5, 1e-15);
  EXPECT_TRUE(std::isnan(cell(r.repeats, "share_censored", "MR", 30)));
}

TEST_F(RepeatsTest, PlainThenCtOrMrOfTheRegionIsAnEscalation) {
  const RepeatResult r = of(row("p", "2024-03-01T10:00Z", "SNG0AA", "A,outpatient,left,completed,R1,40") +
                            row("p", "2024-03-05T10:00Z", "SNG0AD", "A,outpatient,left,completed,R1,40") +
                            row("p", "2024-03-25T10:00Z", "SNG0AG", "B,outpatient,left,completed,R1,40") +
                            row("p", "2024-03-02T10:00Z", "SNG0AG", "B,outpatient,right,completed,R1,40") +
                            row("p", "2024-03-02T10:00Z", "SAA0AG"));
  const Table& e = *r.record.table("escalation");
  const auto find = [&](const std::string& from, const std::string& to, double window) {
    for (std::size_t i = 0; i < e.rows(); ++i)
      if (std::get<Texts>(e.find("modality")->values)[i] == from &&
          std::get<Texts>(e.find("to")->values)[i] == to &&
          std::get<Numbers>(e.find("window_days")->values)[i] == window)
        return std::get<Numbers>(e.find("escalated")->values)[i];
    return 0.0;
  };
  EXPECT_EQ(find("RG", "CT", 7), 1);
  EXPECT_EQ(find("RG", "MR", 7), 0);  // the right knee's is not
  EXPECT_EQ(find("RG", "MR", 30), 1);
  EXPECT_EQ(find("CT", "MR", 30), 1);
  EXPECT_EQ(find("MR", "CT", 365), 0);  // never downwards
}

TEST_F(RepeatsTest, WhatIsNoExaminationIsListed) {
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNA0GG") + row("p", "2024-03-02T10:00Z", "SNA0GG/ZTX0BC") +
         row("p", "2024-03-03T10:00Z", "SNA0GG", "A,outpatient,,cancelled,R1,40") + row("p", "", "SNA0GG") +
         row("", "2024-03-03T10:00Z", "SNA0GG") + row("p", "2024-03-03T10:00Z", "ZTX0EA"));
  EXPECT_EQ(cell(r.repeats, "examinations", "MR"), 1);
  const Table& excluded = *r.record.table("excluded");
  double rows = 0;
  for (const double n : std::get<Numbers>(excluded.find("rows")->values)) rows += n;
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(r.record.verdict, "doubtful");  // a row in six without patient, no sides
}

TEST_F(RepeatsTest, SeveralCodesAreOneExaminationPerModalityAndRegion) {
  const RepeatResult r = of(row("p", "2024-03-01T10:00Z", "SNA0GG/SNA0AG/SSC0AD/ZTX0EA"));
  EXPECT_EQ(r.record.find("examinations")->value, 2);
}

TEST_F(RepeatsTest, ExaminationsPerPersonInflateTheVariance) {
  // Three of MR for p, one for q: 10 over 4; with q's CT all are (9 + 4) over 5.
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNA0GG") + row("p", "2024-03-11T10:00Z", "SNA0GG") +
         row("p", "2024-03-01T10:00Z", "SAA0AG") + row("q", "2024-03-01T10:00Z", "SAA0AG") +
         row("q", "2024-03-01T10:00Z", "SAA0AD"));
  const Table& persons = *r.record.table("persons");
  EXPECT_EQ(std::get<Texts>(persons.find("modality")->values), (Texts{"all", "CT", "MR"}));
  EXPECT_EQ(std::get<Numbers>(persons.find("inflation")->values), (Numbers{13.0 / 5, 1, 10.0 / 4}));
}

TEST_F(RepeatsTest, AFirstExaminationHasNoneInTheDaysBefore) {
  RepeatOptions options;
  options.rules.first_only = true;
  options.rules.clean_days = 30;
  const RepeatResult r =
      of(row("p", "2024-01-10T10:00Z", "SNA0GG")  // what was before the data is not known
             + row("p", "2024-03-01T10:00Z", "SNA0GG") + row("p", "2024-03-11T10:00Z", "SNA0GG") +
             row("p", "2024-05-11T10:00Z", "SNA0GG"),
         options);
  EXPECT_EQ(cell(r.repeats, "indexes", "MR", 30), 2);
  EXPECT_EQ(cell(r.repeats, "repeated", "MR", 30), 1);
}

TEST_F(RepeatsTest, IndicatorsLookBeforeAroundAndAfter) {
  const Table table{{{"indicator", "", "", Texts{"any", "again", "before", "around", "old"}},
                     {"codes", "", "", Texts{"SNG0AG", "SNG0AG", "SNG0AA", "SNG0AA", "SNG0AG"}},
                     {"other_codes", "", "", Texts{"", "", "SNG0AG", "SNG0AG", ""}},
                     {"age_from", "1", "", Numbers{0, 0, 0, 0, 50}},
                     {"relation", "", "", Texts{"any", "repeat", "before", "around", "any"}},
                     {"days_from", "1", "", Numbers{NAN, 1, 0, 0, NAN}},
                     {"days_to", "1", "", Numbers{NAN, 60, 30, 10, NAN}}}};
  const RepeatResult r =
      of(row("p", "2024-03-01T10:00Z", "SNG0AA") + row("p", "2024-03-20T10:00Z", "SNG0AG") +
             row("p", "2024-03-25T10:00Z", "SNG0AA") +
             row("p", "2024-05-01T10:00Z", "SNG0AG", "A,outpatient,,completed,R1,60") +
             row("q", "2024-01-05T10:00Z", "SNG0AG"),
         {}, indicators_from(table, "i.csv"));
  const Table& t = *r.record.table("indicators");
  // p's MRs: the first follows an X-ray by 19 days and has one 5 days later; q's lies too near the start to
  // look back.
  EXPECT_EQ(std::get<Numbers>(t.find("numerator")->values), (Numbers{3, 1, 1, 1, 1}));
  EXPECT_EQ(std::get<Numbers>(t.find("denominator")->values), (Numbers{5, 3, 2, 2, 1}));
}

TEST_F(RepeatsTest, OrderPilesAndThreadsChangeNothing) {
  std::vector<std::string> rows;
  const Texts codes{"SNA0GG", "SNA0AG", "SNG0AA", "SNG0AG", "SSC0AA"},
      sides{"left", "right", "", "bilateral"};
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto pick = [&](std::uint64_t what, std::uint32_t n) {
      return statistics::uniform_below(statistics::random_bits(9, what, i), n);
    };
    rows.push_back(row(
        "p" + std::to_string(pick(1, 700)),
        "2024-" + std::string(pick(2, 2) ? "03" : "04") + "-" + std::to_string(10 + pick(3, 20)) + "T10:00Z",
        codes[pick(4, 5)],
        std::string(1, static_cast<char>('A' + pick(5, 3))) + (pick(6, 2) ? ",inpatient," : ",outpatient,") +
            sides[pick(7, 4)] + ",completed,R" + std::to_string(pick(8, 50)) + ",50"));
  }
  std::string text, turned;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += rows[i];
    turned += rows[rows.size() - 1 - i];
  }
  RepeatOptions few;
  few.memory_bytes = 4096;  // two dozen piles through files
  RepeatResult one, piles, other;
  ThreadLimit(1).run([&] { one = of(text); });
  ThreadLimit(7).run([&] { piles = of(text, few); });
  ThreadLimit(3).run([&] { other = of(turned); });
  EXPECT_GT(cell(*one.record.table("all"), "repeated", "all"), 100);
  const auto as_text = [&](const Table& t) {
    formats::write_csv(folder.path("t.csv"), t, IfExists::overwrite);
    return folder.read("t.csv");
  };
  for (const RepeatResult* r : {&piles, &other}) {
    EXPECT_EQ(as_text(one.repeats), as_text(r->repeats));
    for (std::size_t i = 0; i < one.record.tables.size(); ++i)
      EXPECT_EQ(as_text(one.record.tables[i].second), as_text(r->record.tables[i].second))
          << one.record.tables[i].first;
  }
}

TEST_F(RepeatsTest, WhatCannotBeIsRefused) {
  EXPECT_THROW(of(row("p", "yesterday", "SNA0GG")), InputError);
  EXPECT_THROW(of(row("p", "2024-03-01T10:00Z", "SNA0GG", "A,outpatient,,cancelled,R1,40")), InputError);
  const RepeatSource none{folder.write("x.csv", "patient,codes\n1,A\n"), "provider", "", &list};
  EXPECT_THROW(repeats(none, {}, {}, monitor), InputError);
  RepeatOptions options;
  options.end = "soon";
  EXPECT_THROW(of(row("p", "2024-03-01T10:00Z", "SNA0GG"), options), UsageError);
}

TEST(Repeats, KaplanAndMeierByHand) {
  // Ten: two events on day 1, one censored after day 1, one event on day 3: 1 - 8/10 · 6/7.
  const Share s = kaplan_meier({0, 2, 0, 1, 0}, {0, 1, 0, 0, 6}, 3);
  EXPECT_NEAR(s.value, 1 - 0.8 * 6.0 / 7, 1e-15);
  EXPECT_LT(s.low, s.value);
  EXPECT_GT(s.high, s.value);
  EXPECT_NEAR(kaplan_meier({0, 2, 0, 1, 0}, {0, 0, 0, 0, 7}, 4).value, 0.3,
              1e-15);  // nobody censored: the share
}

TEST(Repeats, WilsonsIntervalIsTheScoreTests) {
  // Its ends are where |p - x/n| = z sqrt(p (1 - p) / n).
  const Share s = wilson(8, 40);
  for (const double p : {s.low, s.high})
    EXPECT_NEAR(std::abs(p - 0.2), 1.959963984540054 * std::sqrt(p * (1 - p) / 40), 1e-12);
  EXPECT_EQ(wilson(0, 10).low, 0);
  EXPECT_EQ(wilson(10, 10).high, 1);
}

TEST(Repeats, ConcentrationByHand) {
  const Concentration even({5, 5, 5, 5});
  EXPECT_NEAR(even.gini(), 0, 1e-15);
  EXPECT_NEAR(even.top(0.3), 0.3, 1e-15);
  EXPECT_NEAR(even.referrers_of(0.5), 0.5, 1e-15);
  const Concentration one({0, 0, 90, 6, 4});  // those without examinations are not known
  EXPECT_EQ(one.referrers(), 3U);
  // Sorted 4, 6, 90: (-2 · 4 + 0 · 6 + 2 · 90) / (3 · 100).
  EXPECT_NEAR(one.gini(), 172.0 / 300, 1e-15);
  EXPECT_NEAR(one.top(1.0 / 3), 0.9, 1e-12);
  EXPECT_NEAR(one.lorenz(2.0 / 3), 0.1, 1e-12);
  EXPECT_NEAR(one.referrers_of(0.45), 0.5 / 3, 1e-12);
}

}  // namespace
}  // namespace snitt::activity
