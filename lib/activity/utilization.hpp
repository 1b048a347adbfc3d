#pragma once
#include <string>
#include <utility>
#include <vector>

#include "activity/basis.hpp"
#include "activity/record_times.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"

namespace snitt::activity {

/// What a device did on its own time line.
struct DeviceExam {
  double start_s = 0;  ///< UTC
  double end_s = 0;
  std::int64_t patient = -1;  ///< number; -1: not known, then every examination is another patient's
};

/// Examinations that overlap, or of one patient with no more than a gap between: the device was busy from the
/// first start to the last end.
struct Session {
  double start_s = 0;
  double end_s = 0;
  std::size_t exams = 0;
  std::int64_t patient = -1;  ///< of the first
  std::size_t overlaps = 0;   ///< examinations of other patients that began before the end of one before
};
/// In order of time. `exams` in any order.
std::vector<Session> sessions_of(std::vector<DeviceExam> exams, double same_patient_gap_s);

struct UtilizationOptions {
  std::pair<double, double> opening_s{8 * 3600.0, 16 * 3600.0};  ///< after local midnight, on working days
  double setup_min = 0;              ///< before each session, as far as the device was free
  double same_patient_gap_min = 10;  ///< examinations of one patient this close are one session
  double idle_min = 30;              ///< a longer gap is no change of patients
  double longest_h = 12;             ///< longer examinations are left out: an end that was never set
  WorkCalendar calendar{"none"};
  TimeZone zone = TimeZone::utc();
  std::vector<std::pair<std::string, std::string>> exclude;
  std::vector<BasisEntry> basis;
};

struct UtilizationResult {
  Table devices;  ///< one row per device
  CalibrationRecord record;
};

/// Records with columns device, examined and exam_end, as far as they are there also patient, status,
/// arrived, modality (or source_modality) and site. Tables: days (device and day), clock, accounting, basis.
/// Throws InputError without the three columns, and where no row has all of them.
UtilizationResult utilization(const Table& records, const std::string& where,
                              const UtilizationOptions& options, Monitor& monitor);

}  // namespace snitt::activity
