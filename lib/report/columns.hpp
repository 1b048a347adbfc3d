#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/table.hpp"

/// Columns of tables as plots want them.
namespace snitt::report {

/// Numbers as doubles; nothing for a column of text.
std::optional<std::vector<double>> numbers_of(const Column& column);
/// Words, "" for a missing one; nothing for a column of numbers.
std::optional<std::vector<std::string>> words_of(const Column& column);

/// "error (mm)": without the unit at its end, underscores as blanks; "v (px)".
std::string label_of(const Column& column);

/// Rows by the word in a column, in the order of their first appearance; one group without a name when the
/// table has none of the columns `candidates` or they have more than six words.
struct RowGroups {
  std::vector<std::string> names;
  std::vector<std::size_t> group;  ///< [row]
};
RowGroups grouped_rows(const Table& table, const std::vector<std::string>& candidates);

}  // namespace snitt::report
