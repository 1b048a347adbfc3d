// One row of pixels spread over cells of eight voxels, with a lane for the sum and one for the weight of each
// corner. Runs are short and their lengths look random, so a loop over a run costs a mispredicted branch:
// here every run adds a fixed number of pixels, of which those beyond its end are zeros.
#include "reconstruction/trilinear_row.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>

namespace snitt::reconstruction {
namespace {

#define SNITT_AVX512 [[gnu::target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]]

constexpr std::int32_t lanes = 16;

/// What each pixel gives its corners: sum and weight of corner 0, of corner 1, … Bit 0 of a corner's number
/// is x, bit 1 y, bit 2 z.
template <bool Weighted>
SNITT_AVX512 void spread(const TrilinearRow& row, std::int32_t first, std::int32_t end, float* out) {
  // f·sign + offset is f at the far and 1 - f at the near corner, both exact.
  const __m512 one = _mm512_set1_ps(1);
  const __m512 minus = _mm512_set1_ps(-1);
  const __m512 zero = _mm512_setzero_ps();
  constexpr __mmask16 far_x = 0xCCCC;
  constexpr __mmask16 far_y = 0xF0F0;
  constexpr __mmask16 far_z = 0xFF00;
  constexpr __mmask16 sums = 0x5555;
  const __m512 sign_x = _mm512_mask_mov_ps(minus, far_x, one);
  const __m512 sign_y = _mm512_mask_mov_ps(minus, far_y, one);
  const __m512 sign_z = _mm512_mask_mov_ps(minus, far_z, one);
  const __m512 offset_x = _mm512_mask_mov_ps(one, far_x, zero);
  const __m512 offset_y = _mm512_mask_mov_ps(one, far_y, zero);
  const __m512 offset_z = _mm512_mask_mov_ps(one, far_z, zero);
  for (std::int32_t i = first; i < end; ++i, out += lanes) {
    const __m512 x = _mm512_fmadd_ps(_mm512_set1_ps(row.fx[i]), sign_x, offset_x);
    const __m512 y = _mm512_fmadd_ps(_mm512_set1_ps(row.fy[i]), sign_y, offset_y);
    const __m512 z = _mm512_fmadd_ps(_mm512_set1_ps(row.fz[i]), sign_z, offset_z);
    __m512 w = _mm512_mul_ps(_mm512_mul_ps(x, y), z);
    if constexpr (Weighted) w = _mm512_mul_ps(w, _mm512_set1_ps(row.weight[i]));
    _mm512_store_ps(out, _mm512_mask_mul_ps(w, sums, w, _mm512_set1_ps(row.value[i])));
  }
}

/// Bytes from a cell's corner 0 to its neighbours, for each place of corner 0 in its tile.
struct CornerSteps {
  std::ptrdiff_t x, y, z;
};

std::array<CornerSteps, 8> corner_steps(const TileLayout& layout, std::size_t stride) {
  std::array<CornerSteps, 8> steps{};
  const auto bytes = static_cast<std::ptrdiff_t>(stride * sizeof(SumCell));
  for (std::size_t place = 0; place < 8; ++place)
    steps[place] = {((place & 1) != 0 ? 7 : 1) * bytes,
                    ((place & 2) != 0 ? 2 * layout.half_y - 2 : 2) * bytes,
                    ((place & 4) != 0 ? 2 * layout.half_z - 4 : 4) * bytes};
  return steps;
}

SNITT_AVX512 inline void add(std::byte* cell, __m128d sum_and_weight) {
  auto* at = reinterpret_cast<double*>(cell);
  _mm_store_pd(at, _mm_add_pd(_mm_load_pd(at), sum_and_weight));
}

/// The runs first … end-1, whose pixels begin at `spread`. `Slots`: pixels that every run adds.
template <int Slots>
SNITT_AVX512 void add_runs(const TrilinearRow& row, std::int32_t first, std::int32_t end,
                           const std::array<CornerSteps, 8>& steps, std::byte* cells, std::size_t bytes,
                           const float* spread) {
  alignas(64) static constexpr std::array<float, lanes> nothing{};
  std::int32_t begin = row.start[first];
  for (std::int32_t r = first; r < end; ++r) {
    const std::int32_t beyond = row.start[r + 1];
    const std::int32_t n = beyond - begin;
    begin = beyond;
    __m512 all = _mm512_load_ps(spread);
#pragma GCC unroll 8
    for (std::int32_t i = 1; i < Slots; ++i) {
      const float* from = spread + i * lanes;
      from = i < n ? from : nothing.data();
      all = _mm512_add_ps(all, _mm512_load_ps(from));
    }
    for (std::int32_t i = Slots; i < n; ++i) all = _mm512_add_ps(all, _mm512_load_ps(spread + i * lanes));
    spread += n * lanes;

    constexpr std::int32_t ahead = 24;
    const auto next = static_cast<std::uint32_t>(row.cell[r + ahead]);
    const CornerSteps& s = steps[next & 7];
    const std::byte* coming = cells + next * bytes;
    __builtin_prefetch(coming, 1);
    __builtin_prefetch(coming + s.y, 1);
    __builtin_prefetch(coming + s.z, 1);
    __builtin_prefetch(coming + s.y + s.z, 1);

    const auto index = static_cast<std::uint32_t>(row.cell[r]);
    const auto [x, y, z] = steps[index & 7];
    std::byte* near = cells + index * bytes;
    std::byte* far = near + z;
    const __m512d low =
        _mm512_maskz_cvtps_pd(0xFF, __builtin_shufflevector(all, all, 0, 1, 2, 3, 4, 5, 6, 7));
    const __m512d high =
        _mm512_maskz_cvtps_pd(0xFF, __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15));
    add(near, __builtin_shufflevector(low, low, 0, 1));
    add(near + x, __builtin_shufflevector(low, low, 2, 3));
    add(near + y, __builtin_shufflevector(low, low, 4, 5));
    add(near + y + x, __builtin_shufflevector(low, low, 6, 7));
    add(far, __builtin_shufflevector(high, high, 0, 1));
    add(far + x, __builtin_shufflevector(high, high, 2, 3));
    add(far + y, __builtin_shufflevector(high, high, 4, 5));
    add(far + y + x, __builtin_shufflevector(high, high, 6, 7));
  }
}

}  // namespace

void add_trilinear_row_avx512(const TileLayout& layout, const TrilinearRow& row, SumCell* cells,
                              std::size_t stride, SpreadPixel* pixels) {
  float* scratch = pixels->corner.data();
  const std::array<CornerSteps, 8> steps = corner_steps(layout, stride);
  const std::size_t bytes = stride * sizeof(SumCell);
  auto* base = reinterpret_cast<std::byte*>(cells);
  const bool short_runs = row.start[row.runs] < 3 * row.runs;
  // Groups small enough that the spread pixels stay in the first-level cache.
  constexpr std::int32_t group = 64;
  for (std::int32_t r = 0; r < row.runs; r += group) {
    const std::int32_t end = std::min(row.runs, r + group);
    if (row.weight != nullptr)
      spread<true>(row, row.start[r], row.start[end], scratch);
    else
      spread<false>(row, row.start[r], row.start[end], scratch);
    if (short_runs)
      add_runs<4>(row, r, end, steps, base, bytes, scratch);
    else
      add_runs<8>(row, r, end, steps, base, bytes, scratch);
  }
}

}  // namespace snitt::reconstruction
#endif
