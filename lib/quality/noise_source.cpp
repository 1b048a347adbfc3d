#include "quality/noise_source.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <tuple>

#include "quality/axial_slices.hpp"

namespace snitt::quality {
namespace {

constexpr double lowest_hu = -300;  ///< fat is above it, lung below
constexpr std::size_t fewest_patches = 8;
constexpr std::size_t enough_patches = 30;

/// Body pixels whose kernels hold nothing but body, without lung.
std::vector<std::uint8_t> tissue_of(const NoiseRegions& regions, const LocalKernel& kernel,
                                    std::size_t columns) {
  std::vector<std::uint8_t> tissue = eroded(regions.body, columns, kernel.row_reach, kernel.column_reach);
  for (std::size_t i = 0; i < tissue.size(); ++i)
    if (!(regions.local.mean_hu[i] >= static_cast<float>(lowest_hu)) || regions.noisy[i] == 0) tissue[i] = 0;
  return tissue;
}

/// Mean of the local variance over the kernels within a patch, over the square of the noise level there. It
/// is a constant for noise alone, whatever its level; edges raise it.
double roughness(const UniformPatch& patch, std::size_t size, const NoiseRegions& regions,
                 const LocalKernel& kernel, const std::vector<float>& level, std::size_t columns) {
  double sum = 0;
  double count = 0;
  for (std::size_t r = patch.row + kernel.row_reach; r + kernel.row_reach < patch.row + size; ++r)
    for (std::size_t c = patch.column + kernel.column_reach; c + kernel.column_reach < patch.column + size;
         ++c) {
      const double deviation = regions.local.deviation_hu[r * columns + c];
      sum += deviation * deviation;
      count += 1;
    }
  const double here = level[(patch.row + size / 2) * columns + patch.column + size / 2];
  return count > 0 && here > 0 ? sum / count / (here * here) : std::numeric_limits<double>::infinity();
}

struct RoughPatch {
  UniformPatch patch;
  double roughness = 0;
};

/// What values of noise alone would stay below, two standard deviations above their middle; both are told
/// from the lower tail, which structure does not reach. A narrower bound would choose patches that are quiet
/// by chance.
double noise_bound(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  // Normal quantiles of 10 and 30 %.
  const double deviation = (at(0.3) - at(0.1)) / (1.2816 - 0.5244);
  return at(0.1) + (1.2816 + 2) * deviation;
}

/// Candidates that are neither rough nor, over the whole patch, more varied than their kernels are.
std::vector<UniformPatch> without_edges(std::vector<RoughPatch> candidates) {
  std::vector<UniformPatch> kept;
  for (const bool by_texture : {false, true}) {
    if (candidates.empty()) return kept;
    const auto value = [&](const RoughPatch& c) { return by_texture ? c.patch.texture : c.roughness; };
    std::vector<double> values;
    for (const RoughPatch& c : candidates) values.push_back(value(c));
    const double bound = noise_bound(std::move(values));
    std::erase_if(candidates, [&](const RoughPatch& c) { return value(c) > bound; });
  }
  for (const RoughPatch& c : candidates) kept.push_back(c.patch);
  return kept;
}

/// Those that do not overlap one that comes before: grid places are half a patch apart, and standard errors
/// count patches.
std::vector<UniformPatch> apart(const std::vector<UniformPatch>& patches, std::size_t size) {
  std::vector<UniformPatch> kept;
  const auto near = [size](std::size_t a, std::size_t b) { return std::max(a, b) - std::min(a, b) < size; };
  for (const UniformPatch& patch : patches) {
    bool free = true;
    for (auto other = kept.rbegin(); free && other != kept.rend() && other->slice == patch.slice; ++other)
      free = !(near(other->row, patch.row) && near(other->column, patch.column));
    if (free) kept.push_back(patch);
  }
  return kept;
}

}  // namespace

SliceStack slices_of(const Volume& ct) {
  SliceStack stack;
  const std::size_t columns = ct.geometry.size[0];
  const std::size_t rows = ct.geometry.size[1];
  stack.values.resize(ct.geometry.size[2]);
  visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto all = ct.values<T>();
    for (std::size_t k = 0; k < stack.values.size(); ++k)
      for (const T value : all.subspan(k * rows * columns, rows * columns))
        stack.values[k].push_back(static_cast<float>(value));
  });
  for (std::size_t k = 0; k < stack.values.size(); ++k)
    stack.planes.push_back({stack.values[k], rows, columns, ct.geometry.spacing_mm.y,
                            ct.geometry.spacing_mm.x, position_of(ct.geometry, k).z});
  return stack;
}

namespace {

NoisePower power_of_differences(const SliceStack& stack, const PatchNoise& patches) {
  const std::size_t apart = patches.structure.apart;
  std::set<std::tuple<std::size_t, std::size_t, std::size_t>> all;
  for (const UniformPatch& patch : patches.patches) all.insert({patch.slice, patch.row, patch.column});
  SliceStack differences;
  differences.values.resize(stack.planes.size() - apart);
  for (std::size_t k = 0; k < differences.values.size(); ++k) {
    differences.values[k].resize(stack.values[k].size());
    for (std::size_t i = 0; i < stack.values[k].size(); ++i)
      differences.values[k][i] = static_cast<float>(
          (double{stack.values[k][i]} - double{stack.values[k + apart][i]}) / std::numbers::sqrt2);
    ImagePlane plane = stack.planes[k];
    plane.hu = differences.values[k];
    differences.planes.push_back(plane);
  }
  std::vector<SquareRegion> where;
  for (const UniformPatch& patch : patches.patches)
    if (all.contains({patch.slice + apart, patch.row, patch.column}))
      where.push_back({patch.slice, patch.row, patch.column, patches.size});
  return noise_power(differences.planes, where);
}

}  // namespace

NoisePower power_at(const SliceStack& stack, const PatchNoise& patches) {
  if (patches.removed) return power_of_differences(stack, patches);
  std::vector<SquareRegion> where;
  for (const UniformPatch& patch : patches.patches)
    where.push_back({patch.slice, patch.row, patch.column, patches.size});
  return noise_power(stack.planes, where);
}

PatchNoise patch_noise(const SliceStack& stack, const std::vector<NoiseRegions>& regions,
                       const std::vector<NoiseTiles>& tiles, const LocalKernel& kernel) {
  PatchNoise best;
  for (const double size_mm : {30.0, 20.0, 12.0}) {
    PatchOptions options;
    options.size_mm = size_mm;
    options.noise_tolerance = 1e3;  // noise may be anything anywhere in the body: only structure counts
    PatchNoise found;
    found.size = patch_size(stack.planes.front(), options);
    std::vector<std::vector<RoughPatch>> of_slice(stack.planes.size());
    tbb::parallel_for(std::size_t{0}, stack.planes.size(), [&](std::size_t k) {
      GlobalNoise any;
      any.noise_hu = any.rms_hu = 1;
      const ImagePlane& plane = stack.planes[k];
      const NoiseField field{regions[k].local, tissue_of(regions[k], kernel, plane.columns), {}};
      const std::vector<float> level = noise_level(plane, regions[k], tiles[k]);
      for (const UniformPatch& patch : patch_candidates(plane, k, field, any, kernel, options))
        of_slice[k].push_back(
            {patch, roughness(patch, found.size, regions[k], kernel, level, plane.columns)});
    });
    std::vector<RoughPatch> candidates;
    for (const auto& some : of_slice) candidates.insert(candidates.end(), some.begin(), some.end());
    found.patches = apart(without_edges(std::move(candidates)), found.size);
    options.structure_tolerance = std::numeric_limits<double>::infinity();  // only evenly fewer
    found.patches = without_structure(std::move(found.patches), options);
    if (found.patches.size() > best.patches.size()) best = std::move(found);
    if (best.patches.size() >= enough_patches) break;
  }
  if (best.patches.size() < fewest_patches) {
    best.patches.clear();
  } else {
    best.power = power_at(stack, best);
    best.structure = shared_structure(stack.planes, best.patches, best.size, *best.power);
    if (best.structure.apart > 0 && best.structure.share > std::max(0.02, 3 * best.structure.error)) {
      best.removed = true;
      best.power = power_at(stack, best);
    }
  }
  return best;
}

}  // namespace snitt::quality
