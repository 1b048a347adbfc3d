#pragma once
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <vector>

#include "calibration/smooth_signal.hpp"
#include "calibration/time_alignment.hpp"

/// How well two signals agree at a lag: the part of time_alignment that computes and refuses nothing.
namespace snitt::calibration {

/// Samples of the fixed signal with their counterparts at one lag.
struct Pairs {
  std::vector<double> fixed;
  std::vector<double> moving;
  std::vector<double> slope;  ///< of the moving signal, per second
};

/// With n in the denominator.
struct Moments {
  double fixed_mean = 0;
  double fixed_deviation = 0;
  double moving_mean = 0;
  double moving_deviation = 0;
  double correlation = 0;  ///< NaN for a constant signal
};

Moments moments(const Pairs& pairs);
/// Root mean square difference of the normalised signals, in the moving signal's units.
double normalised_rms(const Moments& moments, int sign);
/// Residuals of the straight line fixed = a + b moving, [pair].
std::vector<double> regression_residuals(const Pairs& pairs, const Moments& moments);
/// Slopes without what mean and motion explain of them, [pair]: the direction in which a lag pulls.
std::vector<double> free_slopes(const Pairs& pairs, const Moments& moments);

class LagSearch {
 public:
  /// All must live as long as this.
  LagSearch(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& options);

  /// Of the samples `which` (positions in the fixed signal) those that have a counterpart.
  Pairs pairs(double lag_s, const std::vector<std::size_t>& which) const;
  std::vector<CurvePoint> curve() const;
  std::vector<std::size_t> everything() const;
  /// Those with a counterpart at all of these lags.
  std::vector<std::size_t> with_counterpart(std::initializer_list<double> lags_s,
                                            const std::vector<std::size_t>& which) const;
  /// Lag of the highest sign * correlation between two lags, by the golden section, to 0.1 us.
  double highest(double low_s, double high_s, int sign, const std::vector<std::size_t>& which) const;
  /// The lag by the recipe of PLUS's temporal calibration: straight lines between the moving signal's
  /// samples, only the time that all lags share, the step of the curve with the highest sign * correlation.
  /// NaN when that leaves fewer than minimum_samples.
  double grid_lag(int sign) const;
  std::optional<SmoothSignal::Point> moving_at(double time_s) const { return smooth_.at(time_s); }
  /// What moves faster than the fixed signal is sampled it cannot show: the moving one is smoothed over at
  /// least 1.5 of its periods to both sides.
  double reach_s() const { return reach_s_; }
  double maximum_lag_s() const { return options_.maximum_lag_s; }

 private:
  const MotionSignal& fixed_;
  const MotionSignal& moving_;
  const AlignmentOptions& options_;
  double reach_s_;
  SmoothSignal smooth_;
};

}  // namespace snitt::calibration
