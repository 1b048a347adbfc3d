#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snitt::formats {

/// Reads a text of blank-separated words, and of lines where they matter, telling its line in messages.
class WordScanner {
 public:
  /// Messages name `path`; `text` outlives the scanner.
  WordScanner(std::string path, std::string_view text, std::size_t position = 0);

  /// The next word, over line ends; "" at the end of the text.
  std::string_view word();
  /// The rest of this line without blanks at both ends; the position is behind its end.
  std::string_view line();
  bool at_end();
  /// The next word as a number; `what` is "x" or "count". Throws InputError for another word or none.
  double number(std::string_view what);
  /// A whole number from 0 to `most`.
  std::uint64_t count(std::string_view what, std::uint64_t most);

  std::size_t position() const { return position_; }
  std::size_t line_number() const;

 private:
  std::string path_;
  std::string_view text_;
  std::size_t position_;
};

}  // namespace snitt::formats
