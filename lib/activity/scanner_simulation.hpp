#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Patients who come to scanners, in random time.
namespace snitt::activity {

/// Hours of a week that begin Monday 00:00, as intervals [from, to) in hours, in order, not touching.
struct OpeningWeek {
  std::vector<std::pair<double, double>> open_h;
  double hours() const;
  bool always() const { return hours() >= 168; }
  /// Of moments in hours since a Monday 00:00.
  bool is_open(double moment_h) const;
  /// Next moment at or after this at which it opens (this one, while open).
  double next_opening(double moment_h) const;
  /// Next moment after this at which it closes; infinite when always open.
  double next_closing(double moment_h) const;
  /// Moment at which it has been open for `open_h` more hours.
  double after_open_hours(double moment_h, double open_hours) const;
};
/// "mon-fri 08:00-16:00, sat 09:00-13:00", "always"; throws UsageError.
OpeningWeek opening_week(const std::string& text);

/// Patients of one kind.
struct PatientClass {
  std::string name;
  double per_week = 0;
  int priority = 0;         ///< lower is called first; first come first served among equals
  double service_min = 20;  ///< mean time on the scanner, with change of patients
  double service_cv = 0.5;  ///< 0: always the same; 1: exponential; else log-normal
  double no_show = 0;       ///< share who do not come; the scanner waits for them
  bool any_hour = false;    ///< come day and night; otherwise in opening hours
  bool on_call = false;     ///< are served when it is closed, too
};

struct ScannerModel {
  std::vector<PatientClass> classes;
  std::size_t machines = 1;
  OpeningWeek opening;
  std::size_t on_call_machines = 1;   ///< that serve on-call patients when it is closed
  double no_show_min = 10;            ///< time that a patient who does not come costs
  double hours_between_failures = 0;  ///< mean opening hours of a machine; 0: never
  double repair_h = 8;                ///< mean time to repair, exponential
  double weeks = 52;
  double warm_up_weeks = 4;  ///< before those that are counted
};

/// Waits of one class in one replicate, in minutes, from coming to beginning.
struct ClassOutcome {
  std::vector<double> waits_min;  ///< of patients who came after warm-up and were served
  double still_waiting = 0;       ///< at the end
  double not_come = 0;
};
struct Replicate {
  std::vector<ClassOutcome> classes;
  double open_h = 0;  ///< machine hours of opening after warm-up
  double busy_open_h =
      0;  ///< machine hours with a patient (or waiting for one who does not come) in opening hours
  double overtime_h = 0;   ///< machine hours of work after closing that began before
  double on_call_h = 0;    ///< machine hours of work begun when closed
  double broken_h = 0;     ///< machine hours of opening out of order
  double queue_start = 0;  ///< waiting after warm-up and at the end
  double queue_end = 0;
};

/// One run, a pure function of model, seed and number. A machine that fails ends its patient first. Who is
/// called first: priority, then who came first.
Replicate simulate_once(const ScannerModel& model, std::uint64_t seed, std::uint64_t number);
/// Many, in parallel; the same for any number of threads.
std::vector<Replicate> simulate_scanners(const ScannerModel& model, std::uint64_t seed,
                                         std::size_t replicates);

}  // namespace snitt::activity
