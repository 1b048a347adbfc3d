#include <tbb/parallel_for.h>

#include <cmath>
#include <limits>

#include "trees/distance_map.hpp"

namespace snitt::trees {
namespace {

constexpr double far = 1e12;

/// Squared distances along one line: the lower envelope of parabolas.
class Envelope {
 public:
  explicit Envelope(std::size_t n) : place_(n), border_(n + 1), in_(n) {}
  void transform(float* line, std::size_t n, std::size_t stride, double spacing) {
    const double s2 = spacing * spacing;
    for (std::size_t i = 0; i < n; ++i) in_[i] = static_cast<double>(line[i * stride]);
    std::size_t k = 0;
    place_[0] = 0;
    border_[0] = -std::numeric_limits<double>::infinity();
    border_[1] = std::numeric_limits<double>::infinity();
    for (std::size_t q = 1; q < n; ++q) {
      double s = crossing(q, place_[k], s2);
      while (s <= border_[k]) s = crossing(q, place_[--k], s2);
      place_[++k] = q;
      border_[k] = s;
      border_[k + 1] = std::numeric_limits<double>::infinity();
    }
    k = 0;
    for (std::size_t q = 0; q < n; ++q) {
      while (border_[k + 1] < static_cast<double>(q)) ++k;
      const double d = static_cast<double>(q) - static_cast<double>(place_[k]);
      line[q * stride] = static_cast<float>(s2 * d * d + in_[place_[k]]);
    }
  }

 private:
  double crossing(std::size_t q, std::size_t p, double s2) const {
    const auto a = static_cast<double>(q);
    const auto b = static_cast<double>(p);
    return (in_[q] - in_[p] + s2 * (a * a - b * b)) / (2 * s2 * (a - b));
  }
  std::vector<std::size_t> place_;
  std::vector<double> border_;
  std::vector<double> in_;
};

}  // namespace

std::vector<float> distance_map(const image::VoxelMask& mask) {
  const auto [nx, ny, nz] = mask.geometry.size;
  const Vec3& s = mask.geometry.spacing_mm;
  std::vector<float> map(mask.inside.size());
  for (std::size_t v = 0; v < map.size(); ++v) map[v] = mask.inside[v] != 0 ? static_cast<float>(far) : 0.0F;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    Envelope envelope(std::max(nx, ny));
    for (std::size_t j = 0; j < ny; ++j) envelope.transform(map.data() + (k * ny + j) * nx, nx, 1, s.x);
    for (std::size_t i = 0; i < nx; ++i) envelope.transform(map.data() + k * ny * nx + i, ny, nx, s.y);
  });
  tbb::parallel_for(std::size_t{0}, ny, [&, nx = nx, ny = ny, nz = nz](std::size_t j) {
    Envelope envelope(nz);
    for (std::size_t i = 0; i < nx; ++i) envelope.transform(map.data() + j * nx + i, nz, nx * ny, s.z);
    for (std::size_t k = 0; k < nz; ++k)
      for (std::size_t i = 0; i < nx; ++i) {
        float& v = map[(k * ny + j) * nx + i];
        v = std::sqrt(v);
      }
  });
  return map;
}

}  // namespace snitt::trees
