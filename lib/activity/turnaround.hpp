#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "activity/basis.hpp"
#include "activity/record_times.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"

namespace snitt::activity {

struct TurnaroundOptions {
  std::vector<std::string> by;
  std::vector<std::pair<std::string, std::string>> exclude;  ///< column, value: rows left out
  std::vector<double> limit_hours;
  std::vector<double> limit_days;  ///< by local dates: reported on the 28th day after the examination's date
  std::optional<double> as_of_s;   ///< when the table was drawn; the latest moment in it by default
  std::vector<double> list_at_s;   ///< moments at which the waiting list is counted
  std::optional<std::pair<double, double>> working_hours_s;  ///< seconds after local midnight
  WorkCalendar calendar{"none"};
  TimeZone zone = TimeZone::utc();
  bool report_from_start = false;  ///< reporting is measured from the examination's start, not its end
  std::vector<BasisEntry> basis;
};

struct TurnaroundResult {
  Table intervals;  ///< one row per measure, clock and group
  CalibrationRecord record;
  std::string text;  ///< medians by group for a person; empty where there are no groups
};

/// Intervals of records with activity columns (moments as seconds or text): wait (requested to examined),
/// arrival (arrived to examined), examination (examined to exam_end), first_report (exam_end to the earlier
/// of preliminary and reported), report (exam_end to reported), total (requested to reported), as far as
/// their columns are there. Rows whose status says cancelled, no-show or rejected, and rows that begin after
/// the extract date, are left out and counted. What has begun and not ended is censored at that date.
/// Negative intervals are counted and in no statistic. Quantiles are of type 7 among those that ended; Kaplan
/// and Meier's use all. Tables: limits, curves, log_rank, waiting_list, waiting_ages, accounting, basis.
/// Throws InputError where no interval has its columns.
TurnaroundResult turnaround(const Table& records, const std::string& where, const TurnaroundOptions& options,
                            Monitor& monitor);

}  // namespace snitt::activity
