#pragma once
#include <map>
#include <string>
#include <vector>

#include "activity/record_piece.hpp"

/// Pieces of records, one after another, as one table: the part of extraction that is done in order.
namespace snitt::activity {

/// A word that the mapping does not know, in a column whose words are few.
struct UnknownWord {
  std::string column;
  std::string word;
  std::string taken_as;
  std::size_t rows = 0;
};

/// What was noticed in the rows.
struct RecordFacts {
  std::size_t rows = 0;
  std::size_t impossible_ages = 0;
  std::map<std::string, TimeFacts> times;  ///< by column; lines are those of the file
  std::vector<UnknownWord> unknown;
};

class RecordMerger {
 public:
  /// `numbered`: keys become running numbers, because the text is too short to hide a key in.
  RecordMerger(const RecordPlan& plan, bool numbered);
  /// A block of the table; codes count on from those of the pieces before. `line`: of the file, at which the
  /// piece begins.
  Table merge(RecordPiece&& piece, const std::string& source, std::size_t line);
  /// Of the columns of words, in their order. Persons' are pseudonyms: HMAC-SHA256 with the plan's secret,
  /// its first 128 bits in hexadecimal digits, or running numbers.
  std::vector<TextList> categories() const;
  const RecordFacts& facts() const { return facts_; }

 private:
  struct Words {
    Dictionary raw;
    std::vector<std::int32_t> code_of_raw;
    Dictionary words;
    std::vector<std::size_t> unknown_of_raw;  ///< 1 + position in facts_.unknown
  };
  std::int32_t resolve(const PlannedColumn& planned, Words& words, std::string_view word);
  void merge_words(std::size_t index, const PieceColumn& column, std::vector<std::int32_t>& codes);
  void merge_persons(std::size_t index, const PieceColumn& column, std::vector<std::int32_t>& codes);
  void merge_times(const PlannedColumn& planned, const TimeFacts& times, std::size_t line);
  std::vector<std::int64_t> numbered(Numbering& numbering, std::vector<std::int64_t>&& keys) const;

  const RecordPlan& plan_;
  bool numbered_;
  std::vector<Column> columns_;
  std::vector<Words> words_;  ///< as planned
  std::vector<Numbering> numberings_;
  Numbering row_numbering_;
  Dictionary sources_;
  RecordFacts facts_;
};

/// The codes of a cell, each in large letters, joined by '/'.
std::string joined_codes(std::string_view cell, std::string_view separators);
/// Codes joined by '/', with the shape ("99999999999") of those that look like a person's number: ten to twelve
/// digits in a row, or six and more among other signs than a code's.
std::string without_identifiers(std::string_view codes);
/// Runs of six digits and more as "***": numbers in free texts may be persons'.
std::string without_long_numbers(std::string_view text);

}  // namespace snitt::activity
