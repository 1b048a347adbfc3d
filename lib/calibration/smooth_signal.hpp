#pragma once
#include <optional>
#include <span>
#include <vector>

namespace snitt::calibration {

/// A sampled signal as a smooth function of time: at each time a parabola fitted to the samples nearby,
/// weighted by the tricube of their distance (local quadratic regression: Cleveland 1979; Fan and Gijbels
/// 1996). Its window reaches 3 median periods to both sides, farther where samples are missing and
/// when `minimum_reach_s` says so.
///
/// Why not straight lines between samples: their noise is smallest half way between two samples, and a search
/// for the lag that minimises squares is drawn there; and they cut the corners of a motion. With this window
/// the noise of the value changes by 7 % with the place between samples, and a motion of 10 samples per
/// period keeps 99 % of its amplitude.
class SmoothSignal {
 public:
  /// Both [sample]; times rise strictly. Nothing is known inside gaps longer than `maximum_gap_s`, before the
  /// first and after the last sample, and where fewer than 4 samples are near. The arrays must live as long
  /// as this.
  SmoothSignal(std::span<const double> time_s, std::span<const double> value, double maximum_gap_s,
               double minimum_reach_s = 0);

  struct Point {
    double value = 0;
    double slope = 0;  ///< per second
  };
  std::optional<Point> at(double time_s) const;

 private:
  std::span<const double> time_s_;
  std::span<const double> value_;
  double maximum_gap_s_;
  std::vector<double> reach_s_;  ///< [sample]
};

}  // namespace snitt::calibration
