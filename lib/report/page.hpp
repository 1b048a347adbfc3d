#pragma once
#include <string>
#include <vector>

namespace snitt::report {

/// A web page of one file: no script, no link to anything outside, readable in dark and light, with a print
/// style. Well-formed as XML. Built from top to bottom; plain texts are escaped, `html` and `svg` are not.
class Page {
 public:
  explicit Page(const std::string& title);

  void heading(const std::string& text);
  void paragraph(const std::string& text);
  void list(const std::vector<std::string>& texts);
  /// A figure with its caption.
  void figure(const std::string& svg, const std::string& caption);
  /// Columns of text; `numbers` says which are set flush right. What follows a line break in a cell is set
  /// below it, smaller.
  void table(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
             const std::vector<bool>& numbers);
  /// A word in a colour: "good" green, everything else amber.
  void verdict(const std::string& word, const std::string& more);
  void footer(const std::string& text);

  std::string finish() const;

 private:
  std::string content_;
};

}  // namespace snitt::report
