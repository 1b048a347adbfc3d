#pragma once
#include <map>
#include <vector>

#include "activity/utilization.hpp"

/// Sessions of one device laid on local days.
namespace snitt::activity {

struct DeviceDay {
  double exams = 0;     ///< that began on it
  double sessions = 0;  ///< that began on it
  double outside = 0;   ///< examinations that began out of opening hours
  double first_s = 0;   ///< UTC; first start (with set-up) and last end on this day
  double last_s = 0;
  double busy_s = 0;              ///< cut at midnight
  double busy_open_s = 0;         ///< within opening hours
  double open_s = 0;              ///< opening hours of the day
  std::vector<double> changes_s;  ///< gaps between sessions that are no longer than a change of patients
  std::vector<double> idle_s;     ///< longer gaps
};

/// By days since 1970 in local time; every working day from the first to the last examination is there, used
/// or not.
std::map<std::int64_t, DeviceDay> device_days(const std::vector<Session>& sessions,
                                              const std::vector<DeviceExam>& exams, const WorkingClock& clock,
                                              const UtilizationOptions& options);

}  // namespace snitt::activity
