#include "phantom/ct_noise.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "image/fourier.hpp"
#include "statistics/random.hpp"

namespace snitt::phantom {
namespace {

/// Frequency of index k of n points `step` apart.
double frequency(std::size_t k, std::size_t n, double step_mm) {
  const double index = k <= n / 2 ? static_cast<double>(k) : static_cast<double>(k) - static_cast<double>(n);
  return index / (static_cast<double>(n) * step_mm);
}

template <typename Function>
void for_frequencies(const CtPixels& p, Function&& function) {
  for (std::size_t v = 0; v < p.rows; ++v)
    for (std::size_t u = 0; u < p.columns; ++u)
      function(v * p.columns + u,
               std::hypot(frequency(v, p.rows, p.pixel_mm), frequency(u, p.columns, p.pixel_mm)));
}

}  // namespace

double CtNoisePower::shape(double f) const {
  if (noise_.texture == NoiseTexture::white) return 1;
  if (f >= cutoff_) return 0;
  const double m = ct_mtf(blur_, f);
  return f * m * m * (1 + std::cos(std::numbers::pi * f / cutoff_)) / 2;
}

CtNoisePower::CtNoisePower(const CtNoise& noise, const CtBlur& blur, const CtPixels& pixels)
    : noise_(noise), blur_(blur), pixels_(pixels) {
  const double half_per_mm = 0.5 / pixels.pixel_mm;
  cutoff_ = noise.cutoff_per_mm > 0 ? noise.cutoff_per_mm : half_per_mm;
  double sum = 0;
  for_frequencies(pixels, [&](std::size_t, double f) { sum += shape(f); });
  const double steps = 1 / (static_cast<double>(pixels.rows) * static_cast<double>(pixels.columns) *
                            pixels.pixel_mm * pixels.pixel_mm);
  scale_ = sum > 0 ? noise.sigma_hu * noise.sigma_hu / (sum * steps) : 0;
  double moment = 0, power = 0, highest = -1;
  constexpr int count = 4000;
  for (int k = 0; k < count; ++k) {
    const double f = (k + 0.5) * half_per_mm / count;
    moment += f * shape(f);
    power += shape(f);
    if (shape(f) > highest) {
      highest = shape(f);
      peak_ = f;
    }
  }
  mean_ = moment / power;
}

std::vector<double> CtNoisePower::amplitude() const {
  std::vector<double> result(pixels_.rows * pixels_.columns);
  for_frequencies(pixels_, [&](std::size_t index, double f) { result[index] = std::sqrt(at(f)); });
  return result;
}

std::vector<double> noise_z_weights(const CtNoise& noise, double increment_mm) {
  if (noise.z_fwhm_mm <= 0) return {1};
  const double sigma = noise.z_fwhm_mm / (2 * std::sqrt(2 * std::numbers::ln2)) / increment_mm;
  const int n = static_cast<int>(std::ceil(4 * sigma));
  std::vector<double> weights;
  double squares = 0;
  for (int j = -n; j <= n; ++j) {
    weights.push_back(std::exp(-j * j / (2 * sigma * sigma)));
    squares += weights.back() * weights.back();
  }
  for (double& weight : weights) weight /= std::sqrt(squares);
  return weights;
}

double noise_z_correlation(const std::vector<double>& weights) {
  double sum = 0;
  for (std::size_t j = 0; j + 1 < weights.size(); ++j) sum += weights[j] * weights[j + 1];
  return sum;
}

std::vector<float> ct_noise(const CtNoise& noise, const CtBlur& blur, const CtPixels& pixels,
                            std::size_t slices, double increment_mm) {
  const std::vector<double> weights = noise_z_weights(noise, increment_mm);
  const std::size_t wide = weights.size() - 1;
  const std::size_t fields = slices + wide;
  const std::size_t area = pixels.rows * pixels.columns;
  const std::vector<double> amplitude = CtNoisePower(noise, blur, pixels).amplitude();
  // A spectrum of independent normal real and imaginary parts becomes an image whose parts are two
  // independent fields: one transform for two slices. The root turns power into the variance that the
  // transform's scale asks for.
  const double root = std::sqrt(static_cast<double>(area)) / pixels.pixel_mm;
  std::vector<float> white(fields * area);
  tbb::parallel_for(std::size_t{0}, (fields + 1) / 2, [&](std::size_t pair) {
    std::vector<std::complex<double>> spectrum(area);
    for (std::size_t k = 0; k < area; ++k) {
      const std::uint64_t bits = statistics::random_bits(noise.seed, pair, k);
      const double radius = std::sqrt(-2 * std::log(1 - statistics::uniform(bits)));
      const double angle = 2 * std::numbers::pi * statistics::uniform(statistics::mix(bits));
      spectrum[k] =
          amplitude[k] * root * std::complex<double>(radius * std::cos(angle), radius * std::sin(angle));
    }
    const auto image = image::inverse_fourier_2d(spectrum, pixels.rows, pixels.columns);
    float* first = white.data() + 2 * pair * area;
    for (std::size_t k = 0; k < area; ++k) first[k] = static_cast<float>(image[k].real());
    if (2 * pair + 1 < fields)
      for (std::size_t k = 0; k < area; ++k) first[area + k] = static_cast<float>(image[k].imag());
  });
  if (wide == 0) return white;
  std::vector<float> result(slices * area);
  tbb::parallel_for(std::size_t{0}, slices, [&](std::size_t slice) {
    for (std::size_t k = 0; k < area; ++k) {
      double sum = 0;
      for (std::size_t j = 0; j <= wide; ++j)
        sum += weights[j] * static_cast<double>(white[(slice + j) * area + k]);
      result[slice * area + k] = static_cast<float>(sum);
    }
  });
  return result;
}

}  // namespace snitt::phantom
