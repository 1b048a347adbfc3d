// The vector loops over one row of pixels. Each exists for plain x86-64 (or any other machine), AVX2 and
// AVX-512; integer arithmetic and exact conversions make them agree bit for bit.
#include "reconstruction/row_kernel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace snitt::reconstruction {
namespace {

[[gnu::always_inline]] inline void indices_body(const TileLayout& given, const std::array<std::int64_t, 3>& q,
                                                const std::array<std::int64_t, 3>& d, std::int32_t n,
                                                std::int32_t* index) {
  const TileLayout layout = given;  // a copy cannot alias `index`
  std::int64_t x = q[0];
  std::int64_t y = q[1];
  std::int64_t z = q[2];
  const std::int64_t dx = d[0];
  const std::int64_t dy = d[1];
  const std::int64_t dz = d[2];
  for (std::int32_t i = 0; i < n; ++i) {
    index[i] = layout.index(static_cast<std::int32_t>(x >> 32), static_cast<std::int32_t>(y >> 32),
                            static_cast<std::int32_t>(z >> 32));
    x += dx;
    y += dy;
    z += dz;
  }
}

/// Only the low 32 bits of the coordinate matter: 32-bit arithmetic wraps to the same fraction.
[[gnu::always_inline]] inline void fractions_body(std::int64_t q, std::int64_t d, std::int32_t n,
                                                  float* fraction) {
  auto c = static_cast<std::uint32_t>(q);
  const auto step = static_cast<std::uint32_t>(d);
  for (std::int32_t i = 0; i < n; ++i) {
    fraction[i] = static_cast<float>(static_cast<std::int32_t>(c >> 8)) * 0x1p-24F;
    c += step;
  }
}

[[gnu::always_inline]] inline void fractions_body(std::int64_t q, std::int64_t d, std::int32_t n,
                                                  double* fraction) {
  auto c = static_cast<std::uint32_t>(q);
  const auto step = static_cast<std::uint32_t>(d);
  for (std::int32_t i = 0; i < n; ++i) {
    // The sign bit is flipped off and added back because only signed integers convert in one instruction.
    fraction[i] = (static_cast<double>(static_cast<std::int32_t>(c ^ 0x80000000U)) + 0x1p31) * 0x1p-32;
    c += step;
  }
}

std::int32_t runs_baseline(const std::int32_t* index, std::int32_t i, std::int32_t n, std::int32_t runs,
                           std::int32_t* start, std::int32_t* voxel) {
  for (; i < n; ++i) {
    start[runs] = i;
    voxel[runs] = index[i];
    runs += index[i] != index[i - 1] ? 1 : 0;
  }
  start[runs] = n;
  return runs;
}

template <typename T>
void prefix_baseline(const T* pixels, std::uint32_t bias, std::int32_t i, std::int32_t n, std::uint32_t sum,
                     std::uint32_t* prefix) {
  for (; i < n; ++i) {
    prefix[i] = sum;
    sum += static_cast<std::uint32_t>(pixels[i]) - bias;
  }
  prefix[n] = sum;
}

#if defined(__x86_64__)
#define SNITT_AVX2 [[gnu::target("avx2,bmi,bmi2,popcnt")]]
#define SNITT_AVX512 \
  [[gnu::target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]]

SNITT_AVX2 void indices_avx2(const TileLayout& layout, const std::array<std::int64_t, 3>& q,
                             const std::array<std::int64_t, 3>& d, std::int32_t n, std::int32_t* index) {
  indices_body(layout, q, d, n, index);
}
SNITT_AVX512 void indices_avx512(const TileLayout& layout, const std::array<std::int64_t, 3>& q,
                                 const std::array<std::int64_t, 3>& d, std::int32_t n, std::int32_t* index) {
  indices_body(layout, q, d, n, index);
}
template <typename Real>
SNITT_AVX2 void fractions_avx2(std::int64_t q, std::int64_t d, std::int32_t n, Real* fraction) {
  fractions_body(q, d, n, fraction);
}
template <typename Real>
SNITT_AVX512 void fractions_avx512(std::int64_t q, std::int64_t d, std::int32_t n, Real* fraction) {
  fractions_body(q, d, n, fraction);
}

/// Lane numbers of the set bits of a byte, packed to the front.
struct CompressTable {
  alignas(64) std::array<std::array<std::uint8_t, 8>, 256> lanes{};
  constexpr CompressTable() {
    for (std::size_t mask = 0; mask < 256; ++mask) {
      std::size_t count = 0;
      for (std::uint8_t lane = 0; lane < 8; ++lane)
        if ((mask >> lane & 1U) != 0) lanes[mask][count++] = lane;
    }
  }
};
constexpr CompressTable compress_table;

SNITT_AVX2 std::int32_t runs_avx2(const std::int32_t* index, std::int32_t n, std::int32_t* start,
                                  std::int32_t* voxel) {
  std::int32_t runs = 1;
  std::int32_t i = 1;
  for (; i + 8 <= n; i += 8) {
    const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(index + i));
    const __m256i before = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(index + i - 1));
    const int equal = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(here, before)));
    const auto starts = static_cast<unsigned>(equal ^ 0xFF);
    const __m256i lanes = _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i_u*>(compress_table.lanes[starts].data())));
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(start + runs),
                        _mm256_add_epi32(lanes, _mm256_set1_epi32(i)));
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(voxel + runs), _mm256_permutevar8x32_epi32(here, lanes));
    runs += __builtin_popcount(starts);
  }
  return runs_baseline(index, i, n, runs, start, voxel);
}

SNITT_AVX512 std::int32_t runs_avx512(const std::int32_t* index, std::int32_t n, std::int32_t* start,
                                      std::int32_t* voxel) {
  std::int32_t runs = 1;
  __m512i position = _mm512_add_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                      _mm512_set1_epi32(1));
  for (std::int32_t i = 1; i < n; i += 16) {
    const auto valid = static_cast<__mmask16>(n - i >= 16 ? 0xFFFF : (1 << (n - i)) - 1);
    const __m512i here = _mm512_loadu_si512(index + i);
    const __mmask16 starts = _mm512_mask_cmpneq_epi32_mask(valid, here, _mm512_loadu_si512(index + i - 1));
    _mm512_storeu_si512(start + runs, _mm512_maskz_compress_epi32(starts, position));
    _mm512_storeu_si512(voxel + runs, _mm512_maskz_compress_epi32(starts, here));
    runs += __builtin_popcount(starts);
    position = _mm512_add_epi32(position, _mm512_set1_epi32(16));
  }
  start[runs] = n;
  return runs;
}

template <typename T>
SNITT_AVX2 __m256i eight_pixels(const T* pixels) {
  const auto* at = reinterpret_cast<const __m128i_u*>(pixels);
  if constexpr (sizeof(T) == 1)
    return std::is_signed_v<T> ? _mm256_cvtepi8_epi32(_mm_loadl_epi64(at))
                               : _mm256_cvtepu8_epi32(_mm_loadl_epi64(at));
  else
    return std::is_signed_v<T> ? _mm256_cvtepi16_epi32(_mm_loadu_si128(at))
                               : _mm256_cvtepu16_epi32(_mm_loadu_si128(at));
}

/// Sums by doubling steps within the 128-bit halves, then across them; the total of all before travels in
/// every lane.
template <typename T>
SNITT_AVX2 void prefix_avx2(const T* pixels, std::uint32_t bias, std::int32_t n, std::uint32_t* prefix) {
  const __m256i offset = _mm256_set1_epi32(static_cast<std::int32_t>(bias));
  __m256i carry = _mm256_setzero_si256();
  prefix[0] = 0;
  std::int32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i s = _mm256_sub_epi32(eight_pixels(pixels + i), offset);
    s = _mm256_add_epi32(s, _mm256_slli_si256(s, 4));
    s = _mm256_add_epi32(s, _mm256_slli_si256(s, 8));
    // The lower half's total, in all lanes of the upper half.
    const __m256i lower = _mm256_permute2x128_si256(s, s, 0x08);
    s = _mm256_add_epi32(s, _mm256_shuffle_epi32(lower, 0xFF));
    s = _mm256_add_epi32(s, carry);
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(prefix + i + 1), s);
    carry = _mm256_permutevar8x32_epi32(s, _mm256_set1_epi32(7));
  }
  prefix_baseline(pixels, bias, i, n, static_cast<std::uint32_t>(_mm256_cvtsi256_si32(carry)), prefix);
}
#endif

}  // namespace

TileLayout::TileLayout(const std::array<std::size_t, 3>& grid_size, std::size_t padding) : size(grid_size) {
  const std::size_t tiles_x = (size[0] + 1) / 2 + padding;
  const std::size_t tiles_y = (size[1] + 1) / 2 + padding;
  half_y = static_cast<std::int32_t>(4 * tiles_x);
  half_z = static_cast<std::int32_t>(4 * tiles_x * tiles_y);
  odd_y = half_y - 2;
  odd_z = half_z - 4;
  base = static_cast<std::int32_t>(8 * padding * (1 + tiles_x + tiles_x * tiles_y));
  cells = 8 * tiles_x * tiles_y * ((size[2] + 1) / 2 + padding);
}

void fill_indices(InstructionSet set, const TileLayout& layout, const std::array<std::int64_t, 3>& q,
                  const std::array<std::int64_t, 3>& d, std::int32_t n, std::int32_t* index) {
#if defined(__x86_64__)
  if (set == InstructionSet::avx512) return indices_avx512(layout, q, d, n, index);
  if (set == InstructionSet::avx2) return indices_avx2(layout, q, d, n, index);
#endif
  indices_body(layout, q, d, n, index);
}

template <typename Real>
static void fractions(InstructionSet set, std::int64_t q, std::int64_t d, std::int32_t n, Real* fraction) {
#if defined(__x86_64__)
  if (set == InstructionSet::avx512) return fractions_avx512(q, d, n, fraction);
  if (set == InstructionSet::avx2) return fractions_avx2(q, d, n, fraction);
#endif
  fractions_body(q, d, n, fraction);
}

void fill_fractions(InstructionSet set, std::int64_t q, std::int64_t d, std::int32_t n, float* fraction) {
  fractions(set, q, d, n, fraction);
}
void fill_fractions(InstructionSet set, std::int64_t q, std::int64_t d, std::int32_t n, double* fraction) {
  fractions(set, q, d, n, fraction);
}

std::int32_t find_runs(InstructionSet set, const std::int32_t* index, std::int32_t n, std::int32_t* start,
                       std::int32_t* voxel) {
  start[0] = 0;
  voxel[0] = index[0];
#if defined(__x86_64__)
  if (set == InstructionSet::avx512) return runs_avx512(index, n, start, voxel);
  if (set == InstructionSet::avx2) return runs_avx2(index, n, start, voxel);
#endif
  return runs_baseline(index, 1, n, 1, start, voxel);
}

template <typename T>
void prefix_sums(InstructionSet set, const T* pixels, std::uint32_t bias, std::int32_t n,
                 std::uint32_t* prefix) {
#if defined(__x86_64__)
  if (set != InstructionSet::baseline) return prefix_avx2(pixels, bias, n, prefix);
#endif
  prefix_baseline(pixels, bias, 0, n, 0, prefix);
}

template void prefix_sums(InstructionSet, const std::uint8_t*, std::uint32_t, std::int32_t, std::uint32_t*);
template void prefix_sums(InstructionSet, const std::int8_t*, std::uint32_t, std::int32_t, std::uint32_t*);
template void prefix_sums(InstructionSet, const std::uint16_t*, std::uint32_t, std::int32_t, std::uint32_t*);
template void prefix_sums(InstructionSet, const std::int16_t*, std::uint32_t, std::int32_t, std::uint32_t*);

}  // namespace snitt::reconstruction
