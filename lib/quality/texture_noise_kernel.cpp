#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "image/fourier.hpp"
#include "quality/noise_texture.hpp"
#include "statistics/random.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;
/// Slices that lie before the first one, so that numbers of pairs stay positive; even.
constexpr std::uint64_t before = 64;

/// Zero-phase weights whose autocorrelation is the one given, as far as it is one: where its spectrum were
/// negative it is 0.
std::vector<double> weights_for(const std::vector<double>& correlation) {
  if (correlation.size() < 2) return {1};
  constexpr int points = 64;
  constexpr int reach = 16;
  std::vector<double> weights;
  for (int j = -reach; j <= reach; ++j) {
    double sum = 0;
    for (int n = 0; n < points; ++n) {
      const double nu = 2 * pi * n / points;
      double power = 1;
      for (std::size_t d = 1; d < correlation.size(); ++d)
        power += 2 * correlation[d] * std::cos(nu * static_cast<double>(d));
      sum += std::sqrt(std::max(power, 0.0)) * std::cos(nu * j) / points;
    }
    weights.push_back(sum);
  }
  // Ends that hold less than a thousandth of the middle.
  const double middle = weights[reach];
  while (weights.size() > 1 && std::abs(weights.front()) < 1e-3 * middle) {
    weights.erase(weights.begin());
    weights.pop_back();
  }
  const double squares = std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
  for (double& w : weights) w /= std::sqrt(squares);
  return weights;
}

}  // namespace

TextureNoise::TextureNoise(const NoiseTexture& texture, std::size_t rows, std::size_t columns,
                           double row_spacing_mm, double column_spacing_mm, std::uint64_t seed)
    : rows_(rows),
      columns_(columns),
      seed_(seed),
      amplitude_(rows * columns),
      weights_(weights_for(texture.slice_correlation)) {
  double sum = 0;
  for (std::size_t v = 0; v < rows; ++v)
    for (std::size_t u = 0; u < columns; ++u) {
      const double power = texture.at(std::hypot(image::cycles_per_sample(u, columns) / column_spacing_mm,
                                                 image::cycles_per_sample(v, rows) / row_spacing_mm));
      sum += power;
      amplitude_[v * columns + u] = std::sqrt(power);
    }
  // The inverse transform divides by the number of points; the variance is to be 1.
  const double scale = static_cast<double>(rows * columns) / std::sqrt(sum);
  for (double& a : amplitude_) a *= scale;
}

void TextureNoise::draw_pair(std::uint64_t pair, std::vector<float>& even, std::vector<float>& odd) const {
  std::vector<std::complex<double>> spectrum(amplitude_.size());
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    if (amplitude_[i] == 0) continue;
    // Box and Muller 1958: both of the pair.
    const std::uint64_t bits = statistics::random_bits(seed_, pair, i);
    const double radius = std::sqrt(-2 * std::log(1 - statistics::uniform(bits)));
    const double angle = 2 * pi * statistics::uniform(statistics::mix(bits));
    spectrum[i] = amplitude_[i] * std::complex<double>(radius * std::cos(angle), radius * std::sin(angle));
  }
  // Real and imaginary part of white complex noise, filtered with a real even function, are independent.
  const auto field = image::inverse_fourier_2d(spectrum, rows_, columns_);
  even.resize(field.size());
  odd.resize(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    even[i] = static_cast<float>(field[i].real());
    odd[i] = static_cast<float>(field[i].imag());
  }
}

std::vector<std::vector<float>> TextureNoise::slices(std::size_t first, std::size_t count) const {
  const std::size_t reach = weights_.size() / 2;
  const std::uint64_t start = (first + before - reach) / 2;
  const std::uint64_t end = (first + count - 1 + before + reach) / 2 + 1;
  std::vector<std::vector<float>> own(2 * (end - start));
  tbb::parallel_for(std::uint64_t{0}, end - start,
                    [&](std::uint64_t i) { draw_pair(start + i, own[2 * i], own[2 * i + 1]); });
  std::vector<std::vector<float>> out(count);
  tbb::parallel_for(std::size_t{0}, count, [&](std::size_t k) {
    const std::size_t lowest = first + k + before - reach - 2 * start;
    out[k].resize(rows_ * columns_);
    for (std::size_t i = 0; i < out[k].size(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < weights_.size(); ++j) sum += weights_[j] * double{own[lowest + j][i]};
      out[k][i] = static_cast<float>(sum);
    }
  });
  return out;
}

}  // namespace snitt::quality
