#include <algorithm>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <numbers>

#include "quality/observer.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;

double gaussian_variance(const DetectionTask& task) {
  return task.diameter_mm * task.diameter_mm / (8 * std::numbers::ln2);
}

/// 2^m Gamma(m + 1) J_m(x) / x^m, 1 at x = 0.
double bessel_ratio(double m, double x) {
  if (x < 1e-3) return 1 - x * x / (4 * (m + 1));  // the next term is below 1e-13
  if (m == 1) return 2 * j1(x) / x;
  if (m == 2) return 8 * (2 * j1(x) / x - j0(x)) / (x * x);
  return std::pow(2 / x, m) * std::tgamma(m + 1) * boost::math::cyl_bessel_j(m, x);
}

}  // namespace

double task_value(const DetectionTask& task, double r) {
  if (task.shape == TaskShape::gaussian)
    return task.contrast_hu * std::exp(-r * r / (2 * gaussian_variance(task)));
  const double x = 2 * r / task.diameter_mm;
  if (x >= 1) return 0;
  return task.shape == TaskShape::disk ? task.contrast_hu
                                       : task.contrast_hu * std::pow(1 - x * x, task.exponent);
}

double task_transform(const DetectionTask& task, double f) {
  if (task.shape == TaskShape::gaussian) {
    const double variance = gaussian_variance(task);
    return task.contrast_hu * 2 * pi * variance * std::exp(-2 * pi * pi * variance * f * f);
  }
  const double n = task.shape == TaskShape::disk ? 0 : task.exponent;
  const double radius = task.diameter_mm / 2;
  // Sonine's first integral: volume of the object times the ratio.
  return task.contrast_hu * pi * radius * radius / (n + 1) * bessel_ratio(n + 1, 2 * pi * radius * f);
}

double EyeFilter::at(double f) const {
  const double degrees_per_mm = 180 / pi / viewing_distance_mm;
  const double display_per_image = zoom * display_pixel_mm / image_pixel_mm;
  const double rho = f / display_per_image / degrees_per_mm;
  // rho^n exp(-c rho^a) is largest where n = a c rho^a.
  const double best = std::pow(n / (a * c), 1 / a);
  return rho > 0 ? std::exp(n * std::log(rho / best) - c * (std::pow(rho, a) - std::pow(best, a)))
         : n > 0 ? 0
                 : 1;
}

}  // namespace snitt::quality
