#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::image {
namespace {

std::vector<float> gaussian_weights(double sigma) {
  const auto radius = static_cast<std::size_t>(std::ceil(4 * sigma));
  std::vector<double> exact(radius + 1);
  double sum = 0;
  for (std::size_t i = 0; i <= radius; ++i) {
    const double x = static_cast<double>(i) / sigma;
    exact[i] = std::exp(-0.5 * x * x);
    sum += i == 0 ? exact[i] : 2 * exact[i];
  }
  std::vector<float> weights(radius + 1);
  for (std::size_t i = 0; i <= radius; ++i) weights[i] = static_cast<float>(exact[i] / sum);
  return weights;
}

/// out[i] += weight * (below[i] + above[i])
SNITT_VECTOR_CLONES void add_pair(float* out, const float* below, const float* above, float weight,
                                  std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += weight * (below[i] + above[i]);
}

SNITT_VECTOR_CLONES void scale(float* out, const float* in, float weight, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = weight * in[i];
}

/// One line of `n` runs of `run` floats, run after run `stride` apart: each output run is a weighted sum of
/// input runs.
void smooth_lines(const float* in, float* out, std::size_t n, std::size_t stride, std::size_t run,
                  const std::vector<float>& weights) {
  for (std::size_t i = 0; i < n; ++i) {
    float* target = out + i * stride;
    scale(target, in + i * stride, weights[0], run);
    for (std::size_t r = 1; r < weights.size(); ++r) {
      const std::size_t below = i >= r ? i - r : 0;
      const std::size_t above = std::min(i + r, n - 1);
      add_pair(target, in + below * stride, in + above * stride, weights[r], run);
    }
  }
}

/// Along x a padded copy of the row turns the neighbours into shifted rows.
void smooth_row(const float* in, float* out, std::size_t n, const std::vector<float>& weights,
                std::vector<float>& padded) {
  const std::size_t radius = weights.size() - 1;
  padded.resize(n + 2 * radius);
  std::fill_n(padded.begin(), radius, in[0]);
  std::copy_n(in, n, padded.begin() + static_cast<std::ptrdiff_t>(radius));
  std::fill_n(padded.begin() + static_cast<std::ptrdiff_t>(radius + n), radius, in[n - 1]);
  const float* middle = padded.data() + radius;
  scale(out, middle, weights[0], n);
  for (std::size_t r = 1; r <= radius; ++r) add_pair(out, middle - r, middle + r, weights[r], n);
}

}  // namespace

ScalarVolume smoothed(const ScalarVolume& volume, const Vec3& sigma_voxels) {
  const auto [nx, ny, nz] = volume.geometry.size;
  ScalarVolume current = volume;
  ScalarVolume next{volume.geometry, std::vector<float>(volume.values.size())};
  if (sigma_voxels.x > 0) {
    const std::vector<float> weights = gaussian_weights(sigma_voxels.x);
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, nz), [&, nx = nx, ny = ny](const auto& range) {
      std::vector<float> padded;
      for (std::size_t row = range.begin() * ny; row < range.end() * ny; ++row)
        smooth_row(current.values.data() + row * nx, next.values.data() + row * nx, nx, weights, padded);
    });
    std::swap(current.values, next.values);
  }
  if (sigma_voxels.y > 0) {
    const std::vector<float> weights = gaussian_weights(sigma_voxels.y);
    tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
      smooth_lines(current.values.data() + k * ny * nx, next.values.data() + k * ny * nx, ny, nx, nx,
                   weights);
    });
    std::swap(current.values, next.values);
  }
  if (sigma_voxels.z > 0) {
    const std::vector<float> weights = gaussian_weights(sigma_voxels.z);
    tbb::parallel_for(std::size_t{0}, ny, [&, nx = nx, ny = ny, nz = nz](std::size_t j) {
      smooth_lines(current.values.data() + j * nx, next.values.data() + j * nx, nz, ny * nx, nx, weights);
    });
    std::swap(current.values, next.values);
  }
  return current;
}

ScalarVolume shrunk(const ScalarVolume& volume, const std::array<std::size_t, 3>& factors) {
  ScalarVolume small{shrunk(volume.geometry, factors), {}};
  small.values.resize(small.geometry.voxels());
  std::array<std::size_t, 3> block{};  // a factor beyond the image's size takes what there is
  for (std::size_t axis = 0; axis < 3; ++axis)
    block[axis] = std::min(factors[axis], volume.geometry.size[axis]);
  const auto [nx, ny, nz] = small.geometry.size;
  const auto [wide, high, deep] = volume.geometry.size;
  const float share = 1.0F / static_cast<float>(block[0] * block[1] * block[2]);
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny, wide = wide, high = high](std::size_t k) {
    for (std::size_t j = 0; j < ny; ++j) {
      float* out = small.values.data() + (k * ny + j) * nx;
      for (std::size_t dk = 0; dk < block[2]; ++dk)
        for (std::size_t dj = 0; dj < block[1]; ++dj) {
          const float* row =
              volume.values.data() + ((k * factors[2] + dk) * high + j * factors[1] + dj) * wide;
          for (std::size_t i = 0; i < nx; ++i)
            for (std::size_t di = 0; di < block[0]; ++di) out[i] += row[i * factors[0] + di];
        }
      for (std::size_t i = 0; i < nx; ++i) out[i] *= share;
    }
  });
  return small;
}

namespace {

float interpolated(const ScalarVolume& volume, const Vec3& at, float outside) {
  std::array<std::size_t, 3> low{};
  std::array<float, 3> f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto last = static_cast<double>(volume.geometry.size[axis] - 1);
    // Rounding of the two matrices must not put an image's own rim outside it.
    if (!(at[axis] >= -1e-6 && at[axis] <= last + 1e-6)) return outside;
    const double inside = std::clamp(at[axis], 0.0, last);
    low[axis] = std::min(static_cast<std::size_t>(inside), volume.geometry.size[axis] - 2);
    f[axis] = static_cast<float>(inside - static_cast<double>(low[axis]));
  }
  const std::size_t row = volume.geometry.size[0];
  const std::size_t slice = row * volume.geometry.size[1];
  const float* v = volume.values.data() + low[2] * slice + low[1] * row + low[0];
  const auto along_x = [&](const float* p) { return p[0] + f[0] * (p[1] - p[0]); };
  const auto along_y = [&](const float* p) {
    const float a = along_x(p);
    return a + f[1] * (along_x(p + row) - a);
  };
  const float a = along_y(v);
  return a + f[2] * (along_y(v + slice) - a);
}

}  // namespace

ScalarVolume resampled(const ScalarVolume& volume, const VolumeGeometry& grid, const Matrix4& grid_to_volume,
                       float outside) {
  ScalarVolume out{grid, std::vector<float>(grid.voxels())};
  const Matrix4 to_index = space_to_index(volume.geometry) * grid_to_volume * index_to_space(grid);
  const auto [nx, ny, nz] = grid.size;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i)
        out.values[(k * ny + j) * nx + i] = interpolated(
            volume,
            transform_point(to_index,
                            {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}),
            outside);
  });
  return out;
}

}  // namespace snitt::image
