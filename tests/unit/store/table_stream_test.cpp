#include "store/table_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include "base/error.hpp"
#include "samples.hpp"
#include "store/check.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t block = TableReader::block_rows;

/// Columns of every kind that streams; `words` of the second category are many.
Table long_table(std::size_t rows, std::size_t words) {
  std::mt19937 random(3);
  std::vector<double> reals;
  std::vector<std::int64_t> wholes;
  std::vector<std::uint8_t> flags;
  Categorical few{{}, {"Tromsø", "Bodø", ""}, true};
  Categorical many;
  for (std::size_t i = 0; i < words; ++i) many.categories.push_back(fmt::format("{:032x}", i * 7919));
  for (std::size_t i = 0; i < rows; ++i) {
    reals.push_back(i % 10 == 3 ? std::nan("") : static_cast<double>(random()) / 7);
    wholes.push_back(static_cast<std::int64_t>(random()) << 20);
    flags.push_back(static_cast<std::uint8_t>(random() % 2));
    few.codes.push_back(static_cast<std::int32_t>(random() % 4) - 1);
    many.codes.push_back(words == 0 ? -1 : static_cast<std::int32_t>(random() % words));
  }
  return {{{"reals", "mGy", "a dose", reals},
           {"wholes", "1", "keys", wholes},
           {"few", "", "site", few},
           {"a/b", "1", "a flag", flags},
           {"many", "", "patient", many}}};
}

Table without_values(Table table) {
  for (Column& column : table.columns)
    std::visit(
        [](auto& v) {
          if constexpr (requires { v.codes; })
            v = {{}, {}, v.ordered};
          else
            v.clear();
        },
        column.values);
  return table;
}

Table rows_of(const Table& table, std::size_t first, std::size_t count) {
  Table part = without_values(table);
  const auto from = static_cast<std::ptrdiff_t>(first);
  const auto to = static_cast<std::ptrdiff_t>(first + count);
  for (std::size_t i = 0; i < part.columns.size(); ++i)
    std::visit(
        [&](auto& v) {
          const auto& w = std::get<std::decay_t<decltype(v)>>(table.columns[i].values);
          if constexpr (requires { v.codes; })
            v.codes.assign(w.codes.begin() + from, w.codes.begin() + to);
          else
            v.assign(w.begin() + from, w.begin() + to);
        },
        part.columns[i].values);
  return part;
}

void stream(const std::string& path, const Table& table, std::size_t piece) {
  TableWriter writer(path, without_values(table).columns, provenance(), IfExists::refuse);
  for (std::size_t first = 0; first < table.rows(); first += piece)
    writer.append(rows_of(table, first, std::min(piece, table.rows() - first)));
  std::vector<std::vector<std::string>> categories;
  for (const Column& column : table.columns)
    if (const auto* values = std::get_if<Categorical>(&column.values))
      categories.push_back(values->categories);
  writer.finish(categories);
}

void expect_same(const Column& a, const Column& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.units, b.units);
  EXPECT_EQ(a.description, b.description);
  ASSERT_EQ(a.values.index(), b.values.index());
  std::visit(
      [&](const auto& v) {
        const auto& w = std::get<std::decay_t<decltype(v)>>(b.values);
        if constexpr (requires { v.codes; }) {
          EXPECT_TRUE(v.codes == w.codes);
          EXPECT_TRUE(v.categories == w.categories);
          EXPECT_EQ(v.ordered, w.ordered);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<double>>) {
          ASSERT_EQ(v.size(), w.size());
          EXPECT_TRUE(std::memcmp(v.data(), w.data(), v.size() * sizeof(double)) == 0);
        } else {
          EXPECT_TRUE(v == w);
        }
      },
      a.values);
}

void expect_same(const Table& a, const Table& b) {
  ASSERT_EQ(a.columns.size(), b.columns.size());
  for (std::size_t i = 0; i < a.columns.size(); ++i) expect_same(a.columns[i], b.columns[i]);
}

TEST(TableStream, GivesBackWhatWasStreamedAroundTheEdgesOfBlocks) {
  const Scratch scratch;
  int file = 0;
  for (const std::size_t rows :
       {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, 2 * block, 2 * block + 77}) {
    const Table table = long_table(rows, 50);
    const std::string path = scratch.path(fmt::format("t{}.h5", file++));
    stream(path, table, 30011);
    expect_same(read_table(path), table);
    EXPECT_TRUE(check_file(path).empty());
    const TableReader reader(path);
    ASSERT_EQ(reader.rows(), rows);
    for (const auto& [first, count] :
         {std::pair{std::size_t{0}, rows}, {rows / 3, rows / 2}, {rows, std::size_t{0}}}) {
      Table part = rows_of(table, first, count);
      expect_same(reader.read({"many", "reals"}, first, count), {{part.columns[4], part.columns[0]}});
    }
  }
}

TEST(TableStream, WritesAShortTableAsWriteTableDoes) {
  const Scratch scratch;
  const Table table = long_table(5000, 20);
  stream(scratch.path("streamed.h5"), table, 700);
  write_table(scratch.path("whole.h5"), table, provenance(), IfExists::refuse);
  EXPECT_TRUE(bytes_of(scratch.path("streamed.h5")) == bytes_of(scratch.path("whole.h5")));
}

TEST(TableStream, IsTheSameBytesForAnyThreadsAndPieces) {
  const Scratch scratch;
  const Table table = long_table(3 * block + 5, 60000);
  stream(scratch.path("1.h5"), table, table.rows());
  const std::string expected = bytes_of(scratch.path("1.h5"));
  int file = 1;
  for (const auto& [threads, piece] : {std::pair{1U, block}, {2U, block / 3}, {7U, 2 * block + 9}}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const std::string path = scratch.path(fmt::format("{}.h5", ++file));
    stream(path, table, piece);
    EXPECT_TRUE(bytes_of(path) == expected) << threads << " threads, pieces of " << piece;
  }
}

TEST(TableStream, ManyWordsAreABulkArrayThatIsCheckedAndReadsBack) {
  const Scratch scratch;
  const Table table = long_table(block + 1, 70000);  // 2.2 MB of words
  const std::string path = scratch.path("t.h5");
  stream(path, table, block);
  expect_same(read_table(path), table);
  EXPECT_EQ(TableReader(path).categories("many").at(69999),
            std::get<Categorical>(table.columns[4].values).categories.back());
  EXPECT_TRUE(check_file(path).empty());
  std::string bytes = bytes_of(path);
  int noticed = 0;
  for (int i = 1; i <= 20; ++i) {
    std::string bad = bytes;
    const std::size_t at = bad.size() * static_cast<std::size_t>(i) / 21;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    put_bytes(scratch.path("bad.h5"), bad);
    try {
      if (!check_file(scratch.path("bad.h5")).empty()) ++noticed;
    } catch (const InputError&) {
      ++noticed;
    }
  }
  EXPECT_EQ(noticed, 20);
}

TEST(TableStream, ColumnsThatAreNotThereAreLeftOut) {
  const Scratch scratch;
  const Table table = long_table(1000, 5);
  stream(scratch.path("t.h5"), table, 1000);
  expect_same(read_table_columns(scratch.path("t.h5"), {"few", "none", "wholes"}),
              {{table.columns[2], table.columns[1]}});
  const TableReader reader(scratch.path("t.h5"));
  EXPECT_EQ(reader.find("none"), nullptr);
  EXPECT_EQ(reader.find("few")->units, "");
  EXPECT_EQ(reader.read({"none"}, 0, 10).columns.size(), 0U);
  EXPECT_THROW(reader.categories("reals"), InputError);
  EXPECT_THROW(reader.read({"reals"}, 990, 11), ComputationError);
}

TEST(TableStream, RefusesWhatWasNotAnnounced) {
  const Scratch scratch;
  const Table table = long_table(10, 5);
  const auto announced = without_values(table).columns;
  EXPECT_THROW(TableWriter(scratch.path("t.h5"), table.columns, provenance(), IfExists::refuse),
               ComputationError);
  EXPECT_THROW(TableWriter(scratch.path("t.h5"), {{"note", "", "", std::vector<std::string>{}}}, provenance(),
                           IfExists::refuse),
               ComputationError);
  {
    TableWriter writer(scratch.path("t.h5"), announced, provenance(), IfExists::refuse);
    EXPECT_THROW(writer.append({{table.columns[0]}}), ComputationError);
    writer.append(table);
    EXPECT_THROW(writer.finish(std::vector<TextList>{}), ComputationError);
  }
  EXPECT_TRUE(scratch.names().empty()) << "an unfinished table leaves nothing behind";
}

}  // namespace
}  // namespace snitt::store
