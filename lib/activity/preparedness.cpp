#include "activity/preparedness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "formats/number_text.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double least = 1e-9;  // examinations: less is rounding

struct Lost {
  std::string site;
  std::string modality;  ///< "": all
  double units = nan;    ///< NaN: all
};

std::vector<Lost> lost_of(const std::vector<std::string>& words) {
  std::vector<Lost> all;
  for (std::string word : words) {
    Lost lost;
    if (const std::size_t equal = word.rfind('='); equal != std::string::npos) {
      const auto number = formats::parse_number(word.substr(equal + 1));
      if (!number || !(*number > 0))
        throw UsageError("--lose '{}': expected a number of units behind =", word);
      lost.units = *number;
      word.resize(equal);
    }
    if (const std::size_t colon = word.rfind(':'); colon != std::string::npos) {
      lost.modality = word.substr(colon + 1);
      word.resize(colon);
    }
    lost.site = word;
    all.push_back(lost);
  }
  return all;
}

/// Everything of one modality.
struct Network {
  std::vector<std::string> areas, sites;
  std::vector<double> today;                        ///< [area, site] examinations
  std::vector<std::uint8_t> allowed;                ///< [area, site] within reach
  std::vector<double> units, units_left, per_unit;  ///< [site]
  std::vector<double> load;                         ///< [site] examinations today
};

std::size_t position(std::vector<std::string>& names, const std::string& name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

std::map<std::string, Network> networks_of(const Table& flows, const std::string& flows_name,
                                           const Table& units, const std::string& units_name,
                                           const PreparednessOptions& options) {
  const auto area = names_of(flows, "area", flows_name), site = names_of(flows, "site", flows_name),
             modality = names_of(flows, "modality", flows_name);
  const auto exams = numbers_of(column_of(flows, "exams", flows_name), flows_name);
  std::vector<double> travel(area.size(), nan);
  if (const Column* c = flows.find("travel")) travel = numbers_of(*c, flows_name);
  const auto unit_site = names_of(units, "site", units_name),
             unit_modality = names_of(units, "modality", units_name);
  const auto number = numbers_of(column_of(units, "units", units_name), units_name);
  std::vector<double> each(number.size(), nan);
  if (const Column* c = units.find("exams_per_unit")) each = numbers_of(*c, units_name);
  std::map<std::string, Network> all;
  for (std::size_t i = 0; i < area.size(); ++i) {
    position(all[modality[i]].areas, area[i]);
    position(all[modality[i]].sites, site[i]);
  }
  for (std::size_t i = 0; i < unit_site.size(); ++i)
    if (all.contains(unit_modality[i])) position(all[unit_modality[i]].sites, unit_site[i]);
  for (auto& [name, n] : all) {
    n.today.assign(n.areas.size() * n.sites.size(), 0);
    n.allowed.assign(n.today.size(), 0);
    n.units.assign(n.sites.size(), 0);
    n.per_unit.assign(n.sites.size(), nan);
    n.load.assign(n.sites.size(), 0);
  }
  for (std::size_t i = 0; i < area.size(); ++i) {
    Network& n = all[modality[i]];
    if (!(exams[i] >= 0))
      throw InputError("{}: row {}: column 'exams' has {}; expected a number, 0 or above", flows_name, i + 1,
                       exams[i]);
    const std::size_t s = position(n.sites, site[i]);
    const std::size_t at = position(n.areas, area[i]) * n.sites.size() + s;
    n.today[at] += exams[i];
    n.load[s] += exams[i];
    // Where patients go today is within reach, whatever the limit says.
    if (exams[i] > 0 || std::isnan(travel[i]) || options.longest_travel <= 0 ||
        travel[i] <= options.longest_travel)
      n.allowed[at] = 1;
  }
  for (std::size_t i = 0; i < unit_site.size(); ++i) {
    if (!all.contains(unit_modality[i])) continue;
    Network& n = all[unit_modality[i]];
    if (!(number[i] >= 0))
      throw InputError("{}: row {}: column 'units' has {}; expected a number, 0 or above", units_name, i + 1,
                       number[i]);
    const std::size_t s = position(n.sites, unit_site[i]);
    n.units[s] += number[i];
    if (!std::isnan(each[i])) n.per_unit[s] = each[i];
  }
  for (auto& [name, n] : all) {
    std::vector<double> observed;
    for (std::size_t s = 0; s < n.sites.size(); ++s)
      if (n.units[s] > 0 && n.load[s] > 0) observed.push_back(n.load[s] / n.units[s]);
    const double usual = statistics::quantile(observed, options.unit_percentile);
    for (std::size_t s = 0; s < n.sites.size(); ++s) {
      if (n.units[s] <= 0 && n.load[s] > 0)
        throw InputError("{}: has no units of {} at {}, which {} examinations are made on", units_name, name,
                         n.sites[s], n.load[s]);
      if (n.units[s] <= 0)
        n.per_unit[s] = 0;
      else if (std::isnan(n.per_unit[s]))
        n.per_unit[s] = std::max(std::isnan(usual) ? 0 : usual, n.load[s] / n.units[s]);
    }
    n.units_left = n.units;
  }
  return all;
}

void lose(std::map<std::string, Network>& networks, const std::vector<std::string>& words) {
  for (const Lost& lost : lost_of(words)) {
    bool found = false;
    std::vector<std::string> known;
    for (auto& [modality, n] : networks) {
      for (const std::string& s : n.sites)
        if (std::find(known.begin(), known.end(), s) == known.end()) known.push_back(s);
      const auto it = std::find(n.sites.begin(), n.sites.end(), lost.site);
      if (it == n.sites.end() || (!lost.modality.empty() && lost.modality != modality)) continue;
      const auto s = static_cast<std::size_t>(it - n.sites.begin());
      if (n.units[s] <= 0) continue;
      found = true;
      if (lost.units > n.units_left[s])
        throw UsageError("--lose {}={}: {} has {} units of {}", lost.site, lost.units, lost.site,
                         n.units_left[s], modality);
      n.units_left[s] -= std::isnan(lost.units) ? n.units_left[s] : lost.units;
    }
    if (!found)
      throw UsageError("--lose '{}': no such site{} with units{}",
                       lost.site + (lost.modality.empty() ? "" : ":" + lost.modality),
                       lost.modality.empty() ? "" : " and modality", did_you_mean(lost.site, known));
  }
}

/// Examinations by area and site after the loss.
std::vector<double> redistributed(const Network& n, double growth) {
  const std::size_t areas = n.areas.size(), sites = n.sites.size();
  std::vector<double> flow(n.today.size(), 0), room(sites), left(areas, 0);
  for (std::size_t s = 0; s < sites; ++s) {
    // Who comes today stays as far as the units that are left can do it, all areas alike.
    const double load = n.load[s] * growth;
    room[s] = n.units_left[s] * n.per_unit[s];
    const double stay = load > 0 ? std::min(1.0, room[s] / load) : 0;
    for (std::size_t a = 0; a < areas; ++a) {
      const double came = n.today[a * sites + s] * growth;
      flow[a * sites + s] = came * stay;
      left[a] += came * (1 - stay);
    }
    room[s] -= load * stay;
  }
  constexpr int most_rounds = 200;
  for (int round = 0; round < most_rounds; ++round) {
    std::vector<double> wish(flow.size(), 0), asked(sites, 0);
    double moved = 0;
    for (std::size_t a = 0; a < areas; ++a) {
      if (left[a] <= least) continue;
      std::vector<double> weight(sites, 0);
      double known = 0, open = 0;
      for (std::size_t s = 0; s < sites; ++s) {
        if (!n.allowed[a * sites + s] || room[s] <= least) continue;
        known += n.today[a * sites + s];
        ++open;
      }
      if (open == 0) continue;
      for (std::size_t s = 0; s < sites; ++s)
        if (n.allowed[a * sites + s] && room[s] > least)
          weight[s] = known > 0 ? n.today[a * sites + s] / known : 1 / open;
      for (std::size_t s = 0; s < sites; ++s) asked[s] += wish[a * sites + s] = left[a] * weight[s];
    }
    for (std::size_t s = 0; s < sites; ++s) {
      if (asked[s] <= 0) continue;
      const double share = std::min(1.0, room[s] / asked[s]);
      for (std::size_t a = 0; a < areas; ++a) {
        const double part = wish[a * sites + s] * share;
        flow[a * sites + s] += part;
        left[a] -= part;
        moved += part;
      }
      room[s] -= asked[s] * share;
    }
    if (moved <= least) break;
  }
  std::vector<double> demand(areas, 0), capacity(sites);
  for (std::size_t a = 0; a < areas; ++a)
    for (std::size_t s = 0; s < sites; ++s) demand[a] += n.today[a * sites + s] * growth;
  for (std::size_t s = 0; s < sites; ++s) {
    capacity[s] = n.units_left[s] * n.per_unit[s];
    double used = 0;
    for (std::size_t a = 0; a < areas; ++a) used += flow[a * sites + s];
    capacity[s] = std::max(capacity[s], used);
  }
  raise_flow(flow, n.allowed, demand, capacity);
  return flow;
}

}  // namespace

double raise_flow(std::vector<double>& flow, const std::vector<std::uint8_t>& allowed,
                  const std::vector<double>& demand, const std::vector<double>& room) {
  const std::size_t areas = demand.size(), sites = room.size();
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  double raised = 0;
  for (;;) {
    std::vector<double> unmet = demand, free = room;
    for (std::size_t a = 0; a < areas; ++a)
      for (std::size_t s = 0; s < sites; ++s) {
        unmet[a] -= flow[a * sites + s];
        free[s] -= flow[a * sites + s];
      }
    // Breadth first from areas with unmet demand to a site with room: area -> site forward, site -> area
    // back.
    std::vector<std::size_t> area_from(areas, none), site_from(sites, none);
    std::vector<std::uint8_t> reached(areas, 0);
    std::deque<std::size_t> next;
    for (std::size_t a = 0; a < areas; ++a)
      if (unmet[a] > least) {
        reached[a] = 1;
        next.push_back(a);
      }
    std::size_t end = none;
    while (!next.empty() && end == none) {
      const std::size_t a = next.front();
      next.pop_front();
      for (std::size_t s = 0; s < sites && end == none; ++s) {
        if (!allowed[a * sites + s] || site_from[s] != none) continue;
        site_from[s] = a;
        if (free[s] > least) end = s;
        for (std::size_t b = 0; b < areas; ++b)
          if (!reached[b] && flow[b * sites + s] > least) {
            reached[b] = 1;
            area_from[b] = s;
            next.push_back(b);
          }
      }
    }
    if (end == none) return raised;
    double amount = free[end];
    std::size_t s = end;
    for (;;) {
      const std::size_t a = site_from[s];
      if (area_from[a] == none) {
        amount = std::min(amount, unmet[a]);
        break;
      }
      s = area_from[a];
      amount = std::min(amount, flow[a * sites + s]);
    }
    s = end;
    for (;;) {
      const std::size_t a = site_from[s];
      flow[a * sites + s] += amount;
      if (area_from[a] == none) break;
      s = area_from[a];
      flow[a * sites + s] -= amount;
    }
    raised += amount;
  }
}

PreparednessResult preparedness(const Table& flows, const std::string& flows_name, const Table& units,
                                const std::string& units_name, const PreparednessOptions& options) {
  std::map<std::string, Network> networks = networks_of(flows, flows_name, units, units_name, options);
  lose(networks, options.lost);
  const double time = options.weeks / 52, growth = 1 + options.growth_percent / 100;
  RowTable areas({{"modality", "", "kind of machine"},
                  {"area", "", "where patients live"},
                  {"demand", "1", "examinations in that time"},
                  {"stay", "1", "made where they are made today"},
                  {"moved", "1", "made elsewhere"},
                  {"unmet", "1", "made nowhere"},
                  {"unmet_share", "1", "of demand"}});
  RowTable sites({{"modality", "", "kind of machine"},
                  {"site", "", "where they are"},
                  {"units", "1", "machines today"},
                  {"units_left", "1", "machines that are left"},
                  {"exams_per_unit", "1", "a year, what a machine can do"},
                  {"today", "1", "examinations in that time today (with growth)"},
                  {"capacity", "1", "what is left can do in that time"},
                  {"load", "1", "examinations in that time after the loss"},
                  {"used", "1", "load over capacity"},
                  {"overtime_percent", "%",
                   "more hours that would meet all, shared by sites within reach of the unmet"}});
  RowTable moves({{"modality", "", "kind of machine"},
                  {"area", "", "where patients live"},
                  {"site", "", "where they go"},
                  {"today", "1", "examinations in that time today (with growth)"},
                  {"after", "1", "after the loss"}});
  std::vector<Quantity> summary;
  std::vector<std::string> reasons;
  for (auto& [modality, n] : networks) {
    const std::vector<double> flow = redistributed(n, growth);
    const std::size_t count = n.sites.size();
    std::vector<double> load(count, 0), unmet(n.areas.size(), 0), overtime(count, 0);
    double all_unmet = 0, all = 0;
    for (std::size_t a = 0; a < n.areas.size(); ++a) {
      double demand = 0, stay = 0, met = 0;
      for (std::size_t s = 0; s < count; ++s) {
        const double before = n.today[a * count + s] * growth, after = flow[a * count + s];
        demand += before;
        met += after;
        stay += std::min(before, after);
        load[s] += after;
        if (before > 0 || after > least)
          moves.add({modality, n.areas[a], n.sites[s], before * time, after * time});
      }
      unmet[a] = demand - met > least * 1e3 ? demand - met : 0;
      all_unmet += unmet[a];
      all += demand;
      areas.add({modality, n.areas[a], demand * time, stay * time, (met - stay) * time, unmet[a] * time,
                 demand > 0 ? unmet[a] / demand : nan});
      // Overtime in proportion to the capacity that is left within reach.
      double reach = 0;
      for (std::size_t s = 0; s < count; ++s)
        if (n.allowed[a * count + s]) reach += n.units_left[s] * n.per_unit[s];
      for (std::size_t s = 0; s < count && reach > 0; ++s)
        if (n.allowed[a * count + s]) overtime[s] += unmet[a] * n.units_left[s] * n.per_unit[s] / reach;
      if (unmet[a] > 0 && reach <= 0)
        reasons.push_back(fmt::format(
            "patients of {} have no {} left within reach; add rows of area and site that they could "
            "travel to",
            n.areas[a], modality));
    }
    for (std::size_t s = 0; s < count; ++s) {
      const double capacity = n.units_left[s] * n.per_unit[s];
      sites.add({modality, n.sites[s], n.units[s], n.units_left[s], n.per_unit[s], n.load[s] * growth * time,
                 capacity * time, load[s] * time, capacity > 0 ? load[s] / capacity : nan,
                 capacity > 0 ? 100 * overtime[s] / capacity : nan});
    }
    std::string word = modality;
    for (char& c : word)
      c = std::isalnum(static_cast<unsigned char>(c))
              ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
              : '_';
    summary.push_back(plain("unmet_" + word, all_unmet * time, "1",
                            fmt::format("examinations of {:.0f} that are made nowhere", all * time)));
  }
  PreparednessResult result;
  result.areas = areas.table();
  result.record.method = "preparedness";
  result.record.reasons = reasons;
  result.record.verdict = reasons.empty() ? "good" : "doubtful";
  result.record.summary = summary;
  result.record.tables = {
      {"sites", sites.table()}, {"flows", moves.table()}, {"basis", basis_table(options.basis)}};
  return result;
}

}  // namespace snitt::activity
