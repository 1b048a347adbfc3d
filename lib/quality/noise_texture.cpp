#include "quality/noise_texture.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <map>
#include <numbers>
#include <numeric>
#include <tuple>

#include "base/error.hpp"
#include "image/fourier.hpp"
#include "quality/noise_summary.hpp"
#include "quality/noise_trend.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;

/// Share of white noise at each frequency [v, u], frequency 0 at size / 2, that is left without a quadratic
/// trend.
std::vector<double> share_left(std::size_t size) {
  const std::vector<double> p = gram_polynomials(size);
  std::vector<double> left(size * size, 1.0);
  std::vector<double> product(size * size);
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; a + b < 3; ++b) {
      for (std::size_t r = 0; r < size; ++r)
        for (std::size_t c = 0; c < size; ++c) product[r * size + c] = p[a * size + r] * p[b * size + c];
      const auto spectrum = image::fourier_2d(product, size, size);
      for (std::size_t v = 0; v < size; ++v)
        for (std::size_t u = 0; u < size; ++u)
          left[(v + size / 2) % size * size + (u + size / 2) % size] -=
              std::norm(spectrum[v * size + u]) / static_cast<double>(size * size);
    }
  return left;
}

/// Frequency 0, which detrending empties, on the line through the next two.
void extrapolate_to_zero(NoiseTexture& texture) {
  if (texture.frequency_per_mm[0] == 0) {
    texture.frequency_per_mm.erase(texture.frequency_per_mm.begin());
    texture.power.erase(texture.power.begin());
  }
  const double slope =
      (texture.power[1] - texture.power[0]) / (texture.frequency_per_mm[1] - texture.frequency_per_mm[0]);
  const double at_zero = std::clamp(texture.power[0] - slope * texture.frequency_per_mm[0], 0.0,
                                    2 * std::max(texture.power[0], texture.power[1]));
  texture.frequency_per_mm.insert(texture.frequency_per_mm.begin(), 0.0);
  texture.power.insert(texture.power.begin(), at_zero);
}

/// Radial mean of the spectrum that patches of `size` pixels show of noise of that texture: a patch sees the
/// autocorrelation under a triangle, which smooths the spectrum over the distance of its points.
std::vector<double> seen_in_patches(const NoiseTexture& texture, std::size_t size, double step_per_mm,
                                    const std::vector<double>& left) {
  const std::size_t wide = 4 * size;
  std::vector<std::complex<double>> spectrum(wide * wide);
  for (std::size_t v = 0; v < wide; ++v)
    for (std::size_t u = 0; u < wide; ++u)
      spectrum[v * wide + u] =
          texture.at(std::hypot(image::cycles_per_sample(u, wide), image::cycles_per_sample(v, wide)) *
                     step_per_mm * static_cast<double>(size));
  const auto correlation = image::inverse_fourier_2d(spectrum, wide, wide);
  std::vector<double> folded(size * size, 0.0);
  const auto reach = static_cast<int>(size);
  const auto triangle = [&](int lag) { return 1 - std::abs(lag) / static_cast<double>(size); };
  const auto wrapped = [](int lag, std::size_t n) {
    return static_cast<std::size_t>(lag + static_cast<int>(n)) % n;
  };
  for (int y = 1 - reach; y < reach; ++y)
    for (int x = 1 - reach; x < reach; ++x)
      folded[wrapped(y, size) * size + wrapped(x, size)] +=
          correlation[wrapped(y, wide) * wide + wrapped(x, wide)].real() * triangle(x) * triangle(y);
  const auto seen = image::fourier_2d(folded, size, size);
  NoisePower power;
  power.size = size;
  power.column_step_per_mm = power.row_step_per_mm = step_per_mm;
  power.power_hu2_mm2.resize(size * size);
  for (std::size_t v = 0; v < size; ++v)
    for (std::size_t u = 0; u < size; ++u) {
      const std::size_t at = (v + size / 2) % size * size + (u + size / 2) % size;
      power.power_hu2_mm2[at] = seen[v * size + u].real() * left[at];
    }
  return radial_mean(power, step_per_mm, 1).power_hu2_mm2;
}

/// Turns what patches show into what would show so in patches: multiplied with the ratio of both, a few
/// times. The first steps do most; more would sharpen the errors of the measurement.
void sharpen(NoiseTexture& texture, const RadialSpectrum& radial, std::size_t size) {
  const double step = radial.frequency_per_mm[1] - radial.frequency_per_mm[0];
  const std::vector<double> left = share_left(size);
  extrapolate_to_zero(texture);
  for (int pass = 0; pass < 4; ++pass) {
    const std::vector<double> seen = seen_in_patches(texture, size, step, left);
    std::size_t knot = 1;
    for (std::size_t k = 1; k < radial.power_hu2_mm2.size(); ++k) {
      if (std::isnan(radial.power_hu2_mm2[k])) continue;
      const bool known = k < seen.size() && seen[k] > 0;
      if (known) texture.power[knot] *= std::clamp(radial.power_hu2_mm2[k] / seen[k], 0.4, 2.5);
      ++knot;
    }
    texture.power.erase(texture.power.begin());
    texture.frequency_per_mm.erase(texture.frequency_per_mm.begin());
    extrapolate_to_zero(texture);
  }
}

std::vector<double> detrended(const ImagePlane& plane, const UniformPatch& patch, std::size_t size) {
  std::vector<double> values(size * size);
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t c = 0; c < size; ++c) values[r * size + c] = plane.at(patch.row + r, patch.column + c);
  remove_polynomial(values, size, 2);
  return values;
}

}  // namespace

double NoiseTexture::at(double f) const {
  const auto above = std::upper_bound(frequency_per_mm.begin(), frequency_per_mm.end(), f);
  if (above == frequency_per_mm.end()) return f == frequency_per_mm.back() ? power.back() : 0;
  if (above == frequency_per_mm.begin()) return power.front();
  const auto k = static_cast<std::size_t>(above - frequency_per_mm.begin());
  const double t = (f - frequency_per_mm[k - 1]) / (frequency_per_mm[k] - frequency_per_mm[k - 1]);
  return power[k - 1] + t * (power[k] - power[k - 1]);
}

NoiseTexture ramp_texture(double cutoff_per_mm) {
  NoiseTexture texture;
  texture.origin = "ramp";
  for (int k = 0; k <= 200; ++k) {
    const double x = k / 200.0;
    texture.frequency_per_mm.push_back(x * cutoff_per_mm);
    texture.power.push_back(x * std::pow(std::cos(pi / 2 * x), 2));
  }
  return texture;
}

NoiseTexture texture_of(const RadialSpectrum& radial, std::size_t trend_size) {
  NoiseTexture texture;
  texture.origin = trend_size > 0 ? "measured" : "table";
  for (std::size_t k = 0; k < radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(radial.power_hu2_mm2[k]) || (trend_size > 0 && k == 0)) continue;
    texture.frequency_per_mm.push_back(radial.mean_frequency_per_mm[k]);
    texture.power.push_back(std::max(0.0, radial.power_hu2_mm2[k]));
  }
  if (texture.power.size() < 3 || !(*std::max_element(texture.power.begin(), texture.power.end()) > 0))
    throw InputError("noise power spectrum: has {} values, none above 0; expected a spectrum",
                     texture.power.size());
  if (trend_size > 0)
    sharpen(texture, radial, trend_size);
  else if (texture.frequency_per_mm[0] > 0)
    extrapolate_to_zero(texture);
  return texture;
}

NoisePower without_trend_loss(const NoisePower& noise) {
  if (!(noise.variance_hu2 > 0)) return noise;
  const NoiseTexture texture = texture_of(noise.radial, noise.size);
  NoisePower restored = noise;
  const double half = static_cast<double>(noise.size / 2);
  for (std::size_t v = 0; v < noise.size; ++v)
    for (std::size_t u = 0; u < noise.size; ++u) {
      const double f = std::hypot((static_cast<double>(u) - half) * noise.column_step_per_mm,
                                  (static_cast<double>(v) - half) * noise.row_step_per_mm);
      double& power = restored.power_hu2_mm2[v * noise.size + u];
      const double seen = noise.radial.at(f);
      const bool is_middle = u == noise.size / 2 && v == noise.size / 2;
      power = is_middle || !(seen > 0) ? texture.at(f) : power * texture.at(f) / seen;
    }
  restored.variance_hu2 = std::accumulate(restored.power_hu2_mm2.begin(), restored.power_hu2_mm2.end(), 0.0) *
                          noise.column_step_per_mm * noise.row_step_per_mm;
  restored.noise_hu = std::sqrt(restored.variance_hu2);
  std::size_t knot = 0;
  for (std::size_t k = 0; k < noise.radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(noise.radial.power_hu2_mm2[k])) continue;
    restored.radial.mean_frequency_per_mm[k] = texture.frequency_per_mm[knot];
    restored.radial.power_hu2_mm2[k] = texture.power[knot];
    ++knot;
  }
  return restored;
}

double independent_values(const NoisePower& noise) {
  double sum = 0;
  double squares = 0;
  for (const double power : noise.power_hu2_mm2) {
    sum += power;
    squares += power * power;
  }
  return squares > 0 ? sum * sum / squares : 1;
}

namespace {

using PatchesAt = std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<double>>;

PatchesAt patches_at(std::span<const ImagePlane> planes, std::span<const UniformPatch> patches,
                     std::size_t size) {
  PatchesAt at;
  for (const UniformPatch& patch : patches)
    at[{patch.slice, patch.row, patch.column}] = detrended(planes[patch.slice], patch, size);
  return at;
}

struct PatchCorrelation {
  double r = 0;
  double pairs = 0;
};

PatchCorrelation correlation_of(const PatchesAt& at, std::size_t apart) {
  double product = 0;
  double here_squares = 0;
  double there_squares = 0;
  PatchCorrelation found;
  for (const auto& [key, here] : at) {
    const auto there = at.find({std::get<0>(key) + apart, std::get<1>(key), std::get<2>(key)});
    if (there == at.end()) continue;
    product += std::inner_product(here.begin(), here.end(), there->second.begin(), 0.0);
    here_squares += std::inner_product(here.begin(), here.end(), here.begin(), 0.0);
    there_squares +=
        std::inner_product(there->second.begin(), there->second.end(), there->second.begin(), 0.0);
    found.pairs += 1;
  }
  if (found.pairs > 0) found.r = product / std::sqrt(here_squares * there_squares);
  return found;
}

}  // namespace

std::vector<double> slice_correlation(std::span<const ImagePlane> planes,
                                      std::span<const UniformPatch> patches, std::size_t size,
                                      const NoisePower& noise, double structure_share) {
  const PatchesAt at = patches_at(planes, patches, size);
  const double values = independent_values(noise);
  std::vector<double> correlation{1};
  for (std::size_t apart = 1; apart <= furthest_slices; ++apart) {
    const PatchCorrelation found = correlation_of(at, apart);
    if (found.pairs < 4) break;
    const double r = (found.r - structure_share) / (1 - structure_share);
    if (!(std::abs(r) > std::max(0.02, 3 / std::sqrt(found.pairs * values) / (1 - structure_share)))) break;
    correlation.push_back(r);
  }
  return correlation;
}

SharedStructure shared_structure(std::span<const ImagePlane> planes, std::span<const UniformPatch> patches,
                                 std::size_t size, const NoisePower& noise) {
  constexpr double fewest_pairs = 8;
  const PatchesAt at = patches_at(planes, patches, size);
  const double values = independent_values(noise);
  SharedStructure found;
  for (std::size_t apart = furthest_slices; apart >= 3; --apart) {
    const PatchCorrelation here = correlation_of(at, apart);
    const double error = 1 / std::sqrt(here.pairs * values);
    if (here.pairs < fewest_pairs || error > 0.05) continue;
    if (found.apart == 0) {
      found.apart = apart;
      found.share = here.r;
      found.error = error;
    }
    if (apart == 3) {
      found.third = here.r;
      found.third_error = error;
    }
  }
  return found;
}

}  // namespace snitt::quality
