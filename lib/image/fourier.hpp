#pragma once
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

/// Discrete Fourier transforms of any size, in double precision: sum of x[n] exp(-2 pi i k n / N), not
/// scaled. The time grows with N log N where N is a product of small primes, with N times its largest prime
/// otherwise.
namespace snitt::image {

std::vector<std::complex<double>> fourier(std::span<const double> values);

/// [row, column] in, [row, column] out; frequency 0 first on both axes. Throws InputError when the number of
/// values is not rows * columns or there are none.
std::vector<std::complex<double>> fourier_2d(std::span<const double> values, std::size_t rows,
                                             std::size_t columns);
std::vector<std::complex<double>> fourier_2d(std::span<const std::complex<double>> values, std::size_t rows,
                                             std::size_t columns);
/// Divides by rows * columns, so that it undoes fourier_2d.
std::vector<std::complex<double>> inverse_fourier_2d(std::span<const std::complex<double>> values,
                                                     std::size_t rows, std::size_t columns);

/// Frequency of index k of N in cycles per sample: 0, 1/N … below 1/2, then -1/2 … -1/N.
constexpr double cycles_per_sample(std::size_t k, std::size_t n) {
  const auto index = static_cast<double>(k);
  const auto count = static_cast<double>(n);
  return (2 * k < n ? index : index - count) / count;
}

}  // namespace snitt::image
