#include "formats/csv_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <random>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "formats/csv_scan.hpp"
#include "temporary_folder.hpp"

namespace snitt::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::string>;

class GivenText : public TextSource {
 public:
  explicit GivenText(std::string text) : text_(std::move(text)) {}
  std::size_t read(char* out, std::size_t most) override {
    const std::size_t take = std::min(most, text_.size() - at_);
    text_.copy(out, take, at_);
    at_ += take;
    return take;
  }
  std::string sha256() override { return ""; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

struct Found {
  CsvForm form;
  std::vector<Cells> rows;
  std::vector<std::size_t> lines;  ///< 1-based, of the file
  std::vector<std::string> faults;
  std::vector<std::string> rejected;
  std::size_t blank = 0;
  std::size_t last_line = 0;
};

Found read(const std::string& text, CsvOptions options = {}) {
  GivenText source(text);
  CsvCutter cutter(source, "t.csv", options);
  Found found{cutter.form(), {}, {}, {}, {}, 0, 0};
  std::size_t line = cutter.form().first_line;
  CsvPiece piece;
  while (cutter.next(piece)) {
    const CsvRows rows = parse(std::move(piece), cutter.form());
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      Cells cells;
      for (std::size_t c = 0; c < cutter.form().names.size(); ++c)
        cells.emplace_back(rows.text(rows.column(c)[r]));
      found.rows.push_back(cells);
      found.lines.push_back(line + rows.line(r));
    }
    for (const CsvFault& fault : rows.faults()) {
      found.faults.push_back(fmt::format("{} {}: {}", line + fault.line, fault.column, fault.reason));
      found.rejected.push_back(fault.text);
    }
    found.blank += rows.blank_lines();
    line += rows.lines();
  }
  found.last_line = line - 1;
  return found;
}

TEST(CsvStream, ReadsNamesCellsAndLines) {
  const Found found = read("a,b,c\n1,2,3\r\n\n x ,\"y, \"\"z\"\"\n2\",\n5,6,7");
  EXPECT_THAT(found.form.names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(found.rows,
              ElementsAre(Cells{"1", "2", "3"}, Cells{"x", "y, \"z\"\n2", ""}, Cells{"5", "6", "7"}));
  EXPECT_THAT(found.lines, ElementsAre(2U, 4U, 6U));
  EXPECT_EQ(found.blank, 1U);
  EXPECT_TRUE(found.faults.empty());
}

TEST(CsvStream, FindsTheDelimiterAndASpreadsheetsWordForIt) {
  EXPECT_EQ(read("a;b;c,d\n").form.delimiter, ';');
  EXPECT_EQ(read("a\tb\n").form.delimiter, '\t');
  EXPECT_EQ(read("a|b\n").form.delimiter, '|');
  EXPECT_EQ(read("a\n").form.delimiter, ',');
  const Found found = read("sep=;\na;b\n1;2\n");
  EXPECT_THAT(found.form.names, ElementsAre("a", "b"));
  EXPECT_THAT(found.lines, ElementsAre(3U));
  CsvOptions options;
  options.delimiter = '#';
  EXPECT_THAT(read("a#b;c\n1#2\n", options).form.names, ElementsAre("a", "b;c"));
}

TEST(CsvStream, NamesMayBeQuotedOrMissing) {
  const Found found = read("\"a\nb\",,\"c\"\n1,2,3\n");
  EXPECT_THAT(found.form.names, ElementsAre("a\nb", "column 2", "c"));
  EXPECT_THAT(found.lines, ElementsAre(3U));
}

TEST(CsvStream, RefusesTextsWithoutNames) {
  EXPECT_THROW(read(""), InputError);
  EXPECT_THROW(read("\n\n"), InputError);
  EXPECT_THROW(read("a,b\r1,2\r3,4\r"), InputError);
  EXPECT_THROW(read("\"a,b\n1,2\n"), InputError);
}

TEST(CsvStream, WhatIsWrongCostsOneLineAndIsNamed) {
  const Found found = read(
      "a,b\n"
      "1,2\n"
      "1\n"           // 3
      "1,2,3\n"       // 4
      "\"x\"y,2\n"    // 5
      "3,5\" disk\n"  // a quote inside a cell is a letter
      "4,\"open\n"    // 7
      "5,6\n");
  EXPECT_THAT(found.rows, ElementsAre(Cells{"1", "2"}, Cells{"3", "5\" disk"}, Cells{"5", "6"}));
  EXPECT_THAT(found.faults, ElementsAre("3 : has 1 cells; expected 2 as in the first line",
                                        "4 : has 3 cells; expected 2 as in the first line",
                                        "5 a: has a quoted cell whose closing quote is missing or followed by text",
                                        "7 b: has a quoted cell whose closing quote is missing or followed by text"));
  EXPECT_THAT(found.rejected, ElementsAre("1", "1,2,3", "\"x\"y,2", "4,\"open"));
  EXPECT_EQ(found.last_line, 8U);
}

TEST(CsvStream, BytesThatAreNoTextAreNamedWithTheirColumn) {
  const Found found = read(std::string("a,b\n1,\xf8\n\xc3\xb8,2\n3,4\0\n5,6\n", 22));
  EXPECT_EQ(found.rows.size(), 2U);
  ASSERT_EQ(found.faults.size(), 2U);
  EXPECT_THAT(found.faults[0], HasSubstr("2 b: holds bytes that are not UTF-8"));
  EXPECT_THAT(found.faults[1], HasSubstr("4 b: holds a zero byte"));
}

TEST(CsvStream, AnEndlessLineCostsNoMemoryAndOneRow) {
  CsvOptions options;
  options.longest_row = 1000;
  options.piece_bytes = 128;
  for (const std::size_t length : {999U, 1100U, 5000U, 200000U}) {
    const Found found = read("a,b\n1,2\n3," + std::string(length, 'x') + "\n5,6\n", options);
    ASSERT_EQ(found.rows.size(), 2U) << length;
    EXPECT_THAT(found.rows.back(), ElementsAre("5", "6"));
    EXPECT_THAT(found.faults, ElementsAre("3 : is longer than the longest row"));
    EXPECT_EQ(found.lines.back(), 4U);
  }
  // An open quote swallows no more than its line, however far its end is.
  std::string text = "a,b\n1,\"2\n";
  for (int i = 0; i < 1000; ++i) text += "3,4\n";
  const Found found = read(text + "5,\"6\"\n", options);
  EXPECT_EQ(found.rows.size(), 1001U);
  EXPECT_THAT(found.faults, ElementsAre("2 b: has a quoted cell whose closing quote is missing or followed by text"));
}

/// The rules once more, letter by letter.
Found read_slowly(const std::string& text, std::size_t columns) {
  Found found;
  std::size_t at = text.find('\n') + 1;
  std::size_t line = 2;
  while (at < text.size()) {
    const std::size_t start = at;
    Cells cells;
    std::size_t newlines = 0;
    std::string fault;
    bool done = false;
    while (!done) {
      std::string cell;
      if (at < text.size() && text[at] == '"') {
        ++at;
        bool closed = false;
        while (at < text.size() && !closed) {
          if (text[at] == '"' && at + 1 < text.size() && text[at + 1] == '"') {
            cell += '"';
            at += 2;
          } else if (text[at] == '"') {
            closed = true;
            ++at;
          } else {
            newlines += text[at] == '\n' ? 1 : 0;
            cell += text[at++];
          }
        }
        if (at < text.size() && text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n')) ++at;
        if (!closed)
          fault = "has a quoted cell whose closing quote is missing or followed by text";
        else if (at < text.size() && text[at] != ',' && text[at] != '\n')
          fault = "has a quoted cell whose closing quote is missing or followed by text";
      } else {
        while (at < text.size() && text[at] != ',' && text[at] != '\n') cell += text[at++];
        while (!cell.empty() && (cell.back() == '\r' || cell.back() == ' ')) cell.pop_back();
        while (!cell.empty() && (cell.front() == '\r' || cell.front() == ' ')) cell.erase(0, 1);
      }
      if (!fault.empty()) break;
      cells.push_back(cell);
      done = at >= text.size() || text[at] == '\n';
      ++at;
    }
    if (!fault.empty()) {
      found.faults.push_back(fmt::format(
          "{} {}: {}", line++,
          cells.size() < columns ? std::string(1, static_cast<char>('a' + cells.size())) : "", fault));
      const std::size_t end = text.find('\n', start);
      at = end == std::string::npos ? text.size() : end + 1;
      continue;
    }
    const std::string raw = text.substr(start, at - 1 - start);
    if (raw.find_first_not_of(" \r") == std::string::npos) {
      ++found.blank;
    } else if (cells.size() != columns) {
      found.faults.push_back(
          fmt::format("{} : has {} cells; expected {} as in the first line", line, cells.size(), columns));
    } else {
      found.rows.push_back(cells);
      found.lines.push_back(line);
    }
    line += 1 + newlines;
  }
  return found;
}

TEST(CsvStream, AnyTextGivesTheSameWhereverItIsCut) {
  std::mt19937 random(11);
  const std::string letters = "ab \"\",,\n\n\r\"x";
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = "a,b,c\n";
    const bool proper = trial % 2 == 0;
    for (unsigned i = 0; i < 5 + random() % 60; ++i)
      text += proper ? std::vector<std::string>{"1,2,3\n", "\"x\ny\",,\"\"\n", "p,\"q,\"\"\",r\r\n", "1,2\n",
                                                "\n"}[random() % 5]
                     : std::string(1, letters[random() % letters.size()]);
    const Found expected = read_slowly(text, 3);
    for (const std::size_t piece : {16U, 23U, 64U, 4096U}) {
      CsvOptions options;
      options.piece_bytes = piece;
      const Found found = read(text, options);
      ASSERT_EQ(found.rows, expected.rows) << text << "\npieces of " << piece;
      ASSERT_EQ(found.lines, expected.lines) << text << "\npieces of " << piece;
      ASSERT_EQ(found.faults, expected.faults) << text << "\npieces of " << piece;
      ASSERT_EQ(found.blank, expected.blank) << text;
    }
  }
}

TEST(CsvScan, FindsEveryPositionOfRandomBytes) {
  std::mt19937 random(5);
  for (std::size_t size : {0U, 1U, 63U, 64U, 65U, 1000U, 4097U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += ",\n\"abcdefgh\xc3\0"[random() % 13];
    std::vector<std::uint32_t> expected;
    std::size_t newlines = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (text[i] == ',' || text[i] == '\n' || text[i] == '"')
        expected.push_back(static_cast<std::uint32_t>(i));
      newlines += text[i] == '\n' ? 1 : 0;
    }
    const std::string padded = text + std::string(scan_padding, ',');
    std::vector<std::uint32_t> found(size + 64);
    const ScanFacts facts = scan_structure(padded.data(), size, ',', found.data());
    found.resize(facts.count);
    EXPECT_EQ(found, expected);
    EXPECT_EQ(facts.newlines, newlines);
    EXPECT_EQ(facts.has_high, text.find('\xc3') != std::string::npos);
    EXPECT_EQ(facts.has_zeros, text.find('\0') != std::string::npos);
    EXPECT_EQ(facts.has_quotes, text.find('"') != std::string::npos);
  }
}

std::string all_of(const std::string& path, TextEncoding encoding, OpenedText& opened) {
  opened = open_text(path, encoding);
  std::string text;
  std::vector<char> buffer(1000);
  while (const std::size_t got = opened.text->read(buffer.data(), buffer.size()))
    text.append(buffer.data(), got);
  return text;
}

void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(TextSource, TellsEncodingsApartAndSaysSo) {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.csv");
  const std::string expected = "navn;by\nÅse;Tromsø\n\u20ac;\U0001f600\n";
  OpenedText opened;
  put(path, expected);
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), expected);
  EXPECT_EQ(opened.encoding, "UTF-8");
  EXPECT_TRUE(opened.notes.empty());
  EXPECT_EQ(opened.text->sha256(), sha256(expected));
  put(path, "\xef\xbb\xbf" + expected);
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), expected);

  std::string little, big;
  const std::u16string wide = u"navn;by\nÅse;Tromsø\n\u20ac;\U0001f600\n";
  for (const char16_t unit : wide) {
    little += {static_cast<char>(unit & 0xff), static_cast<char>(unit >> 8)};
    big += {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xff)};
  }
  put(path, "\xff\xfe" + little);
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), expected);
  EXPECT_EQ(opened.encoding, "UTF-16LE");
  put(path, "\xfe\xff" + big);
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), expected);
  put(path, little);
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), expected);
  EXPECT_EQ(opened.notes.size(), 1U);
  EXPECT_THROW(all_of(folder.path("none"), TextEncoding::detect, opened), InputError);

  put(path, "\xc5se;Troms\xf8;\x80\n");
  EXPECT_EQ(all_of(path, TextEncoding::detect, opened), "Åse;Tromsø;€\n");
  EXPECT_EQ(opened.encoding, "CP1252");
  ASSERT_EQ(opened.notes.size(), 1U);
  EXPECT_THAT(opened.notes[0], HasSubstr("not UTF-8"));
}

TEST(TextSource, UnpacksGzipOfSeveralMembersAndNoticesItsEnd) {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.csv.gz");
  std::string expected;
  for (int part = 0; part < 2; ++part) {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += fmt::format("{},{}\n", part, i);
    gzFile file = gzopen(path.c_str(), part == 0 ? "wb" : "ab");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    expected += text;
  }
  OpenedText opened;
  EXPECT_TRUE(all_of(path, TextEncoding::detect, opened) == expected);
  EXPECT_EQ(opened.text->sha256(), sha256_of_path(path));
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  put(path, bytes.substr(0, bytes.size() - 20));
  EXPECT_THROW(all_of(path, TextEncoding::detect, opened), InputError);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  put(path, bytes);
  EXPECT_THROW(all_of(path, TextEncoding::detect, opened), InputError);
}

TEST(TextSource, ValidUtf8IsThatOfUnicode) {
  const auto valid = [](const std::string& text) {
    return valid_utf8(text.data(), text.size()) == text.size();
  };
  EXPECT_TRUE(valid("12345678\u00f8\u20ac\U0001f600 12345678"));
  for (const char* wrong : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "\xc3("})
    EXPECT_FALSE(valid(wrong));
}

}  // namespace
}  // namespace snitt::formats
