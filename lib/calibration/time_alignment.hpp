#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "calibration/motion_signal.hpp"

/// The lag between two streams that show one motion.
namespace snitt::calibration {

/// Whether the moving signal grows when the fixed one does; `any` tries both.
enum class AxisSign { any, same, opposite };

struct AlignmentOptions {
  double maximum_lag_s = 0.5;        ///< to both sides
  double step_s = 0.001;             ///< of the curve; the lag itself is found between its points
  double minimum_fixed_motion = 30;  ///< peak to peak, in the fixed signal's units
  double minimum_moving_motion = 8;  ///< peak to peak, in the moving signal's units
  std::size_t minimum_samples = 30;  ///< of the fixed signal with a counterpart
  double maximum_gap_s = 0.25;       ///< longest gap in the moving signal to look into
  AxisSign axis = AxisSign::any;
  bool plus_compatible = false;  ///< the lag of PLUS's recipe (see grid_lag_s) instead of the best estimate
};

/// The alignment at one lag of the curve; NaN where too few samples have a counterpart.
struct CurvePoint {
  double lag_s = 0;
  double correlation = 0;   ///< of the two signals over the common time
  double rms_same = 0;      ///< with both signals normalised (mean 0, deviation 1), in the moving signal's
  double rms_opposite = 0;  ///< units: deviation * sqrt(2 (1 -+ correlation)), for either sign of the axis
  std::size_t samples = 0;
};

/// One sample of the fixed signal next to what the moving one says at its time plus the lag.
struct AlignedSample {
  std::size_t sample = 0;  ///< number in the fixed recording
  double time_s = 0;
  double fixed = 0;     ///< in the fixed signal's units
  double scaled = 0;    ///< the same in the moving signal's units
  double moving = 0;    ///< NaN without counterpart
  double residual = 0;  ///< scaled - moving
  std::string reason;   ///< "" when used, "no counterpart" or "outlier"
};

struct TimeAlignment {
  double lag_s = 0;  ///< L with moving(t + L) = fixed(t): positive when the moving stream is stamped late
  double low_s = 0;  ///< 95 % interval
  double high_s = 0;
  int sign = 1;            ///< of the moving signal's axis relative to the fixed one's
  double correlation = 0;  ///< at the lag, without outliers
  double scale = 0;        ///< moving units per fixed unit: ratio of the deviations
  double rms = 0;          ///< of the residuals, in moving units
  double largest_residual = 0;
  double speed_rms = 0;          ///< of the moving signal at the samples, units per second
  double effective_samples = 0;  ///< independent ones that would give the same interval
  std::size_t samples = 0;       ///< used
  std::size_t outliers = 0;
  double rival_lag_s = 0;  ///< the second best lag of either sign, beyond the best one's own hill; NaN: none
  double rival_rms = 0;
  double grid_lag_s =
      0;  ///< by PLUS's recipe, for comparison (lag_search.hpp); NaN when it leaves too little
  /// Of a fixed signal with slopes, the row of a line at its middle column; NaN for others. The lag by the
  /// row at column u is the lag + column_lag_s_per_px * (u - columns.middle_px): where a line's tilt follows
  /// the motion (columns that show different times, or a probe that rocks) no column has the lag of the
  /// others.
  double column_lag_s_per_px = std::numeric_limits<double>::quiet_NaN();
  double column_lag_half_width = std::numeric_limits<double>::quiet_NaN();  ///< 95 %
  double left_lag_s =
      std::numeric_limits<double>::quiet_NaN();  ///< by the rows at the region's first column,
  double right_lag_s =
      std::numeric_limits<double>::quiet_NaN();  ///< and at its last; NaN where none is found
  /// The first to the last column's lags differ, beyond chance and by more than the interval's half width;
  /// then low_s and high_s hold both.
  bool depends_on_column = false;
  std::vector<CurvePoint> curve;
  std::vector<AlignedSample> aligned;
};

/// The lag of the highest absolute correlation, equally the least sum of squared differences of the
/// normalised signals (Lucas and Kanade 1981 in one dimension; PLUS takes the same metric on a grid of 1 ms).
///
/// The moving signal is smoothed (smooth_signal.hpp) and evaluated at the fixed one's times + lag, first over
/// the whole curve, then minimised continuously for the samples that have a counterpart there, without those
/// whose residual is beyond 10 robust deviations.
///
/// Interval: the residual times the slope of the motion is the pull of each sample on the lag; the lag's
/// variance is that of their sum over the squared curvature of the metric, by finite differences. Pulls of
/// neighbouring samples are alike (one clock's jitter, smoothing, what the model leaves out), so their
/// variance is estimated at long periods from the first B = 0.4 n^(2/3) cosines and the interval uses
/// Student's distribution with B degrees of freedom (Lazarus, Lewis, Stock and Watson 2018).
///
/// A fixed signal with slopes is aligned by its values, and again by its rows at the first and last column.
/// How the lag changes with the column follows from the slopes' pull on it, and so does its interval.
///
/// Throws ComputationError when there is no answer, with the reason and the way out: too few samples, no
/// common time, too little motion, another motion in each stream, best at the border of the search, a second
/// lag that explains the motion as well (a periodic motion), a curve too flat to tell. UsageError for options
/// out of range.
TimeAlignment align(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& options);

}  // namespace snitt::calibration
