#pragma once
#include "activity/record_check.hpp"

namespace snitt::activity {

/// Months without rows inside a source's period, and lasting changes of the monthly level: of each provider,
/// of its modalities, and of its codes (a code that gives way to another looks like less activity).
std::unique_ptr<RecordCheck> month_check(const CheckOptions& options);

/// A lasting change of level in monthly counts, all at least `few`: where the medians of the logarithms of
/// the months before and after differ most, held against the scatter of neighbouring months.
struct LevelShift {
  std::size_t month = 0;  ///< first of the new level; 0: none
  double ratio = 1;       ///< new level / old level
  double z = 0;           ///< difference in standard errors
};
/// Nothing (month 0) for fewer than eight months, a ratio nearer 1 than `smallest_ratio`, or |z| below 6.
LevelShift level_shift(const std::vector<double>& counts, double smallest_ratio);

}  // namespace snitt::activity
