#include "calibration/lag_search.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

double smoothing_reach_s(const MotionSignal& fixed) {
  std::vector<double> periods;
  for (std::size_t i = 1; i < fixed.time_s.size(); ++i)
    periods.push_back(fixed.time_s[i] - fixed.time_s[i - 1]);
  return periods.empty() ? 0 : 1.5 * statistics::median(periods);
}

}  // namespace

Moments moments(const Pairs& p) {
  Moments m;
  m.fixed_mean = statistics::mean(p.fixed);
  m.moving_mean = statistics::mean(p.moving);
  double ff = 0;
  double mm = 0;
  double fm = 0;
  for (std::size_t i = 0; i < p.fixed.size(); ++i) {
    const double f = p.fixed[i] - m.fixed_mean;
    const double g = p.moving[i] - m.moving_mean;
    ff += f * f;
    mm += g * g;
    fm += f * g;
  }
  const auto n = static_cast<double>(p.fixed.size());
  m.fixed_deviation = std::sqrt(ff / n);
  m.moving_deviation = std::sqrt(mm / n);
  m.correlation = ff > 0 && mm > 0 ? fm / std::sqrt(ff * mm) : nothing;
  return m;
}

double normalised_rms(const Moments& m, int sign) {
  return m.moving_deviation * std::sqrt(std::max(0.0, 2 * (1 - sign * m.correlation)));
}

std::vector<double> regression_residuals(const Pairs& p, const Moments& m) {
  const double gain = m.correlation * m.fixed_deviation / m.moving_deviation;
  std::vector<double> residuals;
  for (std::size_t i = 0; i < p.fixed.size(); ++i)
    residuals.push_back(p.fixed[i] - m.fixed_mean - gain * (p.moving[i] - m.moving_mean));
  return residuals;
}

std::vector<double> free_slopes(const Pairs& p, const Moments& m) {
  const double mean = statistics::mean(p.slope);
  double product = 0;
  for (std::size_t i = 0; i < p.slope.size(); ++i)
    product += (p.slope[i] - mean) * (p.moving[i] - m.moving_mean);
  const double share =
      product / (static_cast<double>(p.slope.size()) * m.moving_deviation * m.moving_deviation);
  std::vector<double> slopes;
  for (std::size_t i = 0; i < p.slope.size(); ++i)
    slopes.push_back(p.slope[i] - mean - share * (p.moving[i] - m.moving_mean));
  return slopes;
}

LagSearch::LagSearch(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& options)
    : fixed_(fixed),
      moving_(moving),
      options_(options),
      reach_s_(smoothing_reach_s(fixed)),
      smooth_(moving.time_s, moving.value, options.maximum_gap_s, reach_s_) {}

Pairs LagSearch::pairs(double lag_s, const std::vector<std::size_t>& which) const {
  Pairs p;
  for (const std::size_t i : which)
    if (const auto point = smooth_.at(fixed_.time_s[i] + lag_s)) {
      p.fixed.push_back(fixed_.value[i]);
      p.moving.push_back(point->value);
      p.slope.push_back(point->slope);
    }
  return p;
}

std::vector<CurvePoint> LagSearch::curve() const {
  const auto steps = static_cast<std::ptrdiff_t>(std::floor(options_.maximum_lag_s / options_.step_s + 1e-9));
  std::vector<CurvePoint> points(static_cast<std::size_t>(2 * steps + 1));
  const std::vector<std::size_t> all = everything();
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, points.size()), [&](const auto& some) {
    for (std::size_t k = some.begin(); k != some.end(); ++k) {
      const double lag_s = static_cast<double>(static_cast<std::ptrdiff_t>(k) - steps) * options_.step_s;
      const Pairs p = pairs(lag_s, all);
      points[k] = {lag_s, nothing, nothing, nothing, p.fixed.size()};
      if (p.fixed.size() < options_.minimum_samples) continue;
      const Moments m = moments(p);
      points[k].correlation = m.correlation;
      points[k].rms_same = normalised_rms(m, 1);
      points[k].rms_opposite = normalised_rms(m, -1);
    }
  });
  return points;
}

std::vector<std::size_t> LagSearch::everything() const {
  std::vector<std::size_t> all(fixed_.time_s.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

std::vector<std::size_t> LagSearch::with_counterpart(std::initializer_list<double> lags_s,
                                                     const std::vector<std::size_t>& which) const {
  std::vector<std::size_t> result;
  for (const std::size_t i : which)
    if (std::all_of(lags_s.begin(), lags_s.end(),
                    [&](double lag) { return smooth_.at(fixed_.time_s[i] + lag).has_value(); }))
      result.push_back(i);
  return result;
}

double LagSearch::highest(double low, double high, int sign, const std::vector<std::size_t>& which) const {
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const auto value = [&](double lag) { return sign * moments(pairs(lag, which)).correlation; };
  double a = high - golden * (high - low);
  double b = low + golden * (high - low);
  double at_a = value(a);
  double at_b = value(b);
  while (high - low > 1e-7) {
    if (at_a > at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = value(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = value(b);
    }
  }
  return 0.5 * (low + high);
}

double LagSearch::grid_lag(int sign) const {
  const double margin = options_.maximum_lag_s;
  const double from = std::max(fixed_.time_s.front(), moving_.time_s.front()) + margin;
  const double to = std::min(fixed_.time_s.back(), moving_.time_s.back()) - margin;
  const auto between = [&](double time_s) {
    const auto after = std::upper_bound(moving_.time_s.begin(), moving_.time_s.end(), time_s);
    const auto k = std::clamp<std::ptrdiff_t>(after - moving_.time_s.begin(), 1,
                                              static_cast<std::ptrdiff_t>(moving_.time_s.size()) - 1);
    const auto i = static_cast<std::size_t>(k);
    const double share = (time_s - moving_.time_s[i - 1]) / (moving_.time_s[i] - moving_.time_s[i - 1]);
    return moving_.value[i - 1] + share * (moving_.value[i] - moving_.value[i - 1]);
  };
  const auto steps = static_cast<std::ptrdiff_t>(std::floor(margin / options_.step_s + 1e-9));
  double best_lag = nothing;
  double best = -2;
  for (std::ptrdiff_t k = -steps; k <= steps; ++k) {
    const double lag_s = static_cast<double>(k) * options_.step_s;
    Pairs p;
    for (std::size_t i = 0; i < fixed_.time_s.size(); ++i) {
      if (fixed_.time_s[i] < from || fixed_.time_s[i] > to) continue;
      p.fixed.push_back(fixed_.value[i]);
      p.moving.push_back(between(fixed_.time_s[i] + lag_s));
    }
    if (p.fixed.size() < options_.minimum_samples) return nothing;
    if (const double r = sign * moments(p).correlation; r > best) {
      best = r;
      best_lag = lag_s;
    }
  }
  return best_lag;
}

}  // namespace snitt::calibration
