#include <algorithm>
#include <cmath>
#include <limits>

#include "base/vector_clones.hpp"
#include "quality/global_noise.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr float lowest_fat_hu = -150;
constexpr float highest_fat_hu = -30;
constexpr float dense_from_hu = 200;
constexpr double smallest_fat_mm2 = 200;

SNITT_VECTOR_CLONES void mark_range(const float* values, const std::uint8_t* body, std::size_t count,
                                    float lowest, float highest, std::uint8_t* mask) {
  for (std::size_t i = 0; i < count; ++i)
    mask[i] = static_cast<std::uint8_t>(body[i] != 0 && values[i] >= lowest && values[i] <= highest);
}

std::vector<std::uint8_t> in_range(std::span<const float> values, std::span<const std::uint8_t> body,
                                   double lowest, double highest) {
  std::vector<std::uint8_t> mask(values.size());
  mark_range(values.data(), body.data(), values.size(), static_cast<float>(lowest),
             static_cast<float>(highest), mask.data());
  return mask;
}

std::size_t count_of(std::span<const std::uint8_t> mask) {
  return static_cast<std::size_t>(std::ranges::count(mask, std::uint8_t{1}));
}

/// Deviations of the image with everything but the tissue set to 0.
std::vector<float> leaking_deviations(const ImagePlane& plane, const NoiseField& field,
                                      const LocalKernel& kernel, DeviationOf deviation) {
  std::vector<float> only_tissue(plane.hu.begin(), plane.hu.end());
  for (std::size_t i = 0; i < only_tissue.size(); ++i)
    if (field.mask[i] == 0) only_tissue[i] = 0;
  ImagePlane masked = plane;
  masked.hu = only_tissue;
  return local_statistics(masked, kernel, deviation).deviation_hu;
}

void measure_tissue(const ImagePlane& plane, const NoiseField& field, GlobalNoise& found) {
  double sum = 0;
  double means = 0;
  double squares = 0;
  double across_rows = 0;
  double across_columns = 0;
  std::size_t count = 0;
  for (std::size_t row = 1; row < plane.rows; ++row)
    for (std::size_t column = 1; column < plane.columns; ++column) {
      const std::size_t i = row * plane.columns + column;
      if (field.mask[i] == 0) continue;
      const double value = plane.hu[i];
      const double local = field.local.mean_hu[i];
      const double down = value - static_cast<double>(plane.hu[i - plane.columns]);
      const double along = value - static_cast<double>(plane.hu[i - 1]);
      sum += value;
      means += local;
      squares += local * local;
      across_rows += down * down;
      across_columns += along * along;
      ++count;
    }
  if (count == 0) return;
  const auto n = static_cast<double>(count);
  found.soft_tissue_hu = sum / n;
  found.soft_spread_hu = std::sqrt(std::max(0.0, squares / n - means / n * means / n));
  if (across_columns > 0) found.anisotropy = std::sqrt(across_rows / across_columns);
}

void measure_fat(const NoiseField& field, std::span<const std::uint8_t> body, const LocalKernel& kernel,
                 std::size_t columns, double pixel_mm2, GlobalNoise& found) {
  const auto fat = eroded(in_range(field.local.mean_hu, body, lowest_fat_hu, highest_fat_hu), columns,
                          kernel.row_reach / 2 + 1, kernel.column_reach / 2 + 1);
  std::vector<float> values;
  for (std::size_t i = 0; i < fat.size(); ++i)
    if (fat[i] != 0) values.push_back(field.local.mean_hu[i]);
  found.fat_mm2 = static_cast<double>(values.size()) * pixel_mm2;
  if (found.fat_mm2 < smallest_fat_mm2) return;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  found.fat_hu = *middle;
}

void measure_dense(const ImagePlane& plane, const NoiseField& field, std::span<const std::uint8_t> body,
                   double pixel_mm2, const GlobalNoiseOptions& options, GlobalNoise& found) {
  double sum = 0;
  std::size_t dense = 0;
  std::size_t metal = 0;
  const auto metal_hu = static_cast<float>(options.metal_hu);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == 0) continue;
    if (field.local.mean_hu[i] >= dense_from_hu) {
      sum += static_cast<double>(plane.hu[i]);
      ++dense;
    }
    if (plane.hu[i] >= metal_hu) ++metal;
  }
  found.dense_mm2 = static_cast<double>(dense) * pixel_mm2;
  if (dense > 0) found.dense_hu = sum / static_cast<double>(dense);
  const double metal_mm2 = static_cast<double>(metal) * pixel_mm2;
  if (metal_mm2 >= options.smallest_metal_mm2) found.metal_mm2 = metal_mm2;
}

}  // namespace

GlobalNoise::GlobalNoise()
    : noise_hu(nan),
      width_hu(nan),
      rms_hu(nan),
      soft_tissue_hu(nan),
      soft_spread_hu(nan),
      fat_hu(nan),
      dense_hu(nan),
      anisotropy(nan) {}

GlobalNoise global_noise(const ImagePlane& plane, std::span<const std::uint8_t> body,
                         const GlobalNoiseOptions& options, NoiseField& field) {
  GlobalNoise found;
  const LocalKernel kernel =
      local_kernel(options.shape, options.kernel_mm, plane.row_spacing_mm, plane.column_spacing_mm);
  const double pixel_mm2 = plane.row_spacing_mm * plane.column_spacing_mm;
  field.local = local_statistics(plane, kernel, options.deviation);
  field.tissue = in_range(field.local.mean_hu, body, options.lowest_hu, options.highest_hu);
  field.mask = options.mask == TissueMask::local_mean
                   ? eroded(field.tissue, plane.columns, kernel.row_reach, kernel.column_reach)
                   : in_range(plane.hu, body, options.lowest_hu, options.highest_hu);
  found.tissue_mm2 = static_cast<double>(count_of(field.mask)) * pixel_mm2;
  measure_fat(field, body, kernel, plane.columns, pixel_mm2, found);
  measure_dense(plane, field, body, pixel_mm2, options, found);
  if (found.tissue_mm2 < options.smallest_tissue_mm2) return found;
  measure_tissue(plane, field, found);
  const NoiseMode mode =
      options.mask == TissueMask::pixel_others_zero
          ? noise_mode(leaking_deviations(plane, field, kernel, options.deviation), field.mask,
                       options.bin_hu, options.estimate)
          : noise_mode(field.local.deviation_hu, field.mask, options.bin_hu, options.estimate);
  found.noise_hu = mode.mode_hu;
  found.width_hu = mode.width_hu;
  // A chi distribution of n degrees of freedom has its mode at sqrt((n - 1) / n) of its root mean square and
  // a variance of 1 / (2 n) of its mean square: the difference of the squares is twice the variance.
  found.rms_hu = std::sqrt(mode.mode_hu * mode.mode_hu + 2 * mode.width_hu * mode.width_hu);
  return found;
}

}  // namespace snitt::quality
