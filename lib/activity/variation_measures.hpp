#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// How much rates differ between areas, in one number each.
namespace snitt::activity {

/// Areas of one kind of examination. All [area].
struct AreaRates {
  std::vector<double> observed;
  std::vector<double> expected;  ///< by indirect standardization
  std::vector<double> rate;      ///< directly standardized, or crude
  std::vector<double> persons;   ///< person-years; empty: equal weights
};

/// Measures that need no model. NaN for what cannot be told from so few areas.
struct VariationMeasures {
  double lowest = 0, highest = 0, median = 0;  ///< rates
  double ft = 0, ft2 = 0,
         ft3 =
             0;   ///< extremal quotients: highest over lowest, second over second last, third over third last
  double cv = 0;  ///< percent: standard deviation (n - 1) over unweighted mean of the rates
  double weighted_cv = 0;  ///< percent: the same with person-years as weights, and n
  double scv_diehr = 0;    ///< mean of ((O - E)/E)² - 1/E
  double scv_log = 0;      ///< mean of log(O/E)² - 1/E, of areas with events (McPherson et al. 1982)
  double chi_squared = 0;  ///< Σ (O - E)²/E with E scaled to the sum of O
};
VariationMeasures variation_measures(const AreaRates& areas);

/// Names in the order of `values_of`.
inline constexpr std::array<const char*, 11> measure_names{
    "lowest", "highest",     "median",    "ft",      "ft2",        "ft3",
    "cv",     "weighted_cv", "scv_diehr", "scv_log", "chi_squared"};
std::array<double, 11> values_of(const VariationMeasures& measures);

struct MeasureIntervals {
  std::array<double, 11> low{}, high{};                ///< 95 %, areas with the rates of the model found
  std::array<double, 11> chance_low{}, chance_high{};  ///< 95 % of what chance alone gives, all areas alike
};
/// Parametric bootstrap: counts drawn from Poisson's distribution around expected counts, times one ratio for
/// all (chance), or times ratios drawn from a gamma distribution with `mean` and `variance` (0: none). Rates
/// move with their counts. The same for any number of threads.
MeasureIntervals measure_intervals(const AreaRates& areas, double mean, double variance,
                                   std::size_t replicates, std::uint64_t seed);

/// Events more (or fewer) if every area had the rate `target`: Σ observed (target / rate - 1).
double events_at(const AreaRates& areas, double target);

}  // namespace snitt::activity
