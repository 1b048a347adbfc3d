#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "trees/vesselness.hpp"

namespace snitt::trees {
namespace {

/// Second differences at a voxel in 1/mm^2, the rim repeating itself.
class Curvature {
 public:
  explicit Curvature(const image::ScalarVolume& image) : image_(image) {}
  std::array<double, 6> at(std::size_t i, std::size_t j, std::size_t k) const {
    const auto& n = image_.geometry.size;
    const Vec3& s = image_.geometry.spacing_mm;
    const std::array<std::size_t, 2> x{i > 0 ? i - 1 : i, i + 1 < n[0] ? i + 1 : i};
    const std::array<std::size_t, 2> y{j > 0 ? j - 1 : j, j + 1 < n[1] ? j + 1 : j};
    const std::array<std::size_t, 2> z{k > 0 ? k - 1 : k, k + 1 < n[2] ? k + 1 : k};
    const double middle = 2 * v(i, j, k);
    return {(v(x[0], j, k) + v(x[1], j, k) - middle) / (s.x * s.x),
            (v(i, y[0], k) + v(i, y[1], k) - middle) / (s.y * s.y),
            (v(i, j, z[0]) + v(i, j, z[1]) - middle) / (s.z * s.z),
            (v(x[1], y[1], k) - v(x[0], y[1], k) - v(x[1], y[0], k) + v(x[0], y[0], k)) / (4 * s.x * s.y),
            (v(x[1], j, z[1]) - v(x[0], j, z[1]) - v(x[1], j, z[0]) + v(x[0], j, z[0])) / (4 * s.x * s.z),
            (v(i, y[1], z[1]) - v(i, y[0], z[1]) - v(i, y[1], z[0]) + v(i, y[0], z[0])) / (4 * s.y * s.z)};
  }

 private:
  double v(std::size_t i, std::size_t j, std::size_t k) const {
    return static_cast<double>(image_.at(i, j, k));
  }
  const image::ScalarVolume& image_;
};

/// Sato's line measure of a bright tube; `m` is the Hessian.
double line_measure(const std::array<double, 6>& m) {
  if (m[0] + m[1] + m[2] >= 0) return 0;  // no tube without curvature downwards
  const auto [low, middle, high] = eigenvalues(m);
  if (middle >= 0) return 0;
  const double across = -middle;  // the weaker of the two across; low is the stronger
  static_cast<void>(low);
  const double alpha = high <= 0 ? 0.5 : 2.0;
  const double along = high / (alpha * across);
  return across * std::exp(-0.5 * along * along);
}

void add_scale(const image::ScalarVolume& image, double sigma_mm, double sign,
               image::ScalarVolume& response) {
  const Vec3& s = image.geometry.spacing_mm;
  const image::ScalarVolume smooth = image::smoothed(image, {sigma_mm / s.x, sigma_mm / s.y, sigma_mm / s.z});
  const Curvature curvature(smooth);
  const auto [nx, ny, nz] = image.geometry.size;
  const double scale = sigma_mm * sigma_mm;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i) {
        std::array<double, 6> m = curvature.at(i, j, k);
        for (double& v : m) v *= sign;
        float& r = response.values[(k * ny + j) * nx + i];
        r = std::max(r, static_cast<float>(scale * line_measure(m)));
      }
  });
}

}  // namespace

/// Smith 1961 (Commun ACM 4:168).
std::array<double, 3> eigenvalues(const std::array<double, 6>& m) {
  const double mean = (m[0] + m[1] + m[2]) / 3;
  const double a = m[0] - mean;
  const double b = m[1] - mean;
  const double c = m[2] - mean;
  const double off = m[3] * m[3] + m[4] * m[4] + m[5] * m[5];
  const double p = std::sqrt((a * a + b * b + c * c + 2 * off) / 6);
  if (p == 0) return {mean, mean, mean};
  const double det =
      a * (b * c - m[5] * m[5]) - m[3] * (m[3] * c - m[5] * m[4]) + m[4] * (m[3] * m[5] - b * m[4]);
  const double angle = std::acos(std::clamp(det / (2 * p * p * p), -1.0, 1.0)) / 3;
  const double high = mean + 2 * p * std::cos(angle);
  const double low = mean + 2 * p * std::cos(angle + 2 * std::numbers::pi / 3);
  return {low, 3 * mean - high - low, high};
}

image::ScalarVolume vesselness(const image::ScalarVolume& image, const std::vector<double>& sigmas_mm,
                               Polarity polarity) {
  image::ScalarVolume response{image.geometry, std::vector<float>(image.values.size(), 0)};
  for (const double sigma : sigmas_mm)
    add_scale(image, sigma, polarity == Polarity::bright ? 1 : -1, response);
  return response;
}

image::ScalarVolume largest_around(const image::ScalarVolume& image, std::size_t radius) {
  image::ScalarVolume current = image;
  const auto& n = image.geometry.size;
  std::array<std::size_t, 3> stride{1, n[0], n[0] * n[1]};
  for (std::size_t a = 0; a < 3; ++a) {
    image::ScalarVolume next = current;
    const std::size_t lines = n[0] * n[1] * n[2] / n[a];
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, lines, 1024), [&](const auto& range) {
      for (std::size_t l = range.begin(); l < range.end(); ++l) {
        const std::size_t first = l / stride[a] * stride[a] * n[a] + l % stride[a];
        for (std::size_t i = 0; i < n[a]; ++i) {
          float best = current.values[first + i * stride[a]];
          for (std::size_t d = 1; d <= radius; ++d) {
            if (i >= d) best = std::max(best, current.values[first + (i - d) * stride[a]]);
            if (i + d < n[a]) best = std::max(best, current.values[first + (i + d) * stride[a]]);
          }
          next.values[first + i * stride[a]] = best;
        }
      }
    });
    current = std::move(next);
  }
  return current;
}

}  // namespace snitt::trees
