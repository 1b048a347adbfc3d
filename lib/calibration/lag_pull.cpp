#include "calibration/lag_pull.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibration/lag_interval.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

double sum_of_squares(const std::vector<double>& values) {
  double total = 0;
  for (const double v : values) total += v * v;
  return total;
}

/// Pull of each sample on the lag; their sum is 0 at the best lag.
std::vector<double> pulls(const Pairs& p) {
  const Moments m = moments(p);
  const std::vector<double> residuals = regression_residuals(p, m);
  const std::vector<double> slopes = free_slopes(p, m);
  std::vector<double> result;
  for (std::size_t i = 0; i < residuals.size(); ++i) result.push_back(residuals[i] * slopes[i]);
  return result;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double v : values) total += v;
  return total;
}

/// Change of the pulls' sum per second of lag.
double curvature(const LagSearch& search, double lag_s, const std::vector<std::size_t>& which) {
  const double delta_s = 0.5 * search.reach_s();
  return (sum(pulls(search.pairs(lag_s + delta_s, which))) -
          sum(pulls(search.pairs(lag_s - delta_s, which)))) /
         (2 * delta_s);
}

/// Straight part of `values` along `cause`, both [sample]; `cause` has the mean 0.
double share_of(const std::vector<double>& values, const std::vector<double>& cause) {
  double product = 0;
  for (std::size_t i = 0; i < values.size(); ++i) product += values[i] * cause[i];
  return product / sum_of_squares(cause);
}

}  // namespace

LagInterval interval_of(const LagSearch& search, double lag_s, const std::vector<std::size_t>& which) {
  const Pairs p = search.pairs(lag_s, which);
  const Moments m = moments(p);
  const std::vector<double> residuals = regression_residuals(p, m);
  const std::vector<double> slopes = free_slopes(p, m);
  std::vector<double> motion;
  for (const double g : p.moving) motion.push_back(g - m.moving_mean);
  const std::vector<double> ones(p.moving.size(), 1.0);
  const SumDeviation spread = deviation_of_sum(residuals, slopes, {ones, motion, slopes});
  const auto n = static_cast<double>(residuals.size());
  const double independent = sum_of_squares(residuals) / (n - 3) * sum_of_squares(slopes);
  const double ratio = independent > 0 ? spread.deviation * spread.deviation / independent : 1;
  return {statistics::student_t_quantile(0.975, spread.degrees) * spread.deviation /
              std::abs(curvature(search, lag_s, which)),
          n / std::max(ratio, 1.0)};
}

ColumnLag column_lag(const LagSearch& search, double lag_s, const std::vector<double>& slope,
                     const std::vector<std::size_t>& which) {
  Pairs p = search.pairs(lag_s, which);
  // The slope of a parabola is that of a fast motion made slower; differences of its value follow the motion.
  constexpr double moment_s = 1e-4;
  const Pairs before = search.pairs(lag_s - moment_s, which);
  const Pairs after = search.pairs(lag_s + moment_s, which);
  if (before.moving.size() != which.size() || after.moving.size() != which.size()) return {};
  for (std::size_t i = 0; i < which.size(); ++i)
    p.slope[i] = (after.moving[i] - before.moving[i]) / (2 * moment_s);
  const Moments m = moments(p);
  const std::vector<double> slopes = free_slopes(p, m);
  const std::vector<double> ones(p.moving.size(), 1.0);
  std::vector<double> motion;
  for (const double g : p.moving) motion.push_back(g - m.moving_mean);
  std::vector<double> rest;
  for (const std::size_t i : which) rest.push_back(slope[i]);
  if (rest.size() != p.moving.size()) return {};
  const double per_column = share_of(rest, slopes);
  for (const std::vector<double>* cause : {&ones, &std::as_const(motion), &slopes}) {
    const double share = share_of(rest, *cause);
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= share * (*cause)[i];
  }
  const SumDeviation spread = deviation_of_sum(rest, slopes, {ones, motion, slopes});
  // row = a + gain moving(t + lag), so from one column to the next it gains gain * slope * change of the lag.
  const double gain = m.correlation * m.fixed_deviation / m.moving_deviation;
  const double deviation = spread.deviation / sum_of_squares(slopes);
  return {per_column / gain,
          statistics::student_t_quantile(0.975, spread.degrees) * deviation / std::abs(gain)};
}

}  // namespace snitt::calibration
