#include "activity/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "statistics/poisson_rates.hpp"

namespace snitt::activity {
namespace {

using statistics::RateInterval;
using Key = std::vector<std::string>;  ///< [dimension]
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Counts of one group by stratum.
struct Group {
  Key key;
  std::string area;  ///< "" when not by area
  int year = 0;      ///< 0 when not by year
  std::vector<double> count, squared;
  double outside = 0;  ///< without a stratum
  double outside_squared = 0;
  std::vector<double> persons;  ///< person-years [stratum]
};

/// Inhabitants [area][year][stratum].
class Inhabitants {
 public:
  Inhabitants(const Population& population, const RateStrata& strata) : size_(strata.size()) {
    for (std::size_t a = 0; a < population.areas.size(); ++a) area_[population.areas[a]] = a;
    for (const int year : population.years) year_.insert(year);
    for (const PopulationRow& row : population.rows) {
      auto& cell = persons_.try_emplace({row.area, row.year}, std::vector<double>(size_)).first->second;
      const std::size_t stratum = strata.index(row.sex, row.age_from);
      if (stratum != RateStrata::npos) cell[stratum] += row.persons;
    }
  }
  bool has_area(const std::string& area) const { return area_.contains(area); }
  bool has_year(int year) const { return year_.contains(year); }
  bool has_one_year() const { return year_.size() == 1; }
  int only_year() const { return *year_.begin(); }

  /// Of one area ("" for all) in one year.
  void add(const std::string& area, int year, std::vector<double>& sum) const {
    for (const auto& [key, persons] : persons_) {
      if (key.second != year || (!area.empty() && key.first != area_.at(area))) continue;
      for (std::size_t i = 0; i < size_; ++i) sum[i] += persons[i];
    }
  }

 private:
  std::size_t size_;
  std::map<std::string, std::size_t> area_;
  std::set<int> year_;
  std::map<std::pair<std::size_t, int>, std::vector<double>> persons_;
};

/// What is not in any rate, by reason and what it is about.
struct LeftOut {
  std::map<std::pair<std::string, std::string>, double> sums;
  void add(const std::string& reason, const std::string& what, double number) {
    sums[{reason, what}] += number;
  }
  double total(bool with_strata) const {
    double sum = 0;
    for (const auto& [key, number] : sums)
      if (with_strata || !key.first.starts_with("unknown sex")) sum += number;
    return sum;
  }
};

struct Work {
  const RateCounts& counts;
  const RateOptions& options;
  RateStrata strata;
  Inhabitants inhabitants;
  std::vector<double> weights;
  std::map<Key, Group> groups;  ///< by dimensions, area, year
  std::map<int, int> years;     ///< of the counts, and the population's that stands for it
  LeftOut left_out;
  double in = 0;

  std::optional<int> population_year(int year) const {
    if (counts.has_year && year == 0) return std::nullopt;
    if (inhabitants.has_year(year)) return year;
    if (options.population_year) return options.population_year;
    if (!counts.has_year && inhabitants.has_one_year()) return inhabitants.only_year();
    if (inhabitants.has_one_year() && inhabitants.only_year() == 0) return 0;
    return std::nullopt;
  }

  void collect() {
    for (const CountRow& row : counts.rows) {
      in += row.number;
      if (row.number == 0) {  // a year without events is a year all the same
        if (const auto year = population_year(row.year)) years.emplace(row.year, *year);
        continue;
      }
      if (counts.has_area && !inhabitants.has_area(row.area) && !inhabitants.has_area("")) {
        left_out.add(row.area.empty() ? "no area" : "area without inhabitants", row.area, row.number);
        continue;
      }
      const auto year = population_year(row.year);
      if (!year) {
        left_out.add(row.year == 0 && counts.has_year ? "no year" : "year without inhabitants",
                     row.year == 0 ? "" : std::to_string(row.year), row.number);
        continue;
      }
      years.emplace(row.year, *year);
      Group& group = group_of(row.group, counts.by_area ? row.area : "", counts.by_year ? row.year : 0);
      const std::size_t stratum = strata.index(row.sex, row.age_from);
      if (stratum == RateStrata::npos) {
        left_out.add("unknown sex or age: in the crude rate alone", counts.by_area ? row.area : "",
                     row.number);
        group.outside += row.number;
        group.outside_squared += row.squared;
        continue;
      }
      group.count[stratum] += row.number;
      group.squared[stratum] += row.squared;
    }
  }

  Group& group_of(const Key& dimensions, const std::string& area, int year) {
    Key key = dimensions;
    key.push_back(area);
    key.push_back(fmt::format("{:05}", year));
    Group& group = groups[key];
    if (group.count.empty()) {
      group.key = dimensions;
      group.area = area;
      group.year = year;
      group.count.resize(strata.size());
      group.squared.resize(strata.size());
    }
    return group;
  }

  /// Areas in which a group has no event have a rate of 0, and years too.
  void fill_in(const Population& population) {
    std::set<Key> dimensions;
    std::set<int> group_years;
    for (const auto& [key, group] : groups) {
      dimensions.insert(group.key);
      group_years.insert(group.year);
    }
    const std::vector<std::string> areas = counts.by_area ? population.areas : std::vector<std::string>{""};
    for (const Key& key : dimensions)
      for (const std::string& area : areas)
        for (const int year : group_years) group_of(key, area, year);
    for (auto& [key, group] : groups) {
      group.persons.resize(strata.size());
      const std::string where = inhabitants.has_area(group.area) ? group.area : "";
      if (counts.by_year)
        inhabitants.add(where, *population_year(group.year), group.persons);
      else
        for (const auto& [counted, year] : years) inhabitants.add(where, year, group.persons);
      for (std::size_t i = 0; i < strata.size(); ++i)
        if (group.count[i] > 0 && !(group.persons[i] > 0)) {
          left_out.add("stratum without inhabitants", fmt::format("{} {}", group.area, strata.name(i)),
                       group.count[i]);
          group.count[i] = group.squared[i] = 0;
        }
    }
  }
};

RateInterval scaled(RateInterval i, double factor) {
  return {i.value * factor, i.low * factor, i.high * factor};
}

/// Interval of a count whose events come in persons: around the count, wider by the root of the inflation.
RateInterval count_interval(double count, double squared, const RateOptions& o) {
  const bool is_exact = o.count == CountInterval::exact || (o.count == CountInterval::phe && count < 10);
  RateInterval i =
      is_exact ? statistics::exact_count(count, o.confidence) : statistics::byar_count(count, o.confidence);
  if (count > 0 && squared > count) {
    const double wider = std::sqrt(squared / count);
    i.low = std::max(0.0, count + wider * (i.low - count));
    i.high = count + wider * (i.high - count);
  }
  return i;
}

struct RateRow {
  double count = 0, persons = 0, years = 1, outside = 0, expected = none;
  RateInterval crude, direct, smr, isr;
};

RateRow rate_row(const Work& work, const Group& group, const std::vector<double>& reference_rate,
                 double reference_crude, double years) {
  const RateOptions& o = work.options;
  const auto sum = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); };
  RateRow row;
  row.years = years;
  row.outside = group.outside;
  const double standardized = sum(group.count);
  row.count = standardized + group.outside;
  row.persons = sum(group.persons);
  row.crude =
      scaled(count_interval(row.count, sum(group.squared) + group.outside_squared, o), o.per / row.persons);
  const statistics::WeightedCounts weighted =
      statistics::weighted_counts(group.count, group.persons, work.weights, group.squared);
  switch (o.direct) {
    case DirectInterval::gamma:
      row.direct = statistics::gamma_interval(weighted, o.confidence);
      break;
    case DirectInterval::tiwari:
      row.direct = statistics::tiwari_interval(weighted, o.confidence);
      break;
    case DirectInterval::dobson:
      row.direct = statistics::dobson_interval(weighted, o.confidence);
      break;
  }
  row.direct = scaled(row.direct, o.per);
  row.expected = 0;
  for (std::size_t i = 0; i < reference_rate.size(); ++i)
    row.expected += group.persons[i] * reference_rate[i];
  row.smr = scaled(count_interval(standardized, sum(group.squared), o), 1 / row.expected);
  row.isr = scaled(row.smr, reference_crude * o.per);
  return row;
}

std::vector<RowTable::Heading> headings(const RateCounts& counts, const RateOptions& o, bool with_area) {
  std::vector<RowTable::Heading> h;
  for (const std::string& name : counts.dimensions) h.push_back({name, "", ""});
  if (counts.by_area && with_area) h.push_back({"area", "", "where the patients live"});
  if (counts.by_year) h.push_back({"year", "1", ""});
  const std::string per = fmt::format("per {:g} inhabitants and year", o.per);
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, std::string>>{
           {"count", "events, of unknown sex or age too"},
           {"person_years", "inhabitants times years"},
           {"years", "that are taken together"},
           {"mean_count", "per year"},
           {"unknown_stratum", "events of unknown sex or age, which the standardized rates leave out"},
           {"crude", per},
           {"crude_low", per},
           {"crude_high", per},
           {"direct", "directly standardized, " + per},
           {"direct_low", ""},
           {"direct_high", ""},
           {"observed", "events of known sex and age"},
           {"expected", "events at the rates of all areas together"},
           {"smr", "observed over expected"},
           {"smr_low", ""},
           {"smr_high", ""},
           {"indirect", "the ratio times the crude rate of all areas, " + per},
           {"indirect_low", ""},
           {"indirect_high", ""}})
    h.push_back({name, "1", text});
  return h;
}

void add_row(RowTable& table, const RateCounts& counts, const Group& group, const RateRow& r,
             bool with_area) {
  std::vector<RowTable::Cell> cells(group.key.begin(), group.key.end());
  if (counts.by_area && with_area) cells.emplace_back(group.area);
  if (counts.by_year) cells.emplace_back(static_cast<double>(group.year));
  for (const double value :
       {r.count, r.persons, r.years, r.count / r.years, r.outside, r.crude.value, r.crude.low, r.crude.high,
        r.direct.value, r.direct.low, r.direct.high, r.count - r.outside, r.expected, r.smr.value, r.smr.low,
        r.smr.high, r.isr.value, r.isr.low, r.isr.high})
    cells.emplace_back(value);
  table.add(cells);
}

constexpr int any_year = -1;

/// All areas of every group of other dimensions, by year and over the years.
class AllAreas {
 public:
  explicit AllAreas(const Work& work) {
    for (const auto& [key, group] : work.groups)
      for (const int year : {group.year, any_year}) {
        Group& all = sums_[{group.key, year}];
        if (all.count.empty()) {
          all.key = group.key;
          all.year = group.year;
          all.count.resize(work.strata.size());
          all.squared.resize(work.strata.size());
          all.persons.resize(work.strata.size());
        }
        for (std::size_t i = 0; i < work.strata.size(); ++i) {
          all.count[i] += group.count[i];
          all.squared[i] += group.squared[i];
          all.persons[i] += group.persons[i];
        }
        all.outside += group.outside;
        all.outside_squared += group.outside_squared;
      }
  }
  /// Nothing when no group is of this year.
  const Group* find(const Key& dimensions, int year) const {
    const auto at = sums_.find({dimensions, year});
    return at == sums_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::pair<Key, int>, Group> sums_;
};

void judge(const Work& work, double used, std::size_t small, CalibrationRecord& record) {
  const double lost = work.left_out.total(false), unknown = work.left_out.total(true) - lost;
  if (lost > 0.01 * work.in)
    record.reasons.push_back(
        fmt::format("{:.1f} % of the events have no inhabitants to divide by; see table left_out, and "
                    "mend names of areas or years there",
                    100 * lost / work.in));
  if (unknown > 0.01 * work.in)
    record.reasons.push_back(
        fmt::format("{:.1f} % of the events have no sex or age: standardized rates are too low by about that",
                    100 * unknown / work.in));
  if (small > 0)
    record.reasons.push_back(
        fmt::format("{} groups have fewer than {:g} events: their rates say little alone; take years or "
                    "areas together",
                    small, work.options.small_count));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.summary = {
      plain("counted", work.in, "1", "events in the tables of counts"),
      plain("used", used, "1", "events in the rates"),
      plain("left_out", lost, "1", "events in no rate (table left_out)"),
      plain("unknown_stratum", unknown, "1", "events in crude rates alone: sex or age unknown")};
}

}  // namespace

RateResult rates(const RateCounts& counts, const Population& population, const StandardPopulation& standard,
                 const RateOptions& options) {
  RateResult result;
  CalibrationRecord& record = result.record;
  record.method = "activity-rates";
  const RateStrata strata = common_strata(counts, population, standard, record.reasons);
  if (counts.by_area && population.areas == std::vector<std::string>{""})
    throw InputError(
        "population: has no areas, but the counts are by area; expected inhabitants of each area");
  Work work{counts, options, strata, Inhabitants(population, strata), weights_of(standard, strata), {},
            {},     {},      0};
  work.collect();
  if (work.groups.empty())
    throw InputError(
        "counts: none of {} events has inhabitants; the population has areas {} and years {} (counts "
        "without a year want --population-year)",
        work.in, fmt::join(population.areas, ", "), fmt::join(population.years, ", "));
  work.fill_in(population);

  RowTable table(headings(counts, options, true)), all_table(headings(counts, options, false));
  const double years = counts.by_year ? 1 : static_cast<double>(work.years.size());
  double used = 0;
  std::size_t small = 0;
  std::set<std::pair<Key, int>> done;
  const AllAreas all_areas(work);
  for (const auto& [key, group] : work.groups) {
    // A reference year is one of the groups' when these are by year.
    const int year = counts.by_year ? options.reference_year.value_or(group.year) : any_year;
    const Group* found = all_areas.find(group.key, year);
    if (found == nullptr) throw InputError("--reference-year {}: no events are of this year", year);
    const Group& reference = *found;
    std::vector<double> rate(strata.size());
    double events = reference.outside, persons = 0;
    for (std::size_t i = 0; i < rate.size(); ++i) {
      if (reference.persons[i] > 0) rate[i] = reference.count[i] / reference.persons[i];
      events += reference.count[i];
      persons += reference.persons[i];
    }
    if (!(persons > 0)) throw InputError("--reference-year {}: has no inhabitants", year);
    const RateRow row = rate_row(work, group, rate, (events - reference.outside) / persons, years);
    add_row(table, counts, group, row, true);
    used += row.count;
    if (row.count < options.small_count) ++small;
    if (done.emplace(group.key, group.year).second) {
      const Group& all = *all_areas.find(group.key, counts.by_year ? group.year : any_year);
      add_row(all_table, counts, all,
              rate_row(work, all, rate, (events - reference.outside) / persons, years), false);
    }
  }
  result.rates = table.table();
  judge(work, used, small, record);

  RowTable left({{"reason", "", ""}, {"what", "", "area, year or stratum"}, {"count", "1", "events"}});
  for (const auto& [key, number] : work.left_out.sums) left.add({key.first, key.second, number});
  RowTable weights({{"stratum", "", ""}, {"weight", "1", "share of the standard population"}});
  for (std::size_t i = 0; i < strata.size(); ++i) weights.add({strata.name(i), work.weights[i]});
  record.tables = {
      {"all_areas", all_table.table()}, {"left_out", left.table()}, {"standard", weights.table()}};
  return result;
}

}  // namespace snitt::activity
