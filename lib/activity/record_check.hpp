#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/activity_columns.hpp"
#include "data/table.hpp"

/// What is odd about records of examinations, before anybody counts them. Nothing is changed or left out.
namespace snitt::activity {

enum class Gravity {
  note,     ///< worth knowing
  warning,  ///< may bend figures
  error     ///< cannot be
};
const char* name_of(Gravity gravity);

struct Finding {
  std::string check;  ///< "missing month", "duplicate", "level shift", …
  Gravity gravity = Gravity::warning;
  std::string source;
  std::string provider;
  std::string column;
  std::string value;     ///< a word, a month; never an identifier
  double rows = 0;       ///< that it is about
  double of = 0;         ///< rows that were looked at
  double first_row = 0;  ///< in its source, where there is one place to look; 0: none
  std::string message;   ///< a sentence that says what it means and what to do
};

/// Categories of the word columns, by column.
using CategoryLists = std::map<std::string, std::vector<std::string>>;

/// A column of numbers; NaN everywhere for one that is not there.
class NumberView {
 public:
  explicit NumberView(const Column* column);
  bool is_there() const { return reals_ || wholes_; }
  double operator[](std::size_t row) const;
  std::int64_t whole(std::size_t row) const { return wholes_ ? (*wholes_)[row] : 0; }

 private:
  const std::vector<double>* reals_ = nullptr;
  const std::vector<std::int64_t>* wholes_ = nullptr;
};

/// A column of words; code -1 and "" everywhere for one that is not there.
class WordView {
 public:
  WordView(const Column* column, const CategoryLists& categories);
  bool is_there() const { return codes_ != nullptr; }
  std::int32_t code(std::size_t row) const { return codes_ ? (*codes_)[row] : -1; }
  const std::string& operator[](std::size_t row) const;

 private:
  const std::vector<std::int32_t>* codes_ = nullptr;
  const std::vector<std::string>* words_ = nullptr;
};

/// Some rows of one table.
class RecordBlock {
 public:
  RecordBlock(const Table& rows, const CategoryLists& categories, std::size_t first);
  std::size_t rows() const { return table_.rows(); }
  NumberView numbers(const char* column) const { return NumberView(table_.find(column)); }
  WordView words(const char* column) const { return {table_.find(column), categories_}; }
  /// [row]: its number in its source, or in the table where the source's is not known.
  std::vector<double> rows_of_source() const;

 private:
  const Table& table_;
  const CategoryLists& categories_;
  std::size_t first_;
};

/// What is kept per source and provider, found by their codes within a block.
template <typename Group>
class GroupsByProvider {
 public:
  using Key = std::pair<std::string, std::string>;
  class InBlock {
   public:
    InBlock(std::map<Key, Group>& groups, const RecordBlock& block);
    Group& of(std::size_t row) {
      Group*& place = known_[{source_.code(row), provider_.code(row)}];
      if (!place) place = &groups_[{source_[row], provider_[row]}];
      return *place;
    }

   private:
    std::map<Key, Group>& groups_;
    WordView source_;
    WordView provider_;
    std::map<std::pair<std::int32_t, std::int32_t>, Group*> known_;
  };
  InBlock in(const RecordBlock& block) { return InBlock(groups_, block); }
  const std::map<Key, Group>& all() const { return groups_; }

 private:
  std::map<Key, Group> groups_;
};

template <typename Group>
GroupsByProvider<Group>::InBlock::InBlock(std::map<Key, Group>& groups, const RecordBlock& block)
    : groups_(groups),
      source_(block.words(activity_columns::source)),
      provider_(block.words(activity_columns::provider)) {}

/// One rule, fed block by block, memory bounded by the number of groups (duplicates: 16 bytes a row).
class RecordCheck {
 public:
  virtual ~RecordCheck() = default;
  virtual std::vector<std::string> columns() const = 0;  ///< that it reads
  virtual void add(const RecordBlock& block) = 0;
  virtual void finish(std::vector<Finding>& findings) = 0;
};

struct CheckOptions {
  double extracted_s = 0;  ///< when the data were taken (UTC seconds); later times are in the future
  std::set<std::string> known_codes;  ///< empty: not checked
  std::set<std::string> known_providers;
  double default_share = 0.9;  ///< a word or time of day this frequent may be a default
  double shift_ratio = 1.3;    ///< smallest lasting change of a monthly level that is told
  double few_per_month = 10;   ///< series below this are too small for gaps and shifts
};

/// All checks, in the order in which they are reported.
std::vector<std::unique_ptr<RecordCheck>> record_checks(const CheckOptions& options);

/// Columns check, gravity, source, provider, column, value, rows, of, share, first_row, message.
Table findings_table(const std::vector<Finding>& findings);

}  // namespace snitt::activity
