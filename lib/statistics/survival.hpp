#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// How long things take when some are not finished yet.
namespace snitt::statistics {

struct SurvivalStep {
  double time = 0;
  double at_risk = 0;  ///< just before
  double events = 0;
  double censored = 0;
  double survival = 1;  ///< just after: share that is not finished
  double low = 1;  ///< 95 % interval: Greenwood's variance of log survival (R's survfit, conf.type "log")
  double high = 1;
  double error = 0;  ///< of survival
};

/// Kaplan and Meier's curve: one step per distinct time, in order.
struct SurvivalCurve {
  std::vector<SurvivalStep> steps;
  double total = 0;
  double events = 0;
  double censored = 0;

  /// Share not finished at `time`, with its interval; 1 before the first step.
  SurvivalStep at(double time) const;
};

struct SurvivalQuantile {
  double value = 0;  ///< NaN where the curve does not fall so far
  double low = 0;    ///< where the lower curve of the interval does
  double high = 0;
};

/// `finished` [value]: 0 for those that were still going on when seen last. Throws ComputationError for
/// lengths that differ and for times below 0 or missing.
SurvivalCurve kaplan_meier(std::span<const double> times, std::span<const std::uint8_t> finished);

/// Time by which the share `finished` has finished; between two times where the curve lies on it (as R's
/// quantile.survfit does).
SurvivalQuantile survival_quantile(const SurvivalCurve& curve, double finished);

struct LogRank {
  std::vector<double> observed;  ///< [group] events
  std::vector<double> expected;  ///< [group] events if all groups were alike
  double chi_squared = 0;
  double degrees = 0;
  double p = 1;
};
/// Whether groups differ (R's survdiff). `group` [value] from 0. Groups without any at risk are left out of
/// the degrees of freedom. Throws ComputationError as kaplan_meier does, and for fewer than two groups.
LogRank log_rank(std::span<const double> times, std::span<const std::uint8_t> finished,
                 std::span<const std::uint32_t> group, std::size_t groups);

/// Distribution-free 95 % interval of a quantile from `sorted` values: order statistics whose binomial
/// probability reaches it; infinite ends where the sample is too small.
struct QuantileInterval {
  double low = 0;
  double high = 0;
};
QuantileInterval order_interval(std::span<const double> sorted, double share);

}  // namespace snitt::statistics
