#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "image/resampling.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::image {
namespace {

/// Values of one component at one time, or of all of them interleaved: value (i, j, k) is at
/// data[((k * size[1] + j) * size[0] + i) * stride].
template <typename T>
struct Samples {
  const T* data;
  std::array<std::size_t, 3> size;
  std::size_t stride;
  double at(std::size_t i, std::size_t j, std::size_t k) const {
    return static_cast<double>(data[((k * size[1] + j) * size[0] + i) * stride]);
  }
};

bool is_inside(Vec3 index, const std::array<std::size_t, 3>& size) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!(index[axis] >= -0.5 && index[axis] < static_cast<double>(size[axis]) - 0.5)) return false;
  return true;
}

template <typename T>
double nearest(const Samples<T>& s, Vec3 index) {
  std::array<std::size_t, 3> at{};
  for (std::size_t axis = 0; axis < 3; ++axis) at[axis] = static_cast<std::size_t>(index[axis] + 0.5);
  return s.at(at[0], at[1], at[2]);
}

template <typename T>
double linear(const Samples<T>& s, Vec3 index) {
  std::array<std::size_t, 3> low{};
  std::array<std::size_t, 3> high{};
  std::array<double, 3> f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double inside = std::clamp(index[axis], 0.0, static_cast<double>(s.size[axis] - 1));
    low[axis] = static_cast<std::size_t>(inside);
    high[axis] = std::min(low[axis] + 1, s.size[axis] - 1);
    f[axis] = inside - static_cast<double>(low[axis]);
  }
  const auto row = [&](std::size_t j, std::size_t k) {
    const double a = s.at(low[0], j, k);
    return a + f[0] * (s.at(high[0], j, k) - a);
  };
  const auto plane = [&](std::size_t k) {
    const double a = row(low[1], k);
    return a + f[1] * (row(high[1], k) - a);
  };
  const double a = plane(low[2]);
  return a + f[2] * (plane(high[2]) - a);
}

/// Four mirrored places and the values of the B-splines there.
struct Cubic {
  std::array<std::size_t, 4> at{};
  std::array<double, 4> weight{};
};

Cubic cubic_at(double index, std::size_t size) {
  Cubic c;
  const double below = std::floor(index);
  const double f = index - below;
  const double g = 1 - f;
  c.weight = {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
              f * f * f / 6};
  const auto period = static_cast<std::ptrdiff_t>(size > 1 ? 2 * size - 2 : 1);
  for (std::size_t i = 0; i < 4; ++i) {
    std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(below) - 1 + static_cast<std::ptrdiff_t>(i)) % period;
    if (at < 0) at += period;
    c.at[i] = static_cast<std::size_t>(at < static_cast<std::ptrdiff_t>(size) ? at : period - at);
  }
  return c;
}

template <typename T>
double cubic(const Samples<T>& s, Vec3 index) {
  const Cubic x = cubic_at(index.x, s.size[0]);
  const Cubic y = cubic_at(index.y, s.size[1]);
  const Cubic z = cubic_at(index.z, s.size[2]);
  double sum = 0;
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j) {
      double along = 0;
      for (std::size_t i = 0; i < 4; ++i) along += x.weight[i] * s.at(x.at[i], y.at[j], z.at[k]);
      sum += y.weight[j] * z.weight[k] * along;
    }
  return sum;
}

template <typename T>
T to_type(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    const double rounded = std::floor(value + 0.5);
    return static_cast<T>(std::clamp(rounded, static_cast<double>(std::numeric_limits<T>::lowest()),
                                     static_cast<double>(std::numeric_limits<T>::max())));
  }
}

/// Coefficients in float where the voxels have no more digits.
template <typename T>
using Coefficient = std::conditional_t<(sizeof(T) <= 2 || std::is_same_v<T, float>), float, double>;

/// What the interpolation reads: the voxels, or for B-splines their coefficients, all components apart.
template <typename T>
struct Source {
  std::vector<Coefficient<T>> coefficients;  ///< [time, component, slice, row, column]

  Source(const Volume& volume, Interpolation interpolation) {
    if (interpolation != Interpolation::cubic) return;
    const auto values = volume.values<T>();
    const std::size_t voxels = volume.geometry.voxels();
    const std::size_t components = volume.format.components;
    coefficients.resize(values.size());
    for (std::size_t time = 0; time < volume.time_points; ++time)
      for (std::size_t c = 0; c < components; ++c) {
        const std::span one(coefficients.data() + (time * components + c) * voxels, voxels);
        for (std::size_t i = 0; i < voxels; ++i)
          one[i] = static_cast<Coefficient<T>>(values[(time * voxels + i) * components + c]);
        to_b_spline_coefficients(one, volume.geometry.size);
      }
  }
};

template <typename T>
void sample_row(const Volume& volume, const Source<T>& source, std::span<const Vec3> index,
                const ResamplingOptions& options, std::size_t time, T* out) {
  const std::size_t voxels = volume.geometry.voxels();
  const std::size_t components = volume.format.components;
  const auto& size = volume.geometry.size;
  const T outside = to_type<T>(options.outside);
  for (std::size_t c = 0; c < components; ++c) {
    const Samples<T> plain{volume.values<T>().data() + time * voxels * components + c, size, components};
    const auto fill = [&](const auto& value_at) {
      for (std::size_t i = 0; i < index.size(); ++i)
        out[i * components + c] = is_inside(index[i], size) ? to_type<T>(value_at(index[i])) : outside;
    };
    if (options.interpolation == Interpolation::nearest) {
      fill([&](Vec3 at) { return nearest(plain, at); });
    } else if (options.interpolation == Interpolation::linear) {
      fill([&](Vec3 at) { return linear(plain, at); });
    } else {
      const Samples<Coefficient<T>> spline{source.coefficients.data() + (time * components + c) * voxels,
                                           size, 1};
      fill([&](Vec3 at) { return cubic(spline, at); });
    }
  }
}

template <typename T>
void resample(const Volume& volume, const PointMap& map, const ResamplingOptions& options, Volume& out) {
  const auto& size = out.geometry.size;
  const Matrix4 to_space = index_to_space(out.geometry);
  const Matrix4 to_index = space_to_index(volume.geometry);
  const Source<T> source(volume, options.interpolation);
  const std::size_t components = volume.format.components;
  T* values = out.values<T>().data();
  tbb::parallel_for(std::size_t{0}, size[1] * size[2], [&](std::size_t row) {
    thread_local std::vector<Vec3> points;
    points.resize(size[0]);
    for (std::size_t i = 0; i < size[0]; ++i)
      points[i] = transform_point(to_space, {static_cast<double>(i), static_cast<double>(row % size[1]),
                                             static_cast<double>(row / size[1])});
    map(row, points);
    for (Vec3& point : points) point = transform_point(to_index, point);
    for (std::size_t time = 0; time < volume.time_points; ++time)
      sample_row(volume, source, points, options, time,
                 values + (time * out.geometry.voxels() + row * size[0]) * components);
  });
}

void refuse_outside(PixelType type, double value) {
  const bool fits = visit_pixel_type(type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return std::is_floating_point_v<T> || static_cast<double>(to_type<T>(value)) == value;
  });
  if (!fits) throw UsageError("the value outside is {}, which {} voxels cannot hold", value, name_of(type));
}

}  // namespace

Volume resampled(const Volume& volume, const VolumeGeometry& grid, const PointMap& map,
                 const ResamplingOptions& options) {
  refuse_outside(volume.format.type, options.outside);
  Volume out;
  out.geometry = grid;
  out.dimensions = std::max(volume.dimensions, 3);
  out.time_points = volume.time_points;
  out.time_step_s = volume.time_step_s;
  out.format = volume.format;
  out.frame = volume.frame;
  out.quantity = volume.quantity;
  out.units = volume.units;
  out.metadata = volume.metadata;
  out.voxels.assign(grid.voxels() * volume.time_points * size_of(volume.format), std::byte{});
  visit_pixel_type(volume.format.type,
                   [&](auto tag) { resample<typename decltype(tag)::type>(volume, map, options, out); });
  return out;
}

Volume resampled(const Volume& volume, const VolumeGeometry& grid, const SpatialTransform& transform,
                 const ResamplingOptions& options) {
  const TransformMapper mapper(transform);
  return resampled(
      volume, grid, [&](std::size_t /*row*/, std::span<Vec3> points) { mapper.map(points); }, options);
}

Volume resampled(const Volume& volume, const VolumeGeometry& grid, const ChainMapper& chain,
                 const ResamplingOptions& options, GridMapping& mapping) {
  const Matrix4 to_index = space_to_index(volume.geometry);
  // One place per row, added in the order of rows: the sums do not depend on scheduling.
  std::vector<GridMapping> rows(grid.size[1] * grid.size[2]);
  Volume out = resampled(
      volume, grid,
      [&](std::size_t row, std::span<Vec3> points) {
        chain.map(points, rows[row].inverse);
        for (const Vec3 point : points)
          if (is_inside(transform_point(to_index, point), volume.geometry.size)) ++rows[row].inside;
      },
      options);
  for (const GridMapping& row : rows) {
    mapping.inverse.add(row.inverse);
    mapping.inside += row.inside;
  }
  return out;
}

}  // namespace snitt::image
