#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/vector_clones.hpp"
#include "image_registration/ssc.hpp"

namespace snitt::image_registration {
namespace {

using Offset = std::array<int, 3>;

/// Differences between neighbours that are not opposite: six directions up to sign.
constexpr std::array<Offset, 6> directions{
    {{1, -1, 0}, {1, 1, 0}, {1, 0, -1}, {1, 0, 1}, {0, 1, -1}, {0, 1, 1}}};

/// A pair of patches: the direction between their centers, and the center from which it leads.
struct PatchPair {
  std::size_t direction;
  Offset from;
};
/// Each direction joins two pairs of neighbours, e.g. (1, -1, 0) those from -x to -y and from y to x.
constexpr std::array<PatchPair, ssc_entries> pairs{{{0, {-1, 0, 0}},
                                                    {0, {0, 1, 0}},
                                                    {1, {-1, 0, 0}},
                                                    {1, {0, -1, 0}},
                                                    {2, {-1, 0, 0}},
                                                    {2, {0, 0, 1}},
                                                    {3, {-1, 0, 0}},
                                                    {3, {0, 0, -1}},
                                                    {4, {0, -1, 0}},
                                                    {4, {0, 0, 1}},
                                                    {5, {0, -1, 0}},
                                                    {5, {0, 0, -1}}}};

/// A similarity exp(-t) has level n of 0 … 5 when t <= limits[5 - n …]: as many limits are passed as bits are
/// set. The limits divide [0, 1] of exp(-t) into six equal parts.
const std::array<float, ssc_steps>& limits() {
  static const std::array<float, ssc_steps> values = [] {
    std::array<float, ssc_steps> t{};
    for (std::size_t i = 0; i < t.size(); ++i)
      t[i] = static_cast<float>(-std::log(static_cast<double>(i + 1) / (ssc_steps + 1)));
    return t;
  }();
  return values;
}

constexpr std::size_t rim = 3;  // patch center 1, patch radius 1, direction 1

/// Rows of an image that goes on beyond its rim, `rim` voxels to each side.
struct PaddedSlice {
  std::size_t columns;
  std::size_t rows;
  std::vector<float> values;
  PaddedSlice(const image::ScalarVolume& volume, long k)
      : columns(volume.geometry.size[0] + 2 * rim), rows(volume.geometry.size[1] + 2 * rim) {
    values.resize(columns * rows);
    const auto [nx, ny, nz] = volume.geometry.size;
    const auto slice = static_cast<std::size_t>(std::clamp<long>(k, 0, static_cast<long>(nz) - 1));
    for (std::size_t j = 0; j < rows; ++j) {
      const std::size_t row = std::min(j < rim ? 0 : j - rim, ny - 1);
      const float* in = volume.values.data() + (slice * ny + row) * nx;
      float* out = values.data() + j * columns;
      std::fill_n(out, rim, in[0]);
      std::copy_n(in, nx, out + rim);
      std::fill_n(out + rim + nx, rim, in[nx - 1]);
    }
  }
};

SNITT_VECTOR_CLONES void squared_difference(const float* a, const float* b, float* __restrict out,
                                            std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = (a[i] - b[i]) * (a[i] - b[i]);
}
SNITT_VECTOR_CLONES void add_three(const float* a, const float* b, const float* c, float* __restrict out,
                                   std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = (a[i] + b[i]) + c[i];
}

/// Sums of squared differences over 3 x 3 patches of one slice, for one direction.
void patch_sums(const PaddedSlice& here, const PaddedSlice& there, const Offset& direction,
                std::vector<float>& difference, std::vector<float>& wide, std::vector<float>& sums) {
  const std::size_t columns = here.columns;
  const std::size_t rows = here.rows;
  const std::size_t n = columns * rows;
  // Where the direction leads out of the padded slice nothing is asked later: those voxels stay 0.
  const long shift = direction[0] + direction[1] * static_cast<long>(columns);
  const std::size_t skip = columns + 1;
  std::fill(difference.begin(), difference.end(), 0.0F);
  squared_difference(here.values.data() + skip, there.values.data() + static_cast<long>(skip) + shift,
                     difference.data() + skip, n - 2 * skip);
  wide.assign(n, 0.0F);
  add_three(difference.data(), difference.data() + 1, difference.data() + 2, wide.data() + 1, n - 2);
  sums.assign(n, 0.0F);
  add_three(wide.data(), wide.data() + columns, wide.data() + 2 * columns, sums.data() + columns,
            n - 2 * columns);
}

/// Twelve rows of patch distances to one row of words.
SNITT_VECTOR_CLONES void quantise(const std::array<const float*, ssc_entries>& distances,
                                  const std::array<float, ssc_steps>& limit, float* __restrict least,
                                  float* __restrict scale, std::uint32_t* __restrict low,
                                  std::uint32_t* __restrict high, Ssc* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float smallest = distances[0][i];
    float sum = distances[0][i];
    for (std::size_t e = 1; e < ssc_entries; ++e) {
      smallest = std::min(smallest, distances[e][i]);
      sum += distances[e][i];
    }
    least[i] = smallest;
    // Mean above the smallest: the local noise.
    scale[i] = std::max(sum / static_cast<float>(ssc_entries) - smallest, 1e-20F);
    low[i] = 0;
    high[i] = 0;
  }
  for (std::size_t e = 0; e < ssc_entries; ++e) {
    const float* distance = distances[e];
    std::uint32_t* half = e < 6 ? low : high;
    const std::uint32_t shift = static_cast<std::uint32_t>(ssc_steps * (e % 6));
    for (std::size_t i = 0; i < n; ++i) {
      const float t = distance[i] - least[i];
      std::uint32_t bits = 0;
      for (std::uint32_t s = 0; s < ssc_steps; ++s)
        bits |= static_cast<std::uint32_t>(t <= limit[s] * scale[i]) << s;
      half[i] |= bits << shift;
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<Ssc>(low[i]) | (static_cast<Ssc>(high[i]) << (6 * ssc_steps));
}

/// Patch sums of all directions for consecutive slices.
class Slab {
 public:
  Slab(const image::ScalarVolume& volume, long first, long last) : first_(first) {
    std::vector<PaddedSlice> slices;  // first - 2 … last + 2
    for (long k = first - 2; k <= last + 2; ++k) slices.emplace_back(volume, k);
    columns_ = slices[0].columns;
    const std::size_t n = slices[0].values.size();
    std::vector<float> difference(n);
    std::vector<float> wide;
    for (std::size_t d = 0; d < directions.size(); ++d) {
      // Sums over slices first - 1 … last + 1 want differences one slice further.
      std::vector<std::vector<float>> flat(slices.size());
      for (std::size_t s = 0; s < slices.size(); ++s) {
        const long other = std::clamp<long>(static_cast<long>(s) + directions[d][2], 0,
                                            static_cast<long>(slices.size()) - 1);
        patch_sums(slices[s], slices[static_cast<std::size_t>(other)], directions[d], difference, wide,
                   flat[s]);
      }
      for (std::size_t s = 1; s + 1 < slices.size(); ++s) {
        std::vector<float> sum(n);
        add_three(flat[s - 1].data(), flat[s].data(), flat[s + 1].data(), sum.data(), n);
        sums_[d].push_back(std::move(sum));
      }
    }
  }
  const float* row(const PatchPair& pair, std::size_t j, std::size_t k) const {
    const auto slice = static_cast<std::size_t>(static_cast<long>(k) + pair.from[2] - (first_ - 1));
    const auto at = (static_cast<long>(j + rim) + pair.from[1]) * static_cast<long>(columns_) +
                    static_cast<long>(rim) + pair.from[0];
    return sums_[pair.direction][slice].data() + at;
  }

 private:
  long first_;
  std::size_t columns_ = 0;
  std::array<std::vector<std::vector<float>>, 6> sums_;  ///< [direction][slice from first - 1]
};

}  // namespace

std::vector<Ssc> ssc_descriptors(const image::ScalarVolume& volume) {
  constexpr std::size_t slab_slices = 6;
  const auto [nx, ny, nz] = volume.geometry.size;
  std::vector<Ssc> words(nx * ny * nz);
  const std::size_t slabs = (nz + slab_slices - 1) / slab_slices;
  tbb::parallel_for(std::size_t{0}, slabs, [&, nx = nx, ny = ny, nz = nz](std::size_t s) {
    const std::size_t end = std::min(nz, (s + 1) * slab_slices);
    const Slab slab(volume, static_cast<long>(s * slab_slices), static_cast<long>(end) - 1);
    std::vector<float> least(nx);
    std::vector<float> scale(nx);
    std::vector<std::uint32_t> low(nx);
    std::vector<std::uint32_t> high(nx);
    std::array<const float*, ssc_entries> rows{};
    for (std::size_t k = s * slab_slices; k < end; ++k)
      for (std::size_t j = 0; j < ny; ++j) {
        for (std::size_t e = 0; e < ssc_entries; ++e) rows[e] = slab.row(pairs[e], j, k);
        quantise(rows, limits(), least.data(), scale.data(), low.data(), high.data(),
                 words.data() + (k * ny + j) * nx, nx);
      }
  });
  return words;
}

}  // namespace snitt::image_registration
