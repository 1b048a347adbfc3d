#include "image/fourier.hpp"

#include <algorithm>
#include <unsupported/Eigen/FFT>

#include "base/error.hpp"

namespace snitt::image {
namespace {

using Complex = std::complex<double>;
using Transform = Eigen::FFT<double>;
enum class Direction { forward, inverse };

void check_size(std::size_t values, std::size_t rows, std::size_t columns) {
  if (rows == 0 || columns == 0 || values != rows * columns)
    throw InputError("fourier transform: has {} values for {} rows of {} columns; expected rows * columns",
                     values, rows, columns);
}

/// [row, column] to [column, row] by blocks that stay in the cache.
std::vector<Complex> transposed(const std::vector<Complex>& values, std::size_t rows, std::size_t columns) {
  constexpr std::size_t block = 16;
  std::vector<Complex> out(values.size());
  for (std::size_t r0 = 0; r0 < rows; r0 += block)
    for (std::size_t c0 = 0; c0 < columns; c0 += block)
      for (std::size_t c = c0; c < std::min(c0 + block, columns); ++c)
        for (std::size_t r = r0; r < std::min(r0 + block, rows); ++r)
          out[c * rows + r] = values[r * columns + c];
  return out;
}

/// Transforms each row; rows of zeros, as padding appends them, are passed over.
void transform_rows(Transform& transform, std::vector<Complex>& values, std::size_t columns,
                    Direction direction) {
  if (columns == 1) return;
  std::vector<Complex> in(columns);
  const auto length = static_cast<Eigen::Index>(columns);
  for (auto row = values.begin(); row != values.end(); row += length) {
    if (std::all_of(row, row + length, [](const Complex& v) { return v == Complex(); })) continue;
    std::copy(row, row + length, in.begin());
    if (direction == Direction::forward)
      transform.fwd(&*row, in.data(), length);
    else
      transform.inv(&*row, in.data(), length);
  }
}

std::vector<Complex> transformed(std::span<const Complex> values, std::size_t rows, std::size_t columns,
                                 Direction direction) {
  check_size(values.size(), rows, columns);
  Transform transform;
  transform.SetFlag(Transform::Unscaled);
  std::vector<Complex> out(values.begin(), values.end());
  transform_rows(transform, out, columns, direction);
  out = transposed(out, rows, columns);
  transform_rows(transform, out, rows, direction);
  return transposed(out, columns, rows);
}

}  // namespace

std::vector<Complex> fourier(std::span<const double> values) {
  check_size(values.size(), 1, values.size());
  std::vector<Complex> out(values.size());
  if (values.size() == 1) {
    out[0] = values[0];
    return out;
  }
  Transform transform;
  transform.fwd(out.data(), values.data(), static_cast<Eigen::Index>(values.size()));
  return out;
}

std::vector<Complex> fourier_2d(std::span<const Complex> values, std::size_t rows, std::size_t columns) {
  return transformed(values, rows, columns, Direction::forward);
}

std::vector<Complex> fourier_2d(std::span<const double> values, std::size_t rows, std::size_t columns) {
  check_size(values.size(), rows, columns);
  // Two real rows travel as one complex row z = x + i y; as X and Y are Hermitian they come apart again.
  const std::size_t pairs = (rows + 1) / 2;
  std::vector<Complex> packed(pairs * columns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      Complex& z = packed[(r / 2) * columns + c];
      const double value = values[r * columns + c];
      z = r % 2 == 0 ? Complex(value, 0) : Complex(z.real(), value);
    }
  Transform transform;
  transform.SetFlag(Transform::Unscaled);
  transform_rows(transform, packed, columns, Direction::forward);
  // [column, row] of the columns up to half; the others are their mirror images.
  const std::size_t half = columns / 2 + 1;
  std::vector<Complex> turned(half * rows);
  for (std::size_t c = 0; c < half; ++c)
    for (std::size_t r = 0; r < rows; ++r) {
      const Complex z = packed[(r / 2) * columns + c];
      const Complex mirrored = std::conj(packed[(r / 2) * columns + (columns - c) % columns]);
      turned[c * rows + r] = r % 2 == 0 ? 0.5 * (z + mirrored) : Complex(0, -0.5) * (z - mirrored);
    }
  transform_rows(transform, turned, rows, Direction::forward);
  std::vector<Complex> out(rows * columns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      out[r * columns + c] =
          c < half ? turned[c * rows + r] : std::conj(turned[(columns - c) * rows + (rows - r) % rows]);
  return out;
}

std::vector<Complex> inverse_fourier_2d(std::span<const Complex> values, std::size_t rows,
                                        std::size_t columns) {
  std::vector<Complex> out = transformed(values, rows, columns, Direction::inverse);
  const double scale = 1 / static_cast<double>(rows * columns);
  for (Complex& value : out) value *= scale;
  return out;
}

}  // namespace snitt::image
