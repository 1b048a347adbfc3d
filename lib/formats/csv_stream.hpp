#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/text_source.hpp"

/// Delimited text (RFC 4180) of any length: one thread cuts it into pieces of whole records, many threads
/// parse pieces. Memory: the pieces in flight.
///
/// A quote opens a quoted cell only at the start of the cell; elsewhere it is a letter. A quoted cell may
/// hold delimiters, newlines and doubled quotes. Lines end with LF or CRLF; blanks around unquoted cells are
/// left out, empty lines are passed over. Where quoting is broken (a closing quote that something follows, or
/// none within the longest row), the line at which the record began is at fault, and the next line begins a
/// new record: what is wrong costs one line, wherever pieces are cut.
namespace snitt::formats {

struct CsvOptions {
  char delimiter = '\0';  ///< '\0': the most frequent of ; tab , | in the first line
  std::size_t longest_row = std::size_t{16} << 20;  ///< bytes
  std::size_t piece_bytes = std::size_t{1} << 20;
};

/// A line whose quoting is broken. Only the cutter can tell: the reason may lie beyond the piece.
struct BrokenLine {
  std::size_t begin = 0;
  std::size_t end = 0;   ///< before its newline
  std::size_t cell = 0;  ///< in which it was noticed
};

/// Whole records as they stand. Plain bytes, moved from the cutter to a parser.
struct CsvPiece {
  std::unique_ptr<char[]> text;  ///< `size` bytes and scan_padding more
  std::size_t size = 0;
  bool is_overlong = false;  ///< the start of one line that is longer than the longest row
  std::vector<BrokenLine> broken;
};

struct CsvCell {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

/// A row that could not be used. Lines count from 0 at the start of the piece.
struct CsvFault {
  std::size_t line = 0;
  std::string column;  ///< its name; "" when the row as a whole is at fault
  std::string reason;  ///< "has 13 cells; expected 14"; never a cell's content
  std::string text;    ///< the row, verbatim, without its line end; of an overlong one the start
};

/// A parsed piece.
class CsvRows {
 public:
  std::size_t rows() const { return row_begin_.size(); }
  /// [row]; without the quotes.
  std::span<const CsvCell> column(std::size_t index) const {
    return {cells_.data() + index * capacity_, rows()};
  }
  std::string_view text(CsvCell cell) const {
    return {cell.begin < size_ ? text_.get() + cell.begin : unescaped_.data() + (cell.begin - size_),
            cell.size};
  }
  /// The whole row without its line end.
  std::string_view row_text(std::size_t row) const { return {text_.get() + row_begin_[row], row_size_[row]}; }
  /// Lines before the row's first, in the piece.
  std::size_t line(std::size_t row) const { return row_line_[row]; }
  std::size_t lines() const { return lines_; }
  std::size_t blank_lines() const { return blank_; }
  const std::vector<CsvFault>& faults() const { return faults_; }

 private:
  friend class CsvParser;
  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::string unescaped_;  ///< cells that had doubled quotes; their `begin` counts on from size_
  std::vector<CsvCell> cells_;
  std::size_t capacity_ = 0;
  std::vector<std::uint32_t> row_begin_;
  std::vector<std::uint32_t> row_size_;
  std::vector<std::uint32_t> row_line_;
  std::size_t lines_ = 0;
  std::size_t blank_ = 0;
  std::vector<CsvFault> faults_;
};

/// The form of a file, known from its start.
struct CsvForm {
  std::vector<std::string> names;  ///< of the columns; "column 3" for one that has none
  std::string header;              ///< verbatim
  char delimiter = ',';
  std::size_t first_line = 2;  ///< 1-based, of the first record
  std::size_t longest_row = 0;
};

class CsvCutter {
 public:
  /// Reads the first line. `shown` names the text in messages. Throws InputError for an empty text, and for
  /// one whose lines end with CR alone.
  CsvCutter(TextSource& source, const std::string& shown, const CsvOptions& options);
  const CsvForm& form() const { return form_; }
  /// The next piece, in order; false at the end.
  bool next(CsvPiece& piece);
  /// Whether all that there is was handed out.
  bool is_done() const { return ended_ && size_ == 0; }

 private:
  bool fill(std::size_t target);
  std::size_t whole_records(std::vector<BrokenLine>& broken) const;
  void give(CsvPiece& piece, std::size_t bytes);
  void read_names(const std::string& shown);
  bool cut_overlong(CsvPiece& piece);
  TextSource& source_;
  CsvOptions options_;
  CsvForm form_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  bool ended_ = false;
};

/// Rows of a piece; safe to call from many threads.
CsvRows parse(CsvPiece piece, const CsvForm& form);

}  // namespace snitt::formats
