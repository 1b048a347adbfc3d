#pragma once
#include <span>

namespace snitt::statistics {

double mean(std::span<const double> values);
/// With n - 1; 0 for fewer than two values.
double standard_deviation(std::span<const double> values);
double root_mean_square(std::span<const double> values);
/// Quantile of type 7 (Hyndman and Fan 1996, the default of R and NumPy), 0 <= share <= 1. NaN for no values.
double quantile(std::span<const double> values, double share);
double median(std::span<const double> values);
/// 1.4826 times the median distance from the median: the standard deviation of normal values, whatever a
/// minority of others does.
double robust_deviation(std::span<const double> values);

}  // namespace snitt::statistics
