#include <tbb/parallel_for.h>

#include <array>
#include <cmath>
#include <vector>

#include "image/resampling.hpp"

namespace snitt::image {
namespace {

const double pole = std::sqrt(3.0) - 2;
/// pole^32 is below 1e-18.
constexpr std::size_t horizon = 32;

/// Coefficients of one line: forward and backward recursion, with mirrored ends (Unser et al. 1993, eq. 2.5).
template <typename T>
void filter_line(T* line, std::size_t size, std::size_t stride, std::vector<double>& c) {
  if (size < 2) return;
  c.resize(size);
  constexpr double gain = 6;  // (1 - z)(1 - 1/z)
  for (std::size_t i = 0; i < size; ++i) c[i] = gain * static_cast<double>(line[i * stride]);
  double first = 0;
  double power = 1;
  // Mirrored without repeating the ends: the period is 2 size - 2.
  const std::size_t period = 2 * size - 2;
  for (std::size_t i = 0; i < horizon; ++i, power *= pole) {
    const std::size_t at = i % period;
    first += power * c[at < size ? at : period - at];
  }
  c[0] = first;
  for (std::size_t i = 1; i < size; ++i) c[i] += pole * c[i - 1];
  c[size - 1] = pole / (pole * pole - 1) * (c[size - 1] + pole * c[size - 2]);
  for (std::size_t i = size - 1; i-- > 0;) c[i] = pole * (c[i + 1] - c[i]);
  for (std::size_t i = 0; i < size; ++i) line[i * stride] = static_cast<T>(c[i]);
}

template <typename T>
void filter(std::span<T> values, const std::array<std::size_t, 3>& size) {
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t a = (axis + 1) % 3;
    const std::size_t b = (axis + 2) % 3;
    // Outer loop over the axis of larger stride, so that a task walks along memory.
    const std::size_t outer = stride[a] > stride[b] ? a : b;
    const std::size_t inner = outer == a ? b : a;
    tbb::parallel_for(std::size_t{0}, size[outer], [&](std::size_t o) {
      std::vector<double> line;
      for (std::size_t i = 0; i < size[inner]; ++i)
        filter_line(values.data() + o * stride[outer] + i * stride[inner], size[axis], stride[axis], line);
    });
  }
}

}  // namespace

void to_b_spline_coefficients(std::span<float> values, const std::array<std::size_t, 3>& size) {
  filter(values, size);
}
void to_b_spline_coefficients(std::span<double> values, const std::array<std::size_t, 3>& size) {
  filter(values, size);
}

}  // namespace snitt::image
