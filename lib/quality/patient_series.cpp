#include "quality/patient_series.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "quality/axial_slices.hpp"
#include "quality/noise_texture.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_groups = 10;
constexpr std::size_t fewest_patches = 8;

struct Patches {
  std::vector<std::vector<float>> values;  ///< [patch][row, column]
  std::vector<ImagePlane> planes;
  std::vector<SquareRegion> regions;
};

std::vector<std::vector<float>> cut_out(const Volume& ct, const std::vector<UniformPatch>& patches,
                                        std::size_t size) {
  std::vector<std::vector<float>> values(patches.size());
  const std::size_t columns = ct.geometry.size[0];
  const std::size_t pixels = columns * ct.geometry.size[1];
  visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::span<const T> all = ct.values<T>();
    for (std::size_t i = 0; i < patches.size(); ++i)
      for (std::size_t y = 0; y < size; ++y)
        for (std::size_t x = 0; x < size; ++x)
          values[i].push_back(static_cast<float>(
              all[patches[i].slice * pixels + (patches[i].row + y) * columns + patches[i].column + x]));
  });
  return values;
}

/// Median of the slices' functions at every frequency.
TransferFunction median_of(const std::vector<const TransferFunction*>& edges) {
  std::vector<double> median(edges.front()->value.size());
  std::vector<double> values(edges.size());
  for (std::size_t k = 0; k < median.size(); ++k) {
    for (std::size_t i = 0; i < edges.size(); ++i) values[i] = edges[i]->value[k];
    median[k] = statistics::median(values);
  }
  return transfer_function_of(edges.front()->frequency_per_mm, std::move(median));
}

/// Share of the noise's variance that deviations within the kernel have: the integral of
/// NPS (1 - |H|^2) n / (n - 1) over that of NPS, H being the kernel's Fourier transform.
double seen_share(const NoisePower& noise, const LocalKernel& kernel, double column_mm, double row_mm,
                  DeviationOf deviation) {
  const auto n = static_cast<double>(kernel.pixels);
  const double half = static_cast<double>(noise.size / 2);
  double seen = 0;
  double all = 0;
  for (std::size_t v = 0; v < noise.size; ++v)
    for (std::size_t u = 0; u < noise.size; ++u) {
      const double x =
          2 * std::numbers::pi * (static_cast<double>(u) - half) * noise.column_step_per_mm * column_mm;
      const double y =
          2 * std::numbers::pi * (static_cast<double>(v) - half) * noise.row_step_per_mm * row_mm;
      double sum = 0;
      for (std::size_t r = 0; r < kernel.half_width.size(); ++r) {
        const double width = 2 * static_cast<double>(kernel.half_width[r]) + 1;
        const double line =
            std::abs(std::sin(x / 2)) < 1e-12 ? width : std::sin(x * width / 2) / std::sin(x / 2);
        sum += line * std::cos(y * (static_cast<double>(r) - static_cast<double>(kernel.row_reach)));
      }
      const double power = noise.power_hu2_mm2[v * noise.size + u];
      seen += power * (1 - sum / n * sum / n);
      all += power;
    }
  return seen / all * (deviation == DeviationOf::sample ? n / (n - 1) : 1);
}

}  // namespace

SeriesTexture::SeriesTexture() : seen_share(nan) {}

SeriesEstimate series_texture(const Volume& ct, const std::vector<UniformPatch>& patches,
                              const std::vector<TransferFunction>& edges,
                              const PatientQualityOptions& options) {
  const double column_mm = ct.geometry.spacing_mm.x;
  const double row_mm = ct.geometry.spacing_mm.y;
  ImagePlane plane{{}, ct.geometry.size[1], ct.geometry.size[0], row_mm, column_mm, 0};
  const std::size_t size = patch_size(plane, options.patches);
  const LocalKernel kernel = local_kernel(options.noise.shape, options.noise.kernel_mm, row_mm, column_mm);
  const std::vector<std::vector<float>> values = cut_out(ct, patches, size);

  // Slices that contribute, in groups of neighbours: noise and anatomy of neighbouring slices are alike.
  std::vector<std::size_t> used;
  for (const UniformPatch& patch : patches) used.push_back(patch.slice);
  for (std::size_t k = 0; k < edges.size(); ++k)
    if (!std::isnan(edges[k].f50_per_mm)) used.push_back(k);
  std::ranges::sort(used);
  used.erase(std::unique(used.begin(), used.end()), used.end());
  const std::size_t groups = std::min(most_groups, used.size());
  std::vector<std::size_t> group_of(edges.size(), most_groups);
  for (std::size_t i = 0; i < used.size(); ++i) group_of[used[i]] = i * groups / used.size();

  const auto without = [&](std::size_t group) {
    SeriesTexture texture;
    std::vector<ImagePlane> planes;
    std::vector<SquareRegion> regions;
    for (std::size_t i = 0; i < patches.size(); ++i) {
      if (group_of[patches[i].slice] == group) continue;
      regions.push_back({planes.size(), 0, 0, size});
      planes.push_back({values[i], size, size, row_mm, column_mm, 0});
    }
    if (regions.size() >= fewest_patches) texture.noise_power = noise_power(planes, regions);
    std::vector<const TransferFunction*> taken;
    for (std::size_t k = 0; k < edges.size(); ++k)
      if (!std::isnan(edges[k].f50_per_mm) && group_of[k] != group) taken.push_back(&edges[k]);
    if (!taken.empty()) texture.resolution = median_of(taken);
    const NoisePower restored = texture.noise_power ? without_trend_loss(*texture.noise_power) : NoisePower{};
    if (texture.noise_power)
      texture.seen_share = seen_share(restored, kernel, column_mm, row_mm, options.noise.deviation);
    const bool has_tasks = restored.noise_hu >= least_noise_hu && texture.resolution;
    for (const DetectionTask& task : options.tasks) {
      texture.detectability.push_back(
          has_tasks ? detectability(task, *texture.resolution, restored, options.observer) : nan);
      texture.too_large.push_back(
          has_tasks ? too_large_for_regions(task, *texture.resolution, restored, options.observer) : "");
    }
    return texture;
  };
  SeriesEstimate estimate;
  estimate.left_out.resize(groups > 2 ? groups : 0);
  tbb::parallel_for(std::size_t{0}, estimate.left_out.size() + 1, [&](std::size_t i) {
    (i == 0 ? estimate.whole : estimate.left_out[i - 1]) = without(i == 0 ? most_groups + 1 : i - 1);
  });
  return estimate;
}

}  // namespace snitt::quality
