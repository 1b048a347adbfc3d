#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "phantom/records_world.hpp"

/// The examinations of a simulated country as a few bytes each. All else about one follows from these and the
/// seed (records_row).
namespace snitt::phantom {

enum class ChainKind : std::uint8_t { renewal, other_side, escalation };

/// One examination of a chain: what one person has done in one region.
struct RecordsEvent {
  std::int32_t minute = 0;    ///< UTC, start of the examination
  std::uint32_t stratum = 0;  ///< [area, sex, age group, year]
  std::uint32_t chain = 0;    ///< of this kind in the stratum
  std::uint32_t device = 0;
  std::uint16_t exam_minutes = 0;
  std::uint8_t first_kind = 0;  ///< kind of the chain's first examination
  std::uint8_t kind = 0;
  std::uint8_t step = 0;  ///< 0 for the first
  ChainKind chain_kind = ChainKind::renewal;
  std::uint8_t provider = 0;  ///< 0 the trust, 1 or 2 private, of the area
  bool planned = false;       ///< lies after the end of the data, but was requested before
};

struct RecordsStratum {
  std::size_t area;
  Sex sex;
  int age_from;
  int age_width;
  int year;
  double persons;
};

/// A number for the draws about this examination.
std::uint64_t event_key(const RecordsWorld& world, const RecordsEvent& event);
/// Care level: 0 emergency, 1 inpatient, 2 outpatient.
int care_of(const RecordsWorld& world, const RecordsEvent& event);
/// Minutes from request to examination, as drawn (before faults are planted).
double wait_minutes(const RecordsWorld& world, const RecordsEvent& event);

/// What follows what, counted over the examinations between start and end.
struct PlantedRepeats {
  std::size_t examinations = 0;
  std::array<std::size_t, 4> followed{};       ///< with the whole of 7, 30, 90, 365 days inside the data
  std::array<std::size_t, 4> repeated{};       ///< of those, same kind and side within
  std::array<std::size_t, 4> same_provider{};  ///< of those, the next by the same provider
  std::size_t other_side = 0;                  ///< other side within 365 days
  std::size_t escalated = 0;                   ///< CT or MR of the region within 365 days
};
inline constexpr std::array<int, 4> repeat_windows{7, 30, 90, 365};

struct RecordsEvents {
  std::vector<RecordsStratum> strata;
  std::vector<RecordsEvent> events;       ///< in the order of time
  std::vector<PlantedRepeats> repeats;    ///< [kind]
  std::vector<double> busy_minutes;       ///< [device]
  std::vector<std::size_t> device_exams;  ///< [device]
  std::vector<std::size_t> device_days;   ///< [device]: days with an examination
};

/// In parallel; the same events for any number of threads.
RecordsEvents records_events(const RecordsWorld& world);

}  // namespace snitt::phantom
