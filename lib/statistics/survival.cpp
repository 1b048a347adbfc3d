#include "statistics/survival.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

const double z95 = normal_quantile(0.975);

std::vector<std::size_t> by_time(std::span<const double> times, std::size_t finished) {
  if (times.size() != finished)
    throw ComputationError("survival: {} times, {} marks", times.size(), finished);
  for (const double t : times)
    if (!(t >= 0) || std::isinf(t)) throw ComputationError("survival: time {}; expected 0 or above", t);
  std::vector<std::size_t> order(times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
  return order;
}

}  // namespace

SurvivalCurve kaplan_meier(std::span<const double> times, std::span<const std::uint8_t> finished) {
  const std::vector<std::size_t> order = by_time(times, finished.size());
  SurvivalCurve curve;
  curve.total = static_cast<double>(times.size());
  double survival = 1, greenwood = 0, at_risk = curve.total;
  for (std::size_t i = 0; i < order.size();) {
    SurvivalStep step;
    step.time = times[order[i]];
    step.at_risk = at_risk;
    for (; i < order.size() && times[order[i]] == step.time; ++i)
      (finished[order[i]] ? step.events : step.censored) += 1;
    survival *= 1 - step.events / at_risk;
    if (step.events > 0 && step.events < at_risk)
      greenwood += step.events / (at_risk * (at_risk - step.events));
    at_risk -= step.events + step.censored;
    step.survival = survival;
    const double deviation = std::sqrt(greenwood);
    step.error = survival * deviation;
    step.low =
        survival > 0 ? survival * std::exp(-z95 * deviation) : std::numeric_limits<double>::quiet_NaN();
    step.high = survival > 0 ? std::min(1.0, survival * std::exp(z95 * deviation))
                             : std::numeric_limits<double>::quiet_NaN();
    curve.events += step.events;
    curve.censored += step.censored;
    curve.steps.push_back(step);
  }
  return curve;
}

SurvivalStep SurvivalCurve::at(double time) const {
  const auto next = std::upper_bound(steps.begin(), steps.end(), time,
                                     [](double t, const SurvivalStep& s) { return t < s.time; });
  if (next == steps.begin()) return {time, total, 0, 0, 1, 1, 1, 0};
  return *std::prev(next);
}

SurvivalQuantile survival_quantile(const SurvivalCurve& curve, double finished) {
  const double level = 1 - finished;
  constexpr double rounding = 1e-12;
  const auto first_time = [&](auto&& height) {
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      const double h = height(curve.steps[i]);
      if (std::isnan(h)) return h;
      if (h > level + rounding) continue;
      if (h < level - rounding) return curve.steps[i].time;
      // On the level: the middle of the flat piece.
      for (std::size_t k = i + 1; k < curve.steps.size(); ++k) {
        const double next = height(curve.steps[k]);
        if (std::isnan(next) || next < level - rounding)
          return 0.5 * (curve.steps[i].time + curve.steps[k].time);
      }
      return curve.steps[i].time;
    }
    return std::numeric_limits<double>::quiet_NaN();
  };
  SurvivalQuantile q;
  q.value = first_time([](const SurvivalStep& s) { return s.survival; });
  q.low = first_time([](const SurvivalStep& s) { return s.survival > 0 ? s.low : 0; });
  q.high = first_time([](const SurvivalStep& s) { return s.high; });
  return q;
}

LogRank log_rank(std::span<const double> times, std::span<const std::uint8_t> finished,
                 std::span<const std::uint32_t> group, std::size_t groups) {
  const std::vector<std::size_t> order = by_time(times, finished.size());
  if (groups < 2 || group.size() != times.size())
    throw ComputationError("log-rank test: {} groups; expected two or more", groups);
  LogRank test{std::vector<double>(groups, 0), std::vector<double>(groups, 0), 0, 0, 1};
  std::vector<double> at_risk(groups, 0);
  for (const std::uint32_t g : group) ++at_risk.at(g);
  const auto k = static_cast<Eigen::Index>(groups);
  Eigen::MatrixXd variance = Eigen::MatrixXd::Zero(k, k);
  double total = static_cast<double>(times.size());
  const std::vector<double> start = at_risk;
  for (std::size_t i = 0; i < order.size();) {
    const double time = times[order[i]];
    std::vector<double> leaving(groups, 0);
    double events = 0, left = 0;
    for (; i < order.size() && times[order[i]] == time; ++i, ++left) {
      const std::size_t g = group[order[i]];
      ++leaving[g];
      if (!finished[order[i]]) continue;
      ++events;
      ++test.observed[g];
    }
    if (events > 0) {
      const double spread = total > 1 ? events * (total - events) / (total - 1) : 0;
      for (std::size_t a = 0; a < groups; ++a) {
        test.expected[a] += events * at_risk[a] / total;
        for (std::size_t b = 0; b < groups; ++b)
          variance(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) +=
              spread * at_risk[a] / total * ((a == b ? 1 : 0) - at_risk[b] / total);
      }
    }
    for (std::size_t g = 0; g < groups; ++g) at_risk[g] -= leaving[g];
    total -= left;
  }
  std::vector<Eigen::Index> used;
  for (std::size_t g = 0; g < groups; ++g)
    if (start[g] > 0 && test.expected[g] > 0) used.push_back(static_cast<Eigen::Index>(g));
  if (used.size() < 2) return test;
  used.pop_back();  // the differences add to 0
  Eigen::VectorXd difference(static_cast<Eigen::Index>(used.size()));
  Eigen::MatrixXd part(difference.size(), difference.size());
  for (Eigen::Index a = 0; a < difference.size(); ++a) {
    const auto g = static_cast<std::size_t>(used[static_cast<std::size_t>(a)]);
    difference[a] = test.observed[g] - test.expected[g];
    for (Eigen::Index b = 0; b < difference.size(); ++b)
      part(a, b) = variance(used[static_cast<std::size_t>(a)], used[static_cast<std::size_t>(b)]);
  }
  test.degrees = static_cast<double>(used.size());
  test.chi_squared = difference.dot(part.ldlt().solve(difference));
  test.p = chi_squared_upper_tail(test.chi_squared, test.degrees);
  return test;
}

QuantileInterval order_interval(std::span<const double> sorted, double share) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  QuantileInterval interval{-infinity, infinity};
  const auto n = static_cast<std::int64_t>(sorted.size());
  if (n == 0) return interval;
  // Largest j with P(X <= j - 1) <= 2.5 %, smallest k with P(X <= k - 1) >= 97.5 %, X binomial (n, share);
  // the probability grows with the count, so both are found by bisection.
  const auto smallest = [&](double probability) {
    std::int64_t low = 0, high = n;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      if (binomial_probability(middle, n, share) >= probability)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  };
  constexpr double tail = 0.025;
  std::int64_t j = smallest(tail);
  if (j <= n && binomial_probability(j, n, share) > tail) --j;
  // X_(j+1) lies below the quantile with probability P(X >= j + 1).
  if (j >= 0) interval.low = sorted[static_cast<std::size_t>(std::min(j, n - 1))];
  const std::int64_t k = smallest(1 - tail);
  if (k < n) interval.high = sorted[static_cast<std::size_t>(k)];
  return interval;
}

}  // namespace snitt::statistics
