#include "activity/record_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "activity/month_check.hpp"
#include "base/time_zone.hpp"
#include "data/table_columns.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

/// Rows of two providers over two years, `per_month` each, at scattered times.
class Records {
 public:
  void add(const std::string& provider, int year, int month, int rows, const std::string& codes = "SAA0AD") {
    for (int i = 0; i < rows; ++i) {
      const auto n = static_cast<std::uint64_t>(time_.size());
      const double minute = std::floor(statistics::uniform(statistics::random_bits(3, n)) * 27 * 1440);
      add_row(provider, static_cast<double>(seconds_of_date(year, month, 1)) + minute * 60, codes);
    }
  }
  void add_row(const std::string& provider, double time, const std::string& codes = "SAA0AD") {
    provider_.push_back(provider);
    time_.push_back(time);
    reported_.push_back(time + 3600);
    codes_.push_back(codes);
    key_.push_back(static_cast<std::int64_t>(time_.size()));
    birth_.push_back(1970);
    care_.push_back(time_.size() % 2 ? "inpatient" : "outpatient");
  }

  std::vector<Finding> check(const CheckOptions& options = {}, std::size_t block = 1000) const {
    Table table;
    CategoryLists categories;
    const auto words = [&](const char* name, const std::vector<std::string>& values) {
      const Words w = words_of(values);
      categories[name] = w.names;
      table.columns.push_back({name, "", "", Categorical{{w.code.begin(), w.code.end()}, {}, false}});
    };
    words(columns_of::provider, provider_);
    words(columns_of::codes, codes_);
    words(columns_of::care_level, care_);
    table.columns.push_back({columns_of::examined, "s", "", time_});
    table.columns.push_back({columns_of::reported, "s", "", reported_});
    table.columns.push_back({columns_of::birth_year, "1", "", birth_});
    table.columns.push_back({columns_of::exam, "1", "", key_});
    table.columns.push_back({columns_of::fingerprint, "1", "", key_});
    const auto checks = record_checks(options);
    for (std::size_t first = 0; first < time_.size(); first += block) {
      Table rows = table;
      for (Column& column : rows.columns)
        std::visit(
            [&](auto& v) {
              const auto cut = [&](auto& list) {
                list = {list.begin() + static_cast<std::ptrdiff_t>(first),
                        list.begin() + static_cast<std::ptrdiff_t>(std::min(first + block, time_.size()))};
              };
              if constexpr (requires { v.codes; })
                cut(v.codes);
              else
                cut(v);
            },
            column.values);
      const RecordBlock some(rows, categories, first);
      for (const auto& check : checks) check->add(some);
    }
    std::vector<Finding> findings;
    for (const auto& check : checks) check->finish(findings);
    return findings;
  }

  std::vector<std::string> provider_, codes_, care_;
  std::vector<double> time_, reported_, birth_;
  std::vector<std::int64_t> key_;
};

Records two_years() {
  Records records;
  for (int month = 0; month < 24; ++month)
    for (const char* provider : {"A", "B"}) records.add(provider, 2023 + month / 12, month % 12 + 1, 60);
  return records;
}

std::vector<Finding> only(const std::vector<Finding>& findings, const std::string& check) {
  std::vector<Finding> some;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(some),
               [&](const Finding& f) { return f.check == check; });
  return some;
}

TEST(RecordCheck, FindsNothingInRecordsThatAreWell) {
  const auto findings = two_years().check();
  EXPECT_TRUE(findings.empty()) << findings.size() << " " << (findings.empty() ? "" : findings[0].check);
}

TEST(RecordCheck, NamesTheMonthThatWasNotDelivered) {
  Records records;
  for (int month = 0; month < 24; ++month) {
    if (month != 7) records.add("A", 2023 + month / 12, month % 12 + 1, 60);
    records.add("B", 2023 + month / 12, month % 12 + 1, month == 9 ? 3 : 60);
  }
  const auto findings = records.check();
  const auto missing = only(findings, "missing month");
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].provider, "A");
  EXPECT_EQ(missing[0].value, "2023-08");
  const auto part = only(findings, "incomplete month");
  ASSERT_EQ(part.size(), 1u);
  EXPECT_EQ(part[0].provider, "B");
  EXPECT_EQ(part[0].value, "2023-10");
}

TEST(RecordCheck, NamesTheMonthOfALevelShift) {
  Records records;
  for (int month = 0; month < 24; ++month)
    records.add("A", 2023 + month / 12, month % 12 + 1, month < 14 ? 100 : 200);
  const auto shifts = only(records.check(), "level shift");
  ASSERT_GE(shifts.size(), 1u);
  EXPECT_EQ(shifts[0].value, "2024-03");
  EXPECT_NE(shifts[0].message.find("2.00 times"), std::string::npos) << shifts[0].message;
}

TEST(RecordCheck, SeesACodeGiveWayToAnother) {
  Records records;
  for (int month = 0; month < 24; ++month)
    records.add("A", 2023 + month / 12, month % 12 + 1, 100, month < 12 ? "SNA0GG" : "SNA0TG");
  const auto findings = records.check();
  ASSERT_EQ(only(findings, "ends early").size(), 1u);
  EXPECT_EQ(only(findings, "ends early")[0].value, "SNA0GG 2023-12");
  ASSERT_EQ(only(findings, "begins late").size(), 1u);
  EXPECT_EQ(only(findings, "begins late")[0].value, "SNA0TG 2024-01");
  EXPECT_EQ(findings.size(), 2u) << "the provider's own level did not change";
}

// Poisson counts with a summer dip of a third: 200 series without a shift, of which hardly one may be told.
TEST(LevelShift, LeavesSeasonAndChanceAlone) {
  int told = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<double> counts;
    for (int month = 0; month < 36; ++month) {
      const double level = month % 12 == 6 ? 80 : month % 12 == 11 ? 100 : 120;
      double sum = 0;  // Poisson by a normal of the same variance
      for (std::uint64_t i = 0; i < 12; ++i)
        sum += statistics::uniform(statistics::random_bits(seed, static_cast<std::uint64_t>(month), i));
      counts.push_back(std::max(1.0, std::round(level + (sum - 6) * std::sqrt(level))));
    }
    told += level_shift(counts, 1.3).month != 0;
  }
  EXPECT_LE(told, 1);
}

TEST(LevelShift, FindsARatioWhateverItsDirection) {
  std::vector<double> counts(24, 100);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += static_cast<double>(i * 7 % 5) - 2;
  for (std::size_t i = 10; i < counts.size(); ++i) counts[i] *= 0.5;
  const LevelShift shift = level_shift(counts, 1.3);
  EXPECT_EQ(shift.month, 10u);
  EXPECT_NEAR(shift.ratio, 0.5, 0.02);  // scatter of 2 % in the months
}

TEST(RecordCheck, CountsCopiesAndConflictsOnce) {
  Records records = two_years();
  const std::size_t rows = records.time_.size();
  for (std::size_t i = 0; i < 5; ++i) {  // five copies
    records.add_row(records.provider_[i], records.time_[i], records.codes_[i]);
    records.key_.back() = records.key_[i];
  }
  const auto copies = only(records.check(), "duplicate");
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].rows, 5);
  EXPECT_EQ(copies[0].of, static_cast<double>(rows + 5));
  EXPECT_EQ(copies[0].first_row, static_cast<double>(rows + 1));
  EXPECT_TRUE(only(records.check(), "same key, other content").empty());
}

TEST(RecordCheck, CountsTimesThatCannotBe) {
  Records records = two_years();
  for (const std::size_t i : {3u, 8u, 9u}) records.reported_[i] = records.time_[i] - 60;
  records.time_[20] = records.reported_[20] = static_cast<double>(seconds_of_date(2031, 1, 1));
  records.birth_[30] = 2029;
  CheckOptions options;
  options.extracted_s = static_cast<double>(seconds_of_date(2025, 1, 1));
  const auto findings = records.check(options);
  const auto negative = only(findings, "negative interval");
  double rows = 0;
  for (const Finding& f : negative) rows += f.rows;
  EXPECT_EQ(rows, 3);
  EXPECT_EQ(only(findings, "future time").size(), 2u);  // examined and reported
  const auto births = only(findings, "impossible birth year");
  ASSERT_EQ(births.size(), 1u);
  EXPECT_EQ(births[0].first_row, 31);
}

TEST(RecordCheck, SuspectsDefaults) {
  Records records = two_years();
  for (std::size_t i = 0; i < records.care_.size(); ++i) records.care_[i] = i % 50 ? "other" : "inpatient";
  for (double& time : records.time_) time = std::floor(time / 86400) * 86400;
  const auto defaults = only(records.check(), "default value");
  ASSERT_EQ(defaults.size(), 2u);
  EXPECT_EQ(defaults[0].value, "other");
  EXPECT_EQ(defaults[1].value, "00:00");
}

TEST(RecordCheck, NamesCodesAndProvidersThatAreNotInTheLists) {
  Records records = two_years();
  records.codes_[5] = "SAA0AD/XYZ1";
  CheckOptions options;
  options.known_codes = {"SAA0AD"};
  options.known_providers = {"A", "Bergen"};
  const auto findings = records.check(options);
  const auto codes = only(findings, "unknown code");
  ASSERT_EQ(codes.size(), 1u);
  EXPECT_EQ(codes[0].value, "XYZ1");
  EXPECT_EQ(codes[0].first_row, 6);
  EXPECT_EQ(only(findings, "unknown provider").size(), 1u);
}

TEST(RecordCheck, SizeOfBlocksDoesNotMatter) {
  Records records = two_years();
  records.reported_[100] = 0;
  const Table one = findings_table(records.check({}, 100000));
  const Table many = findings_table(records.check({}, 17));
  ASSERT_EQ(one.rows(), many.rows());
  for (std::size_t c = 0; c < one.columns.size(); ++c)
    EXPECT_EQ(texts_of(one.columns[c]), texts_of(many.columns[c]));
}

}  // namespace
}  // namespace snitt::activity
