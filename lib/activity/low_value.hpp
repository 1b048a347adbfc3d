#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "activity/repeat_items.hpp"
#include "data/table.hpp"

/// Examinations that may be of low value, told by codes, ages and what is near them in time: an editable
/// table.
namespace snitt::activity {

/// How an indicator looks at the examinations of one patient.
enum class IndicatorRelation {
  any,  ///< examinations of `codes`, out of those of `other_codes` (all examinations of the same ages without
        ///< any)
  repeat,  ///< of `codes`, followed by another of them within the days
  before,  ///< of `other_codes`, with one of `codes` in the days before
  around   ///< of `other_codes`, with one of `codes` in the days before or after
};

struct Indicator {
  std::string name;
  std::vector<std::string> codes, other_codes;
  int age_from = 0, age_to = 255;
  IndicatorRelation relation = IndicatorRelation::any;
  int days_from = 0, days_to = 0;
  std::string source, note;
};

/// Columns indicator, codes and other_codes (joined by ';'), age_from, age_to, relation, days_from, days_to,
/// source, note; all but indicator and codes may be missing. Throws InputError naming the row, and for more
/// than 64 indicators.
std::vector<Indicator> indicators_from(const Table& table, const std::string& where);

struct IndicatorCount {
  std::uint64_t denominator = 0, numerator = 0;
  std::map<std::int32_t, std::uint64_t> referrers;  ///< of numerators
  void add(const IndicatorCount& other);
};

/// Which codes count in which indicators.
class IndicatorCodes {
 public:
  IndicatorCodes(const std::vector<Indicator>& indicators, const std::vector<CodeKind>& codes);
  /// Examinations of one patient, in the order of time; `start_s` and `end_s` of the data: only examinations
  /// whose days lie wholly inside are looked at.
  void count(std::span<const RepeatItem> patient, std::int64_t start_s, std::int64_t end_s,
             std::vector<IndicatorCount>& counts) const;

 private:
  const std::vector<Indicator>& indicators_;
  std::vector<std::uint64_t> numerator_, other_;  ///< [code]: bits of indicators
};

}  // namespace snitt::activity
