/// 95 % prediction intervals of forecasts, 200 simulated series each. With SNITT_SHOW the coverages are
/// printed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "activity/forecast.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

constexpr std::size_t runs = 200;

double normal(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  return statistics::normal_quantile(statistics::uniform(statistics::random_bits(seed, a, b)) + 0x1.0p-54);
}

/// Growth, season and the days of the months, with noise and a level that wanders.
PeriodSeries simulated(std::uint64_t number, std::size_t length, double noise, double drift) {
  PeriodSeries s{"all", 12, 2015 * 12, {}};
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), s.first, 12, length);
  const CalendarEffect effect{true, 0.3, 0, 0};
  double level = std::log(20000.0);
  for (std::size_t t = 0; t < length; ++t) {
    level += 0.003 + drift * normal(1, number, t);
    s.values.push_back(std::exp(level + 0.05 * std::sin(static_cast<double>(t) * std::acos(-1.0) / 6) +
                                noise * normal(2, number, t)) *
                       effect.factor(days[t], 12));
  }
  return s;
}

ForecastInput input_of(const PeriodSeries& s, std::size_t known, std::size_t horizon) {
  ForecastInput input;
  input.values.assign(s.values.begin(), s.values.begin() + static_cast<std::ptrdiff_t>(known));
  input.days = days_of_periods(WorkCalendar("norway"), s.first, 12, known + horizon);
  input.horizon = horizon;
  return input;
}

/// Share of simulated futures inside the intervals, and of their yearly sums.
struct Coverage {
  double months = 0;
  double years = 0;
};
Coverage coverage(std::size_t known, double noise, double drift) {
  Coverage inside;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const PeriodSeries s = simulated(100 + run, known + 12, noise, drift);
    const ForecastInput input = input_of(s, known, 12);
    const Backtest test = backtest(input, {});
    for (const MethodForecast& m : forecast_by_all(input)) {
      if (m.method != test.chosen) continue;
      for (const MethodScore& score : test.scores) {
        if (score.method != test.chosen) continue;
        for (std::size_t h = 0; h < 12; ++h) {
          const Band b = band(m.path[h], h + 1, score.growth, 0.95);
          inside.months += b.low <= s.values[known + h] && s.values[known + h] <= b.high ? 1.0 / 12 : 0;
        }
        const Band b = band_of_sum(m.path, 0, 12, score.growth, 0.95);
        const double sum =
            std::accumulate(s.values.begin() + static_cast<std::ptrdiff_t>(known), s.values.end(), 0.0);
        inside.years += b.low <= sum && sum <= b.high ? 1 : 0;
      }
    }
  }
  return {inside.months / static_cast<double>(runs), inside.years / static_cast<double>(runs)};
}

void expect_coverage(const char* name, std::size_t known, double noise, double drift) {
  const Coverage c = coverage(known, noise, drift);
  if (std::getenv("SNITT_SHOW") != nullptr)
    std::printf("%s, %zu months: of months %.3f, of years %.3f\n", name, known, c.months, c.years);
  // Four standard errors of a share of 95 % among 200 series: 6.2 %. Errors of the months of a series go
  // together, so that 200 series are not 2400 months.
  EXPECT_NEAR(c.months, 0.95, 0.062) << name;
  // Sums rest on the split of noise and drift, which a year of overlapping errors tells badly.
  EXPECT_GT(c.years, 0.85) << name;
}

TEST(ForecastCoverage, NoiseAlone) { expect_coverage("noise", 48, 0.02, 0); }
TEST(ForecastCoverage, WanderingLevel) { expect_coverage("wandering level", 48, 0.01, 0.015); }
TEST(ForecastCoverage, ThreeYears) { expect_coverage("three years", 36, 0.02, 0.01); }

}  // namespace
}  // namespace snitt::activity
