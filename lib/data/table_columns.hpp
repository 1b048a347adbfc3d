#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"

/// Columns of a user's table, with errors that name row and column.
namespace snitt {

/// Throws InputError that lists the columns there are, as far as they are few, and names the option that says
/// which to take.
const Column& column_of(const Table& table, const std::string& name, const std::string& where,
                        const std::string& option = "");
/// "", "NA", "NaN", "nan" and "null".
bool is_missing(const std::string& text);
/// Whether the column holds words rather than numbers.
bool is_text(const Column& column);
/// Any column as text, "" for a missing value.
std::vector<std::string> texts_of(const Column& column);
/// Numbers, NaN for missing ones; throws InputError for text that is no number.
std::vector<double> numbers_of(const Column& column, const std::string& where);
/// Throws InputError for what is there and not above 0.
void require_positive(const std::vector<double>& numbers, const std::string& column,
                      const std::string& where);
/// Text of a column without gaps.
std::vector<std::string> names_of(const Table& table, const std::string& name, const std::string& where);

/// Every word once, sorted, and the position of each row's word.
struct Words {
  std::vector<std::string> names;
  std::vector<std::uint32_t> code;  ///< [row]
};
Words words_of(const std::vector<std::string>& texts);

}  // namespace snitt
