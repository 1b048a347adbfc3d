#include "activity/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "statistics/distributions.hpp"
#include "statistics/queueing.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<RowTable::Heading> wait_headings() {
  return {
      {"modality", "", "kind of machine"},
      {"machines", "1", "number of them"},
      {"class", "", "kind of patient"},
      {"patients_per_week", "1", "who were examined, came after warm-up"},
      {"mean_h", "h", "wait from coming to beginning"},
      {"mean_low_h", "h", "lower end of its 95 % interval"},
      {"mean_high_h", "h", "upper end of its 95 % interval"},
      {"median_h", "h", "mean over replicates of the median"},
      {"p90_h", "h", "mean over replicates of the 90th percentile"},
      {"share_within", "1", "share that waited no longer than the limit; those still waiting at the end did"},
      {"share_low", "1", "lower end of its 95 % interval"},
      {"share_high", "1", "upper end of its 95 % interval"},
      {"still_waiting", "1", "at the end, mean"}};
}

std::vector<RowTable::Heading> machine_headings() {
  return {{"modality", "", "kind of machine"},
          {"machines", "1", "number of them"},
          {"used", "1", "share of opening hours with a patient"},
          {"used_low", "1", "lower end of its 95 % interval"},
          {"used_high", "1", "upper end of its 95 % interval"},
          {"overtime_h_per_week", "h", "work after closing that began before, all machines"},
          {"on_call_h_per_week", "h", "work begun when closed, all machines"},
          {"broken_share", "1", "of opening hours"},
          {"queue_change_per_week", "1", "waiting at the end less after warm-up"},
          {"enough", "1", "1: every class has its share within the limit"}};
}

std::vector<RowTable::Heading> formula_headings() {
  return {{"modality", "", "kind of machine"},
          {"machines", "1", "number of them"},
          {"per_opening_hour", "1", "patients"},
          {"load", "1", "machines that would be busy without a pause"},
          {"utilization", "1", "load over machines; 1 or more: the queue grows without end"},
          {"erlang_b", "1", "probability that all are busy, where nobody waits"},
          {"erlang_c", "1", "probability of waiting"},
          {"mean_wait_min", "min", "exponential times, first come first served, in opening hours"},
          {"mean_wait_general_min", "min",
           "with the spread of examination times (Allen and Cunneen; one machine: exact)"},
          {"share_within", "1", "of waits within the limit, exponential times"}};
}

struct Estimate {
  double value = nan, low = nan, high = nan;
};
Estimate estimate(const std::vector<double>& values) {
  std::vector<double> there;
  for (const double v : values)
    if (!std::isnan(v)) there.push_back(v);
  if (there.empty()) return {};
  const double mean = statistics::mean(there);
  if (there.size() < 2) return {mean, nan, nan};
  const auto n = static_cast<double>(there.size());
  const double reach =
      statistics::student_t_quantile(0.975, n - 1) * statistics::standard_deviation(there) / std::sqrt(n);
  return {mean, mean - reach, mean + reach};
}

template <typename Value>
std::vector<double> each(const std::vector<Replicate>& runs, Value&& value) {
  std::vector<double> values;
  for (const Replicate& r : runs) values.push_back(value(r));
  return values;
}

class Study {
 public:
  Study(const CapacityOptions& options) : options_(options) {}

  void add(const ModalityClasses& modality, Monitor& monitor) {
    double fewest = nan;
    for (std::size_t m = options_.fewest_machines; m <= options_.most_machines; ++m) {
      ScannerModel model = options_.model;
      model.classes = modality.classes;
      model.machines = m;
      const bool enough = add_machines(modality.modality, model);
      if (enough && std::isnan(fewest)) fewest = static_cast<double>(m);
      add_formula(modality.modality, model);
      monitor.progress("simulation", static_cast<double>(m - options_.fewest_machines + 1),
                       static_cast<double>(options_.most_machines - options_.fewest_machines + 1));
    }
    enough_.add({modality.modality, options_.limit_h, options_.share, fewest});
    summary_.push_back(
        plain("machines_enough_" + name_of(modality.modality), fewest, "1",
              fmt::format("fewest machines at which {:.0f} % of every class wait no longer than {:g} h",
                          100 * options_.share, options_.limit_h)));
    if (std::isnan(fewest))
      reasons_.push_back(fmt::format("{} machines of {} are not enough; try more with --machines",
                                     options_.most_machines, modality.modality));
  }

  CapacityResult finish() {
    CapacityResult result;
    result.waits = waits_.table();
    result.record.method = "capacity by simulation";
    result.record.reasons = reasons_;
    result.record.verdict = reasons_.empty() ? "good" : "doubtful";
    result.record.summary = summary_;
    result.record.tables = {{"machines", machines_.table()},
                            {"formula", formula_.table()},
                            {"enough", enough_.table()},
                            {"basis", basis_table(options_.basis)}};
    return result;
  }

 private:
  static std::string name_of(std::string word) {
    for (char& c : word)
      c = std::isalnum(static_cast<unsigned char>(c))
              ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
              : '_';
    return word;
  }

  bool add_machines(const std::string& modality, const ScannerModel& model) {
    const std::vector<Replicate> runs = simulate_scanners(model, options_.seed, options_.replicates);
    const auto machines = static_cast<double>(model.machines);
    bool enough = true;
    for (std::size_t c = 0; c < model.classes.size(); ++c) {
      const auto waits = [&](const Replicate& r) -> const std::vector<double>& {
        return r.classes[c].waits_min;
      };
      const Estimate mean = estimate(each(runs, [&](const Replicate& r) {
        return waits(r).empty() ? nan : statistics::mean(waits(r)) / 60;
      }));
      const Estimate within = estimate(each(runs, [&](const Replicate& r) {
        double inside = 0;
        for (const double w : waits(r)) inside += w <= options_.limit_h * 60 ? 1 : 0;
        const double all = static_cast<double>(waits(r).size()) + r.classes[c].still_waiting;
        return all > 0 ? inside / all : nan;
      }));
      const auto average = [&](auto&& value) { return statistics::mean(each(runs, value)); };
      waits_.add({modality, machines, model.classes[c].name, average([&](const Replicate& r) {
                    return static_cast<double>(waits(r).size()) / model.weeks;
                  }),
                  mean.value, std::max(0.0, mean.low), mean.high,
                  average([&](const Replicate& r) { return statistics::median(waits(r)) / 60; }),
                  average([&](const Replicate& r) { return statistics::quantile(waits(r), 0.9) / 60; }),
                  within.value, std::max(0.0, within.low), std::min(1.0, within.high),
                  average([&](const Replicate& r) { return r.classes[c].still_waiting; })});
      enough = enough && within.value >= options_.share;
    }
    const Estimate used = estimate(each(runs, [](const Replicate& r) { return r.busy_open_h / r.open_h; }));
    const auto average = [&](auto&& value) { return statistics::mean(each(runs, value)); };
    machines_.add({modality, machines, used.value, used.low, used.high,
                   average([&](const Replicate& r) { return r.overtime_h / model.weeks; }),
                   average([&](const Replicate& r) { return r.on_call_h / model.weeks; }),
                   average([](const Replicate& r) { return r.broken_h / r.open_h; }),
                   average([&](const Replicate& r) { return (r.queue_end - r.queue_start) / model.weeks; }),
                   enough ? 1.0 : 0.0});
    return enough;
  }

  void add_formula(const std::string& modality, const ScannerModel& model) {
    double rate = 0, first = 0,
           second = 0;  // per opening hour; moments of the time a patient takes, in hours
    for (const PatientClass& c : model.classes) {
      // On-call patients who come when it is closed are served then.
      const double share = c.any_hour && c.on_call ? model.opening.hours() / 168 : 1;
      const double r = share * c.per_week / model.opening.hours();
      const double mean = c.service_min / 60, lost = model.no_show_min / 60;
      rate += r;
      first += r * ((1 - c.no_show) * mean + c.no_show * lost);
      second +=
          r * ((1 - c.no_show) * mean * mean * (1 + c.service_cv * c.service_cv) + c.no_show * lost * lost);
    }
    if (rate <= 0) return;
    first /= rate;
    second /= rate;
    const double cv = std::sqrt(std::max(0.0, second / (first * first) - 1));
    const statistics::Queue queue{model.machines, rate, 1 / first};
    formula_.add({modality, static_cast<double>(model.machines), rate, queue.load(), queue.utilization(),
                  statistics::erlang_b(model.machines, queue.load()), queue.wait_probability(),
                  60 * queue.mean_wait(), 60 * statistics::mean_wait_general(queue, 1, cv),
                  queue.share_within(options_.limit_h)});
  }

  const CapacityOptions& options_;
  RowTable waits_{wait_headings()}, machines_{machine_headings()}, formula_{formula_headings()};
  RowTable enough_{{{"modality", "", "kind of machine"},
                    {"limit_h", "h", "wait"},
                    {"share", "1", "of every class that is to wait no longer"},
                    {"machines", "1", "fewest that are enough, of those tried"}}};
  std::vector<std::string> reasons_;
  std::vector<Quantity> summary_;
};

}  // namespace

std::vector<ModalityClasses> patient_classes(const Table& table, const std::string& where) {
  const std::vector<std::string> name = names_of(table, "class", where);
  const std::vector<double> per_week = numbers_of(column_of(table, "per_week", where), where);
  const auto numbers = [&](const char* column, double otherwise, double least, double most) {
    std::vector<double> values(name.size(), otherwise);
    if (const Column* c = table.find(column)) values = numbers_of(*c, where);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) values[i] = otherwise;
      if (!(values[i] >= least && values[i] <= most))
        throw InputError("{}: row {}: column '{}' has {}; expected {} to {}", where, i + 1, column, values[i],
                         least, most);
    }
    return values;
  };
  const PatientClass usual;
  const auto priority = numbers("priority", 0, -1000, 1000),
             minutes = numbers("service_min", usual.service_min, 0.01, 1440),
             cv = numbers("service_cv", usual.service_cv, 0, 10), no_show = numbers("no_show", 0, 0, 0.99),
             any_hour = numbers("any_hour", 0, 0, 1), on_call = numbers("on_call", 0, 0, 1);
  std::vector<std::string> modality(name.size(), "all");
  if (table.find("modality")) modality = names_of(table, "modality", where);
  std::vector<ModalityClasses> all;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!(per_week[i] >= 0) || per_week[i] > 1e6)
      throw InputError("{}: row {}: column 'per_week' has {}; expected patients a week", where, i + 1,
                       per_week[i]);
    auto it = std::find_if(all.begin(), all.end(),
                           [&](const ModalityClasses& m) { return m.modality == modality[i]; });
    if (it == all.end()) it = all.insert(all.end(), {modality[i], {}});
    it->classes.push_back({name[i], per_week[i], static_cast<int>(priority[i]), minutes[i], cv[i], no_show[i],
                           any_hour[i] != 0, on_call[i] != 0});
  }
  return all;
}

CapacityResult capacity(const std::vector<ModalityClasses>& modalities, const CapacityOptions& options,
                        Monitor& monitor) {
  Study study(options);
  for (const ModalityClasses& m : modalities) study.add(m, monitor);
  return study.finish();
}

}  // namespace snitt::activity
