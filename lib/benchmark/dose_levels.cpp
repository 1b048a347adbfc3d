#include "benchmark/dose_levels.hpp"

#include <cmath>
#include <limits>

#include "statistics/summary.hpp"

namespace snitt::benchmark {
namespace {

using statistics::ClusterBootstrap;
using statistics::RedrawnQuantiles;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct GroupSampler {
  ClusterBootstrap bootstrap;
  std::vector<RedrawnQuantiles> values;  ///< [measure asked for]
  std::uint64_t stream = 0;
};

GroupSampler sampler_of(const Exam& exam, const ExamGroup& group, const std::vector<Measure>& of) {
  GroupSampler sampler{
      group.patient.empty() ? ClusterBootstrap(group.rows()) : ClusterBootstrap(group.patient),
      {},
      statistics::stream_of(exam.name + "\n" + group.name)};
  for (const Measure measure : of)
    sampler.values.emplace_back(group.values[static_cast<std::size_t>(measure)]);
  return sampler;
}

std::vector<double> known(std::span<const double> values) {
  std::vector<double> kept;
  for (const double v : values)
    if (!std::isnan(v)) kept.push_back(v);
  return kept;
}

double quantile_of_known(std::span<const double> values, double share) {
  return statistics::quantile(known(values), share);
}

/// The level without each patient of each group: only that group's median moves.
std::vector<std::vector<double>> levels_left_out(const std::vector<GroupSampler>& samplers,
                                                 const std::vector<double>& medians, double share) {
  std::vector<std::vector<double>> all;
  for (std::size_t g = 0; g < samplers.size(); ++g) {
    std::vector<std::uint32_t> counts(samplers[g].bootstrap.rows());
    std::vector<double> moved = medians;
    std::map<double, double> known_levels;  // a median takes few values: sort once for each
    all.emplace_back();
    for (std::size_t c = 0; c < samplers[g].bootstrap.clusters(); ++c) {
      samplers[g].bootstrap.leave_out(c, counts);
      moved[g] = samplers[g].values[0].quantile(counts, 0.5);
      const auto [at, fresh] = known_levels.emplace(moved[g], 0);
      if (fresh) at->second = quantile_of_known(moved, share);
      all.back().push_back(at->second);
    }
  }
  return all;
}

std::vector<std::vector<double>> median_left_out(const GroupSampler& sampler) {
  std::vector<std::uint32_t> counts(sampler.bootstrap.rows());
  std::vector<std::vector<double>> one(1);
  for (std::size_t c = 0; c < sampler.bootstrap.clusters(); ++c) {
    sampler.bootstrap.leave_out(c, counts);
    one[0].push_back(sampler.values[0].quantile(counts, 0.5));
  }
  return one;
}

Interval interval(double value, const std::vector<double>& replicates, const Resampling& resampling,
                  const std::vector<std::vector<double>>& left_out) {
  const statistics::Interval i =
      resampling.accelerated ? statistics::bca_interval(replicates, value, left_out, resampling.confidence)
                             : statistics::percentile_interval(replicates, resampling.confidence);
  return {value, i.low, i.high};
}

/// All rows of the exam in one row, group after group.
RedrawnQuantiles pooled_values(const Exam& exam, Measure measure) {
  std::vector<double> all;
  for (const ExamGroup& g : exam.groups) {
    const auto& values = g.values[static_cast<std::size_t>(measure)];
    all.insert(all.end(), values.begin(), values.end());
    all.resize(all.size() + g.rows() - values.size(), nan);  // a group without this measure
  }
  return RedrawnQuantiles(all);
}

}  // namespace

MeasureLevels dose_levels(const Exam& exam, Measure measure, const Resampling& resampling) {
  MeasureLevels levels;
  levels.measure = measure;
  const std::size_t groups = exam.groups.size();
  std::vector<GroupSampler> samplers;
  std::vector<double> medians;
  for (const ExamGroup& g : exam.groups) {
    samplers.push_back(sampler_of(exam, g, {measure}));
    medians.push_back(g.quantile(measure, 0.5));
  }
  const RedrawnQuantiles pooled = pooled_values(exam, measure);
  const std::size_t rows = exam.rows();
  const auto all = statistics::replicate(
      resampling.replicates, groups + 3, [&](std::uint64_t number, std::span<double> out) {
        std::vector<std::uint32_t> counts(rows);
        std::size_t at = 0;
        for (std::size_t g = 0; g < groups; ++g) {
          const std::span<std::uint32_t> own(counts.data() + at, samplers[g].bootstrap.rows());
          samplers[g].bootstrap.draw(resampling.seed, samplers[g].stream, number, own);
          out[g] = samplers[g].values[0].quantile(own, 0.5);
          at += own.size();
        }
        const std::vector<double> there = known(out.first(groups));
        out[groups] = statistics::quantile(there, 0.75);
        out[groups + 1] = statistics::quantile(there, 0.5);
        out[groups + 2] = pooled.quantile(counts, 0.75);
      });
  std::vector<std::vector<double>> none;
  for (std::size_t g = 0; g < groups; ++g)
    levels.median.push_back(exam.groups[g].count(measure) < fewest_redrawn
                                ? Interval{medians[g], nan, nan}
                                : interval(medians[g], all[g], resampling,
                                           resampling.accelerated ? median_left_out(samplers[g]) : none));
  const bool few = known(medians).size() < fewest_redrawn;
  const auto level = [&](double share, const std::vector<double>& replicates) {
    if (few) return Interval{quantile_of_known(medians, share), nan, nan};
    return interval(quantile_of_known(medians, share), replicates, resampling,
                    resampling.accelerated ? levels_left_out(samplers, medians, share) : none);
  };
  levels.reference_level = level(0.75, all[groups]);
  levels.achievable = level(0.5, all[groups + 1]);
  levels.lower_quartile = quantile_of_known(medians, 0.25);
  const std::vector<std::uint32_t> once(rows, 1);
  const statistics::Interval around = statistics::percentile_interval(all[groups + 2], resampling.confidence);
  levels.pooled_75 = {pooled.quantile(once, 0.75), few ? nan : around.low, few ? nan : around.high};
  levels.level_replicates = all[groups];
  levels.median_replicates.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(groups));
  return levels;
}

std::vector<std::vector<std::vector<double>>> redrawn_medians(const Exam& exam,
                                                              const std::vector<Measure>& of,
                                                              const Resampling& resampling) {
  std::vector<GroupSampler> samplers;
  for (const ExamGroup& g : exam.groups) samplers.push_back(sampler_of(exam, g, of));
  const std::size_t groups = samplers.size();
  const auto all = statistics::replicate(
      resampling.replicates, groups * of.size(), [&](std::uint64_t number, std::span<double> out) {
        for (std::size_t g = 0; g < groups; ++g) {
          std::vector<std::uint32_t> counts(samplers[g].bootstrap.rows());
          samplers[g].bootstrap.draw(resampling.seed, samplers[g].stream, number, counts);
          for (std::size_t m = 0; m < of.size(); ++m)
            out[m * groups + g] = samplers[g].values[m].quantile(counts, 0.5);
        }
      });
  std::vector<std::vector<std::vector<double>>> medians(of.size());
  for (std::size_t m = 0; m < of.size(); ++m)
    for (std::size_t g = 0; g < groups; ++g) medians[m].push_back(all[m * groups + g]);
  return medians;
}

}  // namespace snitt::benchmark
