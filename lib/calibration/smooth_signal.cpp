#include "calibration/smooth_signal.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t neighbours = 3;  // to each side

/// Weighted normal equations of a parabola in u.
struct Parabola {
  double s[5] = {};  ///< sums of w u^k
  double t[3] = {};  ///< sums of w u^k y
  void add(double weight, double u, double y) {
    double power = weight;
    for (int k = 0; k < 5; ++k) {
      s[k] += power;
      if (k < 3) t[k] += power * y;
      power *= u;
    }
  }
  /// Value and slope at u = 0, by Cramer's rule; nothing when the samples do not determine them.
  std::optional<SmoothSignal::Point> solve() const {
    const double m0 = s[2] * s[4] - s[3] * s[3];
    const double m1 = s[1] * s[4] - s[2] * s[3];
    const double m2 = s[1] * s[3] - s[2] * s[2];
    const double determinant = s[0] * m0 - s[1] * m1 + s[2] * m2;
    if (!(determinant > 1e-12 * s[0] * s[2] * s[4])) return std::nullopt;
    const double value = t[0] * m0 - s[1] * (t[1] * s[4] - s[3] * t[2]) + s[2] * (t[1] * s[3] - s[2] * t[2]);
    const double slope = s[0] * (t[1] * s[4] - t[2] * s[3]) - t[0] * m1 + s[2] * (s[1] * t[2] - s[2] * t[1]);
    return SmoothSignal::Point{value / determinant, slope / determinant};
  }
};

}  // namespace

SmoothSignal::SmoothSignal(std::span<const double> time_s, std::span<const double> value,
                           double maximum_gap_s, double minimum_reach_s)
    : time_s_(time_s), value_(value), maximum_gap_s_(maximum_gap_s) {
  std::vector<double> periods;
  for (std::size_t i = 1; i < time_s.size(); ++i) periods.push_back(time_s[i] - time_s[i - 1]);
  if (periods.empty()) return;
  const double least =
      std::max(static_cast<double>(neighbours) * statistics::median(periods), minimum_reach_s);
  for (std::size_t i = 0; i < time_s.size(); ++i) {
    const double before = time_s[i] - time_s[i - std::min(i, neighbours)];
    const double after = time_s[std::min(i + neighbours, time_s.size() - 1)] - time_s[i];
    reach_s_.push_back(std::max({least, before, after}));
  }
}

std::optional<SmoothSignal::Point> SmoothSignal::at(double time_s) const {
  const auto after =
      static_cast<std::size_t>(std::upper_bound(time_s_.begin(), time_s_.end(), time_s) - time_s_.begin());
  const bool on_last = after == time_s_.size() && after > 0 && time_s_.back() == time_s;
  if (after == 0 || (after == time_s_.size() && !on_last) || reach_s_.empty()) return std::nullopt;
  if (!on_last && time_s_[after] - time_s_[after - 1] > maximum_gap_s_) return std::nullopt;

  // Between two samples the reach changes steadily, so that the value has no jump anywhere.
  double reach = reach_s_[after - 1];
  if (!on_last) {
    const double share = (time_s - time_s_[after - 1]) / (time_s_[after] - time_s_[after - 1]);
    reach += share * (reach_s_[after] - reach_s_[after - 1]);
  }
  Parabola fit;
  std::size_t count = 0;
  const auto add = [&](std::size_t i) {
    const double u = (time_s_[i] - time_s) / reach;
    const double near = 1 - std::abs(u * u * u);
    if (near <= 0) return false;
    fit.add(near * near * near, u, value_[i]);
    ++count;
    return true;
  };
  for (std::size_t i = after; i-- > 0 && add(i);) {
  }
  for (std::size_t i = after; i < time_s_.size() && add(i); ++i) {
  }
  if (count < neighbours + 1) return std::nullopt;
  auto point = fit.solve();
  if (point) point->slope /= reach;
  return point;
}

}  // namespace snitt::calibration
