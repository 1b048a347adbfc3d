#include "activity/variation.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "activity/variation_input.hpp"
#include "data/row_table.hpp"
#include "statistics/distributions.hpp"
#include "statistics/poisson_gamma.hpp"
#include "statistics/poisson_mixed_model.hpp"
#include "statistics/poisson_rates.hpp"

namespace snitt::activity {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double few_events = 10;  ///< expected in an area: below, ratios say little

/// All that takes time, of one group.
struct Fits {
  MeasureIntervals intervals;
  statistics::PoissonGamma gamma;
  statistics::PoissonGamma mean_one;
  statistics::MarshallMoments marshall;
  statistics::PoissonMixedModel mixed;
  statistics::RatioFunnel funnel;
};

Fits fits_of(const AreaRates& a, const VariationOptions& o) {
  const statistics::PoissonGamma gamma = statistics::fit_poisson_gamma(a.observed, a.expected);
  return {measure_intervals(a, gamma.mean, gamma.variance, o.replicates, o.seed),
          gamma,
          statistics::fit_poisson_gamma(a.observed, a.expected, 1),
          statistics::marshall_moments(a.observed, a.expected),
          statistics::fit_poisson_mixed(a.observed, a.expected, o.quadrature_points),
          statistics::ratio_funnel(a.observed, a.expected, o.winsorise, o.scale)};
}

struct Measure {
  const char* name;
  const char* units;
  const char* text;
};
// In the order of measure_names, and then those of the models.
constexpr std::array<Measure, 11> simple{{
    {"lowest", "as the rates", "lowest rate"},
    {"highest", "as the rates", "highest rate"},
    {"median", "as the rates", "median of the areas' rates"},
    {"ft", "1", "highest over lowest rate"},
    {"ft2", "1", "second highest over second lowest"},
    {"ft3", "1", "third highest over third lowest"},
    {"cv", "percent", "standard deviation over mean of the rates"},
    {"weighted_cv", "percent", "the same, weighted by person-years"},
    {"scv_diehr", "1", "systematic component of variation, Diehr 1990 (times 100 in Norwegian atlases)"},
    {"scv_log", "1", "the same by logarithms, McPherson 1982"},
    {"chi_squared", "1", "heterogeneity, expected events scaled to those observed"},
}};

std::vector<RowTable::Cell> cells_of(const std::vector<std::string>& key) { return {key.begin(), key.end()}; }

std::vector<RowTable::Heading> with_key(const std::vector<std::string>& dimensions,
                                        std::initializer_list<RowTable::Heading> more) {
  std::vector<RowTable::Heading> h;
  for (const std::string& name : dimensions) h.push_back({name, "", ""});
  h.insert(h.end(), more);
  return h;
}

void add_measures(RowTable& table, const VariationGroup& group, const Fits& fits) {
  const auto count = static_cast<double>(group.names.size());
  const auto add = [&](const std::string& name, const std::string& units, const std::string& text,
                       double value, double low, double high, double chance_low, double chance_high) {
    auto cells = cells_of(group.key);
    for (const RowTable::Cell& cell : std::initializer_list<RowTable::Cell>{
             name, value, low, high, chance_low, chance_high, count, units, text})
      cells.push_back(cell);
    table.add(cells);
  };
  const auto values = values_of(variation_measures(group.areas));
  const MeasureIntervals& i = fits.intervals;
  for (std::size_t k = 0; k < simple.size(); ++k)
    add(simple[k].name, simple[k].units, simple[k].text, values[k], i.low[k], i.high[k], i.chance_low[k],
        i.chance_high[k]);
  const auto plain_measure = [&](const char* name, const char* text, double value, double low = none,
                                 double high = none) { add(name, "1", text, value, low, high, none, none); };
  const double events = std::accumulate(group.areas.observed.begin(), group.areas.observed.end(), 0.0);
  const auto& m = fits.mixed;
  plain_measure("chi_squared_p", "of so much heterogeneity by chance",
                statistics::chi_squared_upper_tail(values[10], count - 1));
  plain_measure("eb_variance", "between areas beyond chance, gamma distribution of mean eb_mean (a/b²)",
                fits.gamma.variance);
  plain_measure("eb_mean", "a/b", fits.gamma.mean);
  plain_measure("eb_variance_mean_1", "the same with mean 1 (a = b)", fits.mean_one.variance);
  plain_measure("marshall_variance", "between areas beyond chance, by moments (Marshall 1991)",
                fits.marshall.variance);
  plain_measure("log_deviation",
                "standard deviation of log rates beyond chance (log-normal Poisson), profile interval",
                m.deviation, m.deviation_low, m.deviation_high);
  plain_measure("median_rate_ratio", "of two areas drawn at random, the higher over the lower",
                statistics::median_rate_ratio(m.deviation), statistics::median_rate_ratio(m.deviation_low),
                statistics::median_rate_ratio(m.deviation_high));
  const auto icc = [&](double deviation) {
    return statistics::poisson_intraclass(deviation, events / count);
  };
  plain_measure("intraclass", "share of the variance of log counts between areas, at the mean count",
                icc(m.deviation), icc(m.deviation_low), icc(m.deviation_high));
  plain_measure("phi", "mean square of winsorised z: 1 is chance alone", fits.funnel.dispersion.phi);
  plain_measure("phi_p", "of so large a phi by chance", fits.funnel.dispersion.phi_p);
  plain_measure("tau_squared", "variance between areas on the funnel's scale",
                fits.funnel.dispersion.tau_squared);
}

RowTable areas_table(const std::vector<std::string>& dimensions) {
  return RowTable(with_key(dimensions, {{"area", "", ""},
                                        {"observed", "1", "events"},
                                        {"expected", "1", "events"},
                                        {"rate", "1", "as given"},
                                        {"ratio", "1", "observed over expected"},
                                        {"ratio_low", "1", "exact 95 %"},
                                        {"ratio_high", "1", ""},
                                        {"eb_ratio", "1", "empirical Bayes, gamma"},
                                        {"eb_low", "1", "95 % of the posterior"},
                                        {"eb_high", "1", ""},
                                        {"eb_marshall", "1", "empirical Bayes by moments"},
                                        {"mixed_ratio", "1", "log-normal Poisson, conditional mode"},
                                        {"mixed_low", "1", "95 %"},
                                        {"mixed_high", "1", ""},
                                        {"target", "1", "middle of the funnel"},
                                        {"z", "1", ""},
                                        {"z_additive", "1", "with variance between areas"},
                                        {"z_multiplicative", "1", "over the root of phi"},
                                        {"low_95", "1", "exact limits of the funnel"},
                                        {"high_95", "1", ""},
                                        {"low_998", "1", ""},
                                        {"high_998", "1", ""},
                                        {"additive_low_95", "1", "with over-dispersion"},
                                        {"additive_high_95", "1", ""},
                                        {"additive_low_998", "1", ""},
                                        {"additive_high_998", "1", ""},
                                        {"multiplicative_low_95", "1", "with over-dispersion"},
                                        {"multiplicative_high_95", "1", ""},
                                        {"multiplicative_low_998", "1", ""},
                                        {"multiplicative_high_998", "1", ""},
                                        {"chance", "1", "exact, of so many events or more (so few or fewer)"},
                                        {"by_chance", "", "by that: 2.5 and 0.1 % on each side"},
                                        {"among_others", "", "with the variance between areas added"}}));
}

void add_areas(RowTable& table, const VariationGroup& group, const Fits& fits) {
  const double z = statistics::normal_quantile(0.975);
  for (std::size_t i = 0; i < group.names.size(); ++i) {
    const double o = group.areas.observed[i], e = group.areas.expected[i];
    const statistics::RateInterval exact = statistics::exact_count(o);
    const statistics::ShrunkRatio eb = statistics::shrunk(fits.gamma, o, e);
    const statistics::RatioUnit& u = fits.funnel.units[i];
    const double mode = fits.mixed.intercept + fits.mixed.effect[i], error = fits.mixed.effect_error[i];
    auto cells = cells_of(group.key);
    cells.emplace_back(group.names[i]);
    for (const double value : {o,
                               e,
                               group.areas.rate[i],
                               o / e,
                               exact.low / e,
                               exact.high / e,
                               eb.value,
                               eb.low,
                               eb.high,
                               statistics::shrunk(fits.marshall, o, e),
                               std::exp(mode),
                               std::exp(mode - z * error),
                               std::exp(mode + z * error),
                               fits.funnel.target,
                               u.z,
                               u.z_additive,
                               u.z_multiplicative,
                               u.exact_95.low,
                               u.exact_95.high,
                               u.exact_998.low,
                               u.exact_998.high,
                               u.additive_95.low,
                               u.additive_95.high,
                               u.additive_998.low,
                               u.additive_998.high,
                               u.multiplicative_95.low,
                               u.multiplicative_95.high,
                               u.multiplicative_998.low,
                               u.multiplicative_998.high})
      cells.emplace_back(value);
    cells.emplace_back(u.by_chance.probability);
    cells.emplace_back(std::string(statistics::standing_words(u.by_chance.beyond)));
    cells.emplace_back(std::string(statistics::standing_words(u.among_others.beyond)));
    table.add(cells);
  }
}

void add_scenarios(RowTable& table, const VariationGroup& group) {
  const AreaRates& a = group.areas;
  const VariationMeasures m = variation_measures(a);
  const double events = std::accumulate(a.observed.begin(), a.observed.end(), 0.0);
  const auto name_of = [&](double rate) {
    const auto at = std::find(a.rate.begin(), a.rate.end(), rate);
    return at == a.rate.end() ? std::string() : group.names[static_cast<std::size_t>(at - a.rate.begin())];
  };
  for (const auto& [what, rate] :
       {std::pair("lowest", m.lowest), {"median", m.median}, {"highest", m.highest}}) {
    auto cells = cells_of(group.key);
    const double more = events_at(a, rate);
    for (const RowTable::Cell& cell : std::initializer_list<RowTable::Cell>{
             std::string(what), name_of(rate), rate, events, more, more / events})
      cells.push_back(cell);
    table.add(cells);
  }
}

}  // namespace

VariationResult variation(const Table& rates, const VariationColumns& columns,
                          const VariationOptions& options, const std::string& where) {
  const VariationInput input = variation_input(rates, columns, options.least_count, where);
  RowTable measures(
      with_key(input.dimensions, {{"measure", "", ""},
                                  {"value", "1", ""},
                                  {"low", "1", "95 %: parametric bootstrap from the gamma model, or profile"},
                                  {"high", "1", ""},
                                  {"chance_low", "1", "95 % of what chance alone gives"},
                                  {"chance_high", "1", ""},
                                  {"areas", "1", ""},
                                  {"of", "", "units of the measure"},
                                  {"meaning", "", ""}}));
  RowTable areas = areas_table(input.dimensions);
  RowTable scenarios(with_key(input.dimensions, {{"all_have", "", "the rate that all areas would have"},
                                                 {"area", "", "whose rate that is"},
                                                 {"rate", "1", ""},
                                                 {"events", "1", "observed"},
                                                 {"more_events", "1", "than observed; negative: fewer"},
                                                 {"share", "1", "of those observed"}}));
  RowTable left_out(
      with_key(input.dimensions, {{"area", "", ""}, {"observed", "1", "events"}, {"reason", "", ""}}));

  VariationResult result;
  CalibrationRecord& record = result.record;
  record.reasons = input.notes;
  std::size_t small = 0, units = 0;
  std::vector<Fits> all(input.groups.size());
  tbb::parallel_for(std::size_t{0}, all.size(),
                    [&](std::size_t g) { all[g] = fits_of(input.groups[g].areas, options); });
  for (std::size_t g = 0; g < all.size(); ++g) {
    const VariationGroup& group = input.groups[g];
    const Fits& fits = all[g];
    add_measures(measures, group, fits);
    add_areas(areas, group, fits);
    add_scenarios(scenarios, group);
    units += group.names.size();
    for (const double e : group.areas.expected) small += e < few_events ? 1 : 0;
  }
  for (const LeftOutArea& area : input.left_out) {
    auto cells = cells_of(area.key);
    for (const RowTable::Cell& cell :
         std::initializer_list<RowTable::Cell>{area.area, area.observed, area.reason})
      cells.push_back(cell);
    left_out.add(cells);
  }
  record.method = "activity-variation";
  if (!input.left_out.empty())
    record.reasons.push_back(fmt::format("{} areas are left out (table left_out)", input.left_out.size()));
  if (small > 0)
    record.reasons.push_back(
        fmt::format("{} of {} areas expect fewer than {:g} events: quotients and unweighted measures are "
                    "mostly chance there; look at chance_low to chance_high, or take years together",
                    small, units, few_events));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.summary = {plain("groups", static_cast<double>(input.groups.size()), "1", "analyzed apart"),
                    plain("areas", static_cast<double>(units), "1", "in all groups"),
                    plain("left_out", static_cast<double>(input.left_out.size()), "1", "areas")};
  result.measures = measures.table();
  if (input.groups.size() == 1) {
    const auto& t = result.measures;
    const auto& names = std::get<std::vector<std::string>>(t.find("measure")->values);
    const auto number = [&](const char* column, std::size_t i) {
      return std::get<std::vector<double>>(t.find(column)->values)[i];
    };
    for (std::size_t i = 0; i < names.size(); ++i)
      record.summary.push_back({names[i], number("value", i), number("low", i), number("high", i), "1",
                                std::get<std::vector<std::string>>(t.find("meaning")->values)[i]});
  }
  record.tables = {
      {"areas", areas.table()}, {"scenarios", scenarios.table()}, {"left_out", left_out.table()}};
  return result;
}

}  // namespace snitt::activity
