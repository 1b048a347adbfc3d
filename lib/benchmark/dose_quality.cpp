#include "benchmark/dose_quality.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numbers>

#include "statistics/distributions.hpp"
#include "statistics/random.hpp"
#include "statistics/summary.hpp"

namespace snitt::benchmark {
namespace {

using statistics::GroupSums;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const GroupSums& sums_of(const ExamGroup& group, Measure quality, bool with_size) {
  if (quality == Measure::noise) return with_size ? group.models.noise_size : group.models.noise;
  return with_size ? group.models.quality_size : group.models.quality;
}

std::optional<ExponentFit> fit(const Exam& exam, Measure quality, bool with_size) {
  const Eigen::Index covariates = with_size ? 2 : 1;
  Eigen::MatrixXd within = Eigen::MatrixXd::Zero(covariates + 1, covariates + 1);
  double rows = 0;
  double groups = 0;
  for (const ExamGroup& g : exam.groups) {
    const GroupSums& s = sums_of(g, quality, with_size);
    if (s.count < 2) continue;
    rows += s.count;
    groups += 1;
    within += Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(s.cross.data(), covariates + 1,
                                                                               covariates + 1);
  }
  const double degrees = rows - groups - static_cast<double>(covariates);
  if (degrees < 3) return std::nullopt;
  const Eigen::MatrixXd normal = within.topLeftCorner(covariates, covariates);
  const Eigen::VectorXd right = within.col(covariates).head(covariates);
  const Eigen::VectorXd scale = normal.diagonal().cwiseSqrt();
  // Doses that follow the size so closely that the exponent cannot be seen leave nothing to fit.
  if (!(scale.minCoeff() > 0)) return std::nullopt;
  if (with_size && 1 - std::pow(normal(0, 1) / (scale(0) * scale(1)), 2) < 1e-6) return std::nullopt;
  const Eigen::VectorXd slope = normal.ldlt().solve(right);
  const double variance = std::max(within(covariates, covariates) - right.dot(slope), 0.0) / degrees;
  ExponentFit result;
  result.value = slope(0);
  result.error = std::sqrt(variance * normal.inverse()(0, 0));
  const double half = statistics::student_t_quantile(0.975, degrees) * result.error;
  result.low = result.value - half;
  result.high = result.value + half;
  result.with_size = with_size;
  result.rows = rows;
  return result;
}

/// Standard normal number of a replicate (Box and Muller).
double normal_number(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
  const std::uint64_t bits = statistics::random_bits(seed, stream, number);
  const double radius = std::sqrt(-2 * std::log(1 - statistics::uniform(bits)));
  return radius * std::cos(2 * std::numbers::pi * statistics::uniform(statistics::mix(bits)));
}

double needed(double dose, double quality, double target, double exponent) {
  return dose * std::pow(quality / target, -1 / exponent);
}

double quantile_of_known(std::span<const double> values, double share) {
  std::vector<double> kept;
  for (const double v : values)
    if (std::isfinite(v)) kept.push_back(v);
  return statistics::quantile(kept, share);
}

/// `count`: of what was redrawn.
Interval with_interval(double value, const std::vector<double>& replicates, double confidence,
                       std::size_t count) {
  if (count < fewest_redrawn) return {value, nan, nan};
  const statistics::Interval i = statistics::percentile_interval(replicates, confidence);
  return {value, i.low, i.high};
}

/// Replicates of each group's dose and of their quantiles, with the exponent drawn from what its fit leaves
/// open.
struct Replicates {
  std::vector<std::vector<double>> dose;  ///< [group][replicate]
  std::vector<double> middle;
  std::vector<double> efficient;
};

Replicates replicates_of(const std::vector<std::vector<std::vector<double>>>& medians, double target,
                         double exponent, double exponent_error, const Resampling& resampling) {
  const std::size_t groups = medians[0].size();
  Replicates all{std::vector<std::vector<double>>(groups), {}, {}};
  std::vector<double> now(groups);
  for (std::size_t r = 0; r < resampling.replicates; ++r) {
    const double drawn =
        exponent + exponent_error * normal_number(resampling.seed, statistics::stream_of("exponent"), r);
    // An exponent of the other sign would reward less dose with more quality: such a draw says nothing.
    const double used = drawn * exponent > 0 ? drawn : nan;
    for (std::size_t g = 0; g < groups; ++g) {
      now[g] = needed(medians[0][g][r], medians[1][g][r], target, used);
      all.dose[g].push_back(now[g]);
    }
    all.middle.push_back(quantile_of_known(now, 0.5));
    all.efficient.push_back(quantile_of_known(now, 0.25));
  }
  return all;
}

}  // namespace

double physical_exponent(Measure quality) { return quality == Measure::noise ? -0.5 : 0.5; }

std::optional<ExponentFit> fit_exponent(const Exam& exam, Measure quality) {
  if (auto with_size = fit(exam, quality, true)) return with_size;
  return fit(exam, quality, false);
}

std::optional<Recommendation> recommend(const Exam& exam, Measure quality, std::optional<double> target,
                                        std::optional<double> exponent, const Resampling& resampling) {
  Recommendation r;
  r.quality = quality;
  const Measure merit = quality == Measure::noise ? Measure::merit_noise : Measure::merit_quality;
  std::vector<double> doses;
  for (const ExamGroup& g : exam.groups) {
    doses.push_back(g.quantile(Measure::ctdivol, 0.5));
    r.quality_median.push_back(g.quantile(quality, 0.5));
    r.merit_median.push_back(g.quantile(merit, 0.5));
  }
  r.target = target.value_or(quantile_of_known(r.quality_median, 0.5));
  if (std::isnan(r.target)) return std::nullopt;
  r.fit = fit_exponent(exam, quality);
  const double law = physical_exponent(quality);
  // An exponent that is not known to a quarter of the law's tells less than the law.
  r.exponent_is_fitted =
      !exponent && r.fit && r.fit->value * law > 0 && r.fit->high - r.fit->low < std::abs(law) / 2;
  r.exponent = exponent.value_or(r.exponent_is_fitted ? r.fit->value : law);
  const auto medians = redrawn_medians(exam, {Measure::ctdivol, quality}, resampling);
  const Replicates by_law = replicates_of(medians, r.target, law, 0, resampling);
  const Replicates used =
      replicates_of(medians, r.target, r.exponent, r.exponent_is_fitted ? r.fit->error : 0, resampling);
  std::vector<double> now;
  for (std::size_t g = 0; g < doses.size(); ++g) {
    const std::size_t rows = exam.groups[g].known(quality).size();
    r.by_law.push_back(with_interval(needed(doses[g], r.quality_median[g], r.target, law), by_law.dose[g],
                                     resampling.confidence, rows));
    now.push_back(needed(doses[g], r.quality_median[g], r.target, r.exponent));
    r.dose.push_back(with_interval(now.back(), used.dose[g], resampling.confidence, rows));
  }
  r.middle = with_interval(quantile_of_known(now, 0.5), used.middle, resampling.confidence, doses.size());
  r.efficient =
      with_interval(quantile_of_known(now, 0.25), used.efficient, resampling.confidence, doses.size());
  return r;
}

}  // namespace snitt::benchmark
