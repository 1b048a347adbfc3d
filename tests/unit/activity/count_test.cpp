#include "activity/count.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "activity/count_compare.hpp"
#include "activity/count_merge.hpp"
#include "base/error.hpp"
#include "base/time_zone.hpp"
#include "data/table_columns.hpp"
#include "store/layouts.hpp"
#include "temporary_folder.hpp"

namespace snitt::activity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Cells = std::map<std::vector<std::string>, std::int64_t>;

/// Row by row what a table of examinations has.
struct Exam {
  std::int64_t exam = 0;
  std::string patient, provider, sex, status, codes;
  double age = 50;
  double examined = 1704067200;  // 2024-01-01T00:00 UTC, 01:00 in Oslo
  std::int64_t fingerprint = 0;
};

Table table_of(const std::vector<Exam>& exams) {
  const auto words = [&](auto get) {
    Categorical column;
    std::map<std::string, std::int32_t> known;
    for (const Exam& exam : exams) {
      const std::string word = get(exam);
      const auto [at, is_new] = known.try_emplace(word, static_cast<std::int32_t>(column.categories.size()));
      if (is_new && !word.empty()) column.categories.push_back(word);
      column.codes.push_back(word.empty() ? -1 : at->second);
    }
    return column;
  };
  std::vector<double> age, examined, offset;
  std::vector<std::int64_t> exam, row, print;
  for (const Exam& e : exams) {
    age.push_back(e.age);
    examined.push_back(e.examined);
    offset.push_back(3600);
    exam.push_back(e.exam);
    row.push_back(static_cast<std::int64_t>(row.size() + 2));
    print.push_back(e.fingerprint);
  }
  return {{{"exam", "1", "", exam},
           {"patient", "", "", words([](const Exam& e) { return e.patient; })},
           {"age", "a", "", age},
           {"sex", "", "", words([](const Exam& e) { return e.sex; })},
           {"provider", "", "", words([](const Exam& e) { return e.provider; })},
           {"codes", "", "", words([](const Exam& e) { return e.codes; })},
           {"status", "", "", words([](const Exam& e) { return e.status; })},
           {"examined", "s", "", examined},
           {"utc_offset", "s", "", offset},
           {"source", "", "", words([](const Exam& e) { return e.provider.empty() ? "a" : "b"; })},
           {"row", "1", "", row},
           {"fingerprint", "1", "", print}}};
}

class Count : public ::testing::Test {
 protected:
  std::string put(const std::string& name, const std::vector<Exam>& exams) {
    store::write_table(folder_.path(name), table_of(exams),
                       {"snitt-test", "0.1.0", "{}", {}, "2026-01-01T00:00:00Z"}, IfExists::overwrite);
    return folder_.path(name);
  }
  CountResult count(const std::vector<std::string>& paths, CountSettings settings = {}) {
    if (settings.tables.empty()) settings.tables = {{"modality"}};
    Monitor silent;
    return count_records(paths, settings, &uncounted_, silent);
  }
  TemporaryFolder folder_;
  std::vector<UncountedRow> uncounted_;
};

Cells cells(const Table& table, const std::string& number = "count") {
  Cells found;
  std::vector<std::vector<std::string>> words;
  for (const Column& column : table.columns)
    if (column.name != "count" && column.name != "persons") words.push_back(texts_of(column));
  const auto& counts = std::get<std::vector<std::int64_t>>(table.find(number)->values);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::vector<std::string> key;
    for (const auto& column : words) key.push_back(column[row]);
    found[key] += counts[row];
  }
  return found;
}

Cells reconciliation(const CountResult& result) {
  Cells steps;
  const Table& table = *result.record.table("reconciliation");
  const auto step = texts_of(*table.find("step"));
  for (std::size_t i = 0; i < step.size(); ++i)
    if (const std::int64_t n = std::get<std::vector<std::int64_t>>(table.find("rows")->values)[i]; n != 0)
      steps[{step[i]}] += n;
  return steps;
}

std::vector<Exam> random_exams(unsigned seed, std::size_t n) {
  std::mt19937 random(seed);
  const std::vector<std::string> codes{"SSC0AA", "SNG0AG/ZTX0XA", "SAA0AD/SSC0AD", "SNG0AG/ZTX0BC", "ZTX0XA",
                                       "",       "LOKAL1",        "AAB06K",        "TSV0AL"};
  const std::vector<std::string> statuses{"completed", "completed", "completed", "cancelled",
                                          "no-show",   "",          "other"};
  std::vector<Exam> exams;
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 3 && random() % 20 == 0) {
      exams.push_back(exams[random() % exams.size()]);  // a repeated row
      continue;
    }
    Exam e;
    e.exam = random() % 30 == 0 ? -1 : static_cast<std::int64_t>(random() % (n * 4));
    // An examination is one patient's, whatever else its rows differ in.
    const auto patient =
        static_cast<std::size_t>(e.exam < 0 ? static_cast<std::int64_t>(random()) : e.exam) % (n / 3 + 1);
    e.patient = patient % 20 == 0 ? "" : "p" + std::to_string(patient);
    e.provider = std::vector<std::string>{"North", "South", ""}[random() % 3];
    e.sex = std::vector<std::string>{"female", "male", ""}[random() % 3];
    e.status = statuses[random() % statuses.size()];
    e.codes = codes[random() % codes.size()];
    e.age = random() % 50 == 0 ? std::nan("") : static_cast<double>(random() % 91);
    e.examined = 1704067200 + static_cast<double>(random() % (366 * 24)) * 3600;
    e.fingerprint = static_cast<std::int64_t>(random()) << 30 | static_cast<std::int64_t>(i);
    exams.push_back(e);
  }
  return exams;
}

TEST_F(Count, EachRowFallsToTheFirstRuleAndTheBooksBalance) {
  std::vector<Exam> exams(9);
  for (std::size_t i = 0; i < exams.size(); ++i)
    exams[i] = {
        static_cast<std::int64_t>(i + 1),  "p", "North", "male", "completed", "SSC0AA", 40, 1704067200,
        static_cast<std::int64_t>(i + 100)};
  exams[1].status = "cancelled";
  exams[2] = exams[0];               // repeated
  exams[3].codes = "SSC0AA/ZTX0BC";  // read once more elsewhere
  exams[4].codes = "ZTX0XA";
  exams[5].examined = 1e10;       // 2286
  exams[6].exam = exams[7].exam;  // one key, other fields
  exams[8].status = "other";
  const CountResult result = count({put("r.h5", exams)});
  EXPECT_THAT(reconciliation(result),
              ElementsAre(Pair(ElementsAre("additional codes only"), -1), Pair(ElementsAre("cancelled"), -1),
                          Pair(ElementsAre("duplicate"), -1), Pair(ElementsAre("future"), -1),
                          Pair(ElementsAre("merged"), -1), Pair(ElementsAre("rows counted"), 3 + 1 - 1),
                          Pair(ElementsAre("rows in"), 9), Pair(ElementsAre("secondary reading"), -1)));
  EXPECT_EQ(result.counted, 3U);
  EXPECT_EQ(result.record.find("conflicts")->value, 1);
  ASSERT_EQ(uncounted_.size(), 6U);
  EXPECT_EQ(uncounted_[0].row, 3);
  EXPECT_EQ(uncounted_[0].rule, "cancelled");
}

TEST_F(Count, TotalsAreTheSumsOfTheirParts) {
  const std::string path = put("r.h5", random_exams(1, 3000));
  CountSettings settings;
  settings.tables = {{"modality"},
                     {"modality", "sex"},
                     {"provider", "modality", "month"},
                     {"age_group", "sex", "week", "hour"},
                     {"weekday", "quarter", "year"},
                     {"code", "laterality", "kind", "region", "age"}};
  const CountResult result = count({path}, settings);
  const Cells by_modality = cells(result.tables[0].second);
  for (const auto& [name, table] : result.tables) {
    std::int64_t sum = 0;
    for (const auto& [key, n] : cells(table)) sum += n;
    EXPECT_EQ(sum, static_cast<std::int64_t>(result.counted)) << name;
  }
  for (const std::size_t t : {1U, 2U}) {
    Cells sums;
    for (const auto& [key, n] : cells(result.tables[t].second)) sums[{key[t == 1 ? 0 : 1]}] += n;
    EXPECT_EQ(sums, by_modality);
  }
}

/// The rules once more, for single rows.
TEST_F(Count, AgreesWithCountingByHand) {
  const std::vector<Exam> exams = random_exams(2, 4000);
  CountSettings settings;
  settings.unit = CountUnit::row;
  settings.tables = {{"sex", "month", "modality"}, {"code"}};
  const std::string path = put("r.h5", exams);
  const CountResult result = count({path}, settings);
  settings.unit = CountUnit::code;
  const CountResult by_code = count({path}, settings);
  const std::map<std::string, std::string> modality{{"SSC0AA", "RG"},   {"SNG0AG", "MR"}, {"SAA0AD", "CT"},
                                                    {"SSC0AD", "CT"},   {"LOKAL1", "AN"}, {"AAB06K", "IV"},
                                                    {"TSV0AL", "PETCT"}};
  Cells expected, codes;
  std::set<std::int64_t> seen;
  for (const Exam& e : exams) {
    if (e.status == "cancelled" || e.status == "no-show") continue;
    if (!seen.insert(e.fingerprint).second) continue;
    if (e.codes.find("ZTX0BC") != std::string::npos || e.codes == "ZTX0XA") continue;
    const CalendarTime time = calendar_time(static_cast<std::int64_t>(e.examined) + 3600);
    const std::string first = e.codes.substr(0, 6);
    ++expected[{e.sex, fmt::format("{}-{:02}", time.year, time.month),
                first.empty() ? "" : modality.at(first)}];
    for (std::size_t at = 0; at < e.codes.size(); at += 7)
      if (e.codes[at] != 'Z') ++codes[{e.codes.substr(at, 6)}];
  }
  EXPECT_EQ(cells(result.tables[0].second), expected);
  EXPECT_EQ(cells(by_code.tables[1].second), codes);
}

TEST_F(Count, OrderFilesThreadsAndMemoryChangeNothing) {
  std::vector<Exam> exams = random_exams(3, 70000);  // more than one block
  CountSettings settings;
  settings.tables = {{"modality", "sex"}, {"provider", "month"}};
  settings.persons = true;
  const CountResult expected = count({put("whole.h5", exams)}, settings);
  const auto expect_same = [&](const CountResult& result, const char* what) {
    for (std::size_t t = 0; t < 2; ++t)
      for (const char* number : {"count", "persons"})
        EXPECT_EQ(cells(result.tables[t].second, number), cells(expected.tables[t].second, number)) << what;
    EXPECT_EQ(reconciliation(result), reconciliation(expected)) << what;
  };
  {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
    expect_same(count({folder_.path("whole.h5")}, settings), "one thread");
  }
  settings.memory_bytes = 200000;
  expect_same(count({folder_.path("whole.h5")}, settings), "little memory");
  settings.memory_bytes = std::size_t{256} << 20;
  std::shuffle(exams.begin(), exams.end(), std::mt19937(1));
  expect_same(count({put("shuffled.h5", exams)}, settings), "shuffled");
  const auto third = exams.begin() + 20000;
  const auto parts =
      std::vector<std::string>{put("1.h5", {exams.begin(), third}), put("2.h5", {third, exams.end()})};
  expect_same(count(parts, settings), "in two files");

  std::vector<CountFile> shards;
  for (std::size_t k = 0; k < 5; ++k) {
    settings.shard = {k, 5};
    const CountResult shard = count(parts, settings);
    CountFile file{"shard", shard.tables[0].second, shard.record};
    file.record.tables.push_back(shard.tables[1]);
    shards.push_back(file);
  }
  expect_same(merge_counts(shards), "in shards");
  EXPECT_THROW(merge_counts({shards[0], shards[1]}), InputError) << "shards are missing";
  EXPECT_THROW(merge_counts({shards[0], shards[0]}), InputError);
}

TEST_F(Count, ShardsOfExaminationsAddUpWithoutPersons) {
  const std::string path = put("r.h5", random_exams(4, 20000));
  CountSettings settings;
  settings.tables = {{"modality"}};
  const CountResult expected = count({path}, settings);
  std::vector<CountFile> shards;
  for (std::size_t k = 0; k < 3; ++k) {
    settings.shard = {k, 3};
    const CountResult shard = count({path}, settings);
    shards.push_back({"shard", shard.tables[0].second, shard.record});
  }
  const CountResult merged = merge_counts(shards);
  EXPECT_EQ(cells(merged.tables[0].second), cells(expected.tables[0].second));
  EXPECT_EQ(reconciliation(merged), reconciliation(expected));
}

TEST_F(Count, ContactsAreAPatientsDaysAtAProvider) {
  std::vector<Exam> exams(5);
  for (std::size_t i = 0; i < exams.size(); ++i)
    exams[i] = {static_cast<std::int64_t>(i),    "p", "North", "male", "completed", "SSC0AA", 40, 1704067200,
                static_cast<std::int64_t>(i + 1)};
  exams[1].examined += 7200;
  exams[2].examined += 86400;
  exams[3].provider = "South";
  exams[4].patient = "";
  CountSettings settings;
  settings.unit = CountUnit::contact;
  const CountResult result = count({put("r.h5", exams)}, settings);
  EXPECT_EQ(result.counted, 4U);
  EXPECT_THAT(result.record.reasons, ::testing::Contains(HasSubstr("1 rows have no key of their contact")));
}

TEST_F(Count, WhereAndPeriodAreRulesToo) {
  std::vector<Exam> exams = random_exams(5, 2000);
  const std::string path = put("r.h5", exams);
  CountSettings settings;
  settings.unit = CountUnit::row;
  settings.tables = {{"month", "modality", "sex"}};
  const Cells all = cells(count({path}, settings).tables[0].second);
  settings.where = {{"modality", {"MR", "CT"}}, {"sex", {"female", ""}}};
  settings.from_day = seconds_of_date(2024, 3, 1) / 86400;
  settings.until_day = seconds_of_date(2024, 6, 30) / 86400;
  const Cells some = cells(count({path}, settings).tables[0].second);
  Cells expected;
  for (const auto& [key, n] : all)
    if (key[0] >= "2024-03" && key[0] <= "2024-06" && (key[1] == "MR" || key[1] == "CT") && key[2] != "male")
      expected[key] = n;
  EXPECT_EQ(some, expected);
  settings.where = {{"modality", {"XX"}}};
  EXPECT_THROW(count({path}, settings), InputError);
}

TEST_F(Count, WhatIsNotThereIsNamed) {
  const std::string path = put("r.h5", random_exams(6, 10));
  CountSettings settings;
  settings.tables = {{"modalty"}};
  try {
    count({path}, settings);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no column 'modalty'; did you mean 'modality'?"));
  }
  settings.tables = {{"area"}};
  EXPECT_THROW(count({path}, settings), InputError);
  settings.tables = {{"sex", "sex"}};
  EXPECT_THROW(count({path}, settings), InputError);
  settings.tables = {{"sex"}};
  settings.unit = CountUnit::accession;
  EXPECT_THROW(count({path}, settings), InputError);
}

TEST(Codes, FollowTheStructureOfNorwegianCodes) {
  for (const auto& [code, modality] : std::vector<std::pair<std::string, std::string>>{{"SFN0AP", "CT"},
                                                                                       {"SSC0AA", "RG"},
                                                                                       {"SNG0AG", "MR"},
                                                                                       {"SJX0AK", "UL"},
                                                                                       {"TSV0AL", "PETCT"},
                                                                                       {"TSY0AN", "NM"},
                                                                                       {"TNX0XT", "RNT"},
                                                                                       {"AAB06K", "IV"},
                                                                                       {"LOKAL1", "AN"},
                                                                                       {"ZTX0XA", ""},
                                                                                       {"TSJWM", "AN"},
                                                                                       {"", "AN"}})
    EXPECT_EQ(meaning_by_rule(code).modality, modality) << code;
  const CodeCell cell = read_code_cell("SNG0AG/ZTX0XA/ZTX0XB", {});
  EXPECT_EQ(cell.laterality, "bilateral");
  EXPECT_EQ(cell.codes.size(), 1U);
  EXPECT_TRUE(read_code_cell("ZTX0XA", {}).only_additional());
  EXPECT_FALSE(read_code_cell("", {}).only_additional());
}

TEST(Codes, AListGoesBeforeTheRuleAndTellsRegionsThatLettersDoNot) {
  const CodeList list = read_code_list(SNITT_SOURCE_DIR "/sample_data/activity/code-lists/ncrp-2023.csv");
  EXPECT_EQ(list.meaning_of("SSE0AA").region, "several") << "thorax and abdomen, whatever the letters say";
  EXPECT_EQ(list.meaning_of("SAA0DE").modality, "CT");
  EXPECT_EQ(list.meaning_of("SSD0BH").modality, "MR");
  EXPECT_EQ(list.meaning_of("SNG0AG").region, "lower limb");
  EXPECT_THAT(list.basis().value, HasSubstr("ncrp-2023.csv (sha256 "));
}

TEST(Compare, WhatTheOthersLeaveOfTheFirstIsUnexplained) {
  const auto table = [](std::vector<std::string> words, std::vector<std::int64_t> counts) {
    return Table{{{"modality", "", "", std::move(words)}, {"n", "1", "", std::move(counts)}}};
  };
  const CountResult result = compare_counts({{"a", table({"CT", "MR"}, {100, 50}), "n"},
                                             {"b", table({"CT"}, {60}), "n"},
                                             {"c", table({"CT", "MR"}, {30, 50}), "n"}},
                                            {});
  EXPECT_EQ(result.record.find("unexplained")->value, 10);
  EXPECT_THAT(result.record.reasons.at(0), HasSubstr("10 of the 150 counts of a (6.7 %)"));
  EXPECT_EQ(
      compare_counts({{"a", table({"CT"}, {1}), "n"}, {"b", table({"CT"}, {1}), "n"}}, {}).record.verdict,
      "good");
  EXPECT_THROW(compare_counts({{"a", table({"CT"}, {1}), "n"}, {"b", table({"CT"}, {1}), "count"}}, {}),
               InputError);
}

}  // namespace
}  // namespace snitt::activity
