#include "activity/rate_strata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace snitt::activity {
namespace {

/// Whether a group of ages that counts have begins before `age` and ends at it or later.
bool straddled(const RateCounts& counts, int age) {
  int smallest_gap = 1000;
  for (std::size_t i = 1; i < counts.age_groups.size(); ++i) {
    const int gap = counts.age_groups[i].first - counts.age_groups[i - 1].first;
    if (gap > 0) smallest_gap = std::min(smallest_gap, gap);
  }
  for (const auto& [first, last] : counts.age_groups) {
    // Groups without a last age are taken as wide as the narrowest gap between two; the highest is open.
    const bool is_highest = first == counts.age_groups.back().first;
    const int end = last ? *last : is_highest ? 999 : first + smallest_gap - 1;
    if (first < age && age <= end) return true;
  }
  return false;
}

}  // namespace

std::size_t RateStrata::index(Sex sex, int age_from) const {
  std::size_t group = 0;
  if (starts.front() >= 0) {
    if (age_from < starts.front()) return npos;
    group =
        static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), age_from) - starts.begin()) -
        1;
  }
  if (!by_sex) return group;
  if (sex == Sex::unknown) return npos;
  return group + (sex == Sex::male ? starts.size() : 0);
}

std::string RateStrata::name(std::size_t stratum) const {
  const std::size_t group = stratum % starts.size();
  std::string name = by_sex ? (stratum < starts.size() ? "female" : "male") : "all";
  if (starts.front() < 0) return name;
  if (group + 1 == starts.size()) return name + fmt::format(" {:02}+", starts[group]);
  return name + fmt::format(" {:02}-{:02}", starts[group], starts[group + 1] - 1);
}

RateStrata common_strata(const RateCounts& counts, const Population& population,
                         const StandardPopulation& standard, std::vector<std::string>& reasons) {
  RateStrata strata;
  strata.by_sex = counts.has_sex && population.has_sex;
  if (counts.has_sex != population.has_sex)
    reasons.push_back(fmt::format("the {} have no sex: rates are not standardized for it",
                                  counts.has_sex ? "inhabitants" : "counts"));
  const bool population_has_age = population.age_starts.front() >= 0;
  const std::vector<int> standard_starts = starts_of(standard);
  if (!counts.has_age || !population_has_age || standard_starts.front() < 0) {
    if (counts.has_age || population_has_age)
      reasons.push_back(fmt::format("the {} have no age: rates are not standardized for it",
                                    !counts.has_age      ? "counts"
                                    : population_has_age ? "weights"
                                                         : "inhabitants"));
    strata.starts = {-1};
    return strata;
  }
  for (const int start : population.age_starts) {
    const bool in_standard = std::binary_search(standard_starts.begin(), standard_starts.end(), start);
    if (strata.starts.empty() || (in_standard && !straddled(counts, start))) strata.starts.push_back(start);
  }
  return strata;
}

std::vector<double> weights_of(const StandardPopulation& standard, const RateStrata& strata) {
  std::vector<double> weights(strata.size());
  for (const PopulationRow& row : standard.rows) {
    // A standard may begin below the inhabitants' first age (1-4 years apart from infants).
    const int age = std::max(row.age_from, strata.starts.front());
    const std::vector<Sex> sexes = !strata.by_sex || row.sex != Sex::unknown
                                       ? std::vector{row.sex}
                                       : std::vector{Sex::female, Sex::male};
    for (const Sex sex : sexes)
      weights[strata.index(sex, age)] += row.persons / static_cast<double>(sexes.size());
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace snitt::activity
