#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "formats/dicom_studies.hpp"

/// Studies of a PACS by C-FIND (study root, level STUDY).
namespace snitt::formats {

struct PacsAddress {
  std::string host;
  int port = 104;
  std::string called_title = "ANY-SCP";
  std::string calling_title = "SNITT";
  int timeout_s = 60;
};

/// "AETITLE@host:104". Throws UsageError.
PacsAddress pacs_address(const std::string& text);

struct PacsAccount {
  std::size_t queries = 0;
  std::size_t answers = 0;
  std::size_t studies = 0;          ///< told apart by StudyInstanceUID
  std::size_t full_slices = 0;      ///< slices that were cut finer because the answer was as long as allowed
  std::vector<std::string> capped;  ///< slices of one minute that still were: studies may be missing
};

struct PacsQuery {
  std::string first_day;  ///< "2024-01-01"
  std::string last_day;   ///< included
  /// An archive that answers with this many studies may have more: the day is asked again hour by hour, an
  /// hour minute by minute. Many archives cap their answers without a word.
  std::size_t limit = 100;
};

/// Asks day by day, anew where the association breaks (twice). Throws InputError naming host, query and what
/// the archive said.
std::vector<ExamRow> query_pacs(const PacsAddress& address, const PacsQuery& query, PacsAccount& account,
                                Monitor& monitor);

}  // namespace snitt::formats
