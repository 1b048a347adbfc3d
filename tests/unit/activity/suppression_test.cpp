#include "activity/suppression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "activity/anonymity.hpp"
#include "base/error.hpp"
#include "data/table_columns.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

/// Rows of a table by `names`; counts in the order in which the last name runs fastest.
Table table_of(const std::vector<std::string>& names, const std::vector<std::size_t>& sizes,
               const std::vector<std::int64_t>& counts) {
  Table table;
  for (const std::string& name : names) table.columns.push_back({name, "", "", std::vector<std::string>()});
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::size_t rest = i;
    for (std::size_t d = names.size(); d-- > 0;) {
      std::get<std::vector<std::string>>(table.columns[d].values)
          .push_back(names[d] + std::to_string(rest % sizes[d]));
      rest /= sizes[d];
    }
  }
  table.columns.push_back({"count", "1", "", counts});
  return table;
}

CellTable cells_of(const std::vector<std::size_t>& sizes, const std::vector<std::int64_t>& counts,
                   CellTableOptions options = {}) {
  const std::vector<std::string> names{"a", "b", "c"};
  options.dimensions.assign(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(sizes.size()));
  return cell_table(table_of(options.dimensions, sizes, counts), options, "t");
}

std::vector<std::uint8_t> hide(const CellTable& table, const std::vector<std::string>& names) {
  std::vector<std::uint8_t> hidden(table.cells(), 0);
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    hidden[cell] = std::count(names.begin(), names.end(), table.name_of(cell)) > 0;
  return hidden;
}

TEST(CellTable, TotalsAreSumsAndEverySumIsSaidOnce) {
  const CellTable table = cells_of({2, 3}, {1, 2, 3, 4, 5, 6});
  ASSERT_EQ(table.cells(), 12u);
  EXPECT_EQ(table.sums.size(), 6u);  // two rows, three columns, one corner
  for (std::size_t cell = 0; cell < table.cells(); ++cell) {
    if (table.name_of(cell) == "a=total, b=total") {
      EXPECT_EQ(table.count[cell], 21);
    }
    if (table.name_of(cell) == "a=a1, b=total") {
      EXPECT_EQ(table.count[cell], 15);
    }
    if (table.name_of(cell) == "a=total, b=b0") {
      EXPECT_EQ(table.count[cell], 5);
    }
  }
}

// a0: 3 + hidden 7 = 10 shown, so one hidden cell in a row of its own is known exactly.
TEST(DisclosureAudit, OneHiddenCellOfASumIsKnown) {
  const CellTable table = cells_of({2, 2}, {3, 7, 20, 30});
  const auto ranges = audit(table, hide(table, {"a=a0, b=b0"}));
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_EQ(ranges[0].low, 3);
  EXPECT_EQ(ranges[0].high, 3);
}

// All four hidden with margins 10, 50 and 23, 37: x00 lies between max(0, 10 - 37) and min(10, 23).
TEST(DisclosureAudit, TwoByTwoHasTheBoundsOfFrechet) {
  const CellTable table = cells_of({2, 2}, {3, 7, 20, 30});
  const auto ranges = audit(table, hide(table, {"a=a0, b=b0", "a=a0, b=b1", "a=a1, b=b0", "a=a1, b=b1"}));
  ASSERT_EQ(ranges.size(), 4u);
  const double low[] = {0, 0, 13, 27};
  const double high[] = {10, 10, 23, 37};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(ranges[i].low, low[i]);
    EXPECT_DOUBLE_EQ(ranges[i].high, high[i]);
  }
}

TEST(DisclosureAudit, WithoutTotalsNothingBoundsACell) {
  CellTableOptions options;
  options.published = {{"a", "b"}};
  CellTable table = cells_of({2, 2}, {3, 7, 20, 30}, options);
  for (std::size_t cell = 0; cell < table.cells(); ++cell) table.published[cell] = table.is_interior(cell);
  const auto ranges = audit(table, hide(table, {"a=a0, b=b0"}));
  EXPECT_EQ(ranges[0].low, 0);
  EXPECT_TRUE(std::isinf(ranges[0].high));
}

/// All whole-numbered tables of 3 x 3 that fit what is shown, by trying the four cells that settle the rest.
std::vector<std::pair<double, double>> ranges_by_trying(const std::vector<std::int64_t>& counts,
                                                        const std::vector<bool>& hidden) {
  std::int64_t rows[3] = {}, columns[3] = {};
  for (std::size_t i = 0; i < 9; ++i) {
    rows[i / 3] += counts[i];
    columns[i % 3] += counts[i];
  }
  std::vector<std::pair<double, double>> ranges(9, {1e9, -1e9});
  std::int64_t x[9];
  for (x[0] = 0; x[0] <= rows[0]; ++x[0])
    for (x[1] = 0; x[0] + x[1] <= rows[0]; ++x[1])
      for (x[3] = 0; x[3] <= rows[1]; ++x[3])
        for (x[4] = 0; x[3] + x[4] <= rows[1]; ++x[4]) {
          x[2] = rows[0] - x[0] - x[1];
          x[5] = rows[1] - x[3] - x[4];
          for (std::size_t c = 0; c < 3; ++c) x[6 + c] = columns[c] - x[c] - x[3 + c];
          bool fits = true;
          for (std::size_t i = 0; i < 9; ++i) fits = fits && x[i] >= 0 && (hidden[i] || x[i] == counts[i]);
          if (!fits) continue;
          for (std::size_t i = 0; i < 9; ++i) {
            ranges[i].first = std::min(ranges[i].first, static_cast<double>(x[i]));
            ranges[i].second = std::max(ranges[i].second, static_cast<double>(x[i]));
          }
        }
  return ranges;
}

// In two dimensions the programme's corners are whole numbers, so that trying all tables gives the same.
TEST(DisclosureAudit, AgreesWithTryingEveryTable) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::vector<std::int64_t> counts;
    std::vector<bool> hidden;
    for (std::uint64_t i = 0; i < 9; ++i) {
      counts.push_back(statistics::uniform_below(statistics::random_bits(seed, i), 7));
      hidden.push_back(statistics::uniform_below(statistics::random_bits(seed, i, 1), 2) == 1);
    }
    const CellTable table = cells_of({3, 3}, counts);
    std::vector<std::uint8_t> marks(table.cells(), 0);
    for (std::size_t i = 0; i < 9; ++i) marks[table.row_cell[i]] = hidden[i];
    const auto tried = ranges_by_trying(counts, hidden);
    for (const CellRange& r : audit(table, marks)) {
      const auto row = static_cast<std::size_t>(
          std::find(table.row_cell.begin(), table.row_cell.end(), r.cell) - table.row_cell.begin());
      EXPECT_DOUBLE_EQ(r.low, tried[row].first) << "seed " << seed << " cell " << row;
      EXPECT_DOUBLE_EQ(r.high, tried[row].second) << "seed " << seed << " cell " << row;
    }
  }
}

std::vector<std::int64_t> random_counts(std::uint64_t seed, std::size_t cells) {
  std::vector<std::int64_t> counts;
  for (std::uint64_t i = 0; i < cells; ++i) {
    const double u = statistics::uniform(statistics::random_bits(seed, i));
    counts.push_back(static_cast<std::int64_t>(std::pow(u, 3) * 80));
  }
  return counts;
}

// The claim of the whole: nothing small is shown, and no hidden cell can be worked out to within the margin.
TEST(Suppression, NoHiddenCellCanBeUnpicked) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const bool three = seed % 2;
    const std::vector<std::size_t> sizes =
        three ? std::vector<std::size_t>{3, 4, 3} : std::vector<std::size_t>{5, 6};
    const CellTable table = cells_of(sizes, random_counts(seed, three ? 36 : 30));
    const Suppression result = suppress(table, {5, 5, seed % 3 == 0});
    std::vector<std::uint8_t> hidden(table.cells(), 0);
    for (std::size_t cell = 0; cell < table.cells(); ++cell) {
      hidden[cell] = result.is_hidden(cell);
      if (table.count[cell] > 0 && table.count[cell] < 5) {
        EXPECT_TRUE(hidden[cell]) << table.name_of(cell);
      }
    }
    EXPECT_TRUE(result.open.empty()) << "seed " << seed;
    CellTable known = table;
    if (seed % 3 == 0 && result.hidden_zeros == 0)
      for (std::size_t cell = 0; cell < table.cells(); ++cell)
        known.known_least[cell] = table.count[cell] > 0;
    for (const CellRange& r : audit(known, hidden))
      EXPECT_GE(r.high - r.low, 5 - 1e-6) << "seed " << seed << " " << table.name_of(r.cell);
  }
}

// Five ones beside 40, 55 and a zero that is shown: 100 - 95 leaves 5 for five cells that are no zeros, so
// that a reader who counts them knows all. A large cell must be hidden with them.
TEST(Suppression, WhatIsNotShownIsNoZero) {
  const CellTable table = cells_of({8}, {1, 1, 1, 1, 1, 40, 55, 0});
  const Suppression result = suppress(table, {5, 5, true});
  EXPECT_TRUE(result.open.empty());
  EXPECT_GE(result.ranges.size(), 6u);
  for (const CellRange& r : result.ranges) {
    EXPECT_GE(r.low, 1);
    EXPECT_GE(r.high - r.low, 5 - 1e-6) << table.name_of(r.cell);
  }
}

TEST(Suppression, RowsOfNoPublishedTableAreLeftOut) {
  SuppressionOptions options;
  options.cells.dimensions = {"a", "b"};
  options.cells.published = {{"a"}, {"b"}};
  const SuppressedTable result = suppressed(table_of({"a", "b"}, {2, 2}, {30, 70, 80, 90}), options, "t");
  EXPECT_EQ(result.shown.rows(), 0u);
  EXPECT_EQ(result.record.table("totals")->rows(), 5u);  // two, two, and all
}

TEST(Suppression, HidesNothingWhereNothingIsSmall) {
  const CellTable table = cells_of({2, 3}, {10, 20, 30, 40, 50, 60});
  const Suppression result = suppress(table, {5, 5, true});
  EXPECT_TRUE(result.ranges.empty());
}

// One small cell in a 3 x 3 table wants a rectangle with it: three more cells, and the cheapest such.
TEST(Suppression, OneSmallCellWantsTheCheapestRectangle) {
  const CellTable table = cells_of({3, 3}, {2, 10, 90, 11, 12, 80, 70, 95, 99});
  const Suppression result = suppress(table, {5, 5, true});
  std::set<std::string> hidden;
  for (const CellRange& r : result.ranges) hidden.insert(table.name_of(r.cell));
  EXPECT_EQ(hidden, (std::set<std::string>{"a=a0, b=b0", "a=a0, b=b1", "a=a1, b=b0", "a=a1, b=b1"}));
}

TEST(Suppression, FewerPublishedTotalsWantFewerHiddenCells) {
  CellTableOptions options;
  const auto counts = random_counts(3, 36);
  const CellTable all = cells_of({3, 4, 3}, counts);
  options.published = {{"a", "b"}, {"b", "c"}};
  const CellTable some = cells_of({3, 4, 3}, counts, options);
  EXPECT_LT(suppress(some, {5, 5, true}).ranges.size(), suppress(all, {5, 5, true}).ranges.size());
}

TEST(Suppression, ProtectsGroupsAboveADimension) {
  CellTableOptions options;
  options.hierarchies["a"] = {{"a0", "west"}, {"a1", "west"}, {"a2", "east"}, {"a3", "east"}};
  const CellTable table = cells_of({4, 2}, {2, 30, 40, 50, 60, 70, 80, 90}, options);
  const Suppression result = suppress(table, {5, 5, true});
  EXPECT_TRUE(result.open.empty());
  // West's own total gives a0 away unless a1 is hidden as well.
  std::set<std::string> hidden;
  for (const CellRange& r : result.ranges) hidden.insert(table.name_of(r.cell));
  EXPECT_TRUE(hidden.count("a=a1, b=b0")) << hidden.size();
  EXPECT_FALSE(hidden.count("a=a2, b=b0"));
}

TEST(Suppression, OrderOfRowsDoesNotMatter) {
  Table table = table_of({"a", "b"}, {4, 4}, random_counts(9, 16));
  SuppressionOptions options;
  options.cells.dimensions = {"a", "b"};
  const SuppressedTable first = suppressed(table, options, "t");
  for (Column& column : table.columns)
    std::visit(
        [](auto& v) {
          if constexpr (requires { v.begin(); }) std::reverse(v.begin(), v.end());
        },
        column.values);
  const SuppressedTable second = suppressed(table, options, "t");
  auto words = texts_of(*second.shown.find("suppressed"));
  words.resize(16);  // hidden zeros come after the rows
  std::reverse(words.begin(), words.end());
  auto expected = texts_of(*first.shown.find("suppressed"));
  expected.resize(16);
  EXPECT_EQ(words, expected);
}

TEST(Suppression, RatesBesideAHiddenCountAreHiddenToo) {
  Table table = table_of({"a", "b"}, {2, 2}, {3, 70, 80, 90});
  table.columns.push_back({"rate", "1", "", std::vector<double>{0.3, 7, 8, 9}});
  SuppressionOptions options;
  options.cells.dimensions = {"a", "b"};
  const SuppressedTable result = suppressed(table, options, "t");
  EXPECT_TRUE(std::isnan(numbers_of(*result.shown.find("rate"), "t")[0]));
  EXPECT_TRUE(std::isnan(numbers_of(*result.shown.find("count"), "t")[0]));
  EXPECT_EQ(texts_of(*result.shown.find("suppressed"))[0], "not shown");
}

TEST(Suppression, FewPersonsBehindManyExaminationsAreSmall) {
  Table table = table_of({"a", "b"}, {2, 2}, {40, 70, 80, 90});
  table.columns.push_back({"persons", "1", "", std::vector<std::int64_t>{2, 60, 70, 80}});
  SuppressionOptions options;
  options.cells.dimensions = {"a", "b"};
  options.cells.also = {"persons"};
  EXPECT_EQ(texts_of(*suppressed(table, options, "t").shown.find("suppressed"))[0], "not shown");
}

TEST(Suppression, NamesWhatCannotBeProtected) {
  // One cell in all: its total is it.
  const CellTable table = cells_of({1, 2}, {2, 0});
  const Suppression result = suppress(table, {5, 5, true});
  EXPECT_TRUE(result.open.empty()) << "the totals are hidden with it";
  CellTableOptions options;
  const Table odd = table_of({"a", "b"}, {2, 2}, {3, -7, 20, 30});
  options.dimensions = {"a", "b"};
  EXPECT_THROW(cell_table(odd, options, "t"), InputError);
  options.dimensions = {"a"};
  EXPECT_THROW(cell_table(table_of({"a", "b"}, {2, 2}, {3, 7, 20, 30}), options, "t"), InputError);
}

// Two columns of 2 x 2 combinations with 1, 2, 3 and 4 records.
TEST(Anonymity, CountsWhoSharesACombination) {
  Table table = table_of({"a", "b"}, {2, 2}, {1, 2, 3, 4});
  const CalibrationRecord record = anonymity(table, {"a", "b"}, "count", "", 3, "t");
  EXPECT_EQ(record.find("k_smallest")->value, 1);
  EXPECT_EQ(record.find("k_combinations")->value, 4);
  EXPECT_EQ(record.find("k_below")->value, 3);
  EXPECT_DOUBLE_EQ(record.find("k_share_below")->value, 0.3);
  // Without b: 1 + 2 and 3 + 4.
  const Table* columns = record.table("k_columns");
  EXPECT_EQ(numbers_of(*columns->find("smallest"), "t"), (std::vector<double>{4, 3}));
  table.columns[2] = {"patient", "", "", std::vector<std::string>{"p", "p", "q", "q"}};
  EXPECT_EQ(anonymity(table, {"a"}, "", "patient", 2, "t").find("k_smallest")->value, 1);
  // p is in two combinations of a and b, q in two others: two people, both in small combinations.
  EXPECT_EQ(anonymity(table, {"a", "b"}, "", "patient", 2, "t").find("k_below")->value, 2);
}

}  // namespace
}  // namespace snitt::activity
