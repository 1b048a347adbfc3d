#include "statistics/bootstrap.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <numeric>

#include "statistics/random.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

TEST(Bootstrap, RowsOfOnePatientAreDrawnTogether) {
  const std::vector<std::uint64_t> patient{7, 7, 9, 4, 9, 9};
  const ClusterBootstrap bootstrap(patient);
  EXPECT_EQ(bootstrap.clusters(), 3U);
  std::vector<std::uint32_t> counts(6);
  std::uint32_t single = 0;
  for (std::uint64_t r = 0; r < 3000; ++r) {
    bootstrap.draw(1, 2, r, counts);
    EXPECT_EQ(counts[0], counts[1]);
    EXPECT_EQ(counts[2], counts[5]);
    EXPECT_EQ(counts[0] + counts[2] + counts[3], 3U);
    single += counts[3];
  }
  EXPECT_NEAR(single / 3000.0, 1, 4 * std::sqrt(2.0 / 3 / 3000));  // binomial(3, 1/3), four sigma
  bootstrap.leave_out(1, counts);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{1, 1, 0, 1, 0, 0}));
}

TEST(Bootstrap, QuantilesOfRedrawnRowsAreThoseOfTheRowsWrittenOut) {
  const std::vector<double> values{5, std::nan(""), 3, 8, 3, 1};
  const RedrawnQuantiles redrawn(values);
  const ClusterBootstrap bootstrap(values.size());
  std::vector<std::uint32_t> counts(values.size());
  for (std::uint64_t r = 0; r < 200; ++r) {
    bootstrap.draw(3, 1, r, counts);
    std::vector<double> written;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) written.insert(written.end(), counts[i], values[i]);
    if (written.empty()) continue;
    for (const double share : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0})
      EXPECT_NEAR(redrawn.quantile(counts, share), quantile(written, share), 1e-12);
  }
}

TEST(Bootstrap, TheSameBitsForAnyNumberOfThreads) {
  const auto run = [](int threads) {
    const tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(threads));
    return replicate(500, 2, [](std::uint64_t r, std::span<double> out) {
      out[0] = uniform(random_bits(1, r));
      out[1] = static_cast<double>(r);
    });
  };
  EXPECT_EQ(run(1), run(4));
}

TEST(Bootstrap, WithoutBiasAndSkewTheAcceleratedIntervalIsThePercentiles) {
  std::vector<double> replicates(2001);
  std::iota(replicates.begin(), replicates.end(), -1000.0);
  const std::vector<std::vector<double>> left_out{{-1, 0, 1}};
  const Interval plain = percentile_interval(replicates, 0.95);
  const Interval accelerated = bca_interval(replicates, 0, left_out, 0.95);
  EXPECT_NEAR(plain.low, -950, 1e-9);
  EXPECT_NEAR(accelerated.low, plain.low, 1e-6);
  EXPECT_NEAR(accelerated.high, plain.high, 1e-6);
}

TEST(Bootstrap, TheIntervalOfAMeanIsThatOfTheNormalTheory) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(std::sin(i * 12.9898) * 3 + 10);
  const ClusterBootstrap bootstrap(values.size());
  const auto means = replicate(4000, 1, [&](std::uint64_t r, std::span<double> out) {
    std::vector<std::uint32_t> counts(values.size());
    bootstrap.draw(11, 5, r, counts);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += counts[i] * values[i];
    out[0] = sum / 400;
  });
  const Interval interval = percentile_interval(means[0], 0.95);
  const double half = 1.96 * standard_deviation(values) / 20;
  EXPECT_NEAR(interval.low, mean(values) - half, 0.1 * half);  // Monte Carlo error of a 2.5 % quantile: 3 %
  EXPECT_NEAR(interval.high, mean(values) + half, 0.1 * half);
}

}  // namespace
}  // namespace snitt::statistics
