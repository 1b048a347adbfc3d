#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "activity/low_value.hpp"
#include "activity/repeat_items.hpp"

/// Counting what follows what in one patient's examinations.
namespace snitt::activity {

struct RepeatRules {
  std::vector<int> windows{7, 30, 90, 365};  ///< days, ascending
  bool by_code = false;                      ///< the same code is a repeat; else the same modality and region
  bool first_only =
      false;  ///< indexes are examinations without one of the same kind in the `clean_days` before
  int clean_days = 365;
};

/// Codes as kinds, regions and ranks of modalities.
struct KindTable {
  struct Kind {
    std::string code;  ///< "" unless by code
    std::string modality, region;
  };
  std::vector<Kind> kinds;
  std::vector<std::size_t> kind_of;  ///< [code]
  std::vector<int> region_of;        ///< [kind]; -1 when not known
  std::vector<int> rank_of;  ///< [kind]: 0 RG and UL, 1 CT, 2 MR, -1 others: higher ones are escalations
  std::vector<std::size_t> modality_of;  ///< [kind], in modalities
  std::vector<std::string> modalities;
};
KindTable kind_table(const std::vector<CodeKind>& codes, bool by_code);

/// Whole numbers that add up in any order.
struct RepeatTally {
  struct Window {
    std::uint64_t followed = 0;                           ///< indexes with the whole window inside the data
    std::uint64_t repeated = 0;                           ///< of them, with another within
    std::uint64_t same_provider = 0, identical_code = 0;  ///< of those
    std::uint64_t other_side = 0;                         ///< of the followed, with the other side within
  };
  struct PairKey {
    std::size_t kind;
    int window;  ///< position of the smallest that holds it
    bool same_provider, identical_code;
    std::uint8_t care, next_care;
    auto operator<=>(const PairKey&) const = default;
  };
  struct Escalation {
    std::uint64_t escalated = 0, same_provider = 0;
  };
  std::vector<std::uint64_t> examinations, persons, indexes;  ///< [kind]
  std::vector<std::vector<Window>> windows;                   ///< [kind][window]
  std::vector<std::vector<std::uint64_t>> events, censored;   ///< [kind][day]: for Kaplan and Meier
  std::map<PairKey, std::uint64_t> pairs;
  std::map<std::array<std::size_t, 3>, Escalation> escalations;   ///< kind, modality it leads to, window
  std::map<std::array<std::size_t, 2>, std::uint64_t> frequency;  ///< kind, examinations: persons
  /// modality (one past the last: all), examinations: persons
  std::map<std::array<std::size_t, 2>, std::uint64_t> modality_frequency;
  std::map<std::pair<std::size_t, std::int32_t>, std::uint64_t> referrers;  ///< modality, referrer
  std::uint64_t same_day = 0;               ///< items that were one with another of the day
  std::uint64_t patients = 0, crowded = 0;  ///< crowded: patients with more examinations than a person has
  std::vector<IndicatorCount> indicators;

  RepeatTally(std::size_t kinds, const RepeatRules& rules, std::size_t indicators);
  void add(const RepeatTally& other);
};

/// More examinations than this in the data are hardly one person's.
inline constexpr std::size_t crowd = 300;

/// `patient`: all items of one patient in the order of time. Changes their order in no way.
void tally_patient(std::span<const RepeatItem> patient, const KindTable& kinds, const RepeatRules& rules,
                   const IndicatorCodes& indicators, std::int64_t start_s, std::int64_t end_s,
                   RepeatTally& tally);

}  // namespace snitt::activity
