#pragma once
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

/// Discrete Fourier transforms of any size, in double precision: sum of x[n] exp(-2 pi i k n / N), not
/// scaled.
namespace snitt::image {

std::vector<std::complex<double>> fourier(std::span<const double> values);
/// [row, column] in, [row, column] out; frequency 0 first on both axes.
std::vector<std::complex<double>> fourier_2d(std::span<const double> values, std::size_t rows,
                                             std::size_t columns);
/// Divides by rows * columns, so that it undoes fourier_2d.
std::vector<std::complex<double>> inverse_fourier_2d(std::span<const std::complex<double>> values,
                                                     std::size_t rows, std::size_t columns);

}  // namespace snitt::image
