#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "activity/rate_counts.hpp"
#include "activity/standard_population.hpp"

/// Strata of sex and age that counts, inhabitants and standard have in common.
namespace snitt::activity {

struct RateStrata {
  bool by_sex = false;
  std::vector<int> starts;  ///< first ages, ascending; a single -1 without ages
  std::size_t size() const { return starts.size() * (by_sex ? 2 : 1); }
  /// Of a row with this sex and age; npos when one that is needed is unknown, or below the first age.
  std::size_t index(Sex sex, int age_from) const;
  std::string name(std::size_t stratum) const;  ///< "female 05-09"
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

/// The finest groups that nobody's groups straddle. What the counts or the inhabitants do not know is not
/// divided by, and `reasons` says so.
RateStrata common_strata(const RateCounts& counts, const Population& population,
                         const StandardPopulation& standard, std::vector<std::string>& reasons);

/// [stratum], adding up to 1. A standard without sexes counts half for each.
std::vector<double> weights_of(const StandardPopulation& standard, const RateStrata& strata);

}  // namespace snitt::activity
