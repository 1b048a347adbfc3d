#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/table.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// A table of counts as plans print it. One column of words: a row per word with its share, and the total.
/// Two: the words of one in rows, of the other in columns, with sums; where the columns are three or fewer
/// also their shares in each row. More: the first two that fit, summed over the others. Years may be the
/// columns. Empty when the table is not of counts, has total rows alone, or is too large to be read (40 by
/// 14). Where a count is missing (it may be withheld) no sum over it is told. Second: what it is by.
std::pair<Table, std::string> cross_table(const Table& counts, const Wording& wording);

/// Of columns that are there in both languages (NAME_no and NAME_en) those of the page's.
Table in_language(const Table& table, const Wording& wording);

}  // namespace snitt::report
