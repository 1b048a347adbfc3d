#include "phantom/records_events.hpp"

#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/error.hpp"
#include "phantom/noise.hpp"
#include "phantom/records_clock.hpp"
#include "statistics/poisson_draw.hpp"

namespace snitt::phantom {
namespace {

// Keys that keep the draws about one chain or examination apart.
enum Draw : std::uint64_t {
  chain_count = 1,
  chain_start,
  day_of_start,
  hour,
  minute,
  second_hour,
  chain_kind,
  window,
  days,
  provider,
  care,
  wait,
  device,
  exam_time,
  target,
  other_days,
};

template <std::size_t N>
std::array<double, N> cumulative(const std::array<double, N>& weights) {
  std::array<double, N> sums{};
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  for (double& sum : sums) sum /= sums.back();
  return sums;
}

double day_weight(std::int64_t day, bool elective) {
  if (!elective) return 1;
  return month_weight[static_cast<std::size_t>(date_of(day).month - 1)] *
         weekday_weight[static_cast<std::size_t>(weekday_of(day))];
}

/// Days of one year with cumulative weights, for elective examinations and for all others.
struct YearDays {
  std::int64_t first = 0;
  std::array<std::vector<double>, 2> limit;  ///< [elective]
};
YearDays year_days(int year) {
  YearDays days;
  days.first = days_of(year, 1, 1);
  const std::int64_t end = days_of(year + 1, 1, 1);
  for (const bool elective : {false, true}) {
    double sum = 0;
    for (std::int64_t d = days.first; d < end; ++d)
      days.limit[elective].push_back(sum += day_weight(d, elective));
    for (double& limit : days.limit[elective]) limit /= sum;
  }
  return days;
}

struct Builder {
  const RecordsWorld& world;
  std::vector<RecordsStratum> strata;
  int first_year;
  std::vector<YearDays> years;
  std::array<double, 24> elective = cumulative(elective_hours);
  std::array<double, 24> emergency = cumulative(emergency_hours);

  void append_chains(std::uint32_t stratum, std::vector<RecordsEvent>& out) const {
    const RecordsStratum& s = strata[stratum];
    for (std::size_t kind = 0; kind < records_kinds().size(); ++kind) {
      const double expected = world.expected(kind, s.area, s.sex, s.age_from, s.persons, s.year);
      const double u = uniform(random_bits(world.settings.seed, chain_count + 64 * kind, stratum));
      const auto count = static_cast<std::uint32_t>(statistics::poisson_draw(expected, u));
      for (std::uint32_t chain = 0; chain < count; ++chain)
        append_chain(stratum, static_cast<std::uint8_t>(kind), chain, out);
    }
  }

  void append_chain(std::uint32_t stratum, std::uint8_t kind, std::uint32_t chain,
                    std::vector<RecordsEvent>& out) const {
    RecordsEvent event;
    event.stratum = stratum;
    event.chain = chain;
    event.first_kind = event.kind = kind;
    const RecordsStratum& s = strata[stratum];
    const RecordsSettings& settings = world.settings;
    const std::uint64_t key = event_key(world, event);
    const auto draw = [&](std::uint64_t what) { return uniform(random_bits(key, what)); };
    event.provider = first_provider(event, draw(provider));
    const YearDays& year = years[static_cast<std::size_t>(s.year - first_year)];
    const auto& limit = year.limit[care_of(world, event) != 0];
    const auto at = std::upper_bound(limit.begin(), limit.end() - 1, draw(day_of_start));
    std::int64_t day = year.first + (at - limit.begin());
    place(event, day);

    double u = draw(chain_kind);
    std::size_t escalated = 0;
    for (const std::size_t target_kind : escalations_of(kind)) {
      const double chance = world.escalation_chance(kind, target_kind, s.area);
      if (event.chain_kind == ChainKind::renewal && u < chance) {
        event.chain_kind = ChainKind::escalation;
        escalated = target_kind;
      }
      u -= chance;
    }
    if (event.chain_kind == ChainKind::renewal && records_kinds()[kind].paired && u >= 0 &&
        u < settings.contralateral)
      event.chain_kind = ChainKind::other_side;
    append(event, out);
    while (event.step < 255) {
      const int later = event.chain_kind == ChainKind::renewal ? next_days(event, day) : second_days(event);
      if (later == 0 || (event.chain_kind != ChainKind::renewal && event.step == 1)) return;
      day += later;
      ++event.step;
      if (event.chain_kind == ChainKind::escalation) event.kind = static_cast<std::uint8_t>(escalated);
      const std::uint64_t next = event_key(world, event);
      const double v = uniform(random_bits(next, provider));
      if (v >= settings.same_provider) {
        const bool first_other = v < 0.5 * (1 + settings.same_provider);
        event.provider = static_cast<std::uint8_t>((event.provider + (first_other ? 1 : 2)) % 3);
      }
      place(event, day);
      append(event, out);
    }
  }

  std::uint8_t first_provider(const RecordsEvent& event, double u) const {
    const RecordsKind& k = records_kinds()[event.kind];
    const double outpatient = 1 - k.emergency - k.inpatient;
    const double at_private =
        outpatient * records_times()[static_cast<std::size_t>(k.modality)].private_share;
    if (u >= at_private) return 0;
    return u < 0.5 * at_private ? 1 : 2;
  }

  /// Days to the next examination of the same kind; 0 for none. Weekends are passed over as they are by all.
  int next_days(const RecordsEvent& event, std::int64_t day) const {
    const std::uint64_t key = event_key(world, event);
    double u = uniform(random_bits(key, window));
    for (std::size_t w = 0; w < repeat_days.size(); ++w) {
      if (u < world.settings.repeat[w]) return days_in(repeat_days[w][0], repeat_days[w][1], key, day);
      u -= world.settings.repeat[w];
    }
    return 0;
  }
  int second_days(const RecordsEvent& event) const { return days_in(1, 200, event_key(world, event), 0); }
  int days_in(int low, int high, std::uint64_t key, std::int64_t day) const {
    int later = low;
    for (std::uint64_t attempt = 0; attempt < 6; ++attempt) {
      later = low + static_cast<int>(statistics::uniform_below(random_bits(key, days, attempt),
                                                               static_cast<std::uint32_t>(high - low + 1)));
      if (day == 0 || uniform(random_bits(key, other_days, attempt)) < day_weight(day + later, true)) break;
    }
    return later;
  }

  void place(RecordsEvent& event, std::int64_t local_day) const {
    const std::uint64_t key = event_key(world, event);
    const bool is_emergency = care_of(world, event) != 2;
    const auto& limit = is_emergency ? emergency : elective;
    const auto at = std::upper_bound(limit.begin(), limit.end() - 1, uniform(random_bits(key, hour)));
    const std::int64_t local = local_day * 1440 + (at - limit.begin()) * 60 +
                               statistics::uniform_below(random_bits(key, minute), 60);
    event.minute = static_cast<std::int32_t>(utc_minute_of(local, (random_bits(key, second_hour) & 1) != 0));
    const RecordsTimes& times =
        records_times()[static_cast<std::size_t>(records_kinds()[event.kind].modality)];
    const double taken =
        times.exam_minutes * std::exp(times.exam_sigma * normal(random_bits(key, exam_time)));
    event.exam_minutes = static_cast<std::uint16_t>(std::clamp(std::round(taken), 2.0, 600.0));
  }

  void append(RecordsEvent event, std::vector<RecordsEvent>& out) const {
    event.planned = event.minute >= world.end_minute;
    if (event.minute < world.start_minute) return;
    if (event.planned && static_cast<double>(event.minute) - wait_minutes(world, event) >=
                             static_cast<double>(world.end_minute))
      return;
    const RecordsStratum& s = strata[event.stratum];
    const std::size_t own = world.providers_of_area[s.area][event.provider];
    const std::uint64_t key = event_key(world, event);
    const auto sites = static_cast<std::uint32_t>(world.providers[own].sites.size());
    const std::size_t site =
        world.first_site[own] + statistics::uniform_below(random_bits(key, target), sites);
    const DeviceGroup& group =
        world.device_groups[site][static_cast<std::size_t>(records_kinds()[event.kind].modality)];
    event.device = static_cast<std::uint32_t>(
        group.first +
        statistics::uniform_below(random_bits(key, device), static_cast<std::uint32_t>(group.count)));
    out.push_back(event);
  }
};

auto chain_order(const RecordsEvent& e) { return std::tuple(e.stratum, e.first_kind, e.chain, e.step); }

/// One examination after another on every scanner, and what that comes to.
void queue_at_devices(const RecordsWorld& world, RecordsEvents& all) {
  std::vector<std::uint32_t> order(all.events.size());
  std::iota(order.begin(), order.end(), 0U);
  tbb::parallel_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const RecordsEvent &x = all.events[a], &y = all.events[b];
    return std::tuple(x.device, x.minute, a) < std::tuple(y.device, y.minute, b);
  });
  all.busy_minutes.resize(world.devices.size());
  all.device_exams.resize(world.devices.size());
  all.device_days.resize(world.devices.size());
  tbb::parallel_for(std::size_t{0}, world.devices.size(), [&](std::size_t d) {
    const auto first =
        std::lower_bound(order.begin(), order.end(), d,
                         [&](std::uint32_t i, std::size_t device) { return all.events[i].device < device; });
    std::int64_t free_at = 0, last_day = -1;
    for (auto at = first; at != order.end() && all.events[*at].device == d; ++at) {
      RecordsEvent& event = all.events[*at];
      if (event.planned) continue;
      const auto start =
          std::min<std::int64_t>(std::max<std::int64_t>(event.minute, free_at), world.end_minute - 1);
      event.minute = static_cast<std::int32_t>(start);
      free_at = start + event.exam_minutes + static_cast<std::int64_t>(changeover_minutes);
      all.busy_minutes[d] += event.exam_minutes;
      ++all.device_exams[d];
      const std::int64_t day = (start + offset_minutes(start)) / 1440;
      if (day != last_day) ++all.device_days[d];
      last_day = day;
    }
  });
}

/// Over events in the order of their chains.
std::vector<PlantedRepeats> count_repeats(const RecordsWorld& world,
                                          const std::vector<RecordsEvent>& events) {
  std::vector<PlantedRepeats> counts(records_kinds().size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const RecordsEvent& event = events[i];
    if (event.planned) continue;
    PlantedRepeats& count = counts[event.kind];
    ++count.examinations;
    const bool has_next = i + 1 < events.size() && events[i + 1].stratum == event.stratum &&
                          events[i + 1].first_kind == event.first_kind &&
                          events[i + 1].chain == event.chain && !events[i + 1].planned;
    const std::int64_t gap = has_next ? events[i + 1].minute - event.minute : 0;
    const bool same = has_next && event.chain_kind == ChainKind::renewal;
    for (std::size_t w = 0; w < repeat_windows.size(); ++w) {
      const std::int64_t minutes = repeat_windows[w] * std::int64_t{1440};
      if (event.minute + minutes > world.end_minute) continue;
      ++count.followed[w];
      if (!same || gap > minutes) continue;
      ++count.repeated[w];
      if (events[i + 1].provider == event.provider) ++count.same_provider[w];
    }
    if (has_next && event.chain_kind == ChainKind::other_side) ++count.other_side;
    if (has_next && event.chain_kind == ChainKind::escalation) ++count.escalated;
  }
  return counts;
}

std::vector<RecordsStratum> strata_of(const RecordsWorld& world) {
  const RecordsSettings& s = world.settings;
  const auto& ages = world.population.age_starts;
  std::vector<RecordsStratum> strata;
  // A year before for repeats of earlier examinations, one after for what is planned.
  for (int year = s.first_year - 1; year <= s.last_year + 1; ++year)
    for (const PopulationRow& cell : world.population.rows) {
      if (cell.year != world.population_year(year)) continue;
      const auto next = std::upper_bound(ages.begin(), ages.end(), cell.age_from);
      const int width = next == ages.end() ? 10 : *next - cell.age_from;
      strata.push_back({cell.area, cell.sex, cell.age_from, width, year, cell.persons});
    }
  return strata;
}

}  // namespace

std::uint64_t event_key(const RecordsWorld& world, const RecordsEvent& event) {
  return random_bits(world.settings.seed, (static_cast<std::uint64_t>(event.stratum) << 32) | event.chain,
                     (static_cast<std::uint64_t>(event.first_kind) << 8) | event.step);
}

int care_of(const RecordsWorld& world, const RecordsEvent& event) {
  if (event.provider != 0) return 2;
  const RecordsKind& k = records_kinds()[event.kind];
  const double outpatient = 1 - k.emergency - k.inpatient;
  const double at_private = outpatient * records_times()[static_cast<std::size_t>(k.modality)].private_share;
  const double u = uniform(random_bits(event_key(world, event), care)) * (1 - at_private);
  if (u < k.emergency) return 0;
  return u < k.emergency + k.inpatient ? 1 : 2;
}

double wait_minutes(const RecordsWorld& world, const RecordsEvent& event) {
  const RecordsTimes& times = records_times()[static_cast<std::size_t>(records_kinds()[event.kind].modality)];
  const bool elective = care_of(world, event) == 2;
  const double z = normal(random_bits(event_key(world, event), wait));
  const double days = elective ? times.wait_days * std::exp(times.wait_sigma * z)
                               : times.urgent_days * std::exp(times.urgent_sigma * z);
  return std::round(days * 1440);
}

RecordsEvents records_events(const RecordsWorld& world) {
  RecordsEvents all;
  all.strata = strata_of(world);
  Builder builder{world, all.strata, world.settings.first_year - 1, {}};
  for (int year = builder.first_year; year <= world.settings.last_year + 1; ++year)
    builder.years.push_back(year_days(year));

  std::vector<std::vector<RecordsEvent>> parts(all.strata.size());
  tbb::parallel_for(std::size_t{0}, parts.size(),
                    [&](std::size_t i) { builder.append_chains(static_cast<std::uint32_t>(i), parts[i]); });
  for (auto& part : parts) {
    all.events.insert(all.events.end(), part.begin(), part.end());
    part = {};
  }
  queue_at_devices(world, all);
  all.repeats = count_repeats(world, all.events);
  tbb::parallel_sort(all.events.begin(), all.events.end(), [](const RecordsEvent& a, const RecordsEvent& b) {
    return std::pair(a.minute, chain_order(a)) < std::pair(b.minute, chain_order(b));
  });
  return all;
}

}  // namespace snitt::phantom
