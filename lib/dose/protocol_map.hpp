#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"

/// From the names that sites give their protocols to standard examinations.
namespace snitt::dose {

/// One line of the patterns' table.
struct ProtocolRule {
  std::string site;     ///< pattern of institution, station or scanner; "" for any
  std::string field;    ///< column that is looked at; "" for any of protocol, study_description, procedure
  std::string pattern;  ///< see name_pattern.hpp
  std::string exam;     ///< standard examination; "-" for what is none
  std::size_t line = 0;
};

/// Columns pattern and exam, and site and field if there are. Throws InputError naming the line: an empty
/// pattern or exam, a missing column.
std::vector<ProtocolRule> read_protocol_rules(const std::string& path);

struct ProtocolMapping {
  Table table;     ///< the input with the columns exam and exam_rule (line of the rule, 0 for none)
  Table unmapped;  ///< names that no rule fits: rows, institution, protocol, study_description, procedure;
                   ///< most frequent first
  std::vector<std::size_t> unused_rules;  ///< lines of rules that fitted nothing
  std::size_t rows = 0;                   ///< that count: typical ones, where the table tells, else all
  std::size_t mapped_rows = 0;            ///< of these
};

/// Rules with a site are tried first, then the others, each in their order; the first that fits decides.
/// Throws InputError when the table has none of the columns that are looked at.
ProtocolMapping map_protocols(const Table& table, const std::vector<ProtocolRule>& rules);

}  // namespace snitt::dose
