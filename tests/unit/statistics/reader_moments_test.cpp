#include "statistics/reader_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::statistics {
namespace {

double normal(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  const double u = uniform(random_bits(seed, a, 2 * b)) + 1e-300;
  const double v = uniform(random_bits(seed, a, 2 * b + 1));
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v);
}

/// Scores of the Roe and Metz kind: truth + case + reader + modality·reader + noise.
ReaderStudy simulated(std::uint64_t seed, std::size_t readers, std::size_t per_kind, double gain) {
  ReaderStudy s{2, readers, {}, {}};
  for (std::size_t c = 0; c < 2 * per_kind; ++c) s.diseased.push_back(c % 2);
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t r = 0; r < readers; ++r)
      for (std::size_t c = 0; c < 2 * per_kind; ++c)
        s.score.push_back(static_cast<double>(c % 2) *
                              (1.2 + gain * static_cast<double>(m) + 0.4 * normal(seed, 1, r) +
                               0.2 * normal(seed, 2, m * 50 + r)) +
                          0.7 * normal(seed, 3, c) + 0.7 * normal(seed, 4, (m * 50 + r) * 1000 + c));
  return s;
}

double kernel(const ReaderStudy& s, std::size_t m, std::size_t r, std::size_t i, std::size_t j) {
  const double a = s.at(m, r, i);
  const double b = s.at(m, r, j);
  return b > a ? 1 : b == a ? 0.5 : 0;
}

// The definition: mean^2 minus the mean of products whose readers, healthy and diseased cases all differ.
TEST(ReaderMoments, IsTheUStatisticItsDefinitionSays) {
  ReaderStudy s = simulated(5, 3, 4, 0.2);
  for (double& v : s.score) v = std::round(v * 2) / 2;  // ties too
  double sum = 0;
  double apart = 0;
  std::size_t pairs = 0;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t i = 0; i < 8; i += 2)
      for (std::size_t j = 1; j < 8; j += 2) {
        sum += kernel(s, 0, r, i, j) - kernel(s, 1, r, i, j);
        for (std::size_t q = 0; q < 3; ++q)
          for (std::size_t k = 0; k < 8; k += 2)
            for (std::size_t l = 1; l < 8; l += 2)
              if (q != r && k != i && l != j) {
                apart += (kernel(s, 0, r, i, j) - kernel(s, 1, r, i, j)) *
                         (kernel(s, 0, q, k, l) - kernel(s, 1, q, k, l));
                ++pairs;
              }
      }
  const double mean = sum / 48;
  const ReaderMoments found = difference_moments(s, 0, 1);
  EXPECT_NEAR(found.value, mean, 1e-14);
  // Sums of a few hundred products near 1: 1e-13 leaves room for their order.
  EXPECT_NEAR(found.variance, mean * mean - apart / static_cast<double>(pairs), 1e-13);
}

// 400 studies: the mean of the estimates against the scatter of the areas, whose own relative error is
// sqrt(2 / 400) = 7 %; 20 % is nearly three of these.
TEST(ReaderMoments, IsUnbiasedWhenReadersAndCasesAreDrawnAnew) {
  const int studies = 400;
  double sum = 0, squares = 0, estimated = 0, sum_d = 0, squares_d = 0, estimated_d = 0;
  for (int i = 0; i < studies; ++i) {
    const ReaderStudy s = simulated(1000 + static_cast<std::uint64_t>(i), 4, 12, 0.2);
    const ReaderMoments area = area_moments(s, 0);
    const ReaderMoments difference = difference_moments(s, 1, 0);
    sum += area.value;
    squares += area.value * area.value;
    estimated += area.variance / studies;
    sum_d += difference.value;
    squares_d += difference.value * difference.value;
    estimated_d += difference.variance / studies;
  }
  const double scatter = (squares - sum * sum / studies) / (studies - 1);
  const double scatter_d = (squares_d - sum_d * sum_d / studies) / (studies - 1);
  EXPECT_NEAR(estimated / scatter, 1, 0.2);
  EXPECT_NEAR(estimated_d / scatter_d, 1, 0.2);
}

TEST(ReaderMoments, WantsTwoOfEach) {
  const ReaderStudy one_healthy{1, 2, {0, 1, 1}, {1, 2, 3, 1, 2, 3}};
  EXPECT_THROW(area_moments(one_healthy, 0), ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
