#pragma once
#include <string>
#include <vector>

#include "base/sip_hash.hpp"
#include "base/time_zone.hpp"
#include "data/table.hpp"
#include "formats/activity_mapping.hpp"
#include "formats/csv_stream.hpp"
#include "formats/date_text.hpp"

/// What becomes of each column of an export, worked out once before its rows are read.
namespace snitt::activity {

struct PlannedColumn {
  formats::FieldRule rule;
  formats::FieldMapping mapping;
  std::string units;
  bool is_constant = false;
  std::string constant;
  bool has_vocabulary = false;  ///< words that are not known are listed
  std::vector<formats::DateForm> forms;
  SipKey key;                     ///< of digests
  std::vector<std::size_t> from;  ///< columns of the file; set by `placed`
};

struct RecordPlan {
  std::vector<PlannedColumn> columns;
  std::vector<std::string> missing;
  TimeZone zone = TimeZone::utc();
  SipKey row_key;
  bool decimal_comma = false;
  std::string secret;  ///< key of the persons' pseudonyms; "" for running numbers
  /// Positions in `columns`; -1 where there is none.
  int examined = -1;
  int birth_date = -1;
  int birth_year = -1;
  int age = -1;
  bool has_age() const { return age >= 0 || ((birth_date >= 0 || birth_year >= 0) && examined >= 0); }
  bool has_birth_year() const { return birth_year >= 0 || birth_date >= 0; }
};

/// Throws InputError for a time zone that is not known.
RecordPlan make_plan(const formats::ActivityMapping& mapping);
/// Digests get their keys: from `secret`, or where there is none from `salt`, which no reader of the output
/// has.
void set_keys(RecordPlan& plan, const std::string& secret, std::string_view salt);
/// The plan for a file with these columns. Throws InputError naming a column that is not there.
RecordPlan placed(RecordPlan plan, const std::vector<std::string>& names, const std::string& path);
/// The columns of the table of examinations, without values, in their order.
std::vector<Column> record_columns(const RecordPlan& plan);

}  // namespace snitt::activity
