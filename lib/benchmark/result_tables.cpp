#include "benchmark/result_tables.hpp"

#include <cmath>
#include <limits>

#include "benchmark/result_headings.hpp"

namespace snitt::benchmark {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double flag(bool set) { return set ? 1 : 0; }

/// Value and both ends.
void append(std::vector<RowTable::Cell>& row, const Interval& i) {
  row.emplace_back(i.value);
  row.emplace_back(i.low);
  row.emplace_back(i.high);
}

void append(std::vector<RowTable::Cell>& row, const statistics::Limits& limits) {
  row.emplace_back(limits.low);
  row.emplace_back(limits.high);
}

/// Of the reference level that the same redrawn patients give.
double probability_above(const MeasureLevels& levels, std::size_t group) {
  double above = 0;
  for (std::size_t i = 0; i < levels.level_replicates.size(); ++i)
    above += levels.median_replicates[group][i] > levels.level_replicates[i] ? 1 : 0;
  return above / static_cast<double>(levels.level_replicates.size());
}

}  // namespace

ResultTables::ResultTables()
    : groups_(headings::groups()),
      levels_(headings::levels()),
      comparison_(headings::comparison()),
      tests_(headings::tests()),
      pairs_(headings::pairs()),
      adjustment_(headings::adjustment()),
      adjusted_(headings::adjusted()),
      variance_(headings::variance()),
      funnel_(headings::funnel()),
      bins_(headings::bins()),
      quality_(headings::quality()),
      recommended_(headings::recommended()),
      excluded_(headings::excluded()) {}

void ResultTables::add(const ExamResult& result, std::size_t small_n) {
  add_groups(result, small_n);
  add_levels(result);
  add_tests(result);
  add_adjustment(result);
  add_funnel(result);
  add_recommendations(result);
}

void ResultTables::add(const Excluded& e) {
  excluded_.add({e.exam, e.group, e.reason, static_cast<double>(e.rows)});
}

std::vector<std::pair<std::string, Table>> ResultTables::tables() const {
  return {{"levels", levels_.table()},
          {"comparison", comparison_.table()},
          {"tests", tests_.table()},
          {"pairs", pairs_.table()},
          {"size_adjustment", adjustment_.table()},
          {"adjusted", adjusted_.table()},
          {"variance", variance_.table()},
          {"funnel", funnel_.table()},
          {"size_bins", bins_.table()},
          {"dose_quality", quality_.table()},
          {"recommended", recommended_.table()},
          {"excluded", excluded_.table()}};
}

void ResultTables::add_groups(const ExamResult& r, std::size_t small_n) {
  for (std::size_t g = 0; g < r.exam->groups.size(); ++g) {
    const ExamGroup& group = r.exam->groups[g];
    std::vector<RowTable::Cell> row{r.exam->name,
                                    group.name,
                                    group.sector,
                                    group.count(Measure::ctdivol),
                                    flag(group.count(Measure::ctdivol) < static_cast<double>(small_n)),
                                    flag(group.from_summary)};
    append(row, r.levels[0].median[g]);
    row.insert(row.end(), {group.quantile(Measure::ctdivol, 0.25), group.quantile(Measure::ctdivol, 0.75),
                           group.mean_of(Measure::ctdivol), group.deviation_of(Measure::ctdivol),
                           probability_above(r.levels[0], g)});
    const bool has_dlp = r.levels.size() > 1 && group.count(Measure::dlp) > 0;
    append(row, has_dlp ? r.levels[1].median[g] : Interval{nan, nan, nan});
    row.insert(row.end(), {group.quantile(Measure::dlp, 0.25), group.quantile(Measure::dlp, 0.75),
                           has_dlp ? group.mean_of(Measure::dlp) : nan, group.quantile(Measure::size, 0.5),
                           group.quantile(Measure::noise, 0.5), group.quantile(Measure::quality, 0.5)});
    groups_.add(row);
  }
}

void ResultTables::add_levels(const ExamResult& r) {
  for (const MeasureLevels& levels : r.levels) {
    double groups = 0;
    double n = 0;
    for (const ExamGroup& g : r.exam->groups) {
      groups += g.count(levels.measure) > 0 ? 1 : 0;
      n += g.count(levels.measure);
    }
    std::vector<RowTable::Cell> row{r.exam->name, std::string(name_of(levels.measure)), groups, n};
    append(row, levels.reference_level);
    append(row, levels.achievable);
    row.emplace_back(levels.lower_quartile);
    append(row, levels.pooled_75);
    levels_.add(row);
  }
  for (const Comparison& c : r.comparisons)
    comparison_.add({r.exam->name, c.group, std::string(name_of(c.reference.measure)), c.reference.source,
                     c.reference.region, c.reference.year, c.reference.percentile, c.reference.definition,
                     c.value, c.reference.value, c.ratio, c.probability_above});
}

void ResultTables::add_tests(const ExamResult& r) {
  if (!r.tests) return;
  const std::string& exam = r.exam->name;
  const auto& [anova, kruskal, pairs, intraclass] = *r.tests;
  tests_.add({exam, std::string("analysis of variance"), anova.f, anova.degrees_between, anova.degrees_within,
              anova.p});
  tests_.add({exam, std::string("Kruskal-Wallis"), kruskal.h, kruskal.degrees, nan, kruskal.p});
  for (const statistics::PairComparison& p : pairs) {
    const double ratio = r.levels[0].median[p.first].value / r.levels[0].median[p.second].value;
    pairs_.add(
        {exam, r.exam->groups[p.first].name, r.exam->groups[p.second].name, ratio, p.z, p.p, p.p_holm});
  }
  variance_.add({exam, std::string("nothing (analysis of variance)"), nan, nan, intraclass.value,
                 intraclass.low, intraclass.high, nan});
}

void ResultTables::add_adjustment(const ExamResult& r) {
  if (!r.adjustment) return;
  const SizeAdjustment& a = *r.adjustment;
  const std::string& exam = r.exam->name;
  for (std::size_t t = 0; t < a.terms.size(); ++t) {
    const statistics::Estimate& e = a.model.fixed[t];
    adjustment_.add({exam, a.terms[t], e.value, e.error, e.degrees, e.low, e.high, e.p, std::exp(e.value)});
  }
  for (std::size_t g = 0; g < a.dose.size(); ++g)
    adjusted_.add({exam, r.exam->groups[g].name, a.with_size ? a.reference_size_cm : nan, a.dose[g], a.low[g],
                   a.high[g], a.model.intercept[g]});
  std::string model = a.with_size ? "size" : "nothing";
  if (a.sectors.size() > 1) model += " and sector";
  variance_.add({exam, model + " (mixed model)", a.model.between_deviation, a.model.within_deviation,
                 a.model.intraclass, a.model.intraclass_low, a.model.intraclass_high, a.model.criterion});
}

void ResultTables::add_funnel(const ExamResult& r) {
  if (r.exceedance.funnel) {
    const statistics::Funnel& funnel = *r.exceedance.funnel;
    const auto units = static_cast<double>(funnel.units.size());
    tests_.add({r.exam->name, std::string("over-dispersion of the funnel"), funnel.dispersion.phi, units - 1,
                nan, funnel.dispersion.phi_p});
    for (std::size_t g = 0; g < funnel.units.size(); ++g) {
      const statistics::FunnelUnit& u = funnel.units[g];
      std::vector<RowTable::Cell> row{r.exam->name,
                                      r.exam->groups[g].name,
                                      r.exam->groups[g].count(Measure::ctdivol),
                                      r.exceedance.level,
                                      r.exceedance.above[g],
                                      r.exceedance.error[g],
                                      u.share,
                                      funnel.target,
                                      u.z,
                                      u.z_additive,
                                      u.z_multiplicative};
      append(row, u.exact_95);
      append(row, u.exact_998);
      append(row, u.additive_95);
      append(row, u.additive_998);
      append(row, u.multiplicative_95);
      append(row, u.multiplicative_998);
      row.emplace_back(u.by_chance.probability);
      row.emplace_back(std::string(statistics::standing_words(u.by_chance.beyond)));
      funnel_.add(row);
    }
  }
  for (const SizeBin& b : r.bins)
    bins_.add({r.exam->name, b.low_cm, b.high_cm, static_cast<double>(b.groups), b.patients, b.lower_quartile,
               b.median, b.upper_quartile});
}

void ResultTables::add_recommendations(const ExamResult& r) {
  for (const Recommendation& rec : r.recommendations) {
    std::vector<RowTable::Cell> row{r.exam->name, std::string(name_of(rec.quality)), rec.target, rec.exponent,
                                    flag(rec.exponent_is_fitted)};
    append(row, rec.fit ? Interval{rec.fit->value, rec.fit->low, rec.fit->high} : Interval{nan, nan, nan});
    append(row, rec.middle);
    append(row, rec.efficient);
    quality_.add(row);
    for (std::size_t g = 0; g < r.exam->groups.size(); ++g) {
      if (std::isnan(rec.quality_median[g])) continue;
      const double dose = r.levels[0].median[g].value;
      std::vector<RowTable::Cell> one{
          r.exam->name,          r.exam->groups[g].name, std::string(name_of(rec.quality)),
          rec.quality_median[g], rec.merit_median[g],    dose};
      append(one, rec.by_law[g]);
      append(one, rec.dose[g]);
      one.emplace_back(rec.dose[g].value / dose);
      recommended_.add(one);
    }
  }
}

}  // namespace snitt::benchmark
