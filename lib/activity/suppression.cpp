#include "activity/suppression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "base/words.hpp"
#include "data/row_table.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// One word for both: to know which cells are small would narrow what they can be.
std::string word_of(const Suppression& suppression, std::size_t cell) {
  return suppression.is_hidden(cell) ? "not shown" : "";
}

/// Numbers of hidden rows are missing, whole numbers become doubles for that.
void blank(Column& column, const std::vector<std::uint8_t>& hidden) {
  std::vector<double> values;
  if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values))
    values.assign(wholes->begin(), wholes->end());
  else if (const auto* flags = std::get_if<std::vector<std::uint8_t>>(&column.values))
    values.assign(flags->begin(), flags->end());
  else if (const auto* reals = std::get_if<std::vector<double>>(&column.values))
    values = *reals;
  else
    return;
  for (std::size_t row = 0; row < values.size(); ++row)
    if (hidden[row]) values[row] = nan;
  column.values = std::move(values);
}

/// A row for a hidden cell that had none, because its count is 0.
void append_hidden_zero(Table& table, const CellTable& cells, std::size_t cell) {
  const std::vector<std::size_t> nodes = cells.nodes_of(cell);
  for (Column& column : table.columns) {
    std::string word;
    for (std::size_t d = 0; d < nodes.size(); ++d)
      if (cells.dimensions[d].name == column.name) word = cells.dimensions[d].nodes[nodes[d]];
    if (auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
      texts->push_back(word);
    } else if (auto* words = std::get_if<Categorical>(&column.values)) {
      const auto at = std::find(words->categories.begin(), words->categories.end(), word);
      words->codes.push_back(
          at == words->categories.end() ? -1 : static_cast<std::int32_t>(at - words->categories.begin()));
    } else if (auto* reals = std::get_if<std::vector<double>>(&column.values)) {
      reals->push_back(word.empty() ? nan : std::stod(word));
    } else if (auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values)) {
      wholes->push_back(word.empty() ? 0 : std::stoll(word));
    } else {
      std::get<std::vector<std::uint8_t>>(column.values).push_back(word == "1" || word == "true");
    }
  }
}

/// Only these rows: which combinations occur tells of them, too.
void keep_rows(Table& table, const std::vector<std::size_t>& rows) {
  const auto keep = [&](auto& values) {
    std::remove_reference_t<decltype(values)> kept;
    for (const std::size_t row : rows) kept.push_back(values[row]);
    values = std::move(kept);
  };
  for (Column& column : table.columns)
    std::visit(
        [&](auto& values) {
          if constexpr (requires { values.codes; })
            keep(values.codes);
          else
            keep(values);
        },
        column.values);
}

Table shown_rows(const Table& table, const CellTable& cells, const Suppression& suppression) {
  Table shown = table;
  std::vector<std::size_t> rows;
  std::vector<std::uint8_t> hidden;
  std::vector<std::string> words;
  for (std::size_t row = 0; row < cells.row_cell.size(); ++row) {
    const std::size_t cell = cells.row_cell[row];
    if (!cells.published[cell]) continue;
    rows.push_back(row);
    hidden.push_back(suppression.is_hidden(cell));
    words.push_back(word_of(suppression, cell));
  }
  keep_rows(shown, rows);
  for (Column& column : shown.columns) {
    const bool dimension = std::any_of(cells.dimensions.begin(), cells.dimensions.end(),
                                       [&](const CellDimension& d) { return d.name == column.name; });
    if (!dimension) blank(column, hidden);
  }
  const std::set<std::size_t> present(cells.row_cell.begin(), cells.row_cell.end());
  for (std::size_t cell = 0; cell < cells.cells(); ++cell)
    if (cells.is_interior(cell) && suppression.is_hidden(cell) && !present.count(cell)) {
      append_hidden_zero(shown, cells, cell);
      words.push_back(word_of(suppression, cell));
    }
  shown.columns.push_back({"suppressed", "", "why the numbers are not shown; empty where they are", words});
  return shown;
}

/// Dimensions and count of every published total.
Table totals(const CellTable& cells, const Suppression& suppression) {
  std::vector<RowTable::Heading> headings;
  for (const CellDimension& d : cells.dimensions) headings.push_back({d.name, "", "value, group or total"});
  headings.push_back({"count", "1", "missing where it is not shown"});
  headings.push_back({"suppressed", "", "why it is not shown"});
  RowTable rows(headings);
  for (std::size_t cell = 0; cell < cells.cells(); ++cell) {
    if (!cells.published[cell] || cells.is_interior(cell)) continue;
    std::vector<RowTable::Cell> row;
    const std::vector<std::size_t> nodes = cells.nodes_of(cell);
    for (std::size_t d = 0; d < nodes.size(); ++d) row.emplace_back(cells.dimensions[d].nodes[nodes[d]]);
    row.emplace_back(suppression.is_hidden(cell) ? nan : cells.count[cell]);
    row.emplace_back(word_of(suppression, cell));
    rows.add(row);
  }
  return rows.table();
}

Table audit_table(const CellTable& cells, const Suppression& suppression) {
  RowTable rows({{"cell", "", "that is not shown"},
                 {"low", "1", "smallest count that fits what is shown"},
                 {"high", "1", "largest; missing where nothing bounds it"}});
  for (const CellRange& r : suppression.ranges)
    rows.add({cells.name_of(r.cell), r.low, std::isinf(r.high) ? nan : r.high});
  return rows.table();
}

std::size_t number_of(const std::vector<std::uint8_t>& marks) {
  return static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
}

}  // namespace

SuppressedTable suppressed(const Table& table, const SuppressionOptions& options, const std::string& where) {
  if (table.find("suppressed"))
    throw InputError("{}: has a column 'suppressed' already; expected the table before suppression", where);
  const CellTable cells = cell_table(table, options.cells, where);
  const Suppression suppression = suppress(cells, options.rule);
  double narrowest = std::numeric_limits<double>::infinity();
  for (const CellRange& r : suppression.ranges) {
    narrowest = std::min(narrowest, r.high - r.low);
  }
  SuppressedTable result{shown_rows(table, cells, suppression),
                         {},
                         number_of(suppression.primary),
                         number_of(suppression.secondary),
                         suppression.open.size()};
  CalibrationRecord& record = result.record;
  record.method = "cell suppression";
  record.summary = {
      plain("cells_published", static_cast<double>(number_of(cells.published)), "1", "totals included"),
      plain("cells_hidden", static_cast<double>(suppression.ranges.size()), "1", "not shown")};
  if (!suppression.ranges.empty() && std::isfinite(narrowest))
    record.summary.push_back(plain("narrowest_range", narrowest, "1",
                                   "width that a reader is left with for the most exposed hidden cell"));
  record.tables = {{"totals", totals(cells, suppression)}};
  for (std::size_t i = 0; i < suppression.open.size() && i < 5; ++i)
    record.reasons.push_back(fmt::format(
        "{} can be worked out to within {}, and hiding more does not help: merge categories or publish fewer "
        "totals (--publish)",
        cells.name_of(suppression.open[i]), options.rule.margin));
  if (suppression.open.size() > 5)
    record.reasons.push_back(fmt::format("… and {} more cells like that", suppression.open.size() - 5));
  if (suppression.hidden_zeros > 0)
    record.reasons.push_back(
        counted(suppression.hidden_zeros, "zero") +
        " had to be hidden although zeros are shown: there was nothing else to protect small cells with");
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.tables.emplace_back("audit", audit_table(cells, suppression));
  return result;
}

}  // namespace snitt::activity
