#include "activity/utilization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "activity/device_days.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

namespace names = activity_columns;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double hour_s = 3600;
constexpr double minute_s = 60;

std::vector<RowTable::Heading> device_headings() {
  return {{"device", "", "scanner or room"},
          {"modality", "", "as the records say"},
          {"site", "", "as the records say"},
          {"exams", "1", "examinations"},
          {"sessions", "1", "stays of a patient: examinations that overlap or follow at once"},
          {"days", "1", "days with an examination"},
          {"unused_days", "1", "working days from first to last without one"},
          {"overlaps", "1", "examinations that began before the one before, of another patient, ended"},
          {"busy_h", "h", "hours with a patient, and set-up"},
          {"exams_per_day", "1", "on days with an examination"},
          {"exams_per_busy_hour", "1", "examinations per hour busy"},
          {"exams_per_opening_hour", "1", "examinations within opening hours per opening hour"},
          {"used_of_span", "1", "busy over last end less first start, summed over days"},
          {"used_of_opening", "1",
           "busy within opening hours over opening hours, of all working days from first to last"},
          {"used_low", "1", "lower end of its 95 % interval (days as units)"},
          {"used_high", "1", "upper end of its 95 % interval"},
          {"outside_share", "1", "share of examinations that began out of opening hours"},
          {"change_median_min", "min", "median gap between patients, idle gaps left out"},
          {"change_p90_min", "min", "90th percentile of the same"},
          {"idle_gaps_per_day", "1", "longer gaps between patients"},
          {"idle_h_per_day", "h", "time in them, on days with an examination"}};
}

std::vector<RowTable::Heading> day_headings() {
  return {{"device", "", "scanner or room"},
          {"date", "", "local"},
          {"exams", "1", "that began on it"},
          {"busy_h", "h", "hours with a patient, and set-up"},
          {"span_h", "h", "last end less first start"},
          {"opening_h", "h", "opening hours"},
          {"busy_open_h", "h", "busy within opening hours"},
          {"outside", "1", "examinations that began out of them"}};
}

std::vector<RowTable::Heading> clock_headings() {
  return {{"device", "", "scanner or room"},
          {"modality", "", "as the records say"},
          {"n", "1", "examinations with an arrival"},
          {"arrival_median_min", "min", "median from arrival to examination"},
          {"before_arrival_share", "1", "share that began before the patient arrived"},
          {"shift_min", "min", "median less that of the modality's other devices"},
          {"suspect", "1", "1: the clock may be wrong"}};
}

/// Ratio of sums over days with an interval by the spread of days.
struct Ratio {
  double value = nan, low = nan, high = nan;
};
Ratio ratio_of(const std::vector<double>& up, const std::vector<double>& down) {
  double sum_up = 0, sum_down = 0, squares = 0;
  for (std::size_t i = 0; i < up.size(); ++i) sum_up += up[i], sum_down += down[i];
  if (sum_down <= 0) return {};
  const double r = sum_up / sum_down;
  const auto n = static_cast<double>(up.size());
  if (n < 2) return {r, nan, nan};
  for (std::size_t i = 0; i < up.size(); ++i) squares += (up[i] - r * down[i]) * (up[i] - r * down[i]);
  const double error = std::sqrt(squares * n / (n - 1)) / sum_down;
  const double reach = statistics::student_t_quantile(0.975, n - 1) * error;
  return {r, std::max(0.0, r - reach), r + reach};
}

struct Device {
  std::string modality, site;
  std::vector<DeviceExam> exams;
  std::vector<double> arrived_s;    ///< [exam]
  std::vector<double> arrival_min;  ///< of those whose arrival is known
};

std::string date_text(std::int64_t day) {
  const CalendarTime t = calendar_time(day * 86400);
  return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

class Utilization {
 public:
  Utilization(const Table& records, const std::string& where, const UtilizationOptions& options)
      : options_(options) {
    read(records, where);
  }

  UtilizationResult compute(Monitor& monitor) {
    const WorkingClock clock(options_.zone, options_.calendar, options_.opening_s.first,
                             options_.opening_s.second, first_s_, last_s_);
    double done = 0;
    for (const auto& [name, device] : devices_) {
      add(name, device, clock);
      monitor.progress("devices", ++done, static_cast<double>(devices_.size()));
    }
    check_clocks();
    return finish();
  }

 private:
  void read(const Table& records, const std::string& where) {
    const Words device = coded(column_of(records, names::device, where));
    const std::vector<double> start =
        moments_of(column_of(records, names::examined, where), options_.zone, where);
    const std::vector<double> end =
        moments_of(column_of(records, names::exam_end, where), options_.zone, where);
    const auto words = [&](const char* name) {
      const Column* column = records.find(name);
      return column ? coded(*column) : Words{{""}, std::vector<std::uint32_t>(start.size(), 0)};
    };
    const Words status = words(names::status), patient = words(names::patient), site = words(names::site),
                modality = words(records.find("modality") ? "modality" : names::source_modality);
    std::vector<double> arrived;
    if (const Column* column = records.find(names::arrived))
      arrived = moments_of(*column, options_.zone, where);
    std::vector<Words> excluded;
    for (const auto& [name, value] : options_.exclude) {
      excluded.push_back(coded(column_of(records, name, where, "--exclude")));
      if (const std::string reason = nothing_excluded(excluded.back(), name, value); !reason.empty())
        reasons_.push_back(reason);
    }
    const auto word = [](const Words& w, std::size_t row) -> const std::string& {
      return w.names[w.code[row]];
    };
    std::map<std::string, double> left_out;
    double used = 0;
    for (std::size_t i = 0; i < start.size(); ++i) {
      std::string why;
      for (std::size_t e = 0; e < excluded.size(); ++e)
        if (word(excluded[e], i) == options_.exclude[e].second)
          why = fmt::format("{} is {}", options_.exclude[e].first, options_.exclude[e].second);
      const std::string& state = word(status, i);
      if (state != "completed" && !state.empty())
        why = "status is " + state;
      else if (why.empty() && word(device, i).empty())
        why = "no device";
      else if (why.empty() && (std::isnan(start[i]) || std::isnan(end[i])))
        why = "no start or no end";
      else if (why.empty() && end[i] < start[i])
        why = "ends before it begins";
      else if (why.empty() && end[i] - start[i] > options_.longest_h * hour_s)
        why = "longer than --longest-hours";
      if (!why.empty()) {
        ++left_out[why];
        continue;
      }
      Device& d = devices_[word(device, i)];
      const auto note = [&](std::string& target, const std::string& value) {
        if (target.empty())
          target = value;
        else if (target != value)
          target = "several";
      };
      note(d.modality, word(modality, i));
      note(d.site, word(site, i));
      const bool known = !word(patient, i).empty();
      d.exams.push_back({start[i], end[i], known ? static_cast<std::int64_t>(patient.code[i]) : -1});
      d.arrived_s.push_back(arrived.empty() ? nan : arrived[i]);
      first_s_ = used == 0 ? start[i] : std::min(first_s_, start[i]);
      last_s_ = used == 0 ? end[i] : std::max(last_s_, end[i]);
      ++used;
    }
    double twice = 0;
    for (auto& [name, d] : devices_) twice += drop_repeated(d);
    if (twice > 0) left_out["same device, patient and times as another row"] = twice;
    accounting_.add({std::string("rows"), static_cast<double>(start.size())});
    for (const auto& [why, rows] : left_out) accounting_.add({"left out: " + why, rows});
    accounting_.add({std::string("used"), used - twice});
    if (used == 0)
      throw InputError("{}: no row has device, examined and exam_end (and status completed)", where);
    if (const auto it = left_out.find("ends before it begins"); it != left_out.end())
      reasons_.push_back(
          fmt::format("{:.0f} examinations end before they begin; they are left out", it->second));
  }

  /// Of rows of one patient with the same times the first in order of arrival stays; how many went.
  static double drop_repeated(Device& d) {
    std::vector<std::size_t> order(d.exams.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&](std::size_t i) {
      return std::make_tuple(d.exams[i].start_s, d.exams[i].end_s, d.exams[i].patient);
    };
    const auto arrival = [&](std::size_t i) { return std::isnan(d.arrived_s[i]) ? 1e300 : d.arrived_s[i]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return key(a) != key(b) ? key(a) < key(b) : arrival(a) < arrival(b);
    });
    Device kept{d.modality, d.site, {}, {}, {}};
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0 && d.exams[order[i]].patient >= 0 && key(order[i]) == key(order[i - 1])) continue;
      kept.exams.push_back(d.exams[order[i]]);
      kept.arrived_s.push_back(d.arrived_s[order[i]]);
    }
    const double gone = static_cast<double>(d.exams.size() - kept.exams.size());
    d = std::move(kept);
    for (std::size_t i = 0; i < d.exams.size(); ++i)
      if (!std::isnan(d.arrived_s[i]))
        d.arrival_min.push_back((d.exams[i].start_s - d.arrived_s[i]) / minute_s);
    return gone;
  }

  void add(const std::string& name, const Device& device, const WorkingClock& clock) {
    const std::vector<Session> sessions = sessions_of(device.exams, options_.same_patient_gap_min * minute_s);
    const auto days = device_days(sessions, device.exams, clock, options_);
    std::vector<double> busy_open, open, changes, idle;
    double used_days = 0, unused = 0, busy = 0, span = 0, outside = 0, opening = 0, overlaps = 0;
    for (const Session& s : sessions) overlaps += static_cast<double>(s.overlaps);
    for (const auto& [date, d] : days) {
      if (d.open_s > 0) {
        busy_open.push_back(d.busy_open_s);
        open.push_back(d.open_s);
        opening += d.open_s;
      }
      (d.exams > 0 ? used_days : unused) += 1;
      busy += d.busy_s;
      span += d.last_s - d.first_s;
      outside += d.outside;
      changes.insert(changes.end(), d.changes_s.begin(), d.changes_s.end());
      idle.insert(idle.end(), d.idle_s.begin(), d.idle_s.end());
      days_.add({name, date_text(date), d.exams, d.busy_s / hour_s, (d.last_s - d.first_s) / hour_s,
                 d.open_s / hour_s, d.busy_open_s / hour_s, d.outside});
    }
    const Ratio used = ratio_of(busy_open, open);
    const auto exams = static_cast<double>(device.exams.size());
    double idle_sum = 0;
    for (const double g : idle) idle_sum += g;
    devices_table_.add({name,
                        device.modality,
                        device.site,
                        exams,
                        static_cast<double>(sessions.size()),
                        used_days,
                        unused,
                        overlaps,
                        busy / hour_s,
                        exams / used_days,
                        busy > 0 ? exams / (busy / hour_s) : nan,
                        opening > 0 ? (exams - outside) / (opening / hour_s) : nan,
                        span > 0 ? busy / span : nan,
                        used.value,
                        used.low,
                        used.high,
                        outside / exams,
                        statistics::median(changes) / minute_s,
                        statistics::quantile(changes, 0.9) / minute_s,
                        static_cast<double>(idle.size()) / used_days,
                        idle_sum / hour_s / used_days});
    total_exams_ += exams;
    total_busy_ += busy;
    total_open_ += opening;
    for (const double b : busy_open) total_busy_open_ += b;
    total_outside_ += outside;
    constexpr double many = 0.05;
    if (overlaps > many * exams) overlapping_.push_back(name);
  }

  /// A device whose patients are examined before they arrive, or half an hour later than on others of its
  /// kind.
  void check_clocks() {
    constexpr double most_before = 0.2, most_shift_min = 30;
    constexpr std::size_t few = 20;
    for (const auto& [name, d] : devices_) {
      if (d.arrival_min.empty()) continue;
      std::vector<double> others;
      for (const auto& [other, e] : devices_)
        if (other != name && e.modality == d.modality && e.arrival_min.size() >= few)
          others.push_back(statistics::median(e.arrival_min));
      const double median = statistics::median(d.arrival_min);
      const double before = static_cast<double>(std::count_if(d.arrival_min.begin(), d.arrival_min.end(),
                                                              [](double m) { return m < 0; })) /
                            static_cast<double>(d.arrival_min.size());
      const double shift = others.empty() ? nan : median - statistics::median(others);
      const bool suspect =
          d.arrival_min.size() >= few && (before > most_before || std::abs(shift) > most_shift_min);
      clock_.add({name, d.modality, static_cast<double>(d.arrival_min.size()), median, before, shift,
                  suspect ? 1.0 : 0.0});
      if (suspect)
        reasons_.push_back(
            fmt::format("examinations on {} begin {:.0f} min after arrival (median), {:.0f} min off the "
                        "others of its kind, {:.0f} % before "
                        "it; compare its clock with that of the arrivals",
                        name, median, shift, 100 * before));
    }
  }

  UtilizationResult finish() {
    if (!overlapping_.empty())
      reasons_.push_back(fmt::format(
          "{} of {} devices (first {}) have examinations of two patients at a time in more than 5 % of "
          "rows; rooms may share a name, or rows may stand there twice",
          overlapping_.size(), devices_.size(), overlapping_.front()));
    UtilizationResult result;
    result.devices = devices_table_.table();
    CalibrationRecord& r = result.record;
    std::vector<BasisEntry> basis = options_.basis;
    basis.push_back({"time zone", options_.zone.description()});
    const auto clock_text = [](double s) {
      return fmt::format("{:02}:{:02}", static_cast<int>(s) / 3600, static_cast<int>(s) / 60 % 60);
    };
    basis.push_back({"opening hours", clock_text(options_.opening_s.first) + "-" +
                                          clock_text(options_.opening_s.second) +
                                          ", working days, holidays of " + options_.calendar.country()});
    r.method = "utilization";
    r.reasons = reasons_;
    r.verdict = reasons_.empty() ? "good" : "doubtful";
    r.summary = {plain("devices", static_cast<double>(devices_.size()), "1", "with examinations"),
                 plain("exams", total_exams_, "1", "examinations"),
                 plain("busy_h", total_busy_ / hour_s, "h", "of all devices"),
                 plain("used_of_opening", total_open_ > 0 ? total_busy_open_ / total_open_ : nan, "1",
                       "busy within opening hours over opening hours"),
                 plain("outside_share", total_outside_ / total_exams_, "1",
                       "of examinations, begun out of opening hours")};
    r.tables = {{"days", days_.table()},
                {"clock", clock_.table()},
                {"accounting", accounting_.table()},
                {"basis", basis_table(basis)}};
    return result;
  }

  const UtilizationOptions& options_;
  std::map<std::string, Device> devices_;
  double first_s_ = 0, last_s_ = 0;
  RowTable devices_table_{device_headings()}, days_{day_headings()}, clock_{clock_headings()};
  RowTable accounting_{{{"what", "", "rows of the table, by what became of them"}, {"rows", "1", "number"}}};
  std::vector<std::string> reasons_, overlapping_;
  double total_exams_ = 0, total_busy_ = 0, total_open_ = 0, total_busy_open_ = 0, total_outside_ = 0;
};

}  // namespace

UtilizationResult utilization(const Table& records, const std::string& where,
                              const UtilizationOptions& options, Monitor& monitor) {
  return Utilization(records, where, options).compute(monitor);
}

}  // namespace snitt::activity
