#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/exam_data.hpp"
#include "statistics/bootstrap.hpp"

/// Medians of groups, and diagnostic reference levels from them (ICRP 135): the 75th percentile of the
/// groups' medians; the 50th is the achievable dose.
namespace snitt::benchmark {

struct Resampling {
  std::size_t replicates = 2000;
  std::uint64_t seed = 1;
  double confidence = 0.95;
  bool accelerated = false;  ///< BCa instead of percentile intervals for the levels and medians
};

/// Redrawing fewer groups, or fewer examinations of a group, than this gives no interval that holds: of two
/// values every replicate is one of three.
constexpr std::size_t fewest_redrawn = 3;

/// `low` and `high` are NaN where there are too few values for an interval.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct MeasureLevels {
  Measure measure = Measure::ctdivol;
  Interval reference_level;   ///< 75th percentile of medians
  Interval achievable;        ///< 50th
  double lower_quartile = 0;  ///< 25th
  Interval pooled_75;         ///< of all patients together: large groups count more
  double pooled_error = 0;    ///< how far groups that shared only quantiles may move it (share of patients)
  std::vector<Interval> median;                        ///< [group]
  std::vector<std::vector<double>> median_replicates;  ///< [group, replicate]
  std::vector<double> level_replicates;                ///< [replicate]
};

/// Of CTDIvol or DLP; groups without values of the measure have NaN and are left out of the levels.
MeasureLevels dose_levels(const Exam& exam, Measure measure, const Resampling& resampling);

/// Medians of redrawn patients: [measure][group][replicate], the same patients for all measures.
std::vector<std::vector<std::vector<double>>> redrawn_medians(const Exam& exam,
                                                              const std::vector<Measure>& of,
                                                              const Resampling& resampling);

}  // namespace snitt::benchmark
