#pragma once
#include <span>

/// Intervals for counts, and for sums of counts with weights (directly standardized rates).
namespace snitt::statistics {

struct RateInterval {
  double value = 0;
  double low = 0;  ///< NaN where there is no interval
  double high = 0;
};

/// Exact interval of a Poisson mean (Garwood 1936): chi-squared quantiles, 0 below for a count of 0.
RateInterval exact_count(double count, double confidence = 0.95);
/// Byar's approximation (Breslow and Day 1987, volume II, equation 2.13).
RateInterval byar_count(double count, double confidence = 0.95);

/// A weighted sum of Poisson counts: value = Σ k_i x_i, with k_i = w_i / n_i of the standard's weight and the
/// inhabitants.
struct WeightedCounts {
  double count = 0;     ///< Σ x_i
  double value = 0;     ///< Σ k_i x_i
  double variance = 0;  ///< Σ k_i² x_i, or Σ k_i² Σ_f f² m_if with m_if persons of f events
  double largest = 0;   ///< max k_i
  double mean = 0;      ///< of k_i
  double mean_square = 0;
  /// Σ_f f² m_f / x: how much repeated events of one person inflate the variance; 1 without.
  double inflation = 1;
};
/// `persons_squared` [stratum]: Σ_f f² m_if; empty when every event is another person's. Strata without
/// inhabitants are passed over. The weights need not add up to 1.
WeightedCounts weighted_counts(std::span<const double> counts, std::span<const double> inhabitants,
                               std::span<const double> weights, std::span<const double> persons_squared = {});

/// Fay and Feuer (1997), equations 4 and 5: gamma quantiles, conservative.
RateInterval gamma_interval(const WeightedCounts& sum, double confidence = 0.95);
/// Tiwari, Clegg and Zou (2006): the same with means of k and k² in the upper limit.
RateInterval tiwari_interval(const WeightedCounts& sum, double confidence = 0.95);
/// Dobson et al. (1991) with Byar's interval of the count, as Public Health England has it: none for fewer
/// than 10.
RateInterval dobson_interval(const WeightedCounts& sum, double confidence = 0.95);

}  // namespace snitt::statistics
