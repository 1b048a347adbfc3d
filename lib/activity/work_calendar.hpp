#pragma once
#include <chrono>
#include <set>
#include <string>
#include <vector>

/// Which days people work. Monthly counts of examinations move by ten per cent and more with the number of
/// working days, and Easter jumps between March and April.
namespace snitt::activity {

/// Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
std::chrono::year_month_day easter_sunday(int year);

class WorkCalendar {
 public:
  /// "norway", "england", "denmark", "sweden", or "none": weekends alone. Throws UsageError for others.
  explicit WorkCalendar(const std::string& country);
  /// Further days off.
  void add(std::chrono::year_month_day day) { further_.insert(std::chrono::sys_days(day)); }
  bool is_working(std::chrono::sys_days day) const;
  /// Working days and days of a month, 1 to 12.
  struct Days {
    double working = 0;
    double all = 0;
  };
  Days days(int year, int month) const;
  /// Public holidays of a year, sorted; those on weekends too.
  std::vector<std::chrono::sys_days> holidays(int year) const;
  const std::string& country() const { return country_; }

 private:
  std::string country_;
  std::set<std::chrono::sys_days> further_;
};

}  // namespace snitt::activity
