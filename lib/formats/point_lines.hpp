#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/point_set.hpp"
#include "formats/point_file.hpp"

/// What the readers of landmarks share.
namespace snitt::formats {

/// What a file says of its numbers.
enum class Space { unsaid, lps, ras, indices };

/// Points as they stand in a file.
struct RawPoints {
  PointSet set;
  Space space = Space::unsaid;
  std::size_t unplaced = 0;  ///< left out: their user has not placed them
};

/// A text file in lines, without carriage returns.
struct PointText {
  std::string path;
  std::string content;
  std::vector<std::string_view> lines;  ///< of `content`
};

/// Throws InputError for bytes that are not text and for files too large for landmarks.
std::string point_text_of(const std::string& path);
std::vector<std::string_view> lines_of(std::string_view content);

/// "LPS", "RAS", "IJK" or their numbers 1, 0, 2. Throws InputError that names `where`.
Space space_from_word(std::string_view word, const std::string& where);
/// A finite number. Throws InputError naming path, line and word; `what` is "x" or "weight".
double number_in_line(const std::string& path, std::size_t line, std::string_view word,
                      std::string_view what);

/// A table with columns of coordinates.
RawPoints read_point_csv(const std::string& path);
/// From what the file says, or what `options` say of it, to LPS millimetres. Throws InputError.
void turn_to_lps(RawPoints& raw, const PointFileOptions& options, const std::string& path);

RawPoints read_fcsv(const std::string& path, const std::string& content);
RawPoints read_markups_json(const std::string& path, const std::string& content);

}  // namespace snitt::formats
