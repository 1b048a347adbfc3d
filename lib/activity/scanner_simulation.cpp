#include "activity/scanner_simulation.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

constexpr double week_h = 168;

enum class EventKind { arrival, done, opening, failure, repaired, warm };

struct Event {
  double time_h;
  std::uint64_t number;  ///< breaks ties in the order in which they were planned
  EventKind kind;
  std::size_t index;  ///< of class or machine
};
struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.time_h != b.time_h ? a.time_h > b.time_h : a.number > b.number;
  }
};

struct Waiting {
  double came_h;
  std::uint64_t patient;  ///< of its class: its random numbers are its own, whatever the number of machines
};

struct Machine {
  bool up = true;
  bool failing = false;  ///< will stop after its patient
  bool busy = false;
  double down_since_h = 0;
  std::uint64_t failures = 0;
};

class Run {
 public:
  Run(const ScannerModel& model, std::uint64_t seed)
      : model_(model),
        seed_(seed),
        machines_(model.machines),
        queues_(model.classes.size()),
        arrived_(model.classes.size(), 0) {
    out_.classes.resize(model.classes.size());
    warm_h_ = model.warm_up_weeks * week_h;
    end_h_ = warm_h_ + model.weeks * week_h;
    for (std::size_t c = 0; c < model.classes.size(); ++c) order_.push_back(c);
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return model.classes[a].priority < model.classes[b].priority;
    });
  }

  Replicate run() {
    for (std::size_t c = 0; c < model_.classes.size(); ++c) plan_arrival(c, 0);
    if (!model_.opening.always()) plan(model_.opening.next_opening(0), EventKind::opening, 0);
    for (std::size_t m = 0; m < machines_.size(); ++m) plan_failure(m, 0);
    plan(warm_h_, EventKind::warm, 0);
    while (!events_.empty() && events_.top().time_h < end_h_) {
      const Event e = events_.top();
      events_.pop();
      handle(e);
    }
    finish();
    return out_;
  }

 private:
  enum Stream : std::uint64_t { gap = 1, service = 2, absence = 3, uptime = 4, repair = 5 };

  double share(Stream stream, std::size_t index, std::uint64_t number) const {
    return statistics::uniform(statistics::random_bits(seed_, stream * 1000003 + index, number)) + 0x1.0p-54;
  }
  double exponential(double mean, Stream stream, std::size_t index, std::uint64_t number) const {
    return -mean * std::log(share(stream, index, number));
  }

  void plan(double time_h, EventKind kind, std::size_t index) {
    events_.push({time_h, planned_++, kind, index});
  }

  void plan_arrival(std::size_t c, double after_h) {
    const PatientClass& kind = model_.classes[c];
    if (kind.per_week <= 0) return;
    const double hours = kind.any_hour ? week_h : model_.opening.hours();
    const double wait_h = exponential(hours / kind.per_week, gap, c, arrived_[c]);
    plan(kind.any_hour ? after_h + wait_h : model_.opening.after_open_hours(after_h, wait_h),
         EventKind::arrival, c);
  }

  void plan_failure(std::size_t m, double after_h) {
    if (model_.hours_between_failures <= 0) return;
    const double up = exponential(model_.hours_between_failures, uptime, m, machines_[m].failures);
    plan(model_.opening.after_open_hours(after_h, up), EventKind::failure, m);
  }

  double service_h(std::size_t c, std::uint64_t patient) const {
    const PatientClass& kind = model_.classes[c];
    const double mean = kind.service_min / 60;
    if (kind.service_cv <= 0) return mean;
    if (kind.service_cv == 1) return exponential(mean, service, c, patient);
    const double variance = std::log1p(kind.service_cv * kind.service_cv);
    return mean * std::exp(std::sqrt(variance) * statistics::normal_quantile(share(service, c, patient)) -
                           variance / 2);
  }

  void handle(const Event& e) {
    now_ = e.time_h;
    Machine* m = e.kind == EventKind::done || e.kind == EventKind::failure || e.kind == EventKind::repaired
                     ? &machines_[e.index]
                     : nullptr;
    switch (e.kind) {
      case EventKind::arrival:
        queues_[e.index].push_back({now_, arrived_[e.index]++});
        plan_arrival(e.index, now_);
        break;
      case EventKind::done:
        m->busy = false;
        if (m->failing) stop(e.index);
        break;
      case EventKind::opening:
        plan(model_.opening.next_opening(model_.opening.next_closing(now_)), EventKind::opening, 0);
        break;
      case EventKind::failure:
        if (m->busy)
          m->failing = true;
        else
          stop(e.index);
        break;
      case EventKind::repaired:
        m->up = true;
        out_.broken_h += open_hours(m->down_since_h, now_);
        ++m->failures;
        plan_failure(e.index, now_);
        break;
      case EventKind::warm:
        for (const auto& q : queues_) out_.queue_start += static_cast<double>(q.size());
        break;
    }
    dispatch();
  }

  void stop(std::size_t m) {
    machines_[m].failing = false;
    machines_[m].up = false;
    machines_[m].down_since_h = now_;
    plan(now_ + exponential(model_.repair_h, repair, m, machines_[m].failures), EventKind::repaired, m);
  }

  void dispatch() {
    const bool open = model_.opening.is_open(now_);
    const std::size_t usable = open ? machines_.size() : std::min(machines_.size(), model_.on_call_machines);
    // When closed, whichever machines stand free and whole, no more than the on-call number are in use.
    std::size_t in_use = 0;
    if (!open)
      for (const Machine& m : machines_) in_use += m.busy ? 1 : 0;
    for (std::size_t m = 0; m < machines_.size() && in_use < usable; ++m) {
      if (machines_[m].busy || !machines_[m].up) continue;
      if (!begin(m, open)) return;
      if (!open) ++in_use;
    }
  }

  /// The next patient onto machine m; false when nobody waits who may be served now.
  bool begin(std::size_t m, bool open) {
    std::size_t next = queues_.size();
    for (const std::size_t c : order_) {
      if (queues_[c].empty() || (!open && !model_.classes[c].on_call)) continue;
      if (next == queues_.size() || (model_.classes[c].priority == model_.classes[next].priority &&
                                     queues_[c].front().came_h < queues_[next].front().came_h))
        next = c;
      else if (model_.classes[c].priority > model_.classes[next].priority)
        break;
    }
    if (next == queues_.size()) return false;
    const Waiting patient = queues_[next].front();
    queues_[next].pop_front();
    ClassOutcome& out = out_.classes[next];
    const bool counted = patient.came_h >= warm_h_;
    const bool comes = model_.classes[next].no_show <= 0 ||
                       share(absence, next, patient.patient) > model_.classes[next].no_show;
    if (counted && comes) out.waits_min.push_back((now_ - patient.came_h) * 60);
    if (counted && !comes) ++out.not_come;
    const double length = comes ? service_h(next, patient.patient) : model_.no_show_min / 60;
    const double from = std::max(now_, warm_h_), to = std::min(now_ + length, end_h_);
    if (to > from) {
      const double in_opening = open_hours(from, to);
      out_.busy_open_h += in_opening;
      (open ? out_.overtime_h : out_.on_call_h) += to - from - in_opening;
    }
    machines_[m].busy = true;
    plan(now_ + length, EventKind::done, m);
    return true;
  }

  /// Opening hours between two moments after warm-up.
  double open_hours(double from, double to) const {
    from = std::clamp(from, warm_h_, end_h_);
    to = std::clamp(to, warm_h_, end_h_);
    if (model_.opening.always()) return to - from;
    double sum = 0;
    while (from < to) {
      const double begin = model_.opening.next_opening(from);
      if (begin >= to) break;
      const double end = std::min(to, model_.opening.next_closing(begin));
      sum += end - begin;
      from = end;
    }
    return sum;
  }

  void finish() {
    out_.open_h = open_hours(warm_h_, end_h_) * static_cast<double>(machines_.size());
    for (std::size_t c = 0; c < queues_.size(); ++c) {
      out_.queue_end += static_cast<double>(queues_[c].size());
      for (const Waiting& w : queues_[c]) out_.classes[c].still_waiting += w.came_h >= warm_h_ ? 1 : 0;
    }
    for (const Machine& m : machines_)
      if (!m.up) out_.broken_h += open_hours(m.down_since_h, end_h_);
  }

  const ScannerModel& model_;
  std::uint64_t seed_;
  std::vector<Machine> machines_;
  std::vector<std::deque<Waiting>> queues_;
  std::vector<std::uint64_t> arrived_;
  std::vector<std::size_t> order_;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t planned_ = 0;
  double now_ = 0, warm_h_ = 0, end_h_ = 0;
  Replicate out_;
};

}  // namespace

Replicate simulate_once(const ScannerModel& model, std::uint64_t seed, std::uint64_t number) {
  if (model.classes.empty() || model.machines == 0 || model.opening.open_h.empty())
    throw ComputationError("simulation: no patients, no machines or no opening hours");
  return Run(model, statistics::random_bits(seed, number)).run();
}

std::vector<Replicate> simulate_scanners(const ScannerModel& model, std::uint64_t seed,
                                         std::size_t replicates) {
  std::vector<Replicate> all(replicates);
  tbb::parallel_for(std::size_t{0}, replicates, [&](std::size_t i) {
    all[i] = simulate_once(model, seed, static_cast<std::uint64_t>(i));
  });
  return all;
}

}  // namespace snitt::activity
