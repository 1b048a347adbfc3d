#include "formats/xlsx_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <pugixml.hpp>

#include "base/error.hpp"
#include "temporary_folder.hpp"

namespace snitt::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The members of a workbook, which is a ZIP archive.
std::map<std::string, std::string> members_of(const std::string& path) {
  std::map<std::string, std::string> members;
  archive* reader = archive_read_new();
  archive_read_support_format_zip(reader);
  EXPECT_EQ(archive_read_open_filename(reader, path.c_str(), 10240), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, content.data(), content.size()),
              static_cast<la_ssize_t>(content.size()));
    members[archive_entry_pathname(entry)] = content;
  }
  archive_read_free(reader);
  return members;
}

pugi::xml_document sheet_of(const std::string& path, int number = 1) {
  pugi::xml_document document;
  const std::string text = members_of(path)["xl/worksheets/sheet" + std::to_string(number) + ".xml"];
  EXPECT_TRUE(document.load_buffer(text.data(), text.size())) << text;
  return document;
}

pugi::xml_node cell(const pugi::xml_document& sheet, const std::string& place) {
  return sheet.select_node(("//c[@r='" + place + "']").c_str()).node();
}

Table table_of_all_kinds() {
  const double nan = std::nan("");
  return {{{"dose", "mGy", "", std::vector<double>{1.5, nan, INFINITY}},
           {"rows", "1", "", std::vector<std::int64_t>{7, -3, 9'007'199'254'740'993}},
           {"typical", "1", "", std::vector<std::uint8_t>{1, 0, 1}},
           {"site", "", "", Categorical{{0, -1, 1}, {"Oslo", "=1+1"}, false}},
           {"note", "", "", std::vector<std::string>{"=HYPERLINK(\"http://x\")", "", "a\x01<&\xff"}}}};
}

TEST(Workbook, KeepsEachKindOfCell) {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.xlsx");
  write_xlsx(path, {{"all", table_of_all_kinds()}}, IfExists::refuse);
  const pugi::xml_document sheet = sheet_of(path);
  EXPECT_STREQ(cell(sheet, "A1").select_node(".//t").node().text().get(), "dose [mGy]");
  EXPECT_STREQ(cell(sheet, "B1").select_node(".//t").node().text().get(), "rows");
  EXPECT_EQ(cell(sheet, "A2").child("v").text().as_double(), 1.5);
  EXPECT_FALSE(cell(sheet, "A3")) << "a missing number is an empty cell";
  EXPECT_STREQ(cell(sheet, "A4").select_node(".//t").node().text().get(), "inf");
  EXPECT_EQ(cell(sheet, "B3").child("v").text().as_int(), -3);
  EXPECT_STREQ(cell(sheet, "B4").select_node(".//t").node().text().get(), "9007199254740993")
      << "2^53 + 1 has no double";
  EXPECT_STREQ(cell(sheet, "C2").attribute("t").value(), "b");
  EXPECT_FALSE(cell(sheet, "D3")) << "a missing word";
}

TEST(Workbook, HasNoFormulasAndNoLinks) {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.xlsx");
  write_xlsx(path, {{"all", table_of_all_kinds()}}, IfExists::refuse);
  const pugi::xml_document sheet = sheet_of(path);
  EXPECT_TRUE(sheet.select_nodes("//f").empty());
  EXPECT_TRUE(sheet.select_nodes("//hyperlink").empty());
  EXPECT_STREQ(cell(sheet, "D4").select_node(".//t").node().text().get(), "=1+1");
  EXPECT_STREQ(cell(sheet, "E2").select_node(".//t").node().text().get(), "=HYPERLINK(\"http://x\")");
  EXPECT_STREQ(cell(sheet, "E4").select_node(".//t").node().text().get(), "a\uFFFD<&\uFFFD");
}

TEST(Workbook, OfTheSameTablesHasTheSameBytes) {
  const TemporaryFolder folder;
  write_xlsx(folder.path("a.xlsx"), {{"x", table_of_all_kinds()}, {"y", table_of_all_kinds()}},
             IfExists::refuse);
  write_xlsx(folder.path("b.xlsx"), {{"x", table_of_all_kinds()}, {"y", table_of_all_kinds()}},
             IfExists::refuse);
  EXPECT_EQ(bytes_of(folder.path("a.xlsx")), bytes_of(folder.path("b.xlsx")));
  EXPECT_THAT(members_of(folder.path("a.xlsx"))["docProps/core.xml"], HasSubstr("1980-01-01T00:00:00Z"));
  EXPECT_EQ(members_of(folder.path("a.xlsx")).count("xl/worksheets/sheet2.xml"), 1U);
}

TEST(Workbook, RefusesWhatASheetCannotHoldBeforeItWrites) {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.xlsx");
  const Table long_table{{{"i", "1", "", std::vector<std::int64_t>(1'048'576, 1)}}};
  EXPECT_THROW(write_xlsx(path, {{"long", long_table}}, IfExists::refuse), InputError);
  const Table long_text{{{"t", "", "", std::vector<std::string>{std::string(32'768, 'x')}}}};
  EXPECT_THROW(write_xlsx(path, {{"text", long_text}}, IfExists::refuse), InputError);
  EXPECT_THROW(write_xlsx(path, {}, IfExists::refuse), UsageError);
  EXPECT_FALSE(std::ifstream(path).good());
}

TEST(SheetNames, AreLegalAndNoneIsTwice) {
  EXPECT_THAT(sheet_names({"a/b", "A_B", "", "History", "'x'", "[q]:*?\\"}),
              ElementsAre("a_b", "A_B 2", "table", "History_", "x", "_q_____"));
  const std::string longest(40, 'n');
  const std::vector<std::string> names = sheet_names({longest, longest, longest});
  EXPECT_THAT(names,
              ElementsAre(std::string(31, 'n'), std::string(29, 'n') + " 2", std::string(29, 'n') + " 3"));
  EXPECT_EQ(sheet_names({"ååååååååååååååååååååååååååååååååååå"}).front().size(), 62U)
      << "31 characters of two bytes";
}

}  // namespace
}  // namespace snitt::formats
