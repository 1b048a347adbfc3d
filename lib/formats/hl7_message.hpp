#pragma once
#include <string>
#include <string_view>
#include <vector>

/// HL7 version 2 in its pipes-and-hats encoding (chapter 2 of the standard).
namespace snitt::formats {

struct Hl7Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
};

/// One segment; fields count from 1 as the standard does (MSH-1 is the delimiter itself).
struct Hl7Segment {
  std::string name;                 ///< "PID"
  std::vector<std::string> fields;  ///< [field - 1], verbatim
  std::string_view field(std::size_t number) const {
    return number >= 1 && number <= fields.size() ? std::string_view(fields[number - 1]) : std::string_view();
  }
};

struct Hl7Message {
  Hl7Delimiters delimiters;
  std::vector<Hl7Segment> segments;
  std::size_t line = 0;  ///< 1-based, where it begins
  const Hl7Segment* find(std::string_view name) const;

  /// Component `component` (from 1) of repetition `repetition` (from 0), escapes resolved; "" when there is
  /// none, and for "" (two quotes: deleted on purpose).
  std::string text(const Hl7Segment& segment, std::size_t field, std::size_t component = 1,
                   std::size_t repetition = 0) const;
  std::size_t repetitions(const Hl7Segment& segment, std::size_t field) const;
};

/// Takes lines (or segments ended by CR) one after another, whatever frames them: MLLP's control bytes, batch
/// headers (FHS, BHS and their trailers), blank lines.
class Hl7Reader {
 public:
  /// A piece of text of any length. Whole messages become available.
  void add(std::string_view text);
  /// No more text comes: the last message is whole.
  void end();
  /// The next message; false when none is whole yet.
  bool next(Hl7Message& message);
  /// Segments outside of any message, or that are none: counted, with the line of the first.
  std::size_t strays() const { return strays_; }
  std::size_t first_stray_line() const { return first_stray_line_; }

 private:
  void take_segment(std::string_view text);
  std::string pending_;
  std::vector<Hl7Message> ready_;
  std::size_t given_ = 0;
  Hl7Message current_;
  bool open_ = false;
  std::size_t line_ = 0;
  std::size_t strays_ = 0;
  std::size_t first_stray_line_ = 0;
};

/// "20240305102030.123+0100" as "2024-03-05T10:20:30+01:00"; shorter ones as far as they go ("2024-03-05");
/// "" for what is no time stamp of HL7.
std::string iso_time_of_hl7(std::string_view time);

}  // namespace snitt::formats
