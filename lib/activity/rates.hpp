#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activity/basis.hpp"
#include "activity/rate_strata.hpp"

/// Rates per inhabitants: crude, directly and indirectly standardized.
namespace snitt::activity {

enum class DirectInterval { gamma, tiwari, dobson };
enum class CountInterval { exact, byar, phe };  ///< phe: exact below 10, Byar's from there

struct RateOptions {
  double per = 100000;
  double confidence = 0.95;
  DirectInterval direct = DirectInterval::gamma;
  CountInterval count = CountInterval::phe;
  std::optional<int> reference_year;  ///< whose rates are expected; by default the years of the group
  /// Inhabitants of this year for counts whose year has none, or that have no year.
  std::optional<int> population_year;
  double small_count = 10;  ///< groups with fewer are named
};

struct RateResult {
  Table rates;               ///< one row per group
  CalibrationRecord record;  ///< tables all_areas, left_out, strata, standard
};

/// `counts` over the `population`, with the weights of `standard`. Groups are what the counts' dimensions
/// say; a group has the inhabitants of its area and year, or of all areas and of the years that occur in the
/// counts. Expected counts come from the rates of all areas together within the same other dimensions. Throws
/// InputError when no count has inhabitants.
RateResult rates(const RateCounts& counts, const Population& population, const StandardPopulation& standard,
                 const RateOptions& options);

}  // namespace snitt::activity
