#include <tbb/parallel_for.h>

#include <algorithm>

#include "image_registration/discrete.hpp"

/// Counting bits is one instruction per 8 words with AVX-512 VPOPCNTDQ (Ice Lake), one per word with POPCNT.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SNITT_POPCOUNT_CLONES \
  __attribute__((target_clones("arch=icelake-server", "arch=x86-64-v2", "default")))
#else
#define SNITT_POPCOUNT_CLONES
#endif

namespace snitt::image_registration {
namespace {

/// Adds to `sums` the distances of one word to a run of words.
SNITT_POPCOUNT_CLONES void add_distances(Ssc word, const Ssc* run, std::uint64_t* __restrict sums,
                                         std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    sums[i] += static_cast<std::uint64_t>(__builtin_popcountll(word ^ run[i]));
}

/// The moving descriptors with `reach` more voxels on each side, so that no displacement leads outside.
struct Padded {
  std::array<std::size_t, 3> size{};
  std::vector<Ssc> words;
  Padded(const std::array<std::size_t, 3>& inner, const std::vector<Ssc>& in, std::size_t reach) {
    for (std::size_t axis = 0; axis < 3; ++axis) size[axis] = inner[axis] + 2 * reach;
    words.resize(size[0] * size[1] * size[2]);
    const auto within = [&](std::size_t at, std::size_t axis) {
      return std::min(at < reach ? 0 : at - reach, inner[axis] - 1);
    };
    std::size_t out = 0;
    for (std::size_t k = 0; k < size[2]; ++k)
      for (std::size_t j = 0; j < size[1]; ++j)
        for (std::size_t i = 0; i < size[0]; ++i)
          words[out++] = in[(within(k, 2) * inner[1] + within(j, 1)) * inner[0] + within(i, 0)];
  }
};

struct Range {
  std::size_t begin;
  std::size_t end;
};
/// Voxels of the cell around control point `point` along one axis.
Range cell(std::size_t point, std::size_t tile, std::size_t voxels) {
  const auto center = (static_cast<long>(point) - 1) * static_cast<long>(tile);
  const long half = static_cast<long>(tile) / 2;
  const auto n = static_cast<long>(voxels);
  const long begin = std::clamp(center - half, 0L, n);
  const long end = std::clamp(center - half + static_cast<long>(tile), 0L, n);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
}

}  // namespace

std::vector<float> label_costs(const SplineGrid& grid, const std::vector<Ssc>& fixed,
                               const std::vector<Ssc>& moving, const std::vector<std::uint8_t>& inside,
                               std::size_t reach) {
  const auto& size = grid.image.size;
  const auto points = grid.size();
  const Padded padded(size, moving, reach);
  const std::size_t n = 2 * reach + 1;
  const std::size_t labels = n * n * n;
  std::vector<float> costs(grid.points() * labels);
  tbb::parallel_for(std::size_t{0}, grid.points(), [&](std::size_t point) {
    const Range x = cell(point % points[0], grid.tile[0], size[0]);
    const Range y = cell(point / points[0] % points[1], grid.tile[1], size[1]);
    const Range z = cell(point / (points[0] * points[1]), grid.tile[2], size[2]);
    std::vector<std::uint64_t> sums(labels);
    std::size_t samples = 0;
    for (std::size_t k = z.begin; k < z.end; ++k)
      for (std::size_t j = y.begin; j < y.end; ++j)
        for (std::size_t i = x.begin + (x.begin + j + k) % 2; i < x.end; i += 2) {
          const std::size_t voxel = (k * size[1] + j) * size[0] + i;
          if (!inside.empty() && inside[voxel] == 0) continue;
          ++samples;
          for (std::size_t dk = 0; dk < n; ++dk)
            for (std::size_t dj = 0; dj < n; ++dj)
              add_distances(fixed[voxel],
                            padded.words.data() + ((k + dk) * padded.size[1] + j + dj) * padded.size[0] + i,
                            sums.data() + (dk * n + dj) * n, n);
        }
    if (samples == 0) return;
    const float share = 1.0F / static_cast<float>(samples * ssc_bits);
    for (std::size_t label = 0; label < labels; ++label)
      costs[point * labels + label] = share * static_cast<float>(sums[label]);
  });
  return costs;
}

}  // namespace snitt::image_registration
