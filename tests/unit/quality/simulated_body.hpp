#pragma once
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include "data/volume.hpp"

/// CT of elliptical bodies whose blur and noise are known in closed form.
namespace snitt::quality::simulated {

constexpr double pi = std::numbers::pi;

/// Point-spread function: (1 + sharp) times a Gaussian minus `sharp` times a wider one.
struct Blur {
  double sigma_mm = 0.55;
  double sharp = 0;
  double wide_mm = 1.2;
  double edge(double distance) const {
    const auto rise = [&](double sigma) { return 0.5 * std::erfc(-distance / (sigma * std::sqrt(2.0))); };
    return (1 + sharp) * rise(sigma_mm) - sharp * rise(wide_mm);
  }
  double transfer(double f) const {
    const auto one = [&](double sigma) { return std::exp(-2 * pi * pi * sigma * sigma * f * f); };
    return (1 + sharp) * one(sigma_mm) - sharp * one(wide_mm);
  }
  /// By bisection on the falling side.
  double frequency_at(double level) const {
    double low = 0;
    double high = 5;
    for (double f = 0; f < 5; f += 0.01)
      if (transfer(f) >= level) low = f;
    for (int i = 0; i < 60; ++i) (transfer((low + high) / 2) >= level ? low : high) = (low + high) / 2;
    return low;
  }
};

/// Distance from an ellipse, positive inside, by Newton's steps on the angle of the nearest point.
inline double inside_of_ellipse(double x, double y, double a, double b) {
  x = std::abs(x);
  y = std::abs(y);
  // Where blur does not reach, it matters little how far away.
  const double beyond = (1 - std::hypot(x / a, y / b)) * std::min(a, b);
  if (std::abs(beyond) > 30) return beyond;
  double angle = std::atan2(a * y, b * x);
  for (int i = 0; i < 8; ++i) {
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const double slope = (a * c - x) * -a * s + (b * s - y) * b * c;
    const double bend = a * a * s * s - (a * c - x) * a * c + b * b * c * c - (b * s - y) * b * s;
    if (std::abs(bend) < 1e-9) break;
    angle -= slope / bend;
  }
  const double distance = std::hypot(a * std::cos(angle) - x, b * std::sin(angle) - y);
  return std::hypot(x / a, y / b) < 1 ? distance : -distance;
}

/// Unit variance. White, or white noise filtered with the difference of two Gaussians, which has no low
/// frequencies, as filtered back-projection's.
class Noise {
 public:
  static Noise white() { return {}; }
  static Noise band(double narrow_pixels, double wide_pixels) {
    Noise noise;
    noise.narrow_ = narrow_pixels;
    noise.wide_ = wide_pixels;
    return noise;
  }
  /// Relative power at a frequency in cycles per pixel, up to a factor.
  double power(double f) const {
    if (narrow_ == 0) return 1;
    const auto one = [&](double sigma) { return std::exp(-2 * pi * pi * sigma * sigma * f * f); };
    return std::pow(one(narrow_) - one(wide_), 2);
  }
  std::vector<float> image(std::size_t columns, std::size_t rows, unsigned seed) const {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 1);
    std::vector<float> white(columns * rows);
    for (float& x : white) x = normal(random);
    if (narrow_ == 0) return white;
    const std::vector<float> narrow = smoothed(white, columns, narrow_);
    const std::vector<float> wide = smoothed(white, columns, wide_);
    const double deviation = std::sqrt(variance());
    for (std::size_t i = 0; i < white.size(); ++i)
      white[i] = static_cast<float>(static_cast<double>(narrow[i] - wide[i]) / deviation);
    return white;
  }

 private:
  static std::vector<double> weights(double sigma) {
    std::vector<double> w;
    double sum = 0;
    const int reach = static_cast<int>(std::ceil(4.5 * sigma));
    for (int i = -reach; i <= reach; ++i) sum += w.emplace_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    for (double& x : w) x /= sum;
    return w;
  }
  /// Sum over all pixels of the squared kernel.
  double variance() const {
    const std::vector<double> n = weights(narrow_);
    const std::vector<double> w = weights(wide_);
    const auto at = [](const std::vector<double>& k, std::ptrdiff_t i) {
      const std::ptrdiff_t index = i + static_cast<std::ptrdiff_t>(k.size() / 2);
      return index < 0 || index >= static_cast<std::ptrdiff_t>(k.size()) ? 0
                                                                         : k[static_cast<std::size_t>(index)];
    };
    double sum = 0;
    const auto reach = static_cast<std::ptrdiff_t>(w.size() / 2);
    for (std::ptrdiff_t y = -reach; y <= reach; ++y)
      for (std::ptrdiff_t x = -reach; x <= reach; ++x)
        sum += std::pow(at(n, x) * at(n, y) - at(w, x) * at(w, y), 2);
    return sum;
  }
  /// Periodic.
  static std::vector<float> smoothed(const std::vector<float>& image, std::size_t columns, double sigma) {
    const std::vector<double> w = weights(sigma);
    const std::size_t rows = image.size() / columns;
    std::vector<float> across(image.size());
    std::vector<float> both(image.size());
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x) {
        double sum = 0;
        for (std::size_t k = 0; k < w.size(); ++k)
          sum += w[k] * static_cast<double>(image[y * columns + (x + k + columns - w.size() / 2) % columns]);
        across[y * columns + x] = static_cast<float>(sum);
      }
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x) {
        double sum = 0;
        for (std::size_t k = 0; k < w.size(); ++k)
          sum += w[k] * static_cast<double>(across[(y + k + rows - w.size() / 2) % rows * columns + x]);
        both[y * columns + x] = static_cast<float>(sum);
      }
    return both;
  }
  double narrow_ = 0;
  double wide_ = 0;
};

struct Body {
  double half_width_mm = 160;
  double half_height_mm = 110;
  double centre_x_mm = 0;
  double centre_y_mm = 0;
  double tissue_hu = 50;
  double skin_mm = 0;  ///< of tissue; fat lies beneath it, down to fat_mm
  double fat_mm = 0;
  double fat_hu = -100;
  bool structured = false;  ///< organs, a spine, gas and vessels
  bool on_couch = false;
};

struct Scan {
  std::size_t columns = 448;
  std::size_t rows = 320;
  std::size_t slices = 1;
  double pixel_mm = 0.8;
  double slice_mm = 5;
  double noise_hu = 15;
  Blur blur;
  Noise noise;
  std::function<void(Body& body, std::size_t slice)> vary;  ///< what changes from slice to slice
};

inline double value_of(const Body& body, const Blur& blur, double x, double y) {
  x -= body.centre_x_mm;
  y -= body.centre_y_mm;
  const double depth = inside_of_ellipse(x, y, body.half_width_mm, body.half_height_mm);
  double hu = -1000 + (body.tissue_hu + 1000) * blur.edge(depth);
  if (body.fat_mm > 0)
    hu += (body.fat_hu - body.tissue_hu) * (blur.edge(depth - body.skin_mm) - blur.edge(depth - body.fat_mm));
  if (body.structured && depth > body.fat_mm + 5) {
    const auto add = [&](double cx, double cy, double a, double b, double contrast) {
      if (std::abs(x - cx) < a + 8 && std::abs(y - cy) < b + 8)
        hu += contrast * blur.edge(inside_of_ellipse(x - cx, y - cy, a, b));
    };
    add(-55, -15, 60, 55, 25);   // liver
    add(0, 60, 22, 20, 350);     // spine
    add(60, -40, 20, 14, -800);  // gas
    add(15, 20, 9, 9, 120);      // vessel
    add(75, 25, 28, 22, -150);   // fat between organs
    for (int i = 0; i < 6; ++i) add(-100 + 17 * i, 10.0 * (i % 3) - 20, 2.5, 2.5, 60);
  }
  if (body.on_couch && std::abs(x) < 200 && y > body.half_height_mm + 3 && y < body.half_height_mm + 25)
    hu = y < body.half_height_mm + 5 ? -100 : -930;
  return hu;
}

inline Volume volume_of(const Body& body, const Scan& scan, unsigned seed = 1) {
  Volume ct;
  ct.geometry.size = {scan.columns, scan.rows, scan.slices};
  ct.geometry.spacing_mm = {scan.pixel_mm, scan.pixel_mm, scan.slice_mm};
  ct.format = {PixelType::i16, 1};
  ct.units = "HU";
  ct.voxels.resize(ct.geometry.voxels() * sizeof(std::int16_t));
  auto values = ct.values<std::int16_t>();
  for (std::size_t k = 0; k < scan.slices; ++k) {
    Body here = body;
    if (scan.vary) scan.vary(here, k);
    const std::vector<float> noise =
        scan.noise.image(scan.columns, scan.rows, seed + static_cast<unsigned>(k));
    for (std::size_t j = 0; j < scan.rows; ++j)
      for (std::size_t i = 0; i < scan.columns; ++i) {
        // Off the middle of a pixel, lest symmetry hides what depends on the phase of the grid.
        const double x =
            (static_cast<double>(i) - (static_cast<double>(scan.columns) - 1) / 2 + 0.23) * scan.pixel_mm;
        const double y =
            (static_cast<double>(j) - (static_cast<double>(scan.rows) - 1) / 2 - 0.31) * scan.pixel_mm;
        const double hu = value_of(here, scan.blur, x, y) +
                          scan.noise_hu * static_cast<double>(noise[j * scan.columns + i]);
        values[(k * scan.rows + j) * scan.columns + i] =
            static_cast<std::int16_t>(std::lround(std::max(-1024.0, hu)));
      }
  }
  return ct;
}

}  // namespace snitt::quality::simulated
