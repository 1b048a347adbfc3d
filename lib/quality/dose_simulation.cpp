#include "quality/dose_simulation.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "quality/axial_slices.hpp"
#include "quality/dose_record.hpp"
#include "quality/noise_source.hpp"
#include "statistics/random.hpp"

namespace snitt::quality {
namespace {

using LevelOfSlice = std::function<std::vector<float>(std::size_t)>;
constexpr std::size_t batch = 16;  ///< slices of noise in memory at a time

void check(const Volume& ct, const std::string& path, const DoseSimulationOptions& options) {
  check_axial_ct(ct, path);
  if (!(options.fraction > 0 && options.fraction < 1))
    throw InputError("dose simulation: the fraction is {}; expected more than 0 and less than 1",
                     options.fraction);
}

/// Where values end: rounding, the cut of air, the range of the type.
struct Limits {
  double step = 0;  ///< 1 for whole numbers
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
};

Limits limits_of(const Volume& ct, const SliceStack& stack, const std::vector<NoiseRegions>& regions) {
  Limits limits;
  float lowest = std::numeric_limits<float>::infinity();
  float highest = -lowest;
  for (std::size_t k = 0; k < stack.values.size(); ++k)
    for (std::size_t i = 0; i < stack.values[k].size(); ++i) {
      if (regions[k].noisy[i] == 0) continue;
      lowest = std::min(lowest, stack.values[k][i]);
      highest = std::max(highest, stack.values[k][i]);
    }
  visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      limits.step = 1;
      limits.lowest = static_cast<double>(std::numeric_limits<T>::lowest());
      limits.highest = static_cast<double>(std::numeric_limits<T>::max());
    }
  });
  // A scanner that never goes below -1024 or above 3071 HU cuts there: so would it at less dose.
  if (lowest >= -1024.0F) limits.lowest = std::max(limits.lowest, -1024.0);
  if (highest <= 3071.0F && highest >= 3000.0F) limits.highest = std::min(limits.highest, 3071.0);
  return limits;
}

NoiseTexture chosen_texture(const DoseSimulationOptions& options, const SliceStack& stack,
                            const PatchNoise& patches) {
  NoiseTexture texture = options.texture ? *options.texture
                         : patches.power ? texture_of(patches.power->radial, patches.size)
                                         : ramp_texture(options.ramp_cutoff_per_mm);
  if (patches.power)
    texture.slice_correlation = slice_correlation(stack.planes, patches.patches, patches.size, *patches.power,
                                                  patches.structure_share());
  return texture;
}

/// Variance that the patches would have without their trend if the noise were as the map of levels says.
/// `trial` is noise of that texture and unit variance, which shows how much of it a patch sees.
double expected_variance(const SliceStack& stack, const SliceStack& trial, const PatchNoise& patches,
                         const LevelOfSlice& level_of) {
  double squares = 0;
  double count = 0;
  std::size_t slice = stack.planes.size();
  std::vector<float> level;
  for (const UniformPatch& patch : patches.patches) {
    if (patch.slice != slice) level = level_of(patch.slice);
    slice = patch.slice;
    for (std::size_t r = 0; r < patches.size; ++r)
      for (std::size_t c = 0; c < patches.size; ++c) {
        const double here = level[(patch.row + r) * stack.planes.front().columns + patch.column + c];
        squares += here * here;
        count += 1;
      }
  }
  std::vector<SquareRegion> regions;
  const ImagePlane& plane = trial.planes.front();
  for (std::size_t k = 0; k < trial.planes.size(); ++k)
    for (std::size_t r = 0; r + patches.size <= plane.rows; r += patches.size)
      for (std::size_t c = 0; c + patches.size <= plane.columns; c += patches.size)
        regions.push_back({k, r, c, patches.size});
  return squares / count * noise_power(trial.planes, regions).variance_hu2;
}

SliceStack noise_stack(const TextureNoise& source, const SliceStack& like, std::size_t first,
                       std::size_t count) {
  SliceStack stack;
  stack.values = source.slices(first, count);
  for (const auto& values : stack.values) {
    ImagePlane plane = like.planes.front();
    plane.hu = values;
    stack.planes.push_back(plane);
  }
  return stack;
}

}  // namespace

DoseSimulation simulate_dose(const Volume& ct, const std::string& path, const DoseSimulationOptions& options,
                             Monitor& monitor) {
  check(ct, path, options);
  if (ct.units != "HU")
    monitor.warn(fmt::format("{}: its values have units '{}'; they are taken for HU", path, ct.units));
  const SliceStack stack = slices_of(ct);
  const std::size_t slices = stack.planes.size();
  const ImagePlane& first = stack.planes.front();
  const LocalKernel kernel =
      local_kernel(KernelShape::square, 4, first.row_spacing_mm, first.column_spacing_mm);

  std::vector<NoiseRegions> regions(slices);
  std::vector<NoiseTiles> tiles(slices);
  tbb::parallel_for(std::size_t{0}, slices, [&](std::size_t k) {
    regions[k] = noise_regions(stack.planes[k], kernel);
    tiles[k] = noise_tiles(stack.planes[k], regions[k], kernel);
  });
  tiles = smoothed(tiles);
  const PatchNoise patches = patch_noise(stack, regions, tiles, kernel);
  for (NoiseRegions& r : regions) r.local = {};  // the largest part of what is in memory
  const NoiseTexture texture = chosen_texture(options, stack, patches);
  const TextureNoise source(texture, first.rows, first.columns, first.row_spacing_mm, first.column_spacing_mm,
                            options.seed);

  // The level of the tiles against noise of the same texture, then against the patches.
  const SliceStack trial = noise_stack(TextureNoise(texture, first.rows, first.columns, first.row_spacing_mm,
                                                    first.column_spacing_mm, statistics::mix(options.seed)),
                                       stack, 0, 4);
  const double decile = decile_of(trial.planes.front(), kernel);
  const LevelOfSlice level_of = [&](std::size_t k) {
    std::vector<float> level = noise_level(stack.planes[k], regions[k], tiles[k]);
    for (float& value : level) value = static_cast<float>(double{value} / decile);
    return level;
  };
  double scale = 1;
  if (patches.power) {
    const double expected = expected_variance(stack, trial, patches, level_of);
    if (expected > 0) scale = std::sqrt(patches.power->variance_hu2 / expected);
  }

  const Limits limits = limits_of(ct, stack, regions);
  DoseSimulation simulation;
  simulation.low_dose = ct;
  simulation.low_dose.metadata.emplace_back("SimulatedDoseFraction", fmt::format("{}", options.fraction));
  const double factor = 1 / options.fraction - 1;
  const double rounding = limits.step * limits.step / 12;
  const std::size_t pixels = first.rows * first.columns;
  DoseSums sums;
  for (std::size_t start = 0; start < slices; start += batch) {
    const std::size_t count = std::min(batch, slices - start);
    const auto noise = source.slices(start, count);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t k = start + n;
      const std::vector<float> level = level_of(k);
      visit_pixel_type(ct.format.type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        const auto out = simulation.low_dose.values<T>().subspan(k * pixels, pixels);
        for (std::size_t i = 0; i < pixels; ++i) {
          const double here = double{level[i]} * scale;
          // What is rounding already is not noise of the scan, and rounding adds its own once more.
          const double variance = std::max(0.0, (here * here - rounding) * factor - rounding);
          if (regions[k].noisy[i] == 0 || variance == 0) continue;
          const double before = static_cast<double>(out[i]);
          double after = before + std::sqrt(variance) * double{noise[n][i]};
          after = std::clamp(after, std::min(limits.lowest, before), std::max(limits.highest, before));
          if (limits.step > 0) after = std::nearbyint(after);
          out[i] = static_cast<T>(after);
          if (regions[k].body[i] != 0) {
            sums.shift += static_cast<double>(out[i]) - before;
            sums.level_squares += here * here;
            sums.body += 1;
          }
        }
      });
    }
    monitor.progress("noise", static_cast<double>(start + count), static_cast<double>(slices));
  }
  if (!(sums.level_squares > 0))
    throw InputError(
        "{}: no noise was found in a body of {} HU and more; expected a CT of a body or phantom in HU", path,
        -250);
  sums.scale = scale;
  simulation.record =
      dose_record({options, texture, patches, stack, slices_of(simulation.low_dose), regions, kernel, sums});
  return simulation;
}

}  // namespace snitt::quality
