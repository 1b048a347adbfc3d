#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

#include "data/frames.hpp"
#include "data/transform_graph.hpp"
#include "data/volume.hpp"

namespace snitt::benchmark {

/// A freehand sweep over speckle: `count` frames of 820 x 616 pixels of 0.075 mm (the size of the spine
/// recording), about 1 mm apart, oblique to the grid by some 15 degrees and shaken by a tenth of a
/// millimetre. 16 images repeat.
class SimulatedSweep : public FrameSource {
 public:
  explicit SimulatedSweep(std::size_t count) {
    frames_.count = count;
    frames_.shape = {616, 820, {PixelType::u8, 1}};
    const std::size_t bytes = frames_.shape.bytes();
    images_.resize(16 * bytes);
    std::uint32_t state = 12345;
    for (std::uint8_t& pixel : images_) {
      state = state * 1664525U + 1013904223U;
      pixel = std::uint8_t(state >> 24);
    }
    const Vec3 normal{0.25, 0.12, std::sqrt(1 - 0.25 * 0.25 - 0.12 * 0.12)};
    Vec3 x{normal.z, 0, -normal.x};
    x = (1 / norm(x)) * x;
    const Vec3 y = cross(normal, x);
    for (std::size_t f = 0; f < count; ++f) {
      const double s = double(f);
      const Vec3 at{0.1 * std::sin(1.7 * s), 0.1 * std::sin(2.3 * s), s + 0.1 * std::sin(3.1 * s)};
      Matrix4 m;
      for (std::size_t r = 0; r < 3; ++r) {
        m(r, 0) = 0.075 * x[r];
        m(r, 1) = 0.075 * y[r];
        m(r, 2) = normal[r];
        m(r, 3) = at[r];
      }
      poses.matrix.push_back(m);
      poses.status.push_back(Status::ok);
    }
  }

  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    for (std::size_t f = 0; f < count; ++f) std::memcpy(out.data() + f * bytes, image(first + f), bytes);
  }
  const std::uint8_t* image(std::size_t frame) const {
    return images_.data() + frame % 16 * frames_.shape.bytes();
  }

  /// The grid around all corners.
  VolumeGeometry grid(double spacing_mm) const {
    Vec3 low{1e9, 1e9, 1e9};
    Vec3 high{-1e9, -1e9, -1e9};
    for (const Matrix4& pose : poses.matrix)
      for (const double u : {0.0, 819.0})
        for (const double v : {0.0, 615.0}) {
          const Vec3 p = transform_point(pose, {u, v, 0});
          for (std::size_t a = 0; a < 3; ++a)
            low[a] = std::min(low[a], p[a]), high[a] = std::max(high[a], p[a]);
        }
    VolumeGeometry geometry;
    geometry.spacing_mm = {spacing_mm, spacing_mm, spacing_mm};
    geometry.origin_mm = low;
    for (std::size_t a = 0; a < 3; ++a)
      geometry.size[a] = std::size_t(std::lround((high[a] - low[a]) / spacing_mm)) + 1;
    return geometry;
  }

  FramePoses poses;

 private:
  Frames frames_;
  std::vector<std::uint8_t> images_;
};

inline double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Best of several runs.
struct Time {
  double wall_s = 1e300;
  double cpu_s = 1e300;  ///< of all threads together
};

template <typename Function>
Time best_of(int runs, Function&& function) {
  Time best;
  for (int run = 0; run < runs; ++run) {
    const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    const double wall = seconds_of(CLOCK_MONOTONIC);
    function();
    best.cpu_s = std::min(best.cpu_s, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    best.wall_s = std::min(best.wall_s, seconds_of(CLOCK_MONOTONIC) - wall);
  }
  return best;
}

/// a[i] = b[i] + s·c[i] over three arrays of 64 MB by one thread, in bytes per second (24 per element).
inline double triad_bytes_per_s() {
  const std::size_t n = std::size_t{8} << 20;
  std::vector<double> a(n, 1), b(n, 2), c(n, 3);
  const Time time = best_of(5, [&] {
    for (std::size_t i = 0; i < n; ++i) a[i] = b[i] + 0.5 * c[i];
    asm volatile("" : : "r"(a.data()) : "memory");
  });
  return 24.0 * double(n) / time.cpu_s;
}

}  // namespace snitt::benchmark
