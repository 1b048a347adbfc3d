#include "activity/variation_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "statistics/bootstrap.hpp"
#include "statistics/distributions.hpp"
#include "statistics/poisson_draw.hpp"
#include "statistics/random.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t chance_stream = 0x6368616e6365, model_stream = 0x6d6f64656c;

double quotient(const std::vector<double>& sorted, std::size_t rank) {
  if (sorted.size() < 2 * rank) return none;
  const double below = sorted[rank - 1];
  return below > 0 ? sorted[sorted.size() - rank] / below : none;
}

double weighted_cv(const AreaRates& areas) {
  double weight = 0, mean = 0, spread = 0;
  const auto w = [&](std::size_t i) { return areas.persons.empty() ? 1.0 : areas.persons[i]; };
  for (std::size_t i = 0; i < areas.rate.size(); ++i) {
    weight += w(i);
    mean += w(i) * areas.rate[i];
  }
  mean /= weight;
  for (std::size_t i = 0; i < areas.rate.size(); ++i) spread += w(i) * std::pow(areas.rate[i] - mean, 2);
  return 100 * std::sqrt(spread / weight) / mean;
}

}  // namespace

VariationMeasures variation_measures(const AreaRates& areas) {
  VariationMeasures m;
  std::vector<double> sorted = areas.rate;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  m.lowest = sorted.front();
  m.highest = sorted.back();
  m.median = statistics::median(sorted);
  m.ft = quotient(sorted, 1);
  m.ft2 = quotient(sorted, 2);
  m.ft3 = quotient(sorted, 3);
  m.cv = sorted.size() < 2 ? none : 100 * statistics::standard_deviation(sorted) / statistics::mean(sorted);
  m.weighted_cv = weighted_cv(areas);

  const double observed = std::accumulate(areas.observed.begin(), areas.observed.end(), 0.0);
  const double expected = std::accumulate(areas.expected.begin(), areas.expected.end(), 0.0);
  double logs = 0, with_events = 0;
  for (std::size_t i = 0; i < areas.observed.size(); ++i) {
    const double o = areas.observed[i], e = areas.expected[i], scaled = e * observed / expected;
    m.scv_diehr += (std::pow((o - e) / e, 2) - 1 / e) / n;
    m.chi_squared += std::pow(o - scaled, 2) / scaled;
    if (o > 0) {
      logs += std::pow(std::log(o / e), 2) - 1 / e;
      with_events += 1;
    }
  }
  m.scv_log = with_events > 0 ? logs / with_events : none;
  return m;
}

std::array<double, 11> values_of(const VariationMeasures& m) {
  return {m.lowest, m.highest,     m.median,    m.ft,      m.ft2,        m.ft3,
          m.cv,     m.weighted_cv, m.scv_diehr, m.scv_log, m.chi_squared};
}

MeasureIntervals measure_intervals(const AreaRates& areas, double mean, double variance,
                                   std::size_t replicates, std::uint64_t seed) {
  const double observed = std::accumulate(areas.observed.begin(), areas.observed.end(), 0.0);
  const double expected = std::accumulate(areas.expected.begin(), areas.expected.end(), 0.0);
  double rate_per_event = 0;  // of areas without events: as all others
  for (std::size_t i = 0; i < areas.rate.size(); ++i)
    rate_per_event += areas.rate[i] * areas.expected[i] / expected;
  const auto drawn = [&](std::uint64_t stream, double average, double spread) {
    return statistics::replicate(
        replicates, measure_names.size(), [&](std::uint64_t r, std::span<double> out) {
          AreaRates one = areas;
          for (std::size_t i = 0; i < areas.observed.size(); ++i) {
            const std::uint64_t bits = statistics::random_bits(seed ^ stream, r, i);
            double ratio = average;
            if (spread > 0) {
              const double shape = average * average / spread;
              const double u = (statistics::uniform(statistics::mix(bits)) + 0x1.0p-54);
              ratio = spread / (2 * average) * statistics::chi_squared_quantile(u, 2 * shape);
            }
            one.observed[i] = static_cast<double>(
                statistics::poisson_draw(ratio * areas.expected[i], statistics::uniform(bits)));
            const double per_event = areas.observed[i] > 0
                                         ? areas.rate[i] / areas.observed[i]
                                         : rate_per_event / (areas.expected[i] * observed / expected);
            one.rate[i] = one.observed[i] * per_event;
          }
          const auto values = values_of(variation_measures(one));
          std::copy(values.begin(), values.end(), out.begin());
        });
  };
  const auto chance = drawn(chance_stream, observed / expected, 0);
  const auto model = drawn(model_stream, mean, variance);
  MeasureIntervals intervals;
  for (std::size_t k = 0; k < measure_names.size(); ++k) {
    const statistics::Interval m = statistics::percentile_interval(model[k], 0.95);
    const statistics::Interval c = statistics::percentile_interval(chance[k], 0.95);
    intervals.low[k] = m.low;
    intervals.high[k] = m.high;
    intervals.chance_low[k] = c.low;
    intervals.chance_high[k] = c.high;
  }
  return intervals;
}

double events_at(const AreaRates& areas, double target) {
  double more = 0;
  for (std::size_t i = 0; i < areas.observed.size(); ++i)
    if (areas.rate[i] > 0) more += areas.observed[i] * (target / areas.rate[i] - 1);
  return more;
}

}  // namespace snitt::activity
