#include "statistics/exponential_smoothing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

/// Passengers of airlines in thousands, 1949 to 1960 (Box and Jenkins, series G).
const std::vector<double> airline{
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158,
    133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218,
    230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235,
    227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
    284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404,
    347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472,
    548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432};

TEST(HoltWinters, FindsRsWeights) {
  // R 4.2: HoltWinters(AirPassengers, seasonal = "mult"); R stops within 1e-4 of the minimum.
  const HoltWinters fit = holt_winters(airline, 12, true);
  EXPECT_NEAR(fit.alpha, 0.2755925, 5e-4);
  EXPECT_NEAR(fit.beta, 0.03269295, 5e-4);
  EXPECT_NEAR(fit.gamma, 0.8707292, 5e-4);
  EXPECT_LE(fit.sum_of_squares, 16570.77787 * (1 + 1e-7));
  const HoltWinters additive = holt_winters(airline, 12, false);
  EXPECT_NEAR(additive.alpha, 0.2479595, 5e-4);
  EXPECT_NEAR(additive.gamma, 1, 1e-6);
  EXPECT_LE(additive.sum_of_squares, 21860.18462 * (1 + 1e-7));
}

TEST(HoltWinters, FindsRsWeightsOfALongSeries) {
  // R 4.2: HoltWinters(co2)
  std::ifstream file(std::string(SNITT_SOURCE_DIR) + "/sample_data/activity/co2.csv");
  ASSERT_TRUE(file) << "sample_data/activity/co2.csv";
  std::vector<double> values;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) values.push_back(std::stod(line.substr(line.find(',') + 1)));
  ASSERT_EQ(values.size(), 468u);
  const HoltWinters fit = holt_winters(values, 12, false);
  EXPECT_NEAR(fit.alpha, 0.5126484, 5e-4);
  EXPECT_NEAR(fit.beta, 0.009497669, 5e-4);
  EXPECT_NEAR(fit.gamma, 0.4728868, 5e-4);
  EXPECT_LE(fit.sum_of_squares, 43.129861367697 * (1 + 1e-7));
}

TEST(HoltWinters, GoesOnWithALineAndASeasonExactly) {
  std::vector<double> values;
  for (int t = 0; t < 40; ++t) values.push_back(100 + 2 * t + 10 * std::sin(t * std::acos(-1.0) / 2));
  const HoltWinters fit = holt_winters(values, 4, false);
  const std::vector<double> ahead = fit.forecast(9);
  for (int h = 0; h < 9; ++h)
    EXPECT_NEAR(ahead[static_cast<std::size_t>(h)],
                100 + 2 * (40 + h) + 10 * std::sin((40 + h) * std::acos(-1.0) / 2), 1e-6);
}

TEST(HoltWinters, RefusesWhatItCannotStartFrom) {
  std::vector<double> values(airline.begin(), airline.begin() + 23);
  EXPECT_THROW(holt_winters(values, 12, true), ComputationError);
  values.assign(airline.begin(), airline.begin() + 30);
  values[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(holt_winters(values, 12, true), ComputationError);
  values[5] = 0;
  EXPECT_THROW(holt_winters(values, 12, true), ComputationError);
  EXPECT_NO_THROW(holt_winters(values, 12, false));
}

TEST(Decomposition, IsRs) {
  const Decomposition d = decompose(airline, 12, true);
  // decompose(AirPassengers, "mult")$figure
  EXPECT_NEAR(d.season[0], 0.910230367, 1e-9);
  EXPECT_NEAR(d.season[6], 1.226555543, 1e-9);
  EXPECT_NEAR(d.season[10], 0.801178082, 1e-9);
  EXPECT_NEAR(mean(d.season), 1, 1e-12);
  EXPECT_TRUE(std::isnan(d.trend[5]));
}

struct FormCase {
  EtsForm form;
  double likelihood;  ///< of R's forecast::ets (8.20) on AirPassengers
};

TEST(Ets, IsAsLikelyAsRsFitOrMore) {
  const FormCase cases[] = {{{false, Trend::none, Season::none}, -863.8934},
                            {{false, Trend::additive, Season::none}, -863.6473},
                            {{false, Trend::none, Season::additive}, -767.4295},
                            {{false, Trend::additive, Season::additive}, -765.9358},
                            {{true, Trend::additive, Season::multiplicative}, -682.4036},
                            {{true, Trend::damped, Season::multiplicative}, -679.5832},
                            {{true, Trend::additive, Season::additive}, -768.2334},
                            {{true, Trend::damped, Season::additive}, -773.605},
                            {{true, Trend::none, Season::multiplicative}, -715.6572},
                            {{true, Trend::none, Season::additive}, -775.3962}};
  for (const FormCase& c : cases)
    // Both stop at a tolerance of a simplex in up to 17 dimensions; 1 of log likelihood is no difference.
    EXPECT_GT(fit_ets(airline, 12, c.form).likelihood, c.likelihood - 1) << c.form.name();
}

TEST(Ets, CountsParametersAsRDoes) {
  const Ets fit = fit_ets(airline, 12, {true, Trend::additive, Season::multiplicative});
  EXPECT_EQ(fit.parameters, 17u);  // three weights, 13 states, one deviation
  EXPECT_NEAR(fit.aicc, -2 * fit.likelihood + 34 + 2 * 17 * 18 / 126.0, 1e-9);
  EXPECT_LT(fit.beta, fit.alpha);
  EXPECT_LT(fit.gamma, 1 - fit.alpha);
}

TEST(Ets, ChoosesASeasonWhereThereIsOne) {
  EXPECT_EQ(choose_ets(airline, 12).form.season, Season::multiplicative);
  std::vector<double> level;
  for (int t = 0; t < 60; ++t) level.push_back(100 + 5 * std::sin(t * t * 1.7));  // no period of 12
  EXPECT_EQ(choose_ets(level, 12).form.season, Season::none);
}

TEST(Ets, AMissingValueTeachesNothing) {
  std::vector<double> values = airline;
  values[60] = std::numeric_limits<double>::quiet_NaN();
  const EtsForm form{true, Trend::additive, Season::multiplicative};
  const Ets with = fit_ets(airline, 12, form), without = fit_ets(values, 12, form);
  for (std::size_t h = 0; h < 12; ++h)
    EXPECT_NEAR(without.forecast(12)[h] / with.forecast(12)[h], 1, 0.02);  // one of 144 values
}

TEST(Ets, PathsScatterAroundTheForecastByTheKnownVariance) {
  std::vector<double> values;
  for (int t = 0; t < 100; ++t) values.push_back(50 + std::sin(t * t * 0.9));
  Ets fit = fit_ets(values, 1, {false, Trend::none, Season::none});
  fit.alpha = 0.5;
  const std::size_t paths = 20000;
  double sum = 0, squares = 0;
  for (std::size_t p = 0; p < paths; ++p) {
    const double last = fit.simulate(5, 7, p)[4] - fit.forecast(5)[4];
    sum += last;
    squares += last * last;
  }
  // Variance of simple smoothing h ahead: s² (1 + (h - 1) alpha²); standard error of a variance: sqrt(2 / n).
  const double expected = fit.deviation * fit.deviation * (1 + 4 * 0.25);
  EXPECT_NEAR(squares / static_cast<double>(paths) / expected, 1,
              4 * std::sqrt(2.0 / static_cast<double>(paths)));
  EXPECT_NEAR(sum / static_cast<double>(paths), 0, 4 * std::sqrt(expected / static_cast<double>(paths)));
}

TEST(Ets, RefusesZerosWhereItMultiplies) {
  std::vector<double> values(40, 3);
  values[7] = 0;
  EXPECT_THROW(fit_ets(values, 4, {true, Trend::none, Season::none}), ComputationError);
  EXPECT_NO_THROW(choose_ets(values, 4));
}

}  // namespace
}  // namespace snitt::statistics
