#pragma once
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "activity/dictionary.hpp"
#include "activity/record_plan.hpp"

/// A piece of an export as columns of values: the part of extraction that many threads do at once.
namespace snitt::activity {

/// Missing in a column of int64 keys.
inline constexpr std::int64_t no_key = -1;

/// What was noticed in one column of times.
struct TimeFacts {
  std::size_t missing = 0;
  std::size_t without_hour = 0;
  std::size_t never = 0;  ///< fell into the hour that is left out in spring
  std::size_t twice = 0;  ///< fell into the hour that is there twice
  struct Form {
    std::size_t rows = 0;
    std::size_t first_line = std::numeric_limits<std::size_t>::max();
  };
  std::vector<Form> forms;  ///< of the column's forms
};

struct PieceColumn {
  std::vector<std::int32_t> codes;  ///< into words
  LocalWords words;
  std::deque<std::string> made;  ///< words that are not in the text as they stand
  std::vector<double> numbers;
  std::vector<std::int64_t> keys;
  TimeFacts times;
};

struct RecordPiece {
  formats::CsvRows text;  ///< the words look into it
  std::size_t rows = 0;
  std::vector<PieceColumn> columns;  ///< as planned
  std::vector<double> age;
  std::vector<double> birth_year;
  std::vector<double> utc_offset;
  std::vector<std::int64_t> line;  ///< from the start of the piece
  std::vector<std::int64_t> fingerprint;
  std::vector<formats::CsvFault> faults;  ///< in the order of their lines
  std::size_t impossible_ages = 0;
};

/// Rows with a cell that cannot be read are left out and become faults, whose reasons never quote a cell.
RecordPiece convert(formats::CsvRows text, const RecordPlan& plan);

/// "31.12.2024" as "99.99.9999": what a cell looks like, without what it says.
std::string shape_of(std::string_view cell);
/// A national number (10 to 12 digits) without blanks, hyphens and points: "010190 12345" is "01019012345".
/// False for everything else, in which such letters may tell one number from another.
bool normalize_identifier(std::string_view cell, std::string& out);

}  // namespace snitt::activity
