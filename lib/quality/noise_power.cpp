#include "quality/noise_power.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "base/error.hpp"
#include "image/fourier.hpp"
#include "quality/noise_summary.hpp"
#include "quality/noise_trend.hpp"

namespace snitt::quality {
namespace {

void check(std::span<const ImagePlane> planes, std::span<const SquareRegion> regions,
           const NoisePowerOptions& options) {
  if (planes.empty() || regions.empty())
    throw InputError(
        "noise power spectrum: there are {} planes and {} regions; expected one of each at least",
        planes.size(), regions.size());
  const ImagePlane& first = planes.front();
  for (const ImagePlane& plane : planes)
    if (plane.rows != first.rows || plane.columns != first.columns ||
        plane.row_spacing_mm != first.row_spacing_mm || plane.column_spacing_mm != first.column_spacing_mm)
      throw InputError(
          "noise power spectrum: planes of {} x {} pixels of {} x {} mm and of {} x {} of {} x {} mm are "
          "mixed; "
          "expected one grid",
          first.rows, first.columns, first.row_spacing_mm, first.column_spacing_mm, plane.rows, plane.columns,
          plane.row_spacing_mm, plane.column_spacing_mm);
  const std::size_t size = regions.front().size;
  if (size < 8)
    throw InputError("noise power spectrum: its regions have {} pixels a side; expected 8 or more", size);
  if (options.padded_size > 0 && options.padded_size < size)
    throw InputError("noise power spectrum: padded to {} points, its regions have {}; expected no fewer",
                     options.padded_size, size);
  for (const SquareRegion& region : regions) {
    if (region.size != size)
      throw InputError("noise power spectrum: regions of {} and of {} pixels are mixed; expected one size",
                       size, region.size);
    if (region.plane >= planes.size() || region.row + size > first.rows ||
        region.column + size > first.columns)
      throw InputError(
          "noise power spectrum: region of {} pixels at row {}, column {} of plane {} reaches beyond {} "
          "planes of "
          "{} x {}",
          size, region.row, region.column, region.plane, planes.size(), first.rows, first.columns);
  }
}

/// Values of the region without its trend; empty when it has no neighbour.
std::vector<double> detrended(std::span<const ImagePlane> planes, const SquareRegion& region,
                              Detrend detrend) {
  const bool difference = detrend == Detrend::neighbour;
  if (difference && region.plane + 1 >= planes.size()) return {};
  std::vector<double> values(region.size * region.size);
  for (std::size_t r = 0; r < region.size; ++r)
    for (std::size_t c = 0; c < region.size; ++c) {
      double value = planes[region.plane].at(region.row + r, region.column + c);
      if (difference)
        value = (value - double{planes[region.plane + 1].at(region.row + r, region.column + c)}) /
                std::numbers::sqrt2;
      if (!std::isfinite(value))
        throw InputError("noise power spectrum: value at row {}, column {} of plane {} is not finite",
                         region.row + r, region.column + c, region.plane);
      values[r * region.size + c] = value;
    }
  remove_polynomial(values, region.size,
                    detrend == Detrend::quadratic ? 2
                    : detrend == Detrend::plane   ? 1
                                                  : 0);
  return values;
}

/// Sum of |DFT|^2 of regions that are added one after another. Two travel in one complex transform Z: as
/// their spectra X, Y are Hermitian, |X(k)|^2 + |Y(k)|^2 is the mean of |Z(k)|^2 and |Z(-k)|^2.
class PowerSum {
 public:
  PowerSum(std::size_t size, std::size_t padded)
      : size_(size), padded_(padded), pair_(padded * padded), sum_(padded * padded, 0.0) {}
  void add(const std::vector<double>& region) {
    for (std::size_t r = 0; r < size_; ++r)
      for (std::size_t c = 0; c < size_; ++c) {
        std::complex<double>& z = pair_[r * padded_ + c];
        z = half_full_ ? std::complex<double>(z.real(), region[r * size_ + c]) : region[r * size_ + c];
      }
    if (half_full_) transform();
    half_full_ = !half_full_;
  }
  /// [v, u] with frequency 0 first.
  std::vector<double> result() {
    if (half_full_) transform();
    half_full_ = false;
    std::vector<double> out(sum_.size());
    for (std::size_t v = 0; v < padded_; ++v)
      for (std::size_t u = 0; u < padded_; ++u)
        out[v * padded_ + u] =
            (sum_[v * padded_ + u] + sum_[(padded_ - v) % padded_ * padded_ + (padded_ - u) % padded_]) / 2;
    return out;
  }

 private:
  void transform() {
    const auto spectrum = image::fourier_2d(pair_, padded_, padded_);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += std::norm(spectrum[i]);
  }
  std::size_t size_;
  std::size_t padded_;
  bool half_full_ = false;
  std::vector<std::complex<double>> pair_;
  std::vector<double> sum_;
};

}  // namespace

NoisePowerOptions imquest_noise_power() {
  NoisePowerOptions options;
  options.padded_size = 128;
  options.radial_step_per_mm = 2.0 / 127;
  options.bin_frequency = BinFrequency::left_edge;
  return options;
}

NoisePower noise_power(std::span<const ImagePlane> planes, std::span<const SquareRegion> regions,
                       const NoisePowerOptions& options) {
  check(planes, regions, options);
  const std::size_t size = regions.front().size;
  const std::size_t padded = std::max(size, options.padded_size);
  PowerSum power(size, padded);
  std::vector<double> deviations;
  const auto pixels = static_cast<double>(size * size);
  for (const SquareRegion& region : regions) {
    const std::vector<double> values = detrended(planes, region, options.detrend);
    if (values.empty()) continue;
    deviations.push_back(
        std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / pixels));
    power.add(values);
  }
  if (deviations.empty())
    throw InputError(
        "noise power spectrum: no region has a next plane to subtract; expected two planes at least, or "
        "another "
        "way of detrending");
  NoisePower noise;
  noise.size = padded;
  noise.regions = deviations.size();
  const ImagePlane& plane = planes.front();
  const auto points = static_cast<double>(padded);
  noise.column_step_per_mm = 1 / (points * plane.column_spacing_mm);
  noise.row_step_per_mm = 1 / (points * plane.row_spacing_mm);
  const auto count = static_cast<double>(deviations.size());
  const double scale = plane.column_spacing_mm * plane.row_spacing_mm / (pixels * count);
  const std::vector<double> sum = power.result();
  noise.power_hu2_mm2.resize(sum.size());
  for (std::size_t v = 0; v < padded; ++v)
    for (std::size_t u = 0; u < padded; ++u)
      noise.power_hu2_mm2[(v + padded / 2) % padded * padded + (u + padded / 2) % padded] =
          sum[v * padded + u] * scale;
  summarize(noise, options, count * pixels / (points * points));
  noise.region_noise_hu = std::accumulate(deviations.begin(), deviations.end(), 0.0) / count;
  double squares = 0;
  for (const double deviation : deviations) squares += std::pow(deviation - noise.region_noise_hu, 2);
  noise.inhomogeneity_hu = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return noise;
}

std::vector<SquareRegion> regions_on_circle(const ImagePlane& plane, std::size_t plane_index,
                                            PlanePoint centre, double radius_mm, std::size_t size,
                                            std::size_t count, double start_deg) {
  std::vector<SquareRegion> regions;
  const double half = (static_cast<double>(size) - 1) / 2;
  if (radius_mm <= 0) count = std::min<std::size_t>(count, 1);
  for (std::size_t k = 0; k < count; ++k) {
    const double angle =
        (start_deg + 360.0 * static_cast<double>(k) / static_cast<double>(count)) * std::numbers::pi / 180;
    const double column =
        std::round(centre.column + radius_mm * std::cos(angle) / plane.column_spacing_mm - half);
    const double row = std::round(centre.row + radius_mm * std::sin(angle) / plane.row_spacing_mm - half);
    if (row < 0 || column < 0 || row + static_cast<double>(size) > static_cast<double>(plane.rows) ||
        column + static_cast<double>(size) > static_cast<double>(plane.columns))
      continue;
    regions.push_back({plane_index, static_cast<std::size_t>(row), static_cast<std::size_t>(column), size});
  }
  return regions;
}

}  // namespace snitt::quality
