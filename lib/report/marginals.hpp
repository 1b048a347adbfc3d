#pragma once
#include "report/columns.hpp"

/// Rows of a table of counts that are sums of others: by a column ..._is_total, or by a word such as "total"
/// among the other words of a column. For the units of this room.
namespace snitt::report {

/// "total", "alle", "Both": what sums over a column are called.
bool is_total_word(const std::string& word);

/// The columns in which some rows have a total's word and others do not.
std::vector<std::string> marginal_columns(const Rows& rows);

/// Rows that may be added up by `shown` columns: sums over no word of these, and in every other marginal
/// column those of the total, so that nothing is counted twice.
std::vector<std::size_t> rows_by(const Rows& rows, const std::vector<std::string>& shown);

/// The table of some of its rows.
Table rows_of(const Table& table, const std::vector<std::size_t>& kept);

/// Rows that are no sums of others: without those that a column ..._is_total marks.
Table without_totals(const Table& table);

/// Without rows of any total, by a mark or by a word.
Table cells_alone(const Table& table);

}  // namespace snitt::report
