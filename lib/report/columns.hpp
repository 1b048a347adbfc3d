#pragma once
#include <map>
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

/// A table by names and rows; what is not there reads as "" and NaN.
class Rows {
 public:
  explicit Rows(const Table& table) : table_(table) {}
  std::size_t size() const { return table_.rows(); }
  /// Numbers, or words, under this name.
  bool has_numbers(const std::string& name) const { return !numbers(name).empty(); }
  bool has_words(const std::string& name) const { return !words(name).empty(); }
  double number(const std::string& name, std::size_t row) const;
  std::string word(const std::string& name, std::size_t row) const;
  /// The whole column; empty when it is not there or of another kind.
  const std::vector<double>& numbers(const std::string& name) const;
  const std::vector<std::string>& words(const std::string& name) const;
  /// Rows with this word in a column.
  std::vector<std::size_t> where(const std::string& name, const std::string& word) const;
  /// The words of a column, each once, in the order of their first appearance.
  std::vector<std::string> distinct(const std::string& name) const;
  const Table& table() const { return table_; }

 private:
  const Table& table_;
  mutable std::map<std::string, std::vector<double>> numbers_;
  mutable std::map<std::string, std::vector<std::string>> words_;
};

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
