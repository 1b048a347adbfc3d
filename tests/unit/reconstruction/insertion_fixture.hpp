#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "geometry/pose.hpp"
#include "reconstruction/fixed_affine.hpp"
#include "reconstruction/insertion.hpp"

/// Random sweeps and a plain reference of every insertion rule: one loop over pixels, no runs, slabs or
/// vectors.
namespace snitt::reconstruction::insertion_tests {

struct Sweep {
  FrameShape shape;
  VolumeGeometry grid;
  std::vector<std::byte> pixels;  ///< [frame, row, column, component]
  std::vector<Matrix4> poses;

  std::vector<PosedFrame> frames() const {
    std::vector<PosedFrame> list;
    for (std::size_t f = 0; f < poses.size(); ++f)
      list.push_back({std::span(pixels).subspan(f * shape.bytes(), shape.bytes()), poses[f], f});
    return list;
  }
};

/// Frames at any angle, partly outside the grid; pixels of `pixel_mm` are between a fifth and several voxels
/// large.
template <typename T>
Sweep random_sweep(unsigned seed, std::size_t components, double pixel_mm, std::size_t frames = 6) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  Sweep sweep;
  sweep.shape = {23, 57, {pixel_type_of<T>(), components}};
  sweep.grid.size = {21, 34, 17};
  sweep.grid.spacing_mm = {0.7, 0.5, 0.9};
  sweep.grid.origin_mm = {-4, 3, 11};
  sweep.pixels.resize(frames * sweep.shape.bytes());
  std::span<T> values(reinterpret_cast<T*>(sweep.pixels.data()), sweep.pixels.size() / sizeof(T));
  for (T& v : values) {
    if constexpr (std::is_floating_point_v<T>)
      v = static_cast<T>(100 * unit(random));
    else
      v = static_cast<T>(random());
  }
  for (std::size_t f = 0; f < frames; ++f) {
    Quaternion q{unit(random), unit(random), unit(random), unit(random)};
    const double length = std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
    q = {q.w / length, q.x / length, q.y / length, q.z / length};
    if (f == 0) q = {};  // rows along x: coordinates that do not change
    Matrix4 pose = rigid_matrix(q, {});
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 2; ++c) pose(r, c) *= pixel_mm;
    const Vec3 middle = transform_point(pose, {28, 11, 0});
    const Vec3 wanted{3 + 3 * unit(random), 11 + 3 * unit(random), 18 + 3 * unit(random)};
    for (std::size_t r = 0; r < 3; ++r) pose(r, 3) = wanted[r] - middle[r];
    sweep.poses.push_back(pose);
  }
  return sweep;
}

inline InsertedVoxels insert(const Sweep& sweep, const ImageRegion& region, const InsertionOptions& options,
                             PixelType output, std::size_t block = 1000) {
  Inserter inserter(sweep.grid, sweep.shape, region, options);
  const std::vector<PosedFrame> frames = sweep.frames();
  for (std::size_t f = 0; f < frames.size(); f += block)
    inserter.insert(std::span(frames).subspan(f, std::min(block, frames.size() - f)));
  return inserter.finish(output);
}

/// What one voxel and component received, in order.
struct Received {
  std::vector<double> value;
  std::vector<double> weight;
};

/// Every contribution to every voxel [voxel · components + component] by the documented rule.
template <typename T>
std::vector<Received> contributions(const Sweep& sweep, const ImageRegion& region,
                                    const InsertionOptions& options) {
  const std::size_t components = sweep.shape.format.components;
  std::vector<Received> voxels(sweep.grid.voxels() * components);
  const bool nearest = options.interpolation == Interpolation::nearest;
  for (std::size_t f = 0; f < sweep.poses.size(); ++f) {
    const FixedAffine fixed =
        to_fixed(inverse(index_to_space(sweep.grid)) * sweep.poses[f], nearest ? 0.5 : 0);
    const T* pixels = reinterpret_cast<const T*>(sweep.pixels.data() + f * sweep.shape.bytes());
    for (std::size_t v = 0; v < sweep.shape.rows; ++v)
      for (std::size_t u = 0; u < sweep.shape.columns; ++u) {
        const std::size_t at = v * sweep.shape.columns + u;
        if (!region.contains(static_cast<std::int64_t>(u), static_cast<std::int64_t>(v))) continue;
        if (region.reject_below() && static_cast<double>(pixels[at * components]) < *region.reject_below())
          continue;
        const double mask = options.compounding == Compounding::mask_weighted ? options.weights[at] : 1;
        if (mask == 0) continue;
        const auto q = fixed.at(static_cast<std::int64_t>(u), static_cast<std::int64_t>(v));
        for (unsigned corner = 0; corner < (nearest ? 1U : 8U); ++corner) {
          double weight = mask;
          std::size_t index = 0;
          bool inside = true;
          for (std::size_t k = 3; k-- > 0;) {
            const bool far = (corner >> k & 1U) != 0;
            const double fraction = static_cast<double>(q[k] & 0xFFFFFFFF) / FixedAffine::one;
            if (!nearest) weight *= far ? fraction : 1 - fraction;
            const std::int64_t i = (q[k] >> 32) + (far ? 1 : 0);
            inside = inside && i >= 0 && i < static_cast<std::int64_t>(sweep.grid.size[k]);
            index = index * sweep.grid.size[k] + static_cast<std::size_t>(i);
          }
          if (!inside) continue;
          for (std::size_t c = 0; c < components; ++c) {
            voxels[index * components + c].value.push_back(static_cast<double>(pixels[at * components + c]));
            voxels[index * components + c].weight.push_back(weight);
          }
        }
      }
  }
  return voxels;
}

/// Value of a voxel from all it received, in long double; nothing for a hole.
inline std::optional<long double> compound(const Received& r, const InsertionOptions& options) {
  const bool selects =
      options.compounding == Compounding::maximum || options.compounding == Compounding::latest;
  std::optional<long double> chosen;
  long double sum = 0;
  long double weight = 0;
  for (std::size_t i = 0; i < r.value.size(); ++i) {
    sum += static_cast<long double>(r.value[i]) * static_cast<long double>(r.weight[i]);
    weight += static_cast<long double>(r.weight[i]);
    if (r.weight[i] < 0.125) continue;
    if (!chosen || options.compounding == Compounding::latest || r.value[i] > static_cast<double>(*chosen))
      chosen = r.value[i];
  }
  if (selects) return chosen;
  if (weight == 0) return std::nullopt;
  return sum / weight;
}

}  // namespace snitt::reconstruction::insertion_tests
