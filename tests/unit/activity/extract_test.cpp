#include "activity/extract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <fstream>
#include <random>
#include <set>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"
#include "temporary_folder.hpp"

namespace snitt::activity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Found {
  Extraction extraction;
  Table table;
  std::vector<RejectedRow> rejected;
};

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Found extract_all(const std::vector<std::string>& paths, const ExtractionSettings& settings) {
  Found found;
  RecordSink sink;
  sink.begin = [&](const std::vector<Column>& columns, const formats::CsvForm&) {
    found.table.columns = columns;
  };
  sink.rows = [&](const Table& block) {
    for (std::size_t i = 0; i < block.columns.size(); ++i)
      std::visit(
          [&](auto& v) {
            const auto& w = std::get<std::decay_t<decltype(v)>>(block.columns[i].values);
            if constexpr (requires { v.codes; })
              append(v.codes, w.codes);
            else
              append(v, w);
          },
          found.table.columns[i].values);
  };
  sink.rejected = [&](const RejectedRow& row) { found.rejected.push_back(row); };
  Monitor silent;
  found.extraction = extract(paths, settings, sink, silent);
  std::size_t next = 0;
  for (Column& column : found.table.columns)
    if (auto* words = std::get_if<Categorical>(&column.values))
      words->categories = found.extraction.categories.at(next++).strings();
  return found;
}

std::vector<std::string> words(const Found& found, const std::string& name) {
  const auto& values = std::get<Categorical>(found.table.find(name)->values);
  std::vector<std::string> texts;
  for (const std::int32_t code : values.codes)
    texts.push_back(code < 0 ? "-" : values.categories.at(static_cast<std::size_t>(code)));
  return texts;
}

const std::vector<double>& numbers(const Found& found, const std::string& name) {
  return std::get<std::vector<double>>(found.table.find(name)->values);
}
const std::vector<std::int64_t>& keys(const Found& found, const std::string& name) {
  return std::get<std::vector<std::int64_t>>(found.table.find(name)->values);
}

class Extract : public ::testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path(name), std::ios::binary) << text;
    return folder_.path(name);
  }
  formats::ActivityMapping mapping(const std::string& columns, const std::string& more = "") {
    return formats::read_activity_mapping(
        put("m.json", R"({"activity_mapping": "1.0", "columns": {)" + columns + "}" + more + "}"));
  }
  TemporaryFolder folder_;
};

const std::string secret(32, 'k');

TEST_F(Extract, TurnsCellsIntoColumns) {
  ExtractionSettings settings;
  settings.mapping = mapping(
      R"("exam": "id", "patient": {"column": "p", "issuer": "NO"}, "birth_year": "b", "sex": {"column": "s", "words": {"K": "female"}},
      "codes": "c", "examined": "t", "status": {"column": "st", "words": {"U": "completed"}})",
      R"(, "constants": {"sector": "public"}, "keep": [{"column": "x", "kind": "number", "units": "mGy"}])");
  settings.secret = secret;
  const Found found = extract_all({put("a.csv",
                                       "id,p,b,s,c,t,st,x,name\n"
                                       "e1,010190 12345,1990,K,sng0ag / ztx0xa,2024-07-01T12:00,U,1.5,Kari\n"
                                       "e2,01019012345,1920,M,SSC0AA,2024-01-01T12:00,?,NA,Ola\n"
                                       ",,,,,,,,\n")},
                                  settings);
  EXPECT_EQ(found.extraction.rows, 3U);
  EXPECT_THAT(words(found, "sex"), ElementsAre("female", "-", "-"));
  EXPECT_THAT(words(found, "codes"), ElementsAre("SNG0AG/ZTX0XA", "SSC0AA", "-"));
  EXPECT_THAT(words(found, "sector"), ElementsAre("public", "public", "public"));
  EXPECT_THAT(words(found, "status"), ElementsAre("completed", "other", "-"));
  EXPECT_EQ(numbers(found, "examined")[0], 1719828000);  // 10:00 UTC
  EXPECT_EQ(numbers(found, "utc_offset")[0], 7200);
  EXPECT_EQ(numbers(found, "age")[0], 34);
  EXPECT_EQ(numbers(found, "age")[1], 90) << "above 90 is 90";
  EXPECT_EQ(numbers(found, "birth_year")[1], 1934) << "the year must not tell what the age does not";
  EXPECT_EQ(numbers(found, "x")[0], 1.5);
  EXPECT_TRUE(std::isnan(numbers(found, "x")[1]));
  EXPECT_EQ(keys(found, "exam")[2], -1);
  EXPECT_THAT(keys(found, "row"), ElementsAre(2, 3, 4));
  const auto patients = words(found, "patient");
  EXPECT_EQ(patients[0], patients[1]) << "a blank in a national number is no other number";
  EXPECT_EQ(patients[0], hmac_sha256(secret, std::string("patient\0"
                                                         "01019012345\0NO",
                                                         22))
                             .substr(0, 32));
  EXPECT_EQ(patients[2], "-");
  EXPECT_EQ(found.table.find("name"), nullptr) << "columns that are not named are left out";
  EXPECT_EQ(found.extraction.record.verdict, "doubtful") << "unknown words were met";
}

TEST_F(Extract, WithoutAKeyNumbersRunByFirstAppearance) {
  const Found found = extract_all({put("a.csv", "exam_id,patient_id\nx,p2\ny,p1\nx,p2\n")}, {});
  EXPECT_THAT(words(found, "patient"), ElementsAre("1", "2", "1"));
  EXPECT_THAT(keys(found, "exam"), ElementsAre(1, 2, 1));
  EXPECT_THAT(keys(found, "fingerprint"), ElementsAre(1, 2, 1));
}

TEST_F(Extract, FaultsAreNamedByLineAndColumnAndNeverQuoteACell) {
  const std::string path = put("a.csv",
                               "exam_id,patient_id,examined\ne1,12345678901,2024-01-01\ne2,\"12345678902\","
                               "2024-02-30\ne3,12345678903\ne4,4,2024-01-02\n");
  try {
    extract_all({path}, {});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.csv: line 3: column 'examined' is no date of the calendar"));
    EXPECT_THAT(error.what(), HasSubstr("9999-99-99"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("02-30")));
  }
  ExtractionSettings settings;
  settings.skip_faulty_rows = true;
  const Found found = extract_all({path}, settings);
  EXPECT_EQ(found.extraction.rows, 2U);
  ASSERT_EQ(found.rejected.size(), 2U);
  EXPECT_EQ(found.rejected[0].text, "e2,\"12345678902\",2024-02-30");
  EXPECT_EQ(found.rejected[1].line, 4U);
  EXPECT_THAT(keys(found, "row"), ElementsAre(2, 5));
  EXPECT_EQ(found.extraction.record.find("rows_rejected")->value, 2);
}

TEST_F(Extract, MixedFormsOfDatesAreNamed) {
  const Found found = extract_all({put("a.csv", "examined\n2024-01-02\n03.02.2024 10:00\n2024-03-04\n")}, {});
  ASSERT_FALSE(found.extraction.record.reasons.empty());
  EXPECT_THAT(found.extraction.record.reasons[0],
              HasSubstr("'examined' mixes forms of dates: YYYY-MM-DD in 2 rows from line 2, DD.MM.YYYY in 1 "
                        "rows from line 3"));
}

TEST_F(Extract, OddHoursOfSummerTimeAreCounted) {
  const Found found = extract_all(
      {put("a.csv", "examined\n2024-03-31T02:30\n2024-10-27T02:30\n2024-10-27T02:30+01:00\n")}, {});
  EXPECT_EQ(found.extraction.record.find("times_never")->value, 1);
  EXPECT_EQ(found.extraction.record.find("times_twice")->value, 1)
      << "a time that says its offset is one time";
  EXPECT_EQ(numbers(found, "examined")[2] - numbers(found, "examined")[1], 3600);
}

TEST_F(Extract, DateAndHourMayStandApart) {
  ExtractionSettings settings;
  settings.mapping = mapping(R"("examined": ["d", "h"])");
  const Found found = extract_all({put("a.csv", "d;h\n01.07.2024;14:30\n01.07.2024;\n;10:00\n")}, settings);
  EXPECT_EQ(numbers(found, "examined")[0] - numbers(found, "examined")[1], 14.5 * 3600);
  EXPECT_TRUE(std::isnan(numbers(found, "examined")[2]));
}

TEST_F(Extract, AgesByBirthDateAreThoseOfTheDay) {
  const Found found = extract_all({put("a.csv",
                                       "birth_date,examined\n2000-06-15,2024-06-14\n2000-06-15,2024-06-"
                                       "15\n1900-01-01,2024-01-01\n2025-01-01,2024-01-01\n")},
                                  {});
  EXPECT_THAT(std::vector<double>(numbers(found, "age").begin(), numbers(found, "age").begin() + 3),
              ElementsAre(23, 24, 90));
  EXPECT_TRUE(std::isnan(numbers(found, "age")[3]));
  EXPECT_EQ(found.table.find("birth_date"), nullptr);
}

TEST_F(Extract, ColumnsThatAreMissingAreNamed) {
  ExtractionSettings settings;
  settings.mapping = mapping(R"("exam": "Exxam")");
  try {
    extract_all({put("a.csv", "Exam,b\n1,2\n")}, settings);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no column 'Exxam' for 'exam'; did you mean 'Exam'?"));
  }
  EXPECT_THROW(mapping(R"("exma": "a")"), InputError);
  EXPECT_THROW(mapping(R"("status": {"column": "a", "words": {"x": "done"}})"), InputError);
  EXPECT_THROW(mapping(R"("examined": {"column": "a", "formats": ["dd.mm"]})"), InputError);
}

/// 40 000 rows, more than one piece.
std::string long_export(unsigned seed, std::size_t rows) {
  std::mt19937 random(seed);
  std::string text = "exam_id,patient_id,sex,provider,codes,examined\n";
  for (std::size_t i = 0; i < rows; ++i)
    text += fmt::format("E{},P{:06},{},\"Sykehus, {}\",SNG0AG/ZTX0X{},2024-{:02}-{:02}T{:02}:{:02}\n", i,
                        random() % 9000, "MK"[random() % 2], random() % 12, "ABC"[random() % 3],
                        1 + random() % 12, 1 + random() % 28, random() % 24, random() % 60);
  return text;
}

TEST_F(Extract, IsTheSameForAnyNumberOfThreads) {
  const std::string path = put("a.csv", long_export(1, 40000));
  std::vector<Found> found;
  for (const std::size_t threads : {1U, 2U, 5U}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    found.push_back(extract_all({path}, {}));
  }
  for (std::size_t i = 1; i < found.size(); ++i) {
    for (const char* name : {"patient", "provider", "codes", "sex"})
      EXPECT_TRUE(words(found[i], name) == words(found[0], name)) << name;
    for (const char* name : {"exam", "row", "fingerprint"})
      EXPECT_TRUE(keys(found[i], name) == keys(found[0], name)) << name;
    EXPECT_TRUE(numbers(found[i], "examined") == numbers(found[0], "examined"));
  }
  EXPECT_EQ(found[0].extraction.rows, 40000U);
}

TEST_F(Extract, SplitFilesWithOneKeyAreTheWholeFile) {
  const std::string text = long_export(2, 30000);
  const std::size_t header = text.find('\n') + 1;
  const std::size_t cut = text.find('\n', text.size() / 3) + 1;
  ExtractionSettings settings;
  settings.secret = secret;
  const Found whole = extract_all({put("w.csv", text)}, settings);
  const Found parts = extract_all(
      {put("1.csv", text.substr(0, cut)), put("2.csv", text.substr(0, header) + text.substr(cut))}, settings);
  for (const char* name : {"patient", "provider", "codes", "sex"})
    EXPECT_TRUE(words(whole, name) == words(parts, name)) << name;
  EXPECT_TRUE(keys(whole, "exam") == keys(parts, "exam"));
  EXPECT_TRUE(keys(whole, "fingerprint") == keys(parts, "fingerprint"));
  std::set<std::int64_t> different(keys(whole, "exam").begin(), keys(whole, "exam").end());
  EXPECT_EQ(different.size(), 30000U);
}

}  // namespace
}  // namespace snitt::activity
