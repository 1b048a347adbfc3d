#include "activity/repeat_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "activity/concentration.hpp"
#include "data/row_table.hpp"

namespace snitt::activity {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double z95 = 1.959963984540054;

double number(std::uint64_t n) { return static_cast<double>(n); }

const std::vector<RowTable::Heading> measures{
    {"window_days", "d", "within so many times 24 hours"},
    {"examinations", "1", "of this kind"},
    {"indexes", "1", "of them, that may be the first of a pair"},
    {"followed", "1", "of them, with the whole window inside the data"},
    {"repeated", "1", "of those, with another of the same kind and side in the window"},
    {"share", "1", "repeated over followed"},
    {"share_low", "1", "95 %, Wilson"},
    {"share_high", "1", ""},
    {"share_censored", "1", "Kaplan and Meier, with those not followed to the end"},
    {"share_censored_low", "1", "95 %, Greenwood"},
    {"share_censored_high", "1", ""},
    {"same_provider", "1", "of the repeated, the next by the same provider"},
    {"other_provider", "1", "of the repeated"},
    {"identical_code", "1", "of the repeated, with the same code"},
    {"other_side", "1", "of the followed, with the other side in the window: no repeat"},
};

struct Sum {
  std::uint64_t examinations = 0, indexes = 0;
  RepeatTally::Window window;
  std::vector<std::uint64_t> events, censored;
};

void add_to(Sum& sum, const RepeatTally& t, std::size_t kind, std::size_t w) {
  sum.examinations += t.examinations[kind];
  sum.indexes += t.indexes[kind];
  const RepeatTally::Window& x = t.windows[kind][w];
  sum.window.followed += x.followed;
  sum.window.repeated += x.repeated;
  sum.window.same_provider += x.same_provider;
  sum.window.identical_code += x.identical_code;
  sum.window.other_side += x.other_side;
  sum.events.resize(t.events[kind].size());
  sum.censored.resize(t.events[kind].size());
  for (std::size_t d = 0; d < sum.events.size(); ++d) {
    sum.events[d] += t.events[kind][d];
    sum.censored[d] += t.censored[kind][d];
  }
}

void append(std::vector<RowTable::Cell>& cells, const Sum& s, int days) {
  const RepeatTally::Window& w = s.window;
  const Share share = wilson(number(w.repeated), number(w.followed));
  const Share km = kaplan_meier(s.events, s.censored, days);
  for (const double value :
       {static_cast<double>(days), number(s.examinations), number(s.indexes), number(w.followed),
        number(w.repeated), share.value, share.low, share.high, km.value, km.low, km.high,
        number(w.same_provider), number(w.repeated - w.same_provider), number(w.identical_code),
        number(w.other_side)})
    cells.emplace_back(value);
}

std::vector<RowTable::Heading> kind_headings(bool by_code) {
  std::vector<RowTable::Heading> h;
  if (by_code) h.push_back({"code", "", ""});
  h.push_back({"modality", "", ""});
  h.push_back(
      {"region", "",
       "as the list of codes has it, or by the code's letters; a code of no known region is its own"});
  return h;
}

std::vector<RowTable::Cell> kind_cells(const RepeatCounts& c, std::size_t k) {
  const KindTable::Kind& kind = c.kinds.kinds[k];
  if (c.rules.by_code) return {kind.code, kind.modality, kind.region};
  return {kind.modality, kind.region.empty() ? kind.code : kind.region};
}

/// Kinds in the order of their words, so that the order of rows in the records changes nothing.
std::vector<std::size_t> sorted_kinds(const RepeatCounts& c) {
  std::vector<std::size_t> order(c.kinds.kinds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t k) {
    const auto& kind = c.kinds.kinds[k];
    return std::tie(kind.modality, kind.region, kind.code);
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

template <typename... More>
RowTable table_of(std::vector<RowTable::Heading> headings, const std::vector<RowTable::Heading>& more) {
  headings.insert(headings.end(), more.begin(), more.end());
  return RowTable(std::move(headings));
}

/// What, and the numbers of its referrers.
std::vector<std::pair<std::string, Concentration>> concentrations(const RepeatCounts& c) {
  std::map<std::int32_t, std::uint64_t> all;
  std::map<std::string, std::vector<std::uint64_t>> by_modality;
  for (const auto& [key, n] : c.tally.referrers) {
    all[key.second] += n;
    by_modality[c.kinds.modalities[key.first]].push_back(n);
  }
  const auto values = [](const std::map<std::int32_t, std::uint64_t>& numbers) {
    std::vector<std::uint64_t> v;
    for (const auto& [referrer, n] : numbers) v.push_back(n);
    return v;
  };
  std::vector<std::pair<std::string, Concentration>> found;
  if (all.empty()) return found;
  found.emplace_back("all", Concentration(values(all)));
  for (auto& [modality, numbers] : by_modality)
    found.emplace_back(modality, Concentration(std::move(numbers)));
  for (std::size_t i = 0; i < c.indicators.size(); ++i)
    if (!c.tally.indicators[i].referrers.empty())
      found.emplace_back(c.indicators[i].name, Concentration(values(c.tally.indicators[i].referrers)));
  return found;
}

}  // namespace

Share wilson(double events, double trials) {
  if (!(trials > 0)) return {none, none, none};
  const double p = events / trials, z2 = z95 * z95;
  const double middle = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const double half = z95 * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials);
  return {p, events > 0 ? std::max(0.0, middle - half) : 0,
          events < trials ? std::min(1.0, middle + half) : 1};
}

Share kaplan_meier(const std::vector<std::uint64_t>& events, const std::vector<std::uint64_t>& censored,
                   int day) {
  double at_risk = 0;
  for (const std::uint64_t n : events) at_risk += number(n);
  for (const std::uint64_t n : censored) at_risk += number(n);
  double survival = 1, greenwood = 0;
  for (std::size_t d = 1; d <= static_cast<std::size_t>(day) && d < events.size(); ++d) {
    at_risk -= number(censored[d - 1]) + number(events[d - 1]);  // known until the day before
    if (!(at_risk > 0)) return {none, none, none};
    const double e = number(events[d]);
    survival *= 1 - e / at_risk;
    if (at_risk > e) greenwood += e / (at_risk * (at_risk - e));
  }
  if (survival >= 1 || survival <= 0) return {1 - survival, none, none};
  const double reach = z95 * std::sqrt(greenwood) / std::abs(std::log(survival));
  return {1 - survival, 1 - std::pow(survival, std::exp(-reach)), 1 - std::pow(survival, std::exp(reach))};
}

Table repeats_table(const RepeatCounts& c) {
  RowTable table = table_of(kind_headings(c.rules.by_code), measures);
  for (const std::size_t k : sorted_kinds(c))
    for (std::size_t w = 0; w < c.rules.windows.size(); ++w) {
      Sum sum;
      add_to(sum, c.tally, k, w);
      auto cells = kind_cells(c, k);
      append(cells, sum, c.rules.windows[w]);
      table.add(cells);
    }
  return table.table();
}

Table all_repeats_table(const RepeatCounts& c) {
  RowTable table = table_of({{"modality", "", "all, or one"}}, measures);
  std::vector<std::string> words = c.kinds.modalities;
  std::sort(words.begin(), words.end());
  words.insert(words.begin(), "all");
  for (const std::string& word : words)
    for (std::size_t w = 0; w < c.rules.windows.size(); ++w) {
      Sum sum;
      for (std::size_t k = 0; k < c.kinds.kinds.size(); ++k)
        if (word == "all" || c.kinds.kinds[k].modality == word) add_to(sum, c.tally, k, w);
      std::vector<RowTable::Cell> cells{word};
      append(cells, sum, c.rules.windows[w]);
      table.add(cells);
    }
  return table.table();
}

Table pairs_table(const RepeatCounts& c) {
  RowTable table = table_of(
      kind_headings(c.rules.by_code),
      {{"within_days", "d", "smallest window that holds the next examination and is inside the data"},
       {"provider", "", "same or other"},
       {"next_code", "", "identical or other"},
       {"care_level", "", "of the first"},
       {"next_care_level", "", "of the next"},
       {"count", "1", "pairs"}});
  const auto care = [&](std::uint8_t code) { return code == 0 ? std::string() : c.cares[code - 1U]; };
  std::map<std::vector<std::string>, std::pair<std::vector<RowTable::Cell>, double>> rows;
  for (const auto& [key, n] : c.tally.pairs) {
    auto cells = kind_cells(c, key.kind);
    cells.emplace_back(static_cast<double>(c.rules.windows[static_cast<std::size_t>(key.window)]));
    for (const std::string& word :
         {std::string(key.same_provider ? "same" : "other"),
          std::string(key.identical_code ? "identical" : "other"), care(key.care), care(key.next_care)})
      cells.emplace_back(word);
    std::vector<std::string> order;
    for (const auto& cell : cells)
      order.push_back(std::holds_alternative<std::string>(cell)
                          ? std::get<std::string>(cell)
                          : fmt::format("{:09.0f}", std::get<double>(cell)));
    auto& row = rows[order];
    row.first = cells;
    row.second += number(n);
  }
  for (auto& [order, row] : rows) {
    row.first.emplace_back(row.second);
    table.add(row.first);
  }
  return table.table();
}

Table escalation_table(const RepeatCounts& c) {
  RowTable table = table_of(kind_headings(c.rules.by_code),
                            {{"to", "", "modality of the same region and side"},
                             {"window_days", "d", ""},
                             {"followed", "1", "examinations with the whole window inside the data"},
                             {"escalated", "1", "of them, with one of the other modality in the window"},
                             {"share", "1", ""},
                             {"share_low", "1", "95 %, Wilson"},
                             {"share_high", "1", ""},
                             {"same_provider", "1", "of the escalated"}});
  std::vector<std::size_t> to(c.kinds.modalities.size());
  std::iota(to.begin(), to.end(), std::size_t{0});
  std::sort(to.begin(), to.end(),
            [&](std::size_t a, std::size_t b) { return c.kinds.modalities[a] < c.kinds.modalities[b]; });
  for (const std::size_t k : sorted_kinds(c))
    for (const std::size_t m : to)
      for (std::size_t w = 0; w < c.rules.windows.size(); ++w) {
        const auto at = c.tally.escalations.find({k, m, w});
        if (at == c.tally.escalations.end()) continue;
        const double followed = number(c.tally.windows[k][w].followed),
                     escalated = number(at->second.escalated);
        const Share share = wilson(escalated, followed);
        auto cells = kind_cells(c, k);
        cells.emplace_back(c.kinds.modalities[m]);
        for (const double value : {static_cast<double>(c.rules.windows[w]), followed, escalated, share.value,
                                   share.low, share.high, number(at->second.same_provider)})
          cells.emplace_back(value);
        table.add(cells);
      }
  return table.table();
}

Table frequency_table(const RepeatCounts& c) {
  RowTable table =
      table_of(kind_headings(c.rules.by_code),
               {{"examinations", "1", "of this kind in the data"}, {"persons", "1", "who had so many"}});
  for (const std::size_t k : sorted_kinds(c))
    for (const auto& [key, persons] : c.tally.frequency) {
      if (key[0] != k) continue;
      auto cells = kind_cells(c, k);
      cells.emplace_back(number(key[1]));
      cells.emplace_back(number(persons));
      table.add(cells);
    }
  return table.table();
}

Table persons_table(const RepeatCounts& c) {
  RowTable table(
      {{"modality", "", "all, or one"},
       {"persons", "1", "with one examination at least"},
       {"examinations", "1", ""},
       {"per_person", "1", ""},
       {"inflation", "1",
        "variance of counts over Poisson's: sum of squares of examinations per person over their sum"}});
  std::map<std::string, std::array<double, 3>> sums;  // persons, examinations, squares
  for (const auto& [key, n] : c.tally.modality_frequency) {
    const bool is_all = key[0] == c.kinds.modalities.size();
    auto& sum = sums[is_all ? std::string() : c.kinds.modalities[key[0]]];
    const double f = number(key[1]);
    sum[0] += number(n);
    sum[1] += f * number(n);
    sum[2] += f * f * number(n);
  }
  for (const auto& [modality, sum] : sums)
    table.add(
        {modality.empty() ? std::string("all") : modality, sum[0], sum[1], sum[1] / sum[0], sum[2] / sum[1]});
  return table.table();
}

Table indicator_table(const RepeatCounts& c) {
  RowTable table({{"indicator", "", ""},
                  {"denominator", "1", "examinations that are looked at"},
                  {"numerator", "1", "of them, as the indicator says: possibly of low value"},
                  {"share", "1", ""},
                  {"share_low", "1", "95 %, Wilson"},
                  {"share_high", "1", ""},
                  {"source", "", ""},
                  {"note", "", ""}});
  for (std::size_t i = 0; i < c.indicators.size(); ++i) {
    const double n = number(c.tally.indicators[i].numerator), d = number(c.tally.indicators[i].denominator);
    const Share share = wilson(n, d);
    table.add({c.indicators[i].name, d, n, share.value, share.low, share.high, c.indicators[i].source,
               c.indicators[i].note});
  }
  return table.table();
}

Table concentration_table(const RepeatCounts& c) {
  RowTable table(
      {{"what", "", "all, a modality, or an indicator"},
       {"referrers", "1", "with one at least"},
       {"examinations", "1", "with a known referrer"},
       {"gini", "1", "0 when all refer as many"},
       {"top_1_percent", "1", "share of examinations of the 1 % of referrers with most"},
       {"top_5_percent", "1", ""},
       {"top_10_percent", "1", ""},
       {"top_20_percent", "1", ""},
       {"referrers_of_third", "1", "smallest share of referrers that has a third of the examinations"},
       {"referrers_of_half", "1", ""}});
  for (const auto& [what, k] : concentrations(c))
    table.add({what, static_cast<double>(k.referrers()), number(k.examinations()), k.gini(), k.top(0.01),
               k.top(0.05), k.top(0.1), k.top(0.2), k.referrers_of(1.0 / 3), k.referrers_of(0.5)});
  return table.table();
}

Table lorenz_table(const RepeatCounts& c) {
  RowTable table({{"what", "", ""},
                  {"referrers", "1", "share, from those with fewest"},
                  {"examinations", "1", "their share"}});
  for (const auto& [what, k] : concentrations(c))
    for (int percent = 0; percent <= 100; ++percent)
      table.add({what, percent / 100.0, k.lorenz(percent / 100.0)});
  return table.table();
}

}  // namespace snitt::activity
