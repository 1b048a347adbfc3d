#include <algorithm>
#include <cmath>
#include <limits>

#include "base/vector_clones.hpp"
#include "quality/local_noise.hpp"

namespace snitt::quality {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// sums[c] += last[c] - first[c]: the window sums of one row from its running totals.
SNITT_VECTOR_CLONES void add_windows(const double* first, const double* last, std::size_t count,
                                     double* sums) {
  for (std::size_t c = 0; c < count; ++c) sums[c] += last[c] - first[c];
}

SNITT_VECTOR_CLONES void finish_row(const double* __restrict sums, const double* __restrict squares,
                                    std::size_t count, double n, double divisor, float* __restrict mean,
                                    float* __restrict deviation) {
  for (std::size_t c = 0; c < count; ++c) {
    const double average = sums[c] / n;
    const double variance = (squares[c] - sums[c] * average) / divisor;
    mean[c] = static_cast<float>(average);
    // Below 0 it is by rounding only; a comparison would keep the compiler from taking many roots at once.
    deviation[c] = static_cast<float>(std::sqrt(std::abs(variance)));
  }
}

SNITT_VECTOR_CLONES void keep_where(const std::uint8_t* other, std::size_t count, std::uint8_t* mask) {
  for (std::size_t c = 0; c < count; ++c) mask[c] &= other[c];
}

/// The same, taken away.
SNITT_VECTOR_CLONES void take_windows(const double* first, const double* last, std::size_t count,
                                      double* sums) {
  for (std::size_t c = 0; c < count; ++c) sums[c] -= last[c] - first[c];
}

/// Running totals of the values and their squares, of one row; entry c is the sum of the first c values.
void run_totals(const float* values, std::size_t columns, double* sums, double* squares) {
  double sum = 0;
  double square = 0;
  sums[0] = squares[0] = 0;
  for (std::size_t c = 0; c < columns; ++c) {
    const double value = values[c];
    sums[c + 1] = sum += value;
    squares[c + 1] = square += value * value;
  }
}

}  // namespace

LocalKernel local_kernel(KernelShape shape, double size_mm, double row_spacing_mm, double column_spacing_mm) {
  const auto reach_of = [&](double spacing) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround((size_mm / spacing - 1) / 2)));
  };
  LocalKernel kernel{reach_of(row_spacing_mm), reach_of(column_spacing_mm), {}, 0};
  const double rows = static_cast<double>(kernel.row_reach) + 0.5;
  const double columns = static_cast<double>(kernel.column_reach) + 0.5;
  for (std::size_t r = 0; r <= 2 * kernel.row_reach; ++r) {
    const double y = (static_cast<double>(r) - static_cast<double>(kernel.row_reach)) / rows;
    const double x = columns * std::sqrt(1 - y * y);
    kernel.half_width.push_back(shape == KernelShape::square ? kernel.column_reach
                                                             : static_cast<std::size_t>(x));
    kernel.pixels += 2 * kernel.half_width.back() + 1;
  }
  return kernel;
}

LocalStatistics local_statistics(const ImagePlane& plane, const LocalKernel& kernel, DeviationOf deviation) {
  const std::size_t columns = plane.columns;
  LocalStatistics found{std::vector<float>(plane.hu.size(), nan), std::vector<float>(plane.hu.size(), nan)};
  const std::size_t height = 2 * kernel.row_reach + 1;
  if (plane.rows < height || columns < 2 * kernel.column_reach + 1) return found;
  const std::size_t stride = columns + 1;
  std::vector<double> sums(height * stride);
  std::vector<double> squares(height * stride);
  std::vector<double> sum(columns);
  std::vector<double> square(columns);
  const std::size_t count = columns - 2 * kernel.column_reach;
  const auto n = static_cast<double>(kernel.pixels);
  // A square loses one row and gains another from line to line; another shape is summed anew.
  const std::size_t widest = kernel.column_reach;
  const bool square_kernel =
      std::ranges::all_of(kernel.half_width, [&](std::size_t half) { return half == widest; });
  for (std::size_t row = 0; row < plane.rows; ++row) {
    const std::size_t slot = row % height * stride;
    if (square_kernel && row >= height) {
      take_windows(&sums[slot], &sums[slot + 2 * widest + 1], count, sum.data());
      take_windows(&squares[slot], &squares[slot + 2 * widest + 1], count, square.data());
    }
    run_totals(&plane.hu[row * columns], columns, &sums[slot], &squares[slot]);
    if (square_kernel) {
      add_windows(&sums[slot], &sums[slot + 2 * widest + 1], count, sum.data());
      add_windows(&squares[slot], &squares[slot + 2 * widest + 1], count, square.data());
    }
    if (row + 1 < height) continue;
    if (!square_kernel) {
      std::ranges::fill(sum, 0.0);
      std::ranges::fill(square, 0.0);
      for (std::size_t k = 0; k < height; ++k) {
        const std::size_t at = (row + 1 - height + k) % height * stride + widest;
        const std::size_t half = kernel.half_width[k];
        add_windows(&sums[at - half], &sums[at + half + 1], count, sum.data());
        add_windows(&squares[at - half], &squares[at + half + 1], count, square.data());
      }
    }
    const std::size_t to = (row - kernel.row_reach) * columns + kernel.column_reach;
    finish_row(sum.data(), square.data(), count, n, deviation == DeviationOf::sample ? n - 1 : n,
               &found.mean_hu[to], &found.deviation_hu[to]);
  }
  return found;
}

std::vector<std::uint8_t> eroded(std::span<const std::uint8_t> mask, std::size_t columns,
                                 std::size_t row_reach, std::size_t column_reach) {
  const std::size_t rows = mask.size() / columns;
  std::vector<std::uint8_t> kept(mask.size(), 0);
  if (rows < 2 * row_reach + 1 || columns < 2 * column_reach + 1) return kept;
  std::vector<std::uint8_t> line(columns);
  const std::size_t count = columns - 2 * column_reach;
  for (std::size_t row = row_reach; row + row_reach < rows; ++row) {
    std::copy_n(&mask[(row - row_reach) * columns], columns, line.data());
    for (std::size_t other = row - row_reach + 1; other <= row + row_reach; ++other)
      keep_where(&mask[other * columns], columns, line.data());
    std::uint8_t* to = &kept[row * columns + column_reach];
    std::copy_n(line.data(), count, to);
    for (std::size_t shift = 1; shift <= 2 * column_reach; ++shift) keep_where(&line[shift], count, to);
  }
  return kept;
}

}  // namespace snitt::quality
