#include "formats/csv.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

Table table_of(const std::string& text) {
  const TemporaryFolder folder;
  return read_csv(write_file(folder / "a.csv", text));
}
std::string refusal_of(const std::string& text) {
  return refusal([&] { table_of(text); });
}
template <typename T>
const std::vector<T>& values(const Table& table, const std::string& name) {
  return std::get<std::vector<T>>(table.find(name)->values);
}

TEST(Csv, ReadsQuotesLineEndsAndTheByteOrderMark) {
  const Table table =
      table_of("\xef\xbb\xbfname,note\r\nKari,\"a \"\"b\"\", c\"\r\n\"Ola\",\"two\nlines\"\r\n\r\n");
  EXPECT_EQ(values<std::string>(table, "name"), (std::vector<std::string>{"Kari", "Ola"}));
  EXPECT_EQ(values<std::string>(table, "note"), (std::vector<std::string>{"a \"b\", c", "two\nlines"}));
}

TEST(Csv, InfersTypesFromEveryCell) {
  const Table table = table_of(
      "whole,real,gap,flag,code,long,word,mixed\n"
      "1,1.5,1,true,0301,12345678901234567,x,1\n"
      "-2,8.4e-005,,false,5001,2,y,b\n"
      "3,7,NA,TRUE,1103,3,,2\n");
  EXPECT_EQ(values<std::int64_t>(table, "whole"), (std::vector<std::int64_t>{1, -2, 3}));
  EXPECT_EQ(values<double>(table, "real"), (std::vector<double>{1.5, 8.4e-5, 7}));
  EXPECT_EQ(values<double>(table, "gap")[0], 1);
  EXPECT_TRUE(std::isnan(values<double>(table, "gap")[1]));
  EXPECT_TRUE(std::isnan(values<double>(table, "gap")[2]));
  EXPECT_EQ(values<std::uint8_t>(table, "flag"), (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(values<std::string>(table, "code")[0], "0301");
  EXPECT_EQ(values<std::string>(table, "long")[0], "12345678901234567");
  EXPECT_EQ(values<std::string>(table, "word")[2], "");
  EXPECT_EQ(values<std::string>(table, "mixed"), (std::vector<std::string>{"1", "b", "2"}));
}

TEST(Csv, ReadsDecimalCommasWhereTheCommaSeparatesNothing) {
  const Table table = table_of("t;d [mGy];date\n1,5;2;21.11\n-3,25e1;4,5;22.11\n");
  EXPECT_EQ(values<double>(table, "t"), (std::vector<double>{1.5, -32.5}));
  EXPECT_EQ(values<double>(table, "d"), (std::vector<double>{2, 4.5}));
  EXPECT_EQ(table.find("d")->units, "mGy");
  const Table tabs = table_of("a\tb\n1,5\tx,y\n");
  EXPECT_EQ(values<double>(tabs, "a")[0], 1.5);
  EXPECT_EQ(values<std::string>(tabs, "b")[0], "x,y");
}

TEST(Csv, NamesTheLineThatIsWrong) {
  EXPECT_THAT(refusal_of("a,b\n1,2\n\"x\ny\",2\n3\n"), HasSubstr("line 5 has 1 cells; expected 2"));
  EXPECT_THAT(refusal_of("a,b\n1,\"2\n"), HasSubstr("line 2: a quoted cell has no closing quote"));
  EXPECT_THAT(refusal_of("a,b\n1,\"2\"x\n"), HasSubstr("line 2: a closing quote is followed by 'x'"));
  EXPECT_THAT(refusal_of("a,a\n1,2\n"), HasSubstr("two columns are named 'a'"));
  EXPECT_THAT(refusal_of("a,\n1,2\n"), HasSubstr("column 2 has no name"));
  EXPECT_THAT(refusal_of(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal_of(std::string("\xff\xfe"
                                     "a\0",
                                     4)),
              HasSubstr("is UTF-16 text"));
}

TEST(Csv, WritesWhatItReadsBack) {
  const TemporaryFolder folder;
  Table table;
  table.columns.push_back({"x", "mm", "", std::vector<double>{0.1, 1.0 / 3, std::nan("")}});
  table.columns.push_back({"n", "1", "", std::vector<std::int64_t>{-1, 0, 99999}});
  table.columns.push_back({"say \"hi\"", "", "", std::vector<std::string>{"a,b", "", "c\nd"}});
  table.columns.push_back({"group", "", "", Categorical{{1, 0, -1}, {"p", "q"}, false}});
  table.columns.push_back({"ok", "", "", std::vector<std::uint8_t>{1, 0, 1}});
  const std::string path = folder / "a.csv";
  write_csv(path, table, IfExists::refuse);
  EXPECT_TRUE(read_file(path).starts_with("x [mm],n,\"say \"\"hi\"\"\",group,ok\n0.1,-1,\"a,b\",q,true\n"));
  const Table back = read_csv(path);
  EXPECT_EQ(values<double>(back, "x")[1], 1.0 / 3);
  EXPECT_TRUE(std::isnan(values<double>(back, "x")[2]));
  EXPECT_EQ(values<std::int64_t>(back, "n"), (std::vector<std::int64_t>{-1, 0, 99999}));
  EXPECT_EQ(values<std::string>(back, "say \"hi\""), (std::vector<std::string>{"a,b", "", "c\nd"}));
  EXPECT_EQ(values<std::string>(back, "group"), (std::vector<std::string>{"q", "p", ""}));
  EXPECT_EQ(values<std::uint8_t>(back, "ok"), (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_THROW(write_csv(path, table, IfExists::refuse), OutputError);
}

}  // namespace
}  // namespace snitt::formats
