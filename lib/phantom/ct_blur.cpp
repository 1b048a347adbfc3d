#include "phantom/ct_blur.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

constexpr double widening = 2.5;
constexpr double reach_sigmas = 5;

double normal_density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }
double normal_cumulative(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double gaussian_mtf(double sigma_mm, double f) {
  return std::exp(-2 * std::numbers::pi * std::numbers::pi * sigma_mm * sigma_mm * f * f);
}

double widest_mm(const CtBlur& blur) {
  return blur.weight[1] == 0 ? blur.sigma_mm[0] : std::max(blur.sigma_mm[0], blur.sigma_mm[1]);
}

/// Integral over the disk's chords of a Gaussian around the point at `r`. With x = R sin(phi) the square root
/// at the rim is gone and the midpoint rule converges faster than any power.
double blurred_disk(double sigma_mm, double radius_mm, double r) {
  constexpr int nodes = 128;
  const double from = std::asin(std::clamp((r - 7 * sigma_mm) / radius_mm, -1.0, 1.0));
  const double to = std::asin(std::clamp((r + 7 * sigma_mm) / radius_mm, -1.0, 1.0));
  const double step = (to - from) / nodes;
  double sum = 0;
  for (int node = 0; node < nodes; ++node) {
    const double phi = from + (node + 0.5) * step;
    const double half_chord_mm = radius_mm * std::cos(phi);
    sum += normal_density((radius_mm * std::sin(phi) - r) / sigma_mm) / sigma_mm *
           std::erf(half_chord_mm / (sigma_mm * std::numbers::sqrt2)) * half_chord_mm;
  }
  return sum * step;
}

}  // namespace

CtBlur ct_blur(double f50_per_mm, double enhancement) {
  if (!(f50_per_mm > 0) || !(enhancement >= 0 && enhancement <= 1))
    throw UsageError("blur: f50 {} per mm and enhancement {}; expected more than 0, and 0 to 1", f50_per_mm,
                     enhancement);
  CtBlur blur;
  blur.weight[0] = 1 + enhancement;
  blur.weight[1] = -enhancement;
  blur.sigma_mm[0] = 1;
  blur.sigma_mm[1] = widening;
  const double sigma_mm = ct_mtf_crossing(blur, 0.5) / f50_per_mm;
  blur.sigma_mm[0] = sigma_mm;
  blur.sigma_mm[1] = widening * sigma_mm;
  return blur;
}

double ct_mtf(const CtBlur& blur, double f) {
  double sum = 0;
  for (int i = 0; i < 2; ++i)
    if (blur.weight[i] != 0) sum += blur.weight[i] * gaussian_mtf(blur.sigma_mm[i], f);
  return sum;
}

double ct_mtf_crossing(const CtBlur& blur, double value) {
  // The first Gaussian alone, which is above the sum wherever the second still counts, bounds from above;
  // from there down the MTF only rises until `value` is passed, for it has one maximum.
  const double sigma_mm = blur.sigma_mm[0];
  double high = std::sqrt(std::log(blur.weight[0] / value) / 2) / (std::numbers::pi * sigma_mm);
  double low = std::sqrt(std::max(0.0, std::log(1 / value)) / 2) / (std::numbers::pi * sigma_mm);
  if (ct_mtf(blur, low) < value) low = 0;
  for (int round = 0; round < 200; ++round) {
    const double middle = (low + high) / 2;
    (ct_mtf(blur, middle) > value ? low : high) = middle;
  }
  return (low + high) / 2;
}

double ct_edge(const CtBlur& blur, double distance_mm) {
  double sum = 0;
  for (int i = 0; i < 2; ++i)
    if (blur.weight[i] != 0) sum += blur.weight[i] * normal_cumulative(distance_mm / blur.sigma_mm[i]);
  return sum;
}

double ct_reach_mm(const CtBlur& blur) { return reach_sigmas * widest_mm(blur); }

DiskProfile::DiskProfile(const CtBlur& blur, double radius_mm) {
  const double reach_mm = ct_reach_mm(blur);
  inner_mm_ = std::max(0.0, radius_mm - reach_mm);
  outer_mm_ = radius_mm + reach_mm;
  steps_per_mm_ = 40 / blur.sigma_mm[0];
  value_.resize(static_cast<std::size_t>((outer_mm_ - inner_mm_) * steps_per_mm_) + 2);
  for (std::size_t k = 0; k < value_.size(); ++k) {
    const double r = inner_mm_ + static_cast<double>(k) / steps_per_mm_;
    for (int i = 0; i < 2; ++i)
      if (blur.weight[i] != 0) value_[k] += blur.weight[i] * blurred_disk(blur.sigma_mm[i], radius_mm, r);
  }
}

double DiskProfile::at(double distance_mm) const {
  if (distance_mm >= outer_mm_) return 0;
  if (distance_mm < inner_mm_) return 1;
  const double place = (distance_mm - inner_mm_) * steps_per_mm_;
  const auto k = std::min(static_cast<std::size_t>(place), value_.size() - 2);
  const double share = place - static_cast<double>(k);
  return value_[k] + share * (value_[k + 1] - value_[k]);
}

double SliceProfile::density_per_mm(double z_mm) const {
  if (shape == SliceShape::rectangle) return std::abs(z_mm) <= fwhm_mm / 2 ? 1 / fwhm_mm : 0;
  const double sigma_mm = fwhm_mm / (2 * std::sqrt(2 * std::numbers::ln2));
  return normal_density(z_mm / sigma_mm) / sigma_mm;
}

double SliceProfile::cumulative(double z_mm) const {
  if (shape == SliceShape::rectangle) return std::clamp(z_mm / fwhm_mm + 0.5, 0.0, 1.0);
  return normal_cumulative(z_mm * 2 * std::sqrt(2 * std::numbers::ln2) / fwhm_mm);
}

double SliceProfile::reach_mm() const {
  return shape == SliceShape::rectangle ? fwhm_mm / 2 : reach_sigmas * fwhm_mm / 2.3548;
}

}  // namespace snitt::phantom
