#pragma once
#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <numbers>
#include <vector>

#include "data/image_plane.hpp"
#include "image/fourier.hpp"
#include "phantom/noise.hpp"

/// Planes whose truth is known on paper.
namespace snitt::quality {

struct OwnedPlane {
  std::vector<float> hu;
  ImagePlane plane;
};

inline std::vector<ImagePlane> views(const std::vector<OwnedPlane>& owned) {
  std::vector<ImagePlane> planes;
  for (const OwnedPlane& o : owned) {
    planes.push_back(o.plane);
    planes.back().hu = o.hu;
  }
  return planes;
}

struct Grid {
  std::size_t rows = 128;
  std::size_t columns = 128;
  double row_mm = 0.5;
  double column_mm = 0.5;
};

/// hu(x, y) in millimetres from pixel (0, 0).
inline OwnedPlane drawn(const Grid& grid, const std::function<double(double x_mm, double y_mm)>& hu) {
  OwnedPlane o;
  o.plane = {{}, grid.rows, grid.columns, grid.row_mm, grid.column_mm, 0};
  for (std::size_t r = 0; r < grid.rows; ++r)
    for (std::size_t c = 0; c < grid.columns; ++c)
      o.hu.push_back(static_cast<float>(
          hu(static_cast<double>(c) * grid.column_mm, static_cast<double>(r) * grid.row_mm)));
  return o;
}

inline double noise_of(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  return phantom::normal(statistics::random_bits(seed, a, b));
}

inline void add_white_noise(OwnedPlane& o, double sigma, std::uint64_t seed) {
  for (std::size_t i = 0; i < o.hu.size(); ++i) o.hu[i] += static_cast<float>(sigma * noise_of(seed, i, 1));
}

/// Noise whose spectrum is power(u, v) in HU^2 mm^2 at the frequencies of the grid, in expectation.
inline void add_noise(OwnedPlane& o, const std::function<double(double u_per_mm, double v_per_mm)>& power,
                      std::uint64_t seed) {
  const std::size_t rows = o.plane.rows;
  const std::size_t columns = o.plane.columns;
  std::vector<double> white(rows * columns);
  for (std::size_t i = 0; i < white.size(); ++i) white[i] = noise_of(seed, i, 2);
  auto spectrum = image::fourier_2d(white, rows, columns);
  const double pixel = o.plane.row_spacing_mm * o.plane.column_spacing_mm;
  for (std::size_t v = 0; v < rows; ++v)
    for (std::size_t u = 0; u < columns; ++u)
      spectrum[v * columns + u] *=
          std::sqrt(power(image::cycles_per_sample(u, columns) / o.plane.column_spacing_mm,
                          image::cycles_per_sample(v, rows) / o.plane.row_spacing_mm) /
                    pixel);
  const auto coloured = image::inverse_fourier_2d(spectrum, rows, columns);
  for (std::size_t i = 0; i < o.hu.size(); ++i) o.hu[i] += static_cast<float>(coloured[i].real());
}

/// A disk blurred with a Gaussian, as a function of the distance from its centre: the exact Hankel integral
/// ∫ R/σ² exp(-(r² + s²)/2σ²) I0(r s/σ²) s ds over the disk, by the trapezoid rule on the circle.
inline double blurred_disk(double r, double radius, double sigma) {
  // The share of a normal distribution at distance r that lies within the disk: integral over x of the
  // density times the chord's share in y.
  const int steps = 400;
  const double low = std::max(-radius, r - 9 * sigma);
  const double high = std::min(radius, r + 9 * sigma);
  if (low >= high) return 0;
  // Substituting x = middle + half sin(t) makes the chord's square root smooth at both ends.
  const double middle = (low + high) / 2;
  const double half = (high - low) / 2;
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double t = ((i + 0.5) / steps - 0.5) * std::numbers::pi;
    const double x = middle + half * std::sin(t);
    const double chord = std::sqrt(std::max(0.0, radius * radius - x * x));
    sum += std::exp(-(x - r) * (x - r) / (2 * sigma * sigma)) *
           std::erf(chord / (sigma * std::numbers::sqrt2)) * half * std::cos(t);
  }
  return sum * std::numbers::pi / steps / (sigma * std::sqrt(2 * std::numbers::pi));
}

/// Modulation transfer of a Gaussian blur, and the frequency at which it falls to a level.
inline double gaussian_transfer(double f, double sigma) {
  return std::exp(-2 * std::numbers::pi * std::numbers::pi * sigma * sigma * f * f);
}
inline double gaussian_crossing(double level, double sigma) {
  return std::sqrt(-std::log(level) / 2) / (std::numbers::pi * sigma);
}

}  // namespace snitt::quality
