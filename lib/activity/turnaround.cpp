#include "activity/turnaround.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "activity/turnaround_measures.hpp"
#include "activity/waiting_list.hpp"
#include "base/error.hpp"
#include "data/row_table.hpp"
#include "statistics/summary.hpp"
#include "statistics/survival.hpp"

namespace snitt::activity {
namespace {

constexpr double hour_s = 3600;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<RowTable::Heading> interval_headings() {
  return {{"measure", "", "which interval"},
          {"clock", "", "elapsed, or working hours"},
          {"group", "", "values of the columns --by, or all"},
          {"n", "1", "intervals that ended, not negative: what the quantiles are of"},
          {"open", "1", "begun and not ended at the extract date"},
          {"missing", "1", "rows whose beginning, or the end of what has ended, is not known"},
          {"negative", "1", "ends before it begins: in no statistic"},
          {"zero", "1", "of no length; in all statistics"},
          {"mean_h", "h", "of those that ended"},
          {"median_h", "h", "of those that ended (type 7)"},
          {"median_low_h", "h", "lower end of its 95 % interval (order statistics)"},
          {"median_high_h", "h", "upper end of its 95 % interval"},
          {"p75_h", "h", "75th percentile (type 7)"},
          {"p90_h", "h", "90th percentile (type 7)"},
          {"p95_h", "h", "95th percentile (type 7)"},
          {"km_median_h", "h", "median with the open ones (Kaplan-Meier)"},
          {"km_median_low_h", "h", "lower end of its 95 % interval"},
          {"km_median_high_h", "h", "upper end of its 95 % interval"},
          {"km_p90_h", "h", "90th percentile with the open ones (Kaplan-Meier)"}};
}

std::vector<RowTable::Heading> limit_headings() {
  return {{"measure", "", "which interval"},
          {"clock", "", "elapsed, working hours, or dates"},
          {"group", "", "values of the columns --by, or all"},
          {"limit", "1", "hours, or days between local dates"},
          {"limit_unit", "", "hours or days"},
          {"n", "1", "intervals that ended"},
          {"within", "1", "of them not longer than the limit"},
          {"share", "1", "within of n"},
          {"low", "1", "lower end of its 95 % interval (Wilson)"},
          {"high", "1", "upper end of its 95 % interval (Wilson)"},
          {"overdue", "1", "open ones that are longer already"},
          {"km_share", "1", "share within with the open ones (Kaplan-Meier)"},
          {"km_low", "1", "lower end of its 95 % interval"},
          {"km_high", "1", "upper end of its 95 % interval"}};
}

std::vector<RowTable::Heading> curve_headings() {
  return {{"measure", "", "which interval"},
          {"clock", "", "elapsed, or working hours"},
          {"group", "", "values of the columns --by, or all"},
          {"time_h", "h", "since the beginning"},
          {"at_risk", "1", "not ended just before"},
          {"survival", "1", "share not ended after that time"},
          {"low", "1", "lower end of its 95 % interval"},
          {"high", "1", "upper end of its 95 % interval"}};
}

/// Type 7 of sorted values.
double sorted_quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return nan;
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  if (i + 1 >= sorted.size()) return sorted.back();
  return sorted[i] + (at - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]);
}

struct Share {
  double value = nan, low = nan, high = nan;
};

/// Wilson's score interval.
Share wilson(double within, double n) {
  if (n <= 0) return {};
  constexpr double z = 1.959963984540054;
  const double p = within / n, scale = 1 + z * z / n;
  const double middle = (p + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

/// Lengths of one measure in one group by one clock.
struct Lengths {
  std::vector<double> value_h;
  std::vector<std::uint8_t> finished;
  double negative = 0;
};

class Turnaround {
 public:
  Turnaround(const Table& records, const std::string& where, const TurnaroundOptions& options)
      : options_(options),
        moments_(record_moments(records, where, options)),
        groups_(groups_of(records, options.by, where)),
        reasons_(moments_.reasons) {
    measures_ = measures_of(moments_, groups_, options.report_from_start);
    if (measures_.empty())
      throw InputError(
          "{}: has no two moments of an interval; expected columns such as requested, examined, exam_end and "
          "reported",
          where);
    if (options.working_hours_s) {
      double first = moments_.as_of_s, last = moments_.as_of_s;
      for (const Measure& m : measures_)
        for (std::size_t i = 0; i < m.begin_s.size(); ++i) {
          first = std::min({first, m.begin_s[i], m.end_s[i]});
          last = std::max({last, m.begin_s[i], m.end_s[i]});
        }
      clock_.emplace(options.zone, options.calendar, options.working_hours_s->first,
                     options.working_hours_s->second, first, last);
    }
  }

  TurnaroundResult compute(Monitor& monitor) {
    double done = 0;
    for (const Measure& m : measures_) {
      add(m, false);
      if (clock_) add(m, true);
      monitor.progress("intervals", ++done, static_cast<double>(measures_.size()));
    }
    return finish();
  }

 private:
  void add(const Measure& m, bool working) {
    const std::string clock = working ? "working hours" : "elapsed";
    std::vector<std::vector<std::size_t>> members(groups_.names.size());
    for (std::size_t i = 0; i < m.row.size(); ++i) members[groups_.code[m.row[i]]].push_back(i);
    std::vector<double> all_h;
    std::vector<std::uint8_t> all_finished;
    std::vector<std::uint32_t> all_group;
    double negative = 0;
    for (std::size_t g = 0; g < members.size(); ++g) {
      Lengths l;
      for (const std::size_t i : members[g]) {
        if (m.end_s[i] < m.begin_s[i]) {
          ++l.negative;
          continue;
        }
        const double seconds =
            working ? clock_->between(m.begin_s[i], m.end_s[i]) : m.end_s[i] - m.begin_s[i];
        l.value_h.push_back(seconds / hour_s);
        l.finished.push_back(m.finished[i]);
      }
      add_group(m, g, clock, l);
      negative += l.negative;
      if (!working) add_day_limits(m, g, members[g]);
      all_h.insert(all_h.end(), l.value_h.begin(), l.value_h.end());
      all_finished.insert(all_finished.end(), l.finished.begin(), l.finished.end());
      all_group.insert(all_group.end(), l.value_h.size(), static_cast<std::uint32_t>(g));
    }
    if (!working) {
      double ended = 0, zero = 0;
      for (std::size_t i = 0; i < all_h.size(); ++i)
        if (all_finished[i]) {
          ++ended;
          zero += all_h[i] == 0 ? 1 : 0;
        }
      judge(m, ended, zero, negative);
    }
    if (members.size() > 1) {
      const statistics::LogRank test = statistics::log_rank(all_h, all_finished, all_group, members.size());
      log_rank_.add(
          {m.name, clock, static_cast<double>(members.size()), test.chi_squared, test.degrees, test.p});
    }
  }

  void add_group(const Measure& m, std::size_t g, const std::string& clock, const Lengths& l) {
    std::vector<double> ended;
    double zero = 0, sum = 0;
    for (std::size_t i = 0; i < l.value_h.size(); ++i) {
      if (!l.finished[i]) continue;
      ended.push_back(l.value_h[i]);
      sum += l.value_h[i];
      zero += l.value_h[i] == 0 ? 1 : 0;
    }
    std::sort(ended.begin(), ended.end());
    const auto n = static_cast<double>(ended.size());
    const double open = static_cast<double>(l.value_h.size()) - n;
    const statistics::SurvivalCurve curve = statistics::kaplan_meier(l.value_h, l.finished);
    const statistics::SurvivalQuantile median = statistics::survival_quantile(curve, 0.5);
    const statistics::QuantileInterval order = statistics::order_interval(ended, 0.5);
    const auto finite = [](double v) { return std::isinf(v) ? nan : v; };
    const double middle = sorted_quantile(ended, 0.5);
    intervals_.add({m.name, clock, groups_.names[g], n, open, static_cast<double>(m.missing[g]), l.negative,
                    zero, n > 0 ? sum / n : nan, middle, finite(order.low), finite(order.high),
                    sorted_quantile(ended, 0.75), sorted_quantile(ended, 0.9), sorted_quantile(ended, 0.95),
                    median.value, median.low, median.high, statistics::survival_quantile(curve, 0.9).value});
    for (const double limit : options_.limit_hours) add_limit(m, g, clock, limit, ended, l, curve);
    add_curve(m, g, clock, curve);
    const std::string suffix = clock == "elapsed" ? "" : "_working";
    const Quantity quantity{m.name + suffix + "_median_h", middle, finite(order.low), finite(order.high), "h",
                            fmt::format("median from {} to {}", m.from, m.to)};
    if (groups_.names.size() == 1)
      summary_.push_back(quantity);
    else
      add_line(quantity, g, n);
  }

  /// The first groups for a person; all are in the table.
  void add_line(const Quantity& quantity, std::size_t g, double n) {
    constexpr std::size_t most = 20;
    if (g < most)
      text_ += fmt::format("{}, {}: {}, n {:.0f}\n", quantity.name, groups_.names[g],
                           n > 0 ? value_text(quantity) : "none", n);
    else if (g == most)
      text_ += fmt::format("{}: {} more groups in the table\n", quantity.name, groups_.names.size() - most);
  }

  void add_limit(const Measure& m, std::size_t g, const std::string& clock, double limit,
                 const std::vector<double>& ended, const Lengths& l, const statistics::SurvivalCurve& curve) {
    const auto n = static_cast<double>(ended.size());
    const auto within =
        static_cast<double>(std::upper_bound(ended.begin(), ended.end(), limit) - ended.begin());
    double overdue = 0;
    for (std::size_t i = 0; i < l.value_h.size(); ++i)
      overdue += !l.finished[i] && l.value_h[i] > limit ? 1 : 0;
    const Share share = wilson(within, n);
    const statistics::SurvivalStep at = curve.at(limit);
    limits_.add({m.name, clock, groups_.names[g], limit, std::string("hours"), n, within, share.value,
                 share.low, share.high, overdue, 1 - at.survival, 1 - at.high, 1 - at.low});
  }

  /// Days between local dates: what ends on the day it begins takes 0.
  void add_day_limits(const Measure& m, std::size_t g, const std::vector<std::size_t>& members) {
    if (options_.limit_days.empty()) return;
    std::vector<double> days;
    std::vector<std::uint8_t> finished;
    const auto local_day = [&](double moment) {
      return std::floor(
          static_cast<double>(options_.zone.local_of(static_cast<std::int64_t>(std::floor(moment)))) / 86400);
    };
    for (const std::size_t i : members) {
      if (m.end_s[i] < m.begin_s[i]) continue;
      days.push_back(std::max(0.0, local_day(m.end_s[i]) - local_day(m.begin_s[i])));
      finished.push_back(m.finished[i]);
    }
    const statistics::SurvivalCurve curve = statistics::kaplan_meier(days, finished);
    for (const double limit : options_.limit_days) {
      double n = 0, within = 0, overdue = 0;
      for (std::size_t i = 0; i < days.size(); ++i) {
        n += finished[i] ? 1 : 0;
        within += finished[i] && days[i] <= limit ? 1 : 0;
        overdue += !finished[i] && days[i] > limit ? 1 : 0;
      }
      const Share share = wilson(within, n);
      const statistics::SurvivalStep at = curve.at(limit);
      limits_.add({m.name, std::string("dates"), groups_.names[g], limit, std::string("days"), n, within,
                   share.value, share.low, share.high, overdue, 1 - at.survival, 1 - at.high, 1 - at.low});
    }
  }

  /// Thinned to what a plot can show: every step is on it or within half a per cent.
  void add_curve(const Measure& m, std::size_t g, const std::string& clock,
                 const statistics::SurvivalCurve& curve) {
    constexpr double step = 0.005;
    double last = 2;
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      const statistics::SurvivalStep& s = curve.steps[i];
      if (s.events == 0 && i + 1 < curve.steps.size()) continue;
      if (last - s.survival < step && i + 1 < curve.steps.size()) continue;
      last = s.survival;
      curves_.add({m.name, clock, groups_.names[g], s.time, s.at_risk, s.survival, s.low, s.high});
    }
  }

  /// One sentence per measure, whatever the number of groups.
  void judge(const Measure& m, double ended, double zero, double negative) {
    double missing = 0;
    for (const std::uint32_t number : m.missing) missing += number;
    if (negative > 0)
      reasons_.push_back(fmt::format(
          "{} ends before it begins in {:.0f} rows; find out whose clock or which column is wrong", m.name,
          negative));
    constexpr double few = 20, most = 0.5, many = 0.2;
    if (ended >= few && zero > most * ended)
      reasons_.push_back(fmt::format(
          "{} has no length in {:.0f} of {:.0f} rows; one moment seems to be copied from the other", m.name,
          zero, ended));
    if (missing > many * (ended + missing))
      reasons_.push_back(
          fmt::format("{} is not known for {:.0f} of {:.0f} rows; its figures are of the others", m.name,
                      missing, ended + missing));
  }

  TurnaroundResult finish() {
    TurnaroundResult result;
    result.intervals = intervals_.table();
    CalibrationRecord& r = result.record;
    RowTable accounting({{"what", "", "rows of the table, by what became of them"}, {"rows", "1", "number"}});
    for (const auto& [what, rows] : moments_.accounting) accounting.add({what, rows});
    const auto [list, ages] = waiting_list(moments_, groups_, options_);
    std::vector<BasisEntry> basis = options_.basis;
    basis.push_back({"time zone", options_.zone.description()});
    basis.push_back({"extract date", moment_text(moments_.as_of_s, options_.zone) +
                                         (options_.as_of_s ? "" : " (latest moment in the table)")});
    r.method = "turnaround";
    r.reasons = reasons_;
    r.verdict = reasons_.empty() ? "good" : "doubtful";
    r.summary.push_back(plain("rows", moments_.accounting.front().second, "1", "rows of the table"));
    r.summary.push_back(
        plain("rows_used", moments_.accounting.back().second, "1", "rows that were not left out"));
    r.summary.insert(r.summary.end(), summary_.begin(), summary_.end());
    r.tables = {{"limits", limits_.table()},  {"curves", curves_.table()}, {"log_rank", log_rank_.table()},
                {"waiting_list", list},       {"waiting_ages", ages},      {"accounting", accounting.table()},
                {"basis", basis_table(basis)}};
    result.text = text_;
    return result;
  }

  const TurnaroundOptions& options_;
  RecordMoments moments_;
  RecordGroups groups_;
  std::vector<std::string> reasons_;
  std::vector<Measure> measures_;
  std::optional<WorkingClock> clock_;
  RowTable intervals_{interval_headings()}, limits_{limit_headings()}, curves_{curve_headings()};
  RowTable log_rank_{{{"measure", "", "which interval"},
                      {"clock", "", "elapsed, or working hours"},
                      {"groups", "1", "that were compared"},
                      {"chi_squared", "1", "log-rank statistic"},
                      {"degrees", "1", "of freedom"},
                      {"p", "1", "probability of more if groups were alike"}}};
  std::vector<Quantity> summary_;
  std::string text_;
};

}  // namespace

TurnaroundResult turnaround(const Table& records, const std::string& where, const TurnaroundOptions& options,
                            Monitor& monitor) {
  return Turnaround(records, where, options).compute(monitor);
}

}  // namespace snitt::activity
