#pragma once
#include "reconstruction/voxel_based.hpp"

#include <gtest/gtest.h>

#include <tbb/global_control.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/error.hpp"
#include "reconstruction/frame_planes.hpp"
#include "reconstruction/voxel_row.hpp"

/// The voxel-based methods as plain loops over all frames, and small recordings to try them on.
namespace snitt::reconstruction {

template <typename T>
class MemorySource : public FrameSource {
 public:
  MemorySource(std::size_t count, std::size_t rows, std::size_t columns, std::size_t components = 1) {
    frames_.count = count;
    frames_.shape = {rows, columns, {pixel_type_of<T>(), components}};
    pixels.resize(count * rows * columns * components);
  }
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    ASSERT_EQ(out.size(), count * bytes);
    std::memcpy(out.data(), reinterpret_cast<const std::byte*>(pixels.data()) + first * bytes, count * bytes);
  }
  T& at(std::size_t frame, std::size_t v, std::size_t u, std::size_t c = 0) {
    const FrameShape& s = frames_.shape;
    return pixels[((frame * s.rows + v) * s.columns + u) * s.format.components + c];
  }
  std::vector<T> pixels;

 private:
  Frames frames_;
};

template <typename T>
VoxelBasedVolume run(MemorySource<T>& source, const FramePoses& poses, const VolumeGeometry& grid,
                     const VoxelBasedOptions& options, const RegionOptions& region = {}) {
  Monitor silent;
  const FrameShape& shape = source.frames().shape;
  return reconstruct_voxel_based(source, poses, ImageRegion(shape.rows, shape.columns, region), grid, options,
                                 silent);
}

template <typename T>
std::vector<T> values_of(const VoxelBasedVolume& volume) {
  std::vector<T> values(volume.values.size() / sizeof(T));
  std::memcpy(values.data(), volume.values.data(), volume.values.size());
  return values;
}

/// Frame f lies at z = z_mm[f], pixels of 1 mm.
inline FramePoses stack(const std::vector<double>& z_mm) {
  FramePoses poses;
  for (const double z : z_mm) {
    Matrix4 m;
    m(2, 3) = z;
    poses.matrix.push_back(m);
    poses.status.push_back(Status::ok);
  }
  return poses;
}

/// A jerky hand: planes about 1 mm apart, tilted by up to 0.3 rad, pixels of 0.7 x 0.9 mm.
inline FramePoses random_poses(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  FramePoses poses;
  for (std::size_t f = 0; f < count; ++f) {
    const double a = 0.3 * unit(random), b = 0.3 * unit(random), c = 0.3 * unit(random);
    const Vec3 x{std::cos(a) * std::cos(b), std::sin(a), std::sin(b)};
    const Vec3 y{-std::sin(a), std::cos(a) * std::cos(c), std::sin(c)};
    Matrix4 m;
    for (std::size_t r = 0; r < 3; ++r) m(r, 0) = 0.7 * x[r], m(r, 1) = 0.9 * y[r];
    m(0, 3) = unit(random);
    m(1, 3) = unit(random);
    m(2, 3) = double(f) + 0.5 * unit(random);
    poses.matrix.push_back(m);
    poses.status.push_back(f % 11 == 7 ? Status::invalid : Status::ok);
  }
  return poses;
}

/// Every voxel against every frame, as the description says it.
template <typename T>
std::pair<std::vector<T>, std::vector<std::uint16_t>> reference(
    MemorySource<T>& source, const FramePoses& poses, const VolumeGeometry& grid,
    const VoxelBasedOptions& options, const RegionOptions& region_options, double white) {
  const FrameShape shape = source.frames().shape;
  const std::size_t components = shape.format.components;
  const ImageRegion region(shape.rows, shape.columns, region_options);
  const bool vnn = options.method == VoxelMethod::nearest_plane;
  const bool bilinear = !vnn && options.sampling == PixelSampling::bilinear;
  const std::size_t most = vnn ? 1 : options.maximum_planes;
  const double reject = region_options.reject_below.value_or(-HUGE_VAL);
  const auto planes = frame_planes(poses, grid);
  std::vector<T> values(grid.voxels() * components);
  std::vector<std::uint16_t> accumulation(grid.voxels());
  struct Foot {
    double distance;
    std::uint32_t frame;
    std::vector<double> sample;
  };
  for (std::size_t k = 0, voxel = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
        std::vector<Foot> feet;
        for (const FramePlane& p : planes) {
          const auto map = [&](const std::array<double, 4>& m) {
            return m[0] * double(i) + (m[1] * double(j) + m[2] * double(k) + m[3]);
          };
          const double d = std::abs(map(p.distance));
          const double u = map(p.u);
          const double v = map(p.v);
          if (d >= options.radius_mm) continue;
          Foot foot{d, p.frame, {}};
          if (bilinear) {
            const auto cu = std::int64_t(std::floor(u)), cv = std::int64_t(std::floor(v));
            if (!(region.contains(cu, cv) && region.contains(cu + 1, cv) && region.contains(cu, cv + 1) &&
                  region.contains(cu + 1, cv + 1)))
              continue;
            for (std::size_t c = 0; c < components; ++c) {
              const auto at = [&](int du, int dv) {
                return double(source.at(p.frame, std::size_t(cv + dv), std::size_t(cu + du), c));
              };
              const double fu = u - double(cu), fv = v - double(cv);
              const double upper = at(0, 0) + fu * (at(1, 0) - at(0, 0));
              const double lower = at(0, 1) + fu * (at(1, 1) - at(0, 1));
              foot.sample.push_back(upper + fv * (lower - upper));
            }
          } else {
            const auto cu = std::int64_t(std::floor(u + 0.5)), cv = std::int64_t(std::floor(v + 0.5));
            if (!region.contains(cu, cv)) continue;
            for (std::size_t c = 0; c < components; ++c)
              foot.sample.push_back(double(source.at(p.frame, std::size_t(cv), std::size_t(cu), c)));
          }
          feet.push_back(foot);
        }
        std::stable_sort(feet.begin(), feet.end(),
                         [](const Foot& a, const Foot& b) { return a.distance < b.distance; });
        if (feet.size() > most) feet.resize(most);
        std::sort(feet.begin(), feet.end(), [](const Foot& a, const Foot& b) { return a.frame < b.frame; });
        std::erase_if(feet, [&](const Foot& f) { return !(f.sample[0] >= reject); });
        if (feet.empty()) continue;
        accumulation[voxel] = std::uint16_t(256 * feet.size());
        const double n = double(feet.size());
        for (std::size_t c = 0; c < components; ++c) {
          double sum = 0, total = 0, mean = 0, mean_frame = 0, variance = 0;
          for (const Foot& f : feet) mean += f.sample[c], mean_frame += f.frame;
          mean /= n;
          mean_frame /= n;
          for (const Foot& f : feet) {
            const double away = (f.sample[c] - mean) * (255 / white);
            variance += away * away;
          }
          const double precision = std::clamp(variance / n, 1.0, 1e7) / 1024.0;
          for (const Foot& f : feet) {
            double w = vnn ? 1 : 1 / std::max(f.distance, 0.001);
            if (options.method == VoxelMethod::adaptive_gaussian) {
              w = std::sqrt(precision / (2 * M_PI)) * exp_of_minus(0.5 * f.distance * f.distance * precision);
              if (f.frame >= mean_frame) w += options.newness_weight;
              if (f.sample[c] >= mean) w += options.brightness_weight;
            }
            sum += w * f.sample[c];
            total += w;
          }
          values[voxel * components + c] =
              std::is_integral_v<T> ? T(std::floor(sum / total + 0.5)) : T(sum / total);
        }
      }
  return {values, accumulation};
}

template <typename T>
MemorySource<T> random_frames(std::size_t count, std::size_t components, unsigned seed) {
  MemorySource<T> source(count, 21, 33, components);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  const double high = std::is_integral_v<T> ? double(std::numeric_limits<T>::max()) : 200;
  const double low = std::is_integral_v<T> ? double(std::numeric_limits<T>::lowest()) : -100;
  for (T& pixel : source.pixels) pixel = T(low + unit(random) * (high - low));
  return source;
}

inline RegionOptions some_region(unsigned seed, std::size_t rows, std::size_t columns) {
  RegionOptions region;
  if (seed % 3 == 1) region.clip = ClipRectangle{3, 2, 25, 15};
  if (seed % 3 == 2) {
    region.mask.resize(rows * columns);
    for (std::size_t v = 0; v < rows; ++v)
      for (std::size_t u = 0; u < columns; ++u)
        region.mask[v * columns + u] = std::hypot(double(u) - 15, double(v) - 2) < 17 && (u < 8 || u > 11);
  }
  return region;
}

}  // namespace snitt::reconstruction
