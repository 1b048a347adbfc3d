#include "activity/device_days.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::activity {
namespace {

constexpr double day_s = 86400;

std::int64_t local_day(double moment_s, const TimeZone& zone) {
  return static_cast<std::int64_t>(std::floor(
      static_cast<double>(zone.local_of(static_cast<std::int64_t>(std::floor(moment_s)))) / day_s));
}

double midnight(std::int64_t day, const TimeZone& zone) {
  return static_cast<double>(zone.moment_of(day * static_cast<std::int64_t>(day_s)).utc_s);
}

}  // namespace

std::vector<Session> sessions_of(std::vector<DeviceExam> exams, double same_patient_gap_s) {
  std::sort(exams.begin(), exams.end(), [](const DeviceExam& a, const DeviceExam& b) {
    if (a.start_s != b.start_s) return a.start_s < b.start_s;
    return a.end_s != b.end_s ? a.end_s < b.end_s : a.patient < b.patient;
  });
  std::vector<Session> sessions;
  for (const DeviceExam& e : exams) {
    if (!sessions.empty()) {
      Session& last = sessions.back();
      const bool same = e.patient >= 0 && e.patient == last.patient;
      const bool overlaps = e.start_s < last.end_s;
      if (overlaps || (same && e.start_s - last.end_s <= same_patient_gap_s)) {
        last.end_s = std::max(last.end_s, e.end_s);
        ++last.exams;
        last.overlaps += overlaps && !same ? 1 : 0;
        continue;
      }
    }
    sessions.push_back({e.start_s, e.end_s, 1, e.patient, 0});
  }
  return sessions;
}

std::map<std::int64_t, DeviceDay> device_days(const std::vector<Session>& sessions,
                                              const std::vector<DeviceExam>& exams, const WorkingClock& clock,
                                              const UtilizationOptions& options) {
  std::map<std::int64_t, DeviceDay> days;
  if (sessions.empty()) return days;
  const std::int64_t first = local_day(sessions.front().start_s, options.zone);
  const std::int64_t last = local_day(sessions.back().start_s, options.zone);
  for (std::int64_t d = first; d <= last; ++d) {
    const double open = clock.between(midnight(d, options.zone), midnight(d + 1, options.zone));
    if (open > 0) days[d].open_s = open;
  }
  for (const DeviceExam& e : exams) {
    DeviceDay& day = days[local_day(e.start_s, options.zone)];
    ++day.exams;
    day.outside += clock.is_open(e.start_s) ? 0 : 1;
  }
  double free_from = -1e300;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Session& s = sessions[i];
    const double start = std::max(s.start_s - options.setup_min * 60, std::min(free_from, s.start_s));
    const std::int64_t day = local_day(s.start_s, options.zone);
    ++days[day].sessions;
    // Busy time is cut at midnight; the set-up belongs to the day it lies on.
    for (std::int64_t d = local_day(start, options.zone); d <= local_day(s.end_s, options.zone); ++d) {
      const double from = std::max(start, midnight(d, options.zone)),
                   to = std::min(s.end_s, midnight(d + 1, options.zone));
      if (to <= from && !(d == day && s.end_s == start)) continue;
      DeviceDay& part = days[d];
      if (part.busy_s == 0 && part.last_s == 0) part.first_s = from;
      part.last_s = std::max(part.last_s, to);
      part.busy_s += to - from;
      part.busy_open_s += clock.between(from, to);
    }
    if (i > 0 && local_day(sessions[i - 1].end_s, options.zone) == day) {
      const double gap = s.start_s - sessions[i - 1].end_s;
      (gap <= options.idle_min * 60 ? days[day].changes_s : days[day].idle_s).push_back(gap);
    }
    free_from = s.end_s;
  }
  return days;
}

}  // namespace snitt::activity
