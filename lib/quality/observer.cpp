#include "quality/observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "image/fourier.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double widest_of_region = 1.0 / 3;
constexpr double largest_low_share = 0.1;

/// What both ways of integrating add up.
struct Sums {
  double signal = 0;  ///< ∬ W²T²E²
  double noise = 0;   ///< ∬ W²T²E⁴ NPS
  double detectability(double internal_power) const {
    return signal / std::sqrt(noise + internal_power * signal);
  }
};

/// Mean of the radial spectrum inside of a tenth of its highest frequency, without frequency 0, which
/// detrending empties.
double low_frequency_power(const NoisePower& noise) {
  double sum = 0;
  double count = 0;
  const RadialSpectrum& radial = noise.radial;
  for (std::size_t k = 1; k < radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(radial.power_hu2_mm2[k])) continue;
    if (count > 0 && radial.frequency_per_mm[k] > 0.1 * radial.frequency_per_mm.back()) break;
    sum += radial.power_hu2_mm2[k];
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

/// Bins that hold points, as the knots of a piecewise linear function.
struct Knots {
  std::vector<double> f;
  std::vector<double> power;
  explicit Knots(const RadialSpectrum& radial) {
    for (std::size_t k = 0; k < radial.power_hu2_mm2.size(); ++k) {
      if (std::isnan(radial.power_hu2_mm2[k])) continue;
      f.push_back(radial.mean_frequency_per_mm[k]);
      power.push_back(radial.power_hu2_mm2[k]);
    }
  }
  double between(std::size_t upper, double at) const {
    if (upper == 0) return power.front();
    const double t = (at - f[upper - 1]) / (f[upper] - f[upper - 1]);
    return power[upper - 1] + t * (power[upper] - power[upper - 1]);
  }
};

/// Gauss and Legendre's eight points on [-1, 1], half of them.
constexpr double node[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
constexpr double node_weight[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                   0.1012285362903763};

/// Up to `highest_per_mm`.
Sums radial_sums(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
                 const ObserverOptions& options,
                 double highest_per_mm = std::numeric_limits<double>::infinity()) {
  const Knots knots(noise.radial);
  const double end = std::min({resolution.frequency_per_mm.back(), knots.f.back(), highest_per_mm});
  // Knots of both, and no step longer than a quarter of an oscillation of W.
  std::vector<double> cut{0, end};
  for (const double f : resolution.frequency_per_mm)
    if (f > 0 && f < end) cut.push_back(f);
  for (const double f : knots.f)
    if (f > 0 && f < end) cut.push_back(f);
  // The eye filter is no polynomial near frequency 0: ever shorter steps towards it.
  for (double f = end / 2; f > 1e-6 * end; f /= 2) cut.push_back(f);
  std::sort(cut.begin(), cut.end());
  Sums sums;
  std::size_t upper = 0;
  for (std::size_t i = 0; i + 1 < cut.size(); ++i) {
    if (!(cut[i + 1] > cut[i])) continue;
    while (upper + 1 < knots.f.size() && knots.f[upper] < 0.5 * (cut[i] + cut[i + 1])) ++upper;
    const auto parts = static_cast<std::size_t>(std::ceil((cut[i + 1] - cut[i]) * task.diameter_mm * 4));
    const double width = (cut[i + 1] - cut[i]) / static_cast<double>(parts);
    for (std::size_t part = 0; part < parts; ++part)
      for (int side = 0; side < 8; ++side) {
        const double x = side < 4 ? node[side] : -node[side - 4];
        const double f = cut[i] + (static_cast<double>(part) + 0.5 + 0.5 * x) * width;
        const double wt = task_transform(task, f) * resolution.at(f);
        const double e = options.observer == Observer::npwe ? options.eye.at(f) : 1;
        const double signal = wt * wt * e * e * node_weight[side % 4] * 0.5 * width * 2 * pi * f;
        sums.signal += signal;
        sums.noise += signal * e * e * knots.between(upper, f);
      }
  }
  return sums;
}

Sums grid_sums(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
               const ObserverOptions& options) {
  const std::size_t n = options.grid_size;
  const double h = options.grid_step_mm;
  std::vector<double> object(n * n);
  const auto position = [&](std::size_t i) {
    return (static_cast<double>(i) - static_cast<double>(n / 2)) * h;
  };
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i)
      object[j * n + i] = task_value(task, std::hypot(position(i), position(j)));
  const auto spectrum = image::fourier_2d(object, n, n);
  Sums sums;
  double noise_sum = 0;
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      const double u = image::cycles_per_sample(i, n) / h;
      const double v = image::cycles_per_sample(j, n) / h;
      const double power = noise.at(u, v);
      noise_sum += power;
      const double f = std::hypot(u, v);
      const double t = resolution.at(f);
      const double e = options.observer == Observer::npwe ? options.eye.at(f) : 1;
      const double signal = std::norm(spectrum[j * n + i]) * t * t * e * e;
      sums.signal += signal;
      sums.noise += signal * e * e * power;
    }
  const double step = 1 / (static_cast<double>(n) * h);
  const double area = step * step;
  const double pixel = h * h;
  if (noise_sum > 0) sums.noise *= noise.variance_hu2 / (noise_sum * area);
  sums.signal *= pixel * pixel * area;
  sums.noise *= pixel * pixel * area;
  return sums;
}

void check(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
           const ObserverOptions& options) {
  if (!(task.diameter_mm > 0) || !std::isfinite(task.contrast_hu) ||
      (task.shape == TaskShape::designer && !(task.exponent >= 0)))
    throw InputError("detectability: task of {} mm, {} HU, exponent {}; expected a positive diameter",
                     task.diameter_mm, task.contrast_hu, task.exponent);
  if (resolution.frequency_per_mm.size() < 2)
    throw InputError("detectability: the transfer function has {} values; expected two at least",
                     resolution.frequency_per_mm.size());
  const bool grid = options.integration == Integration::grid;
  if (!(noise.variance_hu2 > 0) || (grid ? noise.power_hu2_mm2.empty() : noise.radial.power_hu2_mm2.empty()))
    throw InputError(
        "detectability: there is no noise; expected a noise power spectrum of positive variance");
  if (grid && !(task.diameter_mm <= static_cast<double>(options.grid_size - 2) * options.grid_step_mm))
    throw InputError("detectability: a task of {} mm does not fit on a grid of {} points of {} mm",
                     task.diameter_mm, options.grid_size, options.grid_step_mm);
}

}  // namespace

ObserverOptions imquest_observer() {
  ObserverOptions options;
  options.integration = Integration::grid;
  return options;
}

double detectability(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
                     const ObserverOptions& options) {
  check(task, resolution, noise, options);
  if (task.contrast_hu == 0) return 0;
  const Sums sums = options.integration == Integration::grid ? grid_sums(task, resolution, noise, options)
                                                             : radial_sums(task, resolution, noise, options);
  const double distance_m = options.eye.viewing_distance_mm / 1000;
  const double internal = options.observer == Observer::npwe && options.internal_noise > 0
                              ? options.internal_noise * distance_m * distance_m * low_frequency_power(noise)
                              : 0;
  return sums.detectability(internal);
}

double share_below(double below_per_mm, const DetectionTask& task, const TransferFunction& resolution,
                   const NoisePower& noise, const ObserverOptions& options) {
  ObserverOptions radial = options;
  radial.integration = Integration::radial;
  check(task, resolution, noise, radial);
  const Sums all = radial_sums(task, resolution, noise, radial);
  const Sums low = radial_sums(task, resolution, noise, radial, below_per_mm);
  return std::max(low.signal / all.signal, low.noise / all.noise);
}

std::string too_large_for_regions(const DetectionTask& task, const TransferFunction& resolution,
                                  const NoisePower& noise, const ObserverOptions& options) {
  const double step = std::max(noise.column_step_per_mm, noise.row_step_per_mm);
  if (task.contrast_hu == 0 || !(step > 0)) return "";
  const double share = share_below(step, task, resolution, noise, options);
  if (!(task.diameter_mm * step > widest_of_region || share > largest_low_share)) return "";
  return fmt::format(
      "{:.0f} % of it rests on frequencies below one cycle per region of {:.0f} mm, where the noise is not "
      "measured but continued from higher frequencies",
      100 * share, 1 / step);
}

}  // namespace snitt::quality
