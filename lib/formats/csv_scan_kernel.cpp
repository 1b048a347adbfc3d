#include <bit>

#include "base/instruction_set.hpp"
#include "formats/csv_scan.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace snitt::formats {
namespace {

constexpr std::size_t block = 64;

/// One bit for each of 64 bytes.
struct Masks {
  std::uint64_t delimiters = 0;
  std::uint64_t newlines = 0;
  std::uint64_t quotes = 0;
  std::uint64_t high = 0;
  std::uint64_t zeros = 0;
};

/// Adds the positions of a block's bits; eight are written at a time, those too many are overwritten later.
inline void take(const Masks& masks, std::uint64_t valid, std::uint32_t base, std::uint32_t* positions,
                 ScanFacts& facts) {
  std::uint64_t bits = (masks.delimiters | masks.newlines | masks.quotes) & valid;
  facts.newlines += static_cast<std::size_t>(std::popcount(masks.newlines & valid));
  facts.has_quotes |= (masks.quotes & valid) != 0;
  facts.has_high |= (masks.high & valid) != 0;
  facts.has_zeros |= (masks.zeros & valid) != 0;
  const auto count = static_cast<std::size_t>(std::popcount(bits));
  std::uint32_t* out = positions + facts.count;
  for (std::size_t done = 0; done < count; done += 8)
    for (std::size_t i = 0; i < 8; ++i) {
      out[done + i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  facts.count += count;
}

Masks masks_of(const char* text, char delimiter) {
  Masks masks;
  for (std::size_t i = 0; i < block; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (text[i] == delimiter) masks.delimiters |= bit;
    if (text[i] == '\n') masks.newlines |= bit;
    if (text[i] == '"') masks.quotes |= bit;
    if ((text[i] & 0x80) != 0) masks.high |= bit;
    if (text[i] == '\0') masks.zeros |= bit;
  }
  return masks;
}

template <Masks (*MasksOf)(const char*, char)>
[[gnu::always_inline]] inline ScanFacts scan(const char* text, std::size_t size, char delimiter,
                                             std::uint32_t* positions) {
  ScanFacts facts;
  for (std::size_t at = 0; at < size; at += block) {
    const std::uint64_t valid =
        size - at >= block ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
    take(MasksOf(text + at, delimiter), valid, static_cast<std::uint32_t>(at), positions, facts);
  }
  return facts;
}

#if defined(__x86_64__)

#define SNITT_AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define SNITT_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi,popcnt")))

SNITT_AVX2 inline std::uint64_t equal_bits(__m256i low, __m256i high, __m256i to) {
  const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, to)));
  const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, to)));
  return a | static_cast<std::uint64_t>(b) << 32U;
}

SNITT_AVX2 ScanFacts scan_avx2(const char* text, std::size_t size, char delimiter, std::uint32_t* positions) {
  const __m256i d = _mm256_set1_epi8(delimiter);
  const __m256i n = _mm256_set1_epi8('\n');
  const __m256i q = _mm256_set1_epi8('"');
  ScanFacts facts;
  for (std::size_t at = 0; at < size; at += block) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32));
    Masks masks;
    masks.delimiters = equal_bits(low, high, d);
    masks.newlines = equal_bits(low, high, n);
    masks.quotes = equal_bits(low, high, q);
    masks.zeros = equal_bits(low, high, _mm256_setzero_si256());
    masks.high = static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
                 static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32U;
    const std::uint64_t valid =
        size - at >= block ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
    take(masks, valid, static_cast<std::uint32_t>(at), positions, facts);
  }
  return facts;
}

SNITT_AVX512 ScanFacts scan_avx512(const char* text, std::size_t size, char delimiter,
                                   std::uint32_t* positions) {
  const __m512i d = _mm512_set1_epi8(delimiter);
  const __m512i n = _mm512_set1_epi8('\n');
  const __m512i q = _mm512_set1_epi8('"');
  ScanFacts facts;
  for (std::size_t at = 0; at < size; at += block) {
    const __m512i bytes = _mm512_loadu_si512(text + at);
    Masks masks;
    masks.delimiters = _mm512_cmpeq_epi8_mask(bytes, d);
    masks.newlines = _mm512_cmpeq_epi8_mask(bytes, n);
    masks.quotes = _mm512_cmpeq_epi8_mask(bytes, q);
    masks.zeros = _mm512_testn_epi8_mask(bytes, bytes);
    masks.high = _mm512_movepi8_mask(bytes);
    const std::uint64_t valid =
        size - at >= block ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
    take(masks, valid, static_cast<std::uint32_t>(at), positions, facts);
  }
  return facts;
}
#endif

}  // namespace

ScanFacts scan_structure(const char* text, std::size_t size, char delimiter, std::uint32_t* positions) {
#if defined(__x86_64__)
  static const InstructionSet best = best_instruction_set();
  if (best == InstructionSet::avx512) return scan_avx512(text, size, delimiter, positions);
  if (best == InstructionSet::avx2) return scan_avx2(text, size, delimiter, positions);
#endif
  return scan<masks_of>(text, size, delimiter, positions);
}

}  // namespace snitt::formats
