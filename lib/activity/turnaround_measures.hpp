#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "activity/turnaround.hpp"

/// From moments of records to lengths of intervals.
namespace snitt::activity {

/// One measured length per record that has begun.
struct Measure {
  std::string name;
  std::string from;  ///< column that begins it, as is told in the results
  std::string to;
  std::vector<std::uint32_t> row;      ///< [value] of the table
  std::vector<double> begin_s;         ///< [value] UTC
  std::vector<double> end_s;           ///< [value] UTC; of open ones the extract date
  std::vector<std::uint8_t> finished;  ///< [value]
  std::vector<std::uint32_t>
      missing;  ///< [group] rows where the beginning is not known, or the end of what has ended
};

struct RecordMoments {
  std::vector<double> requested, arrived, examined, exam_end, preliminary,
      reported;                         ///< [row]; empty: no column
  std::vector<std::uint8_t> counted;    ///< [row]: 0 for excluded rows
  std::vector<std::uint8_t> completed;  ///< [row]: the status says so; empty: no status column
  std::vector<std::pair<std::string, double>> accounting;  ///< what, rows
  std::vector<std::string> reasons;  ///< what was asked to be left out and is not there
  double as_of_s = 0;
};

RecordMoments record_moments(const Table& records, const std::string& where,
                             const TurnaroundOptions& options);
std::vector<Measure> measures_of(const RecordMoments& moments, const RecordGroups& groups,
                                 bool report_from_start);

}  // namespace snitt::activity
