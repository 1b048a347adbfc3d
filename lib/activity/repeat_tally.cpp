#include "activity/repeat_tally.hpp"

#include <algorithm>

namespace snitt::activity {
namespace {

constexpr std::int64_t day_s = 86400;

int rank_of(const std::string& modality) {
  if (modality == "RG" || modality == "UL") return 0;
  if (modality == "CT") return 1;
  return modality == "MR" ? 2 : -1;
}

bool opposite(Side a, Side b) {
  return (a == Side::left && b == Side::right) || (a == Side::right && b == Side::left);
}

template <typename T>
void plus(std::vector<T>& a, const std::vector<T>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
}

}  // namespace

KindTable kind_table(const std::vector<CodeKind>& codes, bool by_code) {
  KindTable table;
  std::map<std::array<std::string, 3>, std::size_t> index;
  std::map<std::string, int> regions;
  std::map<std::string, std::size_t> modalities;
  for (const CodeKind& code : codes) {
    const auto& [modality, region] = code.kind;
    // What no list and no letter tells is a kind by its own code.
    const std::string own = by_code || region.empty() ? code.code : "";
    const auto [at, is_new] = index.emplace(std::array{own, modality, region}, table.kinds.size());
    if (is_new) {
      table.kinds.push_back({own, modality, region});
      table.region_of.push_back(
          region.empty() ? -1 : regions.emplace(region, static_cast<int>(regions.size())).first->second);
      table.rank_of.push_back(rank_of(modality));
      const auto [m, new_modality] = modalities.emplace(modality, table.modalities.size());
      if (new_modality) table.modalities.push_back(modality);
      table.modality_of.push_back(m->second);
    }
    table.kind_of.push_back(at->second);
  }
  return table;
}

RepeatTally::RepeatTally(std::size_t kinds, const RepeatRules& rules, std::size_t indicator_count)
    : examinations(kinds),
      persons(kinds),
      indexes(kinds),
      windows(kinds, std::vector<Window>(rules.windows.size())),
      events(kinds, std::vector<std::uint64_t>(static_cast<std::size_t>(rules.windows.back()) + 1)),
      censored(events),
      indicators(indicator_count) {}

void RepeatTally::add(const RepeatTally& o) {
  plus(examinations, o.examinations);
  plus(persons, o.persons);
  plus(indexes, o.indexes);
  for (std::size_t k = 0; k < windows.size(); ++k) {
    plus(events[k], o.events[k]);
    plus(censored[k], o.censored[k]);
    for (std::size_t w = 0; w < windows[k].size(); ++w) {
      Window& a = windows[k][w];
      const Window& b = o.windows[k][w];
      a.followed += b.followed;
      a.repeated += b.repeated;
      a.same_provider += b.same_provider;
      a.identical_code += b.identical_code;
      a.other_side += b.other_side;
    }
  }
  for (const auto& [key, n] : o.pairs) pairs[key] += n;
  for (const auto& [key, e] : o.escalations) {
    escalations[key].escalated += e.escalated;
    escalations[key].same_provider += e.same_provider;
  }
  for (const auto& [key, n] : o.frequency) frequency[key] += n;
  for (const auto& [key, n] : o.modality_frequency) modality_frequency[key] += n;
  for (const auto& [key, n] : o.referrers) referrers[key] += n;
  same_day += o.same_day;
  patients += o.patients;
  crowded += o.crowded;
  for (std::size_t i = 0; i < indicators.size(); ++i) indicators[i].add(o.indicators[i]);
}

void tally_patient(std::span<const RepeatItem> all, const KindTable& kinds, const RepeatRules& rules,
                   const IndicatorCodes& indicators, std::int64_t start_s, std::int64_t end_s,
                   RepeatTally& tally) {
  ++tally.patients;
  if (all.size() > crowd) ++tally.crowded;
  const std::int64_t longest = rules.windows.back() * day_s;
  const auto kind = [&](const RepeatItem& item) {
    return kinds.kind_of[static_cast<std::size_t>(item.code)];
  };

  // One contact: the same kind and side by the same provider on one day is one examination.
  std::vector<RepeatItem> patient;
  for (const RepeatItem& item : all) {
    bool is_same = false;
    for (std::size_t b = patient.size(); b-- > 0 && patient[b].day == item.day && !is_same;)
      is_same = kind(patient[b]) == kind(item) && patient[b].provider == item.provider &&
                same_side(patient[b].side, item.side);
    if (is_same)
      ++tally.same_day;
    else
      patient.push_back(item);
  }

  std::map<std::size_t, std::uint64_t> of_kind;
  for (std::size_t a = 0; a < patient.size(); ++a) {
    const RepeatItem& index = patient[a];
    const std::size_t k = kind(index);
    ++of_kind[k];
    ++tally.examinations[k];
    if (index.referrer >= 0) ++tally.referrers[{kinds.modality_of[k], index.referrer}];
    if (rules.first_only) {
      bool is_first = index.time_s - rules.clean_days * day_s >= start_s;
      for (std::size_t b = a;
           b-- > 0 && is_first && index.time_s - patient[b].time_s <= rules.clean_days * day_s;)
        is_first = !(kind(patient[b]) == k && same_side(patient[b].side, index.side));
      if (!is_first) continue;
    }
    ++tally.indexes[k];
    const RepeatItem *next = nullptr, *other_side = nullptr;
    std::vector<const RepeatItem*> higher(kinds.modalities.size());
    for (std::size_t b = a + 1; b < patient.size() && patient[b].time_s - index.time_s <= longest; ++b) {
      const RepeatItem& later = patient[b];
      const std::size_t l = kind(later);
      if (l == k) {
        if (!next && same_side(index.side, later.side)) next = &later;
        if (!other_side && opposite(index.side, later.side)) other_side = &later;
      } else if (kinds.region_of[k] >= 0 && kinds.region_of[l] == kinds.region_of[k] &&
                 kinds.rank_of[k] >= 0 && kinds.rank_of[l] > kinds.rank_of[k] &&
                 same_side(index.side, later.side)) {
        const RepeatItem*& first = higher[kinds.modality_of[l]];
        if (!first) first = &later;
      }
    }
    const std::int64_t known_days = (end_s - index.time_s) / day_s;  // whole days that are in the data
    // Days of the life table: the event in day d lies within d times 24 hours.
    const std::int64_t day =
        next ? std::max<std::int64_t>(1, (next->time_s - index.time_s + day_s - 1) / day_s) : 0;
    if (next && day <= known_days)
      ++tally.events[k][static_cast<std::size_t>(day)];
    else
      ++tally.censored[k][static_cast<std::size_t>(
          std::clamp<std::int64_t>(known_days, 0, rules.windows.back()))];
    bool is_counted = false;
    for (std::size_t w = 0; w < rules.windows.size(); ++w) {
      const std::int64_t window = rules.windows[w] * day_s;
      if (index.time_s + window > end_s) continue;
      RepeatTally::Window& t = tally.windows[k][w];
      ++t.followed;
      const auto within = [&](const RepeatItem* item) {
        return item && item->time_s - index.time_s <= window;
      };
      const auto by_same = [&](const RepeatItem* item) {
        return item->provider == index.provider && item->provider >= 0;
      };
      if (within(other_side)) ++t.other_side;
      for (std::size_t m = 0; m < higher.size(); ++m)
        if (within(higher[m])) {
          RepeatTally::Escalation& e = tally.escalations[{k, m, w}];
          ++e.escalated;
          if (by_same(higher[m])) ++e.same_provider;
        }
      if (!within(next)) continue;
      ++t.repeated;
      if (by_same(next)) ++t.same_provider;
      if (next->code == index.code) ++t.identical_code;
      if (is_counted) continue;
      is_counted = true;
      ++tally
            .pairs[{k, static_cast<int>(w), by_same(next), next->code == index.code, index.care, next->care}];
    }
  }
  std::vector<std::uint64_t> of_modality(kinds.modalities.size() + 1);
  for (const auto& [k, n] : of_kind) {
    ++tally.persons[k];
    ++tally.frequency[{k, n}];
    of_modality[kinds.modality_of[k]] += n;
    of_modality.back() += n;
  }
  for (std::size_t m = 0; m < of_modality.size(); ++m)
    if (of_modality[m] > 0) ++tally.modality_frequency[{m, of_modality[m]}];
  indicators.count(patient, start_s, end_s, tally.indicators);
}

}  // namespace snitt::activity
