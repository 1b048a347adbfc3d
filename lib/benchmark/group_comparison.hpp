#pragma once
#include <optional>
#include <string>
#include <vector>

#include "benchmark/exam_data.hpp"
#include "statistics/funnel.hpp"
#include "statistics/group_tests.hpp"

/// Whether and how much groups differ in dose.
namespace snitt::benchmark {

/// Of CTDIvol as it is; log CTDIvol for the share of the variance between groups.
struct GroupTests {
  statistics::Anova anova;
  statistics::KruskalWallis kruskal_wallis;
  std::vector<statistics::PairComparison> pairs;
  statistics::IntraclassCorrelation intraclass;  ///< of log CTDIvol, one-way
};
enum class PairTest { dunn, mann_whitney };
/// Nothing for fewer than two groups, or without spread inside them.
std::optional<GroupTests> test_groups(const Exam& exam, PairTest test);

/// log CTDIvol ~ size + sector + (1 | group), by REML.
struct SizeAdjustment {
  bool with_size = false;
  double reference_size_cm = 0;      ///< where the intercept is taken
  std::vector<std::string> sectors;  ///< the first is the base, the others have a term each
  std::vector<std::string> terms;    ///< names of model.fixed
  statistics::MixedModel model;
  /// [group]: dose at the reference size, with its 95 % interval given the model; groups shrink towards their
  /// sector's middle by how little they know.
  std::vector<double> dose;
  std::vector<double> low;
  std::vector<double> high;
};
/// `reference_size_cm`: mean of all patients when not given. Without sizes the model has none; nothing for
/// fewer than two groups or when the covariates cannot be told apart (then `complaint` says why).
std::optional<SizeAdjustment> adjust_for_size(const Exam& exam, std::optional<double> reference_size_cm,
                                              std::string& complaint);

/// How many patients of each group lie above the level. Of groups that shared only quantiles it is an
/// estimate; `error` [group] bounds it.
struct Exceedance {
  double level = 0;
  std::vector<double> above;
  std::vector<double> error;
  std::optional<statistics::Funnel> funnel;  ///< nothing when all or no patients lie above
};
Exceedance exceedance(const Exam& exam, Measure measure, double level);

/// Doses by size of the patient.
struct SizeBin {
  double low_cm = 0;
  double high_cm = 0;
  std::size_t groups = 0;
  double patients = 0;
  double lower_quartile = 0;
  double median = 0;
  double upper_quartile = 0;
};
/// Quantiles of all patients in bins of 4 cm from 21 to 41 cm (Kanal 2017) for the body and of 1 cm from 14
/// to 21 cm for heads; empty bins are left out, and so are groups that shared no rows.
std::vector<SizeBin> size_bins(const Exam& exam);

}  // namespace snitt::benchmark
