#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// Linear model with a random intercept per group, by restricted maximum likelihood.
namespace snitt::statistics {

/// What such a model wants of one group, and all that a group need share: its count, its means, and its
/// centered sums of squares and products.
struct GroupSums {
  double count = 0;
  std::vector<double> mean;   ///< [variable]: the covariates in their order, then the response
  std::vector<double> cross;  ///< [variable, variable]: sums of (a - mean a) (b - mean b)
};

/// Of rows [variable][row]; rows with a NaN are passed over.
GroupSums sums_of(const std::vector<std::span<const double>>& variables);
/// With one more covariate, before the response, that is the same for all rows of the group.
GroupSums with_group_covariate(const GroupSums& group, double value);

struct Estimate {
  double value = 0;
  double error = 0;    ///< standard error
  double degrees = 0;  ///< of freedom (Satterthwaite)
  double low = 0;      ///< 95 % interval by Student's distribution
  double high = 0;
  double p = 1;  ///< of 0, two-sided
};

struct MixedModel {
  std::vector<Estimate> fixed;     ///< intercept at `origin`, then the covariates
  std::vector<double> covariance;  ///< [fixed, fixed]
  double between_deviation = 0;    ///< of the groups' intercepts
  double within_deviation = 0;     ///< of the rows inside a group
  double intraclass = 0;           ///< share of the variance that lies between groups
  double intraclass_low = 0;       ///< its 95 % profile interval
  double intraclass_high = 0;
  std::vector<double> intercept;        ///< [group]: predicted deviation from the common intercept
  std::vector<double> intercept_error;  ///< [group]: standard deviation given the data
  double criterion = 0;  ///< restricted deviance, -2 log restricted likelihood, as lme4's REMLcrit
  bool at_zero = false;  ///< no variance between groups was found
};

/// Exact: the likelihood depends on the rows only through the sums, and the profile over the ratio of the two
/// deviations is minimised on a grid and refined. `origin` [covariate]: where the intercept is taken (empty:
/// 0). Throws ComputationError for fewer than two groups, too few rows, or covariates that do not vary.
MixedModel fit_random_intercept(std::span<const GroupSums> groups, std::span<const double> origin = {});

}  // namespace snitt::statistics
