#include "image/fourier.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "statistics/random.hpp"

namespace snitt::image {
namespace {

using Complex = std::complex<double>;

std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = statistics::uniform(statistics::random_bits(7, i)) - 0.5;
  return values;
}

/// The definition, term by term.
Complex term(const std::vector<double>& values, std::size_t rows, std::size_t columns, std::size_t v,
             std::size_t u) {
  Complex sum;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      sum += values[r * columns + c] *
             std::polar(1.0, -2 * std::numbers::pi *
                                 (static_cast<double>(v * r % rows) / static_cast<double>(rows) +
                                  static_cast<double>(u * c % columns) / static_cast<double>(columns)));
  return sum;
}

TEST(Fourier, IsItsDefinitionForAnySize) {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 12U, 13U, 30U, 37U, 64U, 97U}) {
    const std::vector<double> values = numbers(n);
    const std::vector<Complex> spectrum = fourier(values);
    ASSERT_EQ(spectrum.size(), n);
    // Rounding grows with the root of the number of terms at most, each below 1.
    for (std::size_t k = 0; k < n; ++k)
      EXPECT_LT(std::abs(spectrum[k] - term(values, 1, n, 0, k)), 1e-13 * 10);
  }
}

TEST(Fourier, InTwoDimensionsIsItsDefinitionForOddEvenAndPrimeSides) {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 6},
                                      {6, 1},
                                      {4, 4},
                                      {5, 4},
                                      {4, 5},
                                      {7, 11},
                                      {8, 6},
                                      {15, 10}}) {
    const std::vector<double> values = numbers(rows * columns);
    const std::vector<Complex> real = fourier_2d(values, rows, columns);
    const std::vector<Complex> complex =
        fourier_2d(std::vector<Complex>(values.begin(), values.end()), rows, columns);
    for (std::size_t v = 0; v < rows; ++v)
      for (std::size_t u = 0; u < columns; ++u) {
        const Complex wanted = term(values, rows, columns, v, u);
        EXPECT_LT(std::abs(real[v * columns + u] - wanted), 1e-12) << rows << " x " << columns;
        EXPECT_LT(std::abs(complex[v * columns + u] - wanted), 1e-12) << rows << " x " << columns;
      }
  }
}

TEST(Fourier, IsUndoneByItsInverse) {
  const std::vector<double> values = numbers(48 * 35);
  const std::vector<Complex> back = inverse_fourier_2d(fourier_2d(values, 48, 35), 48, 35);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LT(std::abs(back[i] - values[i]), 1e-14);
}

TEST(Fourier, FrequenciesWrapAtHalfACyclePerSample) {
  EXPECT_EQ(cycles_per_sample(0, 4), 0);
  EXPECT_EQ(cycles_per_sample(1, 4), 0.25);
  EXPECT_EQ(cycles_per_sample(2, 4), -0.5);
  EXPECT_EQ(cycles_per_sample(3, 4), -0.25);
  EXPECT_DOUBLE_EQ(cycles_per_sample(1, 3), 1.0 / 3);
  EXPECT_DOUBLE_EQ(cycles_per_sample(2, 3), -1.0 / 3);
}

TEST(Fourier, RefusesAShapeThatIsNotThatOfTheValues) {
  EXPECT_THROW(fourier_2d(numbers(12), 3, 5), InputError);
  EXPECT_THROW(fourier_2d(numbers(0), 0, 0), InputError);
}

}  // namespace
}  // namespace snitt::image
