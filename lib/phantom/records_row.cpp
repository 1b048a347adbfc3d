#include "phantom/records_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "phantom/noise.hpp"
#include "phantom/records_clock.hpp"

namespace snitt::phantom {
namespace {

enum Draw : std::uint64_t {
  extra_cancelled = 101,
  extra_duplicate,
  extra_secondary,
  shared_person,
  birth,
  place_of,
  no_place_of,
  referrer_of,
  side,
  no_request_of,
  negative_wait_of,
  negative_report_of,
  planned_delay,
  waiting_room,
  preliminary_of,
  preliminary_time,
  report_time,
  cancelled_time,
  cancelled_status,
  fault_size,
  missing_sex,
  missing_birth,
};

struct Draws {
  std::uint64_t key;
  double operator()(std::uint64_t what) const { return uniform(random_bits(key, what)); }
  double normal(std::uint64_t what) const { return phantom::normal(random_bits(key, what)); }
  /// Log-normal, in whole units of at least one.
  std::int64_t whole(std::uint64_t what, double median, double sigma) const {
    return static_cast<std::int64_t>(std::max(1.0, std::round(median * std::exp(sigma * normal(what)))));
  }
};

/// The draws about a person, who may have chains of other regions beside this one.
Draws person_draws(const RecordsWorld& world, const RecordsEvent& event) {
  RecordsEvent first = event;
  first.step = 0;
  const std::uint64_t chain = event_key(world, first);
  // Half of the chains belong to persons numbered inside the stratum: the same number in two regions is one
  // person. The rank keeps two kinds of one region apart.
  if ((random_bits(chain, shared_person) & 1) != 0) return {random_bits(chain, shared_person, 1)};
  const std::uint64_t slot = (static_cast<std::uint64_t>(event.chain) << 8) |
                             static_cast<std::uint64_t>(records_kinds()[event.first_kind].rank);
  return {random_bits(world.settings.seed, (static_cast<std::uint64_t>(event.stratum) << 40) | slot,
                      shared_person)};
}

std::size_t pick(const std::vector<double>& limits, double u) {
  const auto at = std::upper_bound(limits.begin(), limits.end() - 1, u);
  return static_cast<std::size_t>(at - limits.begin());
}

int laterality_of(const RecordsWorld& world, const RecordsEvent& event) {
  if (!records_kinds()[event.kind].paired) return -1;
  RecordsEvent first = event;
  first.step = 0;
  const double u = uniform(random_bits(event_key(world, first), side));
  const bool both = u < world.settings.bilateral && event.chain_kind != ChainKind::other_side;
  if (both) return 2;
  const int left_or_right = (random_bits(event_key(world, first), side, 1) & 1) != 0 ? 1 : 0;
  return event.chain_kind == ChainKind::other_side && event.step == 1 ? 1 - left_or_right : left_or_right;
}

void set_person(const RecordsWorld& world, const RecordsStratum& stratum, const RecordsEvent& event,
                const Draws& draws, RecordsRow& row) {
  const Draws person = person_draws(world, event);
  row.patient = person.key >> 16;
  row.sex = draws(missing_sex) < 0.0005 ? Sex::unknown : stratum.sex;
  // Born so that the age at the middle of the stratum's year lies in its group.
  const double years = stratum.age_from + person(birth) * stratum.age_width;
  const std::int64_t middle = days_of(stratum.year, 7, 1);
  const std::int64_t born = middle - static_cast<std::int64_t>(years * 365.2425);
  const CalendarDate then = date_of(born);
  const CalendarDate now = date_of((event.minute + offset_minutes(event.minute)) / 1440);
  if (draws(missing_birth) >= 0.001) {
    row.birth_year = then.year;
    const bool before_birthday = std::pair(now.month, now.day) < std::pair(then.month, then.day);
    row.age = std::clamp(now.year - then.year - (before_birthday ? 1 : 0), 0, 90);
  }
  row.area = stratum.area;
  if (!world.places.empty()) {
    const double u = draws(no_place_of);
    row.abroad = u < 0.4 * world.settings.no_place;
    if (u >= world.settings.no_place)
      row.place = static_cast<int>(
          world.places_of_area[stratum.area][pick(world.place_limit[stratum.area], person(place_of))]);
  }
}

void set_times(const RecordsWorld& world, const RecordsEvent& event, const Draws& draws, RecordsRow& row) {
  const RecordsSettings& s = world.settings;
  const RecordsTimes& times = records_times()[static_cast<std::size_t>(records_kinds()[event.kind].modality)];
  const std::int64_t start = event.minute;
  const std::int64_t wait = static_cast<std::int64_t>(wait_minutes(world, event));
  const auto known = [&](std::int64_t minute) {
    return minute < world.end_minute ? std::optional(minute) : std::nullopt;
  };
  if (row.care == 2) {
    const auto delay = static_cast<std::int64_t>(std::round(4 + 8 * draws.normal(planned_delay)));
    row.scheduled = (start - delay) / 5 * 5;
  }
  row.requested = start - wait;
  if (draws(no_request_of) < s.no_request) row.requested.reset();
  if (event.planned) return;
  row.arrived = start - std::min(wait, draws.whole(waiting_room, waiting_room_minutes, 0.6));
  row.examined = start;
  row.exam_end = start + event.exam_minutes;
  if (row.care != 2 && draws(preliminary_of) < preliminary_share)
    row.preliminary = known(*row.exam_end + draws.whole(preliminary_time, 60 * preliminary_hours, 0.7));
  row.reported = known(*row.exam_end + draws.whole(report_time, 60 * times.report_hours, times.report_sigma));
  if (row.requested && draws(negative_wait_of) < s.negative_wait) {
    row.requested = start + 1 + static_cast<std::int64_t>(draws(fault_size) * 2879);
    row.fault_wait = true;
  }
  if (row.reported && draws(negative_report_of) < s.negative_report) {
    row.reported = *row.exam_end - 1 - static_cast<std::int64_t>(draws(fault_size) * 59);
    row.fault_report = true;
  }
}

void make_cancelled(const Draws& draws, RecordsRow& row) {
  const double u = draws(cancelled_status);
  row.status = u < 0.6    ? RecordsStatus::cancelled
               : u < 0.85 ? RecordsStatus::no_show
                          : RecordsStatus::rejected;
  const std::int64_t appointment = row.scheduled.value_or(row.examined.value_or(0));
  // An appointment on an earlier day, no sooner than the request.
  const std::int64_t earlier = 1440 * (1 + static_cast<std::int64_t>(draws(cancelled_time) * 20));
  row.scheduled = std::max(appointment - earlier, row.requested.value_or(appointment - earlier));
  row.arrived = row.examined = row.exam_end = row.preliminary = row.reported = std::nullopt;
  row.fault_wait = row.fault_report = false;
}

}  // namespace

RecordsExtras extras_of(const RecordsWorld& world, const RecordsEvent& event) {
  RecordsExtras extras;
  if (event.planned) return extras;
  const Draws draws{event_key(world, event)};
  const auto add = [&](std::uint64_t what, double share, RecordsExtra kind) {
    if (draws(what) < share) extras.kind[extras.count++] = kind;
  };
  add(extra_cancelled, world.settings.cancelled, RecordsExtra::cancelled);
  add(extra_duplicate, world.settings.duplicated, RecordsExtra::duplicate);
  add(extra_secondary, world.settings.secondary, RecordsExtra::secondary);
  return extras;
}

RecordsRow records_row(const RecordsWorld& world, const RecordsStratum& stratum, const RecordsEvent& event,
                       std::size_t index, RecordsExtra extra) {
  const Draws draws{event_key(world, event)};
  RecordsRow row;
  const auto number = static_cast<std::int64_t>(index + 1) * 10;
  row.exam = number + (extra == RecordsExtra::cancelled ? 1 : extra == RecordsExtra::secondary ? 3 : 0);
  row.accession = number + (extra == RecordsExtra::cancelled ? 1 : 0);
  row.kind = event.kind;
  row.provider = world.providers_of_area[stratum.area][event.provider];
  row.device = event.device;
  row.site = world.devices[event.device].site;
  row.care = care_of(world, event);
  row.priority = row.care == 2 ? 1 : 0;
  row.laterality = laterality_of(world, event);
  row.referrer =
      world.first_referrer[stratum.area] + pick(world.referrer_limit[stratum.area], draws(referrer_of));
  row.referrer_type = row.care == 0 ? 2 : row.care == 1 ? 1 : 0;
  row.status = event.planned ? RecordsStatus::scheduled : RecordsStatus::completed;
  set_person(world, stratum, event, draws, row);
  set_times(world, event, draws, row);
  if (extra == RecordsExtra::cancelled) make_cancelled(draws, row);
  if (extra == RecordsExtra::secondary) {
    row.secondary_code = true;
    row.provider = world.providers_of_area[stratum.area][(event.provider + 1U) % 3];
    row.site = world.first_site[row.provider];
    row.fault_wait = row.fault_report = false;
  }
  row.fingerprint =
      random_bits(draws.key, static_cast<std::uint64_t>(row.exam), extra == RecordsExtra::secondary);
  return row;
}

std::string patient_word(std::uint64_t patient) { return fmt::format("P{:012x}", patient); }

}  // namespace snitt::phantom
