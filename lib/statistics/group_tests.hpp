#pragma once
#include <cstddef>
#include <span>
#include <vector>

/// Whether groups of values differ.
namespace snitt::statistics {

using Groups = std::vector<std::vector<double>>;  ///< [group, value]

struct GroupMoments {
  double count = 0;
  double mean = 0;
  double deviation = 0;  ///< with n - 1
};

struct Anova {
  double f = 0;
  double degrees_between = 0;
  double degrees_within = 0;
  double p = 1;
  double mean_square_between = 0;
  double mean_square_within = 0;
};

/// One-way analysis of variance; from the moments alone, so that groups need not share their values. Throws
/// ComputationError for fewer than two groups, or without any spread inside groups.
Anova anova(std::span<const GroupMoments> groups);
Anova anova(const Groups& groups);

/// Intraclass correlation of a one-way random model, with the interval of Searle (exact for equal sizes).
struct IntraclassCorrelation {
  double value = 0;
  double low = 0;
  double high = 0;
};
IntraclassCorrelation intraclass_correlation(std::span<const GroupMoments> groups, double confidence);

struct KruskalWallis {
  double h = 0;  ///< corrected for ties
  double degrees = 0;
  double p = 1;
};
/// Throws ComputationError for fewer than two groups that hold values, or when all values are equal.
KruskalWallis kruskal_wallis(const Groups& groups);

struct PairComparison {
  std::size_t first = 0;   ///< group
  std::size_t second = 0;  ///< group, behind the first
  double z = 0;            ///< positive where the first has the larger values
  double p = 1;            ///< two-sided
  double p_holm = 1;       ///< held against all pairs (Holm 1979)
};
/// Every pair after Kruskal and Wallis, by ranks in all groups together and their ties (Dunn 1964). Groups
/// without values are left out.
std::vector<PairComparison> dunn(const Groups& groups);
/// Every pair by the rank-sum test of its own two groups.
std::vector<PairComparison> mann_whitney_pairs(const Groups& groups);

struct MannWhitney {
  double u = 0;  ///< pairs in which the first is larger, ties count half
  double z = 0;
  double p = 1;  ///< two-sided
  bool exact = false;
};
/// Exact without ties for fewer than 50 values on each side, else normal with corrections for ties and
/// continuity: what R's wilcox.test does.
MannWhitney mann_whitney(std::span<const double> first, std::span<const double> second);

/// Adjusted by Holm's step-down method, in the order given.
std::vector<double> holm(std::span<const double> p);

/// Ranks from 1, equal values share their mean; `tie_sum` is the sum of t³ - t over runs of t equal values.
std::vector<double> ranks(std::span<const double> values, double& tie_sum);

}  // namespace snitt::statistics
