#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "quality/noise_power.hpp"
#include "quality/noise_summary.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double frequency(std::size_t index, std::size_t size, double step) {
  return (static_cast<double>(index) - static_cast<double>(size / 2)) * step;
}

/// Moving average over `width` bins that shrinks symmetrically towards the ends (as MATLAB's smooth does).
std::vector<double> smoothed(const std::vector<double>& values, std::size_t width) {
  std::vector<double> out(values.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::size_t reach = std::min({(std::max<std::size_t>(width, 1) - 1) / 2, k, values.size() - 1 - k});
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(k - reach);
    out[k] = std::accumulate(first, first + static_cast<std::ptrdiff_t>(2 * reach + 1), 0.0) /
             static_cast<double>(2 * reach + 1);
  }
  return out;
}

}  // namespace

RadialSpectrum radial_mean(const NoisePower& noise, double step, double information) {
  const std::size_t n = noise.size;
  if (step <= 0) step = std::max(noise.column_step_per_mm, noise.row_step_per_mm);
  const double half = static_cast<double>(n / 2);
  const auto bins = static_cast<std::size_t>(
                        std::hypot(half * noise.column_step_per_mm, half * noise.row_step_per_mm) / step) +
                    1;
  RadialSpectrum radial;
  radial.mean_frequency_per_mm.assign(bins, 0);
  radial.power_hu2_mm2.assign(bins, 0);
  std::vector<double> points(bins, 0);
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = 0; u < n; ++u) {
      const double f =
          std::hypot(frequency(u, n, noise.column_step_per_mm), frequency(v, n, noise.row_step_per_mm));
      // A hair, so that f = k * step is in bin k whatever the rounding of both.
      const auto k = std::min(bins - 1, static_cast<std::size_t>(f / step * (1 + 1e-12)));
      radial.mean_frequency_per_mm[k] += f;
      radial.power_hu2_mm2[k] += noise.power_hu2_mm2[v * n + u];
      points[k] += 1;
    }
  radial.frequency_per_mm.resize(bins);
  radial.relative_error.resize(bins);
  for (std::size_t k = 0; k < bins; ++k) {
    radial.frequency_per_mm[k] = static_cast<double>(k) * step;
    radial.mean_frequency_per_mm[k] = points[k] > 0 ? radial.mean_frequency_per_mm[k] / points[k] : nan;
    radial.power_hu2_mm2[k] = points[k] > 0 ? radial.power_hu2_mm2[k] / points[k] : nan;
    radial.relative_error[k] =
        points[k] > 0 ? 1 / std::sqrt(std::max(1.0, points[k] / 2 * information)) : nan;
  }
  return radial;
}

double RadialSpectrum::at(double f) const {
  double last_f = -1;
  double last = 0;
  for (std::size_t k = 0; k < power_hu2_mm2.size(); ++k) {
    if (std::isnan(power_hu2_mm2[k])) continue;
    if (mean_frequency_per_mm[k] >= f) {
      if (last_f < 0) return power_hu2_mm2[k];
      const double t = (f - last_f) / (mean_frequency_per_mm[k] - last_f);
      return last + t * (power_hu2_mm2[k] - last);
    }
    last_f = mean_frequency_per_mm[k];
    last = power_hu2_mm2[k];
  }
  return 0;
}

double NoisePower::at(double u_per_mm, double v_per_mm) const {
  const double x = u_per_mm / column_step_per_mm + static_cast<double>(size / 2);
  const double y = v_per_mm / row_step_per_mm + static_cast<double>(size / 2);
  const double last = static_cast<double>(size) - 1;
  if (!(x >= 0 && y >= 0 && x <= last && y <= last)) return 0;
  const auto i = std::min(static_cast<std::size_t>(x), size - 2);
  const auto j = std::min(static_cast<std::size_t>(y), size - 2);
  const double s = x - static_cast<double>(i);
  const double t = y - static_cast<double>(j);
  const double* p = power_hu2_mm2.data() + j * size + i;
  return (1 - t) * ((1 - s) * p[0] + s * p[1]) + t * ((1 - s) * p[size] + s * p[size + 1]);
}

void summarize(NoisePower& noise, const NoisePowerOptions& options, double information) {
  noise.radial = radial_mean(noise, options.radial_step_per_mm, information);
  std::vector<double> f;
  std::vector<double> power;
  for (std::size_t k = 0; k < noise.radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(noise.radial.power_hu2_mm2[k])) continue;
    f.push_back(options.bin_frequency == BinFrequency::mean ? noise.radial.mean_frequency_per_mm[k]
                                                            : noise.radial.frequency_per_mm[k]);
    power.push_back(noise.radial.power_hu2_mm2[k]);
  }
  noise.variance_hu2 = std::accumulate(noise.power_hu2_mm2.begin(), noise.power_hu2_mm2.end(), 0.0) *
                       noise.column_step_per_mm * noise.row_step_per_mm;
  noise.noise_hu = std::sqrt(noise.variance_hu2);
  const double total = std::accumulate(power.begin(), power.end(), 0.0);
  if (!(total > 0)) {
    noise.peak_frequency_per_mm = noise.mean_frequency_per_mm = noise.median_frequency_per_mm = nan;
    return;
  }
  const std::vector<double> smooth = smoothed(power, options.smoothed_bins);
  noise.peak_frequency_per_mm =
      f[static_cast<std::size_t>(std::max_element(smooth.begin(), smooth.end()) - smooth.begin())];
  noise.mean_frequency_per_mm = std::inner_product(f.begin(), f.end(), power.begin(), 0.0) / total;
  double below = 0;
  for (std::size_t k = 0; k < f.size(); ++k) {
    if (below + power[k] >= total / 2) {
      // Within the bin the power is taken as evenly spread.
      const double width = k + 1 < f.size() ? f[k + 1] - f[k] : f[k] - f[k - 1];
      const double share = (total / 2 - below) / power[k];
      const double shift = options.bin_frequency == BinFrequency::mean ? share - 0.5 : share;
      noise.median_frequency_per_mm = f[k] + width * shift;
      break;
    }
    below += power[k];
  }
}

NoisePower noise_power_of(std::span<const double> power_hu2_mm2, std::size_t size, double column_step_per_mm,
                          double row_step_per_mm, const NoisePowerOptions& options) {
  if (size < 2 || power_hu2_mm2.size() != size * size)
    throw InputError("noise power spectrum: has {} values for a side of {}; expected its square",
                     power_hu2_mm2.size(), size);
  if (!(column_step_per_mm > 0) || !(row_step_per_mm > 0))
    throw InputError("noise power spectrum: its frequency steps are {} and {} /mm; expected positive ones",
                     column_step_per_mm, row_step_per_mm);
  NoisePower noise;
  noise.size = size;
  noise.column_step_per_mm = column_step_per_mm;
  noise.row_step_per_mm = row_step_per_mm;
  noise.power_hu2_mm2.assign(power_hu2_mm2.begin(), power_hu2_mm2.end());
  summarize(noise, options, 1);
  noise.region_noise_hu = noise.noise_hu;
  return noise;
}

}  // namespace snitt::quality
