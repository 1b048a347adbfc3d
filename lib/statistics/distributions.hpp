#pragma once
#include <cstdint>

namespace snitt::statistics {

/// Quantile of the standard normal distribution, 0 < probability < 1.
double normal_quantile(double probability);
/// Probability of a standard normal value below `z`.
double normal_probability(double z);
/// Quantile of Student's distribution with `degrees` > 0 degrees of freedom.
double student_t_quantile(double probability, double degrees);
/// Probability of a value further from 0 than `t`, on both sides.
double student_t_two_sided(double t, double degrees);
/// Quantile of the chi-squared distribution with `degrees` > 0 degrees of freedom.
double chi_squared_quantile(double probability, double degrees);

// Upper tails, exact however small they are.
double normal_upper_tail(double z);
double chi_squared_upper_tail(double value, double degrees);
double f_upper_tail(double value, double degrees_between, double degrees_within);
double f_quantile(double probability, double degrees_between, double degrees_within);
/// Noncentrality with which a value of the F distribution is at most `value` with that probability; 0 when
/// even without noncentrality it is so less often.
double f_noncentrality(double value, double degrees_between, double degrees_within, double probability);

/// P(X <= count) of the binomial distribution.
double binomial_probability(std::int64_t count, std::int64_t trials, double share);
/// P(X <= count) of the Poisson distribution.
double poisson_probability(std::int64_t count, double expected);

}  // namespace snitt::statistics
