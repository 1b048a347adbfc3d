#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "benchmark/dose_levels.hpp"
#include "benchmark/exam_data.hpp"
#include "benchmark/group_comparison.hpp"
#include "benchmark/references.hpp"
#include "data/calibration.hpp"

/// Everything that is said of the doses of many groups, as tables.
namespace snitt::benchmark {

struct BenchmarkOptions {
  Resampling resampling;
  std::size_t small_n = 20;  ///< fewer examinations of a group are warned of
  PairTest pair_test = PairTest::dunn;
  std::map<std::string, double> funnel_level;     ///< [exam]: CTDIvol in mGy; else the level found
  std::map<std::string, double> target_noise_hu;  ///< [exam]
  std::map<std::string, double> target_quality;   ///< [exam]
  std::optional<double> exponent;                 ///< of dose, for noise negative; fitted when not given
  std::optional<double> reference_size_cm;
  std::vector<ReferenceLevel> references;
  std::map<std::string, std::string> reference_names;  ///< [exam]: its name in the references
};

/// The table holds one row per exam and group; the record's tables are levels, comparison, tests, pairs,
/// size_adjustment, adjusted, variance, funnel, size_bins, dose_quality, recommended and excluded. Its
/// verdict is doubtful when groups are small, phantoms mixed or sizes missing, and the reasons name them.
/// Throws ComputationError for no exams, UsageError for an option that names an exam that is not there.
struct BenchmarkResult {
  Table groups;
  CalibrationRecord record;
};
BenchmarkResult benchmark(const ExamData& data, const BenchmarkOptions& options, Monitor& monitor);

}  // namespace snitt::benchmark
