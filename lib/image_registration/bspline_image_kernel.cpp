#include <tbb/parallel_for.h>

#include <algorithm>

#include "base/vector_clones.hpp"
#include "image_registration/bspline_image.hpp"

namespace snitt::image_registration {
namespace {

constexpr float pole = -0.26794919243112270647F;  // sqrt(3) - 2
constexpr float gain = 6;                         // (1 - z)(1 - 1/z)
constexpr std::ptrdiff_t horizon = 16;            // |pole|^16 is below float's resolution

/// Index of the mirror image of `i` in 0 … n-1; the rim itself is not doubled.
std::size_t mirrored(std::ptrdiff_t i, std::ptrdiff_t n) {
  const std::ptrdiff_t period = 2 * (n - 1);
  i = ((i % period) + period) % period;
  return static_cast<std::size_t>(i < n ? i : period - i);
}

SNITT_VECTOR_CLONES void add_scaled(float* out, const float* in, float factor, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += factor * in[i];
}
SNITT_VECTOR_CLONES void forth(float* out, const float* before, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = gain * out[i] + pole * before[i];
}
SNITT_VECTOR_CLONES void back(float* out, const float* after, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = pole * (after[i] - out[i]);
}
SNITT_VECTOR_CLONES void turn(float* last, const float* before, std::size_t n) {
  constexpr float start = pole / (pole * pole - 1);
  for (std::size_t i = 0; i < n; ++i) last[i] = start * (last[i] + pole * before[i]);
}

/// Samples to coefficients along one axis: `count` runs of `run` floats, `stride` apart. `first` holds `run`
/// floats.
void filter_lines(float* line, std::size_t count, std::size_t stride, std::size_t run, float* first) {
  std::fill_n(first, run, 0.0F);
  float power = gain;
  for (std::ptrdiff_t i = 0; i < horizon; ++i, power *= pole)
    add_scaled(first, line + mirrored(i, static_cast<std::ptrdiff_t>(count)) * stride, power, run);
  std::copy_n(first, run, line);
  for (std::size_t i = 1; i < count; ++i) forth(line + i * stride, line + (i - 1) * stride, run);
  turn(line + (count - 1) * stride, line + (count - 2) * stride, run);
  for (std::size_t i = count - 1; i-- > 0;) back(line + i * stride, line + (i + 1) * stride, run);
}

/// The same along x, several rows side by side: the recursion of one row alone would wait for itself.
constexpr std::size_t rows_together = 16;
void filter_rows(float* rows, std::size_t row_stride, std::size_t count, std::size_t n,
                 std::vector<float>& turned) {
  turned.resize((n + 1) * rows_together);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t r = 0; r < rows_together; ++r)
      turned[i * rows_together + r] = rows[std::min(r, count - 1) * row_stride + i];
  filter_lines(turned.data(), n, rows_together, rows_together, turned.data() + n * rows_together);
  for (std::size_t r = 0; r < count; ++r)
    for (std::size_t i = 0; i < n; ++i) rows[r * row_stride + i] = turned[i * rows_together + r];
}

}  // namespace

BSplineImage::BSplineImage(const image::ScalarVolume& volume)
    : geometry_(volume.geometry),
      row_(volume.geometry.size[0] + 3),
      slice_(row_ * (volume.geometry.size[1] + 3)),
      coefficients_(slice_ * (volume.geometry.size[2] + 3)) {
  const auto [nx, ny, nz] = geometry_.size;
  for (std::size_t axis = 0; axis < 3; ++axis) last_[axis] = static_cast<double>(geometry_.size[axis] - 1);
  float* const inner = coefficients_.data() + slice_ + row_ + 1;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    float* const slice = inner + k * slice_;
    for (std::size_t j = 0; j < ny; ++j)
      std::copy_n(volume.values.data() + (k * ny + j) * nx, nx, slice + j * row_);
    std::vector<float> turned;
    for (std::size_t j = 0; j < ny; j += rows_together)
      filter_rows(slice + j * row_, row_, std::min(rows_together, ny - j), nx, turned);
    turned.resize(std::max(turned.size(), nx));
    filter_lines(slice, ny, row_, nx, turned.data());
  });
  tbb::parallel_for(std::size_t{0}, ny, [&, nx = nx, nz = nz](std::size_t j) {
    std::vector<float> first(nx);
    filter_lines(inner + j * row_, nz, slice_, nx, first.data());
  });
  const auto source = [](std::size_t padded, std::size_t n) {
    return 1 + mirrored(static_cast<std::ptrdiff_t>(padded) - 1, static_cast<std::ptrdiff_t>(n));
  };
  float* const all = coefficients_.data();
  tbb::parallel_for(std::size_t{1}, nz + 1, [&, nx = nx, ny = ny](std::size_t k) {
    for (std::size_t j = 1; j <= ny; ++j) {
      float* row = all + k * slice_ + j * row_;
      for (const std::size_t i : {std::size_t{0}, nx + 1, nx + 2}) row[i] = row[source(i, nx)];
    }
    for (const std::size_t j : {std::size_t{0}, ny + 1, ny + 2})
      std::copy_n(all + k * slice_ + source(j, ny) * row_, row_, all + k * slice_ + j * row_);
  });
  for (const std::size_t k : {std::size_t{0}, nz + 1, nz + 2})
    std::copy_n(all + source(k, nz) * slice_, slice_, all + k * slice_);
}

}  // namespace snitt::image_registration
