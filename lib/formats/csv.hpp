#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "data/table.hpp"

/// Tables as text (RFC 4180), as spreadsheets of any country save them.
namespace snitt::formats {

/// Cells as text. Cells are separated by comma, semicolon or tab, whichever is most frequent in the first
/// line; they may be quoted; lines end with LF or CRLF; a UTF-8 byte order mark is passed over; empty lines
/// are left out.
struct CsvText {
  std::string path;
  char separator = ',';
  std::vector<std::string> names;              ///< of the columns, from the first line
  std::vector<std::vector<std::string>> rows;  ///< [row, column]
  std::vector<std::size_t> lines;              ///< [row] 1-based line of the file
};

/// Throws InputError naming the line: another number of cells than names, a quote without end, bytes that are
/// not text (UTF-16 is named), a name that is empty or there twice, no line at all.
CsvText read_csv_text(const std::string& path);

/// Position of a column; throws InputError that lists the names there are.
std::size_t column_index(const CsvText& csv, const std::string& name);

/// A cell as a number: with a decimal comma where the comma does not separate cells; NaN for "", "NA", "NaN"
/// and "null". Throws InputError naming line, column and value.
double csv_number(const CsvText& csv, std::size_t row, std::size_t column);

/// Reads with types. A column is
/// - whole numbers (int64) when every cell is one; doubles when every cell is a number or missing ("", "NA",
/// "NaN", "null");
/// - true/false (uint8) when every cell is one of these words;
/// - text otherwise, and whenever a cell has a leading zero ("0301" is a municipality, not 301) or more
/// digits than a double holds. Numbers may have a decimal comma where the comma does not separate cells.
/// "dose [mGy]" is column "dose" in units "mGy".
Table read_csv(const std::string& path);

/// Writes with commas, decimal points and LF; a missing value is an empty cell; units follow the name in
/// brackets. Numbers are the shortest that read back the same. Throws OutputError.
void write_csv(const std::string& path, const Table& table, IfExists if_exists);

}  // namespace snitt::formats
