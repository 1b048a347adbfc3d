#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "report/wording.hpp"

namespace snitt::report {

/// A web page of one file: no link to anything outside, readable in dark and light, with a print style, and
/// whole without a script. Where a table can be sorted the page holds a few lines of script for it; a policy
/// in its head allows these by their digest and nothing else, so that nothing in a name can run. Well-formed
/// as XML. Built from top to bottom; plain texts are escaped, `html` and `svg` are not.
class Page {
 public:
  explicit Page(const std::string& title, const Wording& wording = Wording());

  /// The table of contents stands here: all headings.
  void contents();
  /// Headings of two levels, with the name by which a link finds it (one is made up where none is given).
  void heading(const std::string& text, const std::string& id = "");
  void subheading(const std::string& text);
  void paragraph(const std::string& text);
  /// Smaller: what a table or figure needs said beside it.
  void note(const std::string& text);
  void list(const std::vector<std::string>& texts);
  /// A note that leads to the heading of that name.
  void link(const std::string& text, const std::string& id);
  /// What tools say, in their language, under the names of what they say it of, with links there.
  struct Remark {
    std::string about;
    std::string link;  ///< name of a heading
    std::vector<std::string> texts;
  };
  void remarks(const std::vector<Remark>& remarks);
  /// A figure with its caption.
  void figure(const std::string& svg, const std::string& caption);
  /// A picture of bytes that are PNG, with what it shows in words.
  void picture(std::span<const std::byte> png, const std::string& description);
  /// Columns of text; `numbers` says which are set flush right. What follows a line break in a cell is set
  /// below it, smaller.
  void table(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
             const std::vector<bool>& numbers);
  /// What follows, up to end_fold, is shown when the reader opens it.
  void fold(const std::string& summary);
  void end_fold();
  /// A word in a colour: "good" green, everything else amber.
  void verdict(const std::string& word, const std::string& more);
  void code(const std::vector<std::string>& lines);
  void footer(const std::string& text);
  void html(const std::string& html) { content_ += html; }
  /// Tables of class "sortable" get buttons in their heads.
  void allow_sorting() { sortable_ = true; }

  const Wording& wording() const { return wording_; }
  std::string finish() const;

 private:
  void add_heading(int level, const std::string& text, std::string id);
  struct Entry {
    int level;
    std::string id;
    std::string text;
  };
  std::string title_;
  Wording wording_;
  std::string content_;
  std::vector<Entry> entries_;
  std::size_t contents_at_ = std::string::npos;
  bool sortable_ = false;
};

}  // namespace snitt::report
