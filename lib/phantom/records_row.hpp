#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "phantom/records_events.hpp"

/// One row of the records: an examination with all its words and times, or one of the rows that noise adds.
namespace snitt::phantom {

enum class RecordsExtra : std::uint8_t { none, cancelled, duplicate, secondary };
enum class RecordsStatus : std::uint8_t { completed, cancelled, no_show, rejected, scheduled };
inline constexpr std::array<const char*, 5> status_words{"completed", "cancelled", "no-show", "rejected",
                                                         "scheduled"};
inline constexpr std::array<const char*, 3> care_words{"emergency", "inpatient", "outpatient"};
inline constexpr std::array<const char*, 3> laterality_words{"left", "right", "bilateral"};
inline constexpr std::array<const char*, 2> priority_words{"urgent", "routine"};
inline constexpr std::array<const char*, 3> referrer_type_words{"general practitioner", "hospital",
                                                                "emergency department"};

/// Positions in the lists of the world; -1 where there is none. Times are UTC minutes, absent when missing.
struct RecordsRow {
  std::int64_t exam = 0;
  std::int64_t accession = 0;
  std::uint64_t patient = 0;
  int birth_year = 0;  ///< 0 when missing
  int age = -1;        ///< -1 when missing
  Sex sex = Sex::unknown;
  std::size_t area = 0;
  int place = -1;       ///< in world.places
  bool abroad = false;  ///< the municipality is "9999"
  std::size_t referrer = 0;
  int referrer_type = 0;
  std::size_t provider = 0;
  std::size_t site = 0;
  std::size_t device = 0;
  int care = 2;
  int priority = 1;
  std::size_t kind = 0;
  bool secondary_code = false;
  int laterality = -1;
  RecordsStatus status = RecordsStatus::completed;
  std::optional<std::int64_t> requested, scheduled, arrived, examined, exam_end, preliminary, reported;
  std::uint64_t fingerprint = 0;
  bool fault_wait = false;    ///< planted: requested after it was made
  bool fault_report = false;  ///< planted: reported before its end
};

/// What noise adds to this examination, in the order of their rows after it.
struct RecordsExtras {
  std::array<RecordsExtra, 3> kind{};
  std::size_t count = 0;
};
RecordsExtras extras_of(const RecordsWorld& world, const RecordsEvent& event);

/// `index`: position of the event among all, from which the numbers of examination and accession come.
RecordsRow records_row(const RecordsWorld& world, const RecordsStratum& stratum, const RecordsEvent& event,
                       std::size_t index, RecordsExtra extra);

/// "P" and twelve digits of hexadecimals.
std::string patient_word(std::uint64_t patient);

}  // namespace snitt::phantom
