#pragma once
#include <string>
#include <vector>

#include "activity/repeats.hpp"

namespace snitt::activity {

/// What the tables are made from.
struct RepeatCounts {
  const KindTable& kinds;
  const RepeatRules& rules;
  const RepeatTally& tally;
  const std::vector<Indicator>& indicators;
  const std::vector<std::string>& cares;  ///< [care - 1]
};

Table repeats_table(const RepeatCounts& counts);
/// The same over all kinds, and over those of each modality.
Table all_repeats_table(const RepeatCounts& counts);
Table pairs_table(const RepeatCounts& counts);
Table escalation_table(const RepeatCounts& counts);
Table frequency_table(const RepeatCounts& counts);
/// Examinations per person and how much they inflate the variance of counts, of all and of each modality.
Table persons_table(const RepeatCounts& counts);
Table indicator_table(const RepeatCounts& counts);
/// Of all examinations, each modality, and each indicator's.
Table concentration_table(const RepeatCounts& counts);
Table lorenz_table(const RepeatCounts& counts);

/// Wilson's 95 % interval of a share.
struct Share {
  double value = 0, low = 0, high = 0;
};
Share wilson(double events, double trials);

/// Kaplan and Meier's share with an event by `day`, from numbers by day; interval by Greenwood on the log-log
/// scale.
Share kaplan_meier(const std::vector<std::uint64_t>& events, const std::vector<std::uint64_t>& censored,
                   int day);

}  // namespace snitt::activity
