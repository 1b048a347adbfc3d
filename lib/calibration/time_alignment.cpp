#include "calibration/time_alignment.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "calibration/lag_interval.hpp"
#include "calibration/lag_pull.hpp"
#include "calibration/lag_search.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double least_correlation = 0.7;  // half of the fixed signal's variance explained
// Errors of time stamps grow with the speed: closer limits cut off fast frames, and the interval with them.
constexpr double outlier_deviations = 10;
constexpr double least_evidence = 8;         // log likelihood by which the best lag must beat any other
constexpr double least_rival_excess = 0.02;  // of the motion's deviation
constexpr double valley = 0.01;              // of correlation, between two peaks
constexpr double flattest = 0.2;             // half width of the interval as a share of the maximum lag

double sum_of_squares(const std::vector<double>& values) {
  double total = 0;
  for (const double v : values) total += v * v;
  return total;
}

/// 1 % to 99 %, so that single outliers are no motion.
double peak_to_peak(const MotionSignal& signal, double from_s, double to_s) {
  std::vector<double> values;
  for (std::size_t i = 0; i < signal.value.size(); ++i)
    if (signal.time_s[i] >= from_s && signal.time_s[i] <= to_s) values.push_back(signal.value[i]);
  if (values.empty()) return 0;
  return statistics::quantile(values, 0.99) - statistics::quantile(values, 0.01);
}

void check_options(const AlignmentOptions& o) {
  if (!(o.maximum_lag_s > 0) || !(o.step_s > 0) || o.step_s > o.maximum_lag_s / 5)
    throw UsageError("the lag is searched up to {} s in steps of {} s; expected a step of at most a fifth",
                     o.maximum_lag_s, o.step_s);
}

void check_signals(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& o) {
  const auto few = [&](const MotionSignal& s) {
    if (s.time_s.size() >= o.minimum_samples) return;
    const std::string why = rejections(s);
    throw ComputationError("{}: {} of {} samples can be used{}; expected at least {}", s.name,
                           s.time_s.size(), s.reason.size(), why.empty() ? "" : " (" + why + ")",
                           o.minimum_samples);
  };
  few(fixed);
  few(moving);
  const double from = std::max(fixed.time_s.front(), moving.time_s.front());
  const double to = std::min(fixed.time_s.back(), moving.time_s.back());
  if (from - o.maximum_lag_s >= to + o.maximum_lag_s)
    throw ComputationError(
        "the streams have no common time: {} from {:.3f} to {:.3f} s, {} from {:.3f} to {:.3f} s; expected "
        "recordings made at the same time, by one clock",
        fixed.name, fixed.time_s.front(), fixed.time_s.back(), moving.name, moving.time_s.front(),
        moving.time_s.back());
  const auto moves = [&](const MotionSignal& s, double least) {
    const double found = peak_to_peak(s, from - o.maximum_lag_s, to + o.maximum_lag_s);
    if (!(found > 0) || found < least)
      throw ComputationError(
          "{} moves by {:.3g} {} peak to peak in the common time; expected at least {:g} {} (move the probe "
          "further, several times up and down)",
          s.name, found, s.units, least, s.units);
  };
  moves(fixed, o.minimum_fixed_motion);
  moves(moving, o.minimum_moving_motion);
}

struct Peak {
  std::size_t index = 0;
  int sign = 1;
};

bool allowed(AxisSign axis, int sign) {
  return axis == AxisSign::any || (axis == AxisSign::same) == (sign > 0);
}

/// Highest allowed sign * correlation outside indices [first, last] of sign `excluded`.
std::optional<Peak> best_of(const std::vector<CurvePoint>& curve, AxisSign axis, int excluded = 0,
                            std::size_t first = 0, std::size_t last = 0) {
  std::optional<Peak> best;
  for (const int sign : {1, -1})
    for (std::size_t k = 0; k < curve.size(); ++k) {
      const double r = sign * curve[k].correlation;
      if (!std::isfinite(r) || !allowed(axis, sign)) continue;
      if (sign == excluded && k >= first && k <= last) continue;
      if (!best || r > best->sign * curve[best->index].correlation) best = Peak{k, sign};
    }
  return best;
}

/// Refuses a sign that is the reason for a bad fit: the other one leaves less than half of its squares.
void check_sign(const std::vector<CurvePoint>& curve, const Peak& peak, AxisSign axis) {
  if (axis == AxisSign::any) return;
  const bool same = axis == AxisSign::same;
  const auto other = best_of(curve, same ? AxisSign::opposite : AxisSign::same);
  if (!other) return;
  const CurvePoint& here = curve[peak.index];
  const CurvePoint& there = curve[other->index];
  const double here_rms = same ? here.rms_same : here.rms_opposite;
  const double there_rms = same ? there.rms_opposite : there.rms_same;
  const bool inside = other->index > 0 && other->index + 1 < curve.size();
  if (!inside || !(other->sign * there.correlation > least_correlation) ||
      there_rms * there_rms > 0.5 * here_rms * here_rms)
    return;
  throw ComputationError(
      "with --axis-sign {} the best correlation is {:.3f}, at {:.3f} s, and with {} it is {:.3f}, at {:.3f} "
      "s: "
      "the streams move the other way; give --axis-sign {}, or leave it out",
      same ? "same" : "opposite", peak.sign * here.correlation, here.lag_s, same ? "opposite" : "same",
      other->sign * there.correlation, there.lag_s, same ? "opposite" : "same");
}

/// The best lag outside the hill that the peak stands on: down to where the correlation has risen again by
/// more than samples that come and go at the ends make it.
std::optional<Peak> rival_of(const std::vector<CurvePoint>& curve, AxisSign axis, const Peak& peak) {
  const auto foot = [&](std::ptrdiff_t step) {
    std::size_t k = peak.index;
    double lowest = 1;
    for (; k + static_cast<std::size_t>(step) < curve.size(); k += static_cast<std::size_t>(step)) {
      const double height = peak.sign * curve[k + static_cast<std::size_t>(step)].correlation;
      if (!(height <= lowest + valley)) break;
      lowest = std::min(lowest, height);
    }
    return k;
  };
  // A hill that reaches the border of the search has its foot there for a rival: it may be no hill at all.
  const std::size_t first = std::max<std::size_t>(foot(-1), 1);
  const std::size_t last = std::min(foot(1), curve.size() - 2);
  return best_of(curve, axis, peak.sign, first, last);
}

/// Refuses when the rival explains the motion as well: the likelihood ratio of normal residuals, for as many
/// independent ones as their autocorrelation leaves, is small.
void check_rival(const LagSearch& search, TimeAlignment& result, const Peak& rival,
                 const std::vector<std::size_t>& which, const std::string& units) {
  const double rival_lag = result.curve[rival.index].lag_s;
  const std::vector<std::size_t> both = search.with_counterpart({result.lag_s, rival_lag}, which);
  if (both.size() < 10) return;
  const Pairs here = search.pairs(result.lag_s, both);
  const Pairs there = search.pairs(rival_lag, both);
  const Moments here_moments = moments(here);
  const Moments there_moments = moments(there);
  const std::vector<double> best = regression_residuals(here, here_moments);
  const std::vector<double> other = regression_residuals(there, there_moments);
  const std::vector<double> ones(best.size(), 1.0);
  const double best_squares = sum_of_squares(best);
  const double spread = deviation_of_sum(best, ones, {ones}).deviation;
  const double independent =
      static_cast<double>(best.size()) * std::min(1.0, best_squares / (spread * spread));
  const double evidence = 0.5 * independent * std::log(sum_of_squares(other) / best_squares);
  result.rival_lag_s = rival_lag;
  result.rival_rms = normalised_rms(there_moments, rival.sign);
  const double here_rms = normalised_rms(here_moments, result.sign);
  if (!(evidence >= least_evidence) ||
      result.rival_rms - here_rms < least_rival_excess * here_moments.moving_deviation)
    throw ComputationError(
        "a lag of {:.3f} s explains the motion as well as {:.3f} s (residuals {:.3g} and {:.3g} {}): {}",
        rival_lag, result.lag_s, result.rival_rms, here_rms, units,
        std::abs(rival_lag) < 0.99 * search.maximum_lag_s()
            ? "the motion repeats itself; move irregularly, or give a smaller --maximum-lag-s or the "
              "--axis-sign"
            : "move the probe several times up and down, and faster");
}

void fill_samples(const MotionSignal& fixed, const LagSearch& search, const std::vector<std::size_t>& used,
                  const std::vector<std::size_t>& candidates, const Moments& m, TimeAlignment& result) {
  std::vector<char> is_used(fixed.time_s.size(), 0);
  std::vector<char> is_candidate(fixed.time_s.size(), 0);
  for (const std::size_t i : used) is_used[i] = 1;
  for (const std::size_t i : candidates) is_candidate[i] = 1;
  for (std::size_t i = 0; i < fixed.time_s.size(); ++i) {
    AlignedSample s{fixed.sample[i], fixed.time_s[i], fixed.value[i], 0, nothing, nothing, {}};
    s.scaled = m.moving_mean + result.sign * result.scale * (fixed.value[i] - m.fixed_mean);
    if (const auto point = search.moving_at(fixed.time_s[i] + result.lag_s)) {
      s.moving = point->value;
      s.residual = s.scaled - s.moving;
    }
    if (!is_used[i]) s.reason = is_candidate[i] ? "outlier" : "no counterpart";
    result.aligned.push_back(std::move(s));
  }
  std::vector<double> residuals;
  for (const std::size_t i : used) residuals.push_back(result.aligned[i].residual);
  result.rms = statistics::root_mean_square(residuals);
  for (const double r : residuals) result.largest_residual = std::max(result.largest_residual, std::abs(r));
}

/// Whether a sample's residual from the regression is beyond what the others let expect.
std::vector<std::size_t> without_outliers(const LagSearch& search, double lag_s,
                                          const std::vector<std::size_t>& candidates,
                                          const std::vector<std::size_t>& used) {
  const Pairs p = search.pairs(lag_s, used);
  const Moments m = moments(p);
  const double spread = statistics::robust_deviation(regression_residuals(p, m));
  const Pairs all = search.pairs(lag_s, candidates);
  const std::vector<double> residuals = regression_residuals(all, m);
  // Residuals of a signal without noise are rounding errors, not outliers.
  const double limit = std::max(outlier_deviations * spread, 1e-6 * m.fixed_deviation);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (std::abs(residuals[i]) <= limit) kept.push_back(candidates[i]);
  return kept;
}

/// By the values of the fixed signal, whatever its slopes say.
TimeAlignment align_values(const MotionSignal& fixed, const MotionSignal& moving,
                           const AlignmentOptions& options) {
  check_options(options);
  check_signals(fixed, moving, options);
  const LagSearch search(fixed, moving, options);
  TimeAlignment result;
  result.rival_lag_s = result.rival_rms = nothing;
  result.curve = search.curve();
  const auto peak = best_of(result.curve, options.axis);
  if (!peak)
    throw ComputationError(
        "no lag up to {} s gives {} samples with a counterpart; record both streams for longer",
        options.maximum_lag_s, options.minimum_samples);
  check_sign(result.curve, *peak, options.axis);
  const CurvePoint& top = result.curve[peak->index];
  const bool border = peak->index == 0 || peak->index + 1 == result.curve.size() ||
                      !std::isfinite(result.curve[peak->index - 1].correlation) ||
                      !std::isfinite(result.curve[peak->index + 1].correlation);
  if (border)
    throw ComputationError(
        "the best lag, {:.3f} s, lies at the border of the search (correlation {:.3f}); give a larger "
        "--maximum-lag-s, or move the probe up and down instead of one way",
        top.lag_s, top.correlation);
  if (peak->sign * top.correlation < least_correlation)
    throw ComputationError(
        "the streams do not show the same motion: the best correlation is {:.2f}, at {:.3f} s; expected at "
        "least {} (is it the right tool, the right part of the image?)",
        top.correlation, top.lag_s, least_correlation);
  result.sign = peak->sign;

  const double step = options.step_s;
  const std::vector<std::size_t> candidates =
      search.with_counterpart({top.lag_s - 2 * step, top.lag_s, top.lag_s + 2 * step}, search.everything());
  if (candidates.size() < options.minimum_samples)
    throw ComputationError("{} samples have a counterpart at the best lag, {:.3f} s; expected at least {}",
                           candidates.size(), top.lag_s, options.minimum_samples);
  std::vector<std::size_t> used = candidates;
  result.lag_s = top.lag_s;
  for (int round = 0; round < 4; ++round) {
    result.lag_s = search.highest(result.lag_s - 2 * step, result.lag_s + 2 * step, result.sign, used);
    std::vector<std::size_t> kept = without_outliers(search, result.lag_s, candidates, used);
    if (kept == used || kept.size() < options.minimum_samples) break;
    used = std::move(kept);
  }
  if (const auto rival = rival_of(result.curve, options.axis, *peak))
    check_rival(search, result, *rival, used, moving.units);

  result.grid_lag_s = search.grid_lag(result.sign);
  if (options.plus_compatible) {
    if (!std::isfinite(result.grid_lag_s))
      throw ComputationError(
          "PLUS's recipe leaves out {} s at both ends, which leaves fewer than {} samples; "
          "give a smaller --maximum-lag-s, or record for longer",
          options.maximum_lag_s, options.minimum_samples);
    result.lag_s = result.grid_lag_s;
  }
  const Pairs p = search.pairs(result.lag_s, used);
  const Moments m = moments(p);
  const LagInterval width = interval_of(search, result.lag_s, used);
  if (!(width.half_width_s < flattest * options.maximum_lag_s))
    throw ComputationError(
        "the lag cannot be told: {:.3f} s ± {:.3f} s; move the probe faster, or several times up and down",
        result.lag_s, width.half_width_s);
  result.low_s = result.lag_s - width.half_width_s;
  result.high_s = result.lag_s + width.half_width_s;
  result.effective_samples = width.effective_samples;
  result.correlation = m.correlation;
  result.scale = m.moving_deviation / m.fixed_deviation;
  result.speed_rms = statistics::root_mean_square(p.slope);
  result.samples = used.size();
  result.outliers = candidates.size() - used.size();
  fill_samples(fixed, search, used, candidates, m, result);
  if (!fixed.slope.empty()) {
    const ColumnLag column = column_lag(search, result.lag_s, fixed.slope, used);
    result.column_lag_s_per_px = column.s_per_px;
    result.column_lag_half_width = column.half_width;
  }
  return result;
}

double lag_at_column(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& options,
                     double column_px) {
  try {
    return align_values(at_column(fixed, column_px), moving, options).lag_s;
  } catch (const ComputationError&) {
    return nothing;
  }
}

}  // namespace

TimeAlignment align(const MotionSignal& fixed, const MotionSignal& moving, const AlignmentOptions& options) {
  TimeAlignment result = align_values(fixed, moving, options);
  if (fixed.slope.empty()) return result;
  const LineColumns& columns = fixed.columns;
  result.left_lag_s = lag_at_column(fixed, moving, options, columns.left_px);
  result.right_lag_s = lag_at_column(fixed, moving, options, columns.right_px);
  const double rate = std::abs(result.column_lag_s_per_px);
  result.depends_on_column =
      rate > result.column_lag_half_width &&
      rate * (columns.right_px - columns.left_px) > 0.5 * (result.high_s - result.low_s);
  if (result.depends_on_column)
    for (const double end : {result.left_lag_s, result.right_lag_s})
      if (std::isfinite(end)) {
        result.low_s = std::min(result.low_s, end);
        result.high_s = std::max(result.high_s, end);
      }
  return result;
}

}  // namespace snitt::calibration
