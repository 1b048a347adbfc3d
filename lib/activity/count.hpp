#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "activity/catchment_map.hpp"
#include "activity/code_list.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "store/table_stream.hpp"

/// Examinations counted from records, with every row that was not counted accounted for.
namespace snitt::activity {

/// What is counted once.
enum class CountUnit { row, exam, accession, study, contact, code };
const char* name_of(CountUnit unit);

/// A share of the work: records whose key falls to it, so that the counts of all shares add up.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

struct CountSettings {
  std::vector<std::vector<std::string>> tables;  ///< dimensions of each table of counts
  CountUnit unit = CountUnit::exam;
  bool persons = false;  ///< also different patients in every cell
  CodeList codes;
  std::optional<CatchmentMap> catchment;
  std::vector<std::string> excluded_status{"cancelled", "no-show", "rejected", "scheduled"};
  std::vector<std::string> secondary_codes{"ZTX0BC"};
  bool keep_duplicates = false;
  std::optional<double> as_of_s;          ///< UTC; examinations after it are in the future
  std::optional<std::int64_t> from_day;   ///< first local day counted, in days since 1970
  std::optional<std::int64_t> until_day;  ///< last
  std::vector<std::pair<std::string, std::vector<std::string>>>
      where;  ///< dimension and the words that count
  Shard shard;
  std::size_t memory_bytes = std::size_t{256} << 20;  ///< for finding repeated keys
};

/// A row that was not counted as a unit of its own.
struct UncountedRow {
  std::string source;
  std::int64_t row = 0;
  std::string rule;
};

struct CountResult {
  std::vector<std::pair<std::string, Table>> tables;  ///< name "modality,sector": dimensions, count, persons
  CalibrationRecord record;                           ///< reconciliation, conflicts, unmatched codes, basis
  std::size_t counted = 0;
};

/// Names of the derived dimensions; any column of words, and age and birth_year, are dimensions too.
const std::vector<std::string>& derived_dimensions();

/// Rules in their order, each row falling to the first: the excluded statuses, "duplicate" (a row whose
/// fingerprint was there), "secondary reading", "additional codes only", "future", "no date" and "outside
/// period" (when a period is given), "filter"; then rows of one unit are merged, the earliest standing for
/// them. Rows in is always the sum of what was excluded, merged and counted, or the tool has a bug.
/// `uncounted`, when given, gets every row that was not counted. Memory does not grow with rows beyond some
/// three bytes for each. Throws InputError naming a dimension whose column no input has.
CountResult count_records(const std::vector<std::string>& paths, const CountSettings& settings,
                          std::vector<UncountedRow>* uncounted, Monitor& monitor);

}  // namespace snitt::activity
