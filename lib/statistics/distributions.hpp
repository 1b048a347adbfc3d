#pragma once

namespace snitt::statistics {

/// Quantile of the standard normal distribution, 0 < probability < 1.
double normal_quantile(double probability);
/// Quantile of Student's distribution with `degrees` > 0 degrees of freedom.
double student_t_quantile(double probability, double degrees);
/// Quantile of the chi-squared distribution with `degrees` > 0 degrees of freedom.
double chi_squared_quantile(double probability, double degrees);

}  // namespace snitt::statistics
