#pragma once
#include <cstddef>
#include <limits>
#include <vector>

#include "calibration/lag_search.hpp"

/// How well a lag is known (time_alignment.hpp): each sample pulls on it with its residual times the slope of
/// the motion.
namespace snitt::calibration {

struct LagInterval {
  double half_width_s = 0;       ///< of the 95 % interval
  double effective_samples = 0;  ///< independent ones that would give the same interval
};

LagInterval interval_of(const LagSearch& search, double lag_s, const std::vector<std::size_t>& which);

/// Change of the lag from one column of an image to the next; NaN when it cannot be told.
struct ColumnLag {
  double s_per_px = std::numeric_limits<double>::quiet_NaN();
  double half_width = std::numeric_limits<double>::quiet_NaN();  ///< of the 95 % interval
};

/// `slope` [sample of the fixed signal] is that of the line whose row is aligned, rows per column: what its
/// rows gain from one column to the next, and so is what it pulls. Its part along the motion's slope changes
/// the lag; what neither this nor the motion explains gives the interval. `which` have counterparts at the
/// lag.
ColumnLag column_lag(const LagSearch& search, double lag_s, const std::vector<double>& slope,
                     const std::vector<std::size_t>& which);

}  // namespace snitt::calibration
