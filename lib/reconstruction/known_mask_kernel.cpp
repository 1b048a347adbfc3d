#include <tbb/parallel_for.h>

#include <algorithm>

#include "reconstruction/known_mask.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace snitt::reconstruction {
namespace {

/// Bit i tells whether counts[i] is above 0, for 64 counts.
std::uint64_t nonzero_word(const std::uint16_t* counts) {
  std::uint64_t word = 0;
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  for (int i = 0; i < 64; i += 16) {
    const auto* at = reinterpret_cast<const __m128i*>(counts + i);
    const __m128i low = _mm_cmpeq_epi16(_mm_loadu_si128(at), zero);
    const __m128i high = _mm_cmpeq_epi16(_mm_loadu_si128(at + 1), zero);
    const int zeros = _mm_movemask_epi8(_mm_packs_epi16(low, high));
    word |= std::uint64_t(~zeros & 0xffff) << i;
  }
#else
  for (int i = 0; i < 64; ++i) word |= std::uint64_t(counts[i] != 0) << i;
#endif
  return word;
}

void pack_row(const std::uint16_t* counts, std::size_t columns, std::uint64_t* out) {
  const std::size_t whole = columns / 64;
  for (std::size_t word = 0; word < whole; ++word) out[word] = nonzero_word(counts + 64 * word);
  if (columns % 64 == 0) return;
  std::array<std::uint16_t, 64> rest{};
  std::copy(counts + 64 * whole, counts + columns, rest.begin());
  out[whole] = nonzero_word(rest.data());
}

void dilate_row(const std::uint64_t* in, std::size_t words, int reach, std::uint64_t* out) {
  for (std::size_t word = 0; word < words; ++word) {
    std::uint64_t any = in[word];
    for (int step = 1; step <= reach; ++step) any |= shifted(in, word, step) | shifted(in, word, -step);
    out[word] = any;
  }
}

}  // namespace

KnownMask::KnownMask(std::array<std::size_t, 3> size)
    : size_(size),
      words_((size[0] + 63) / 64),
      stride_(words_ + 2),
      empty_row_(size[1] * size[2] * stride_),
      bits_((size[1] * size[2] + 1) * stride_, 0) {}

std::uint64_t KnownMask::voxels_of_word(std::size_t word) const {
  const std::size_t rest = size_[0] - 64 * word;
  return rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
}

KnownMask known_voxels(std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size) {
  KnownMask known(size);
  tbb::parallel_for(std::size_t{0}, size[2], [&](std::size_t z) {
    for (std::size_t y = 0; y < size[1]; ++y)
      pack_row(accumulation.data() + (z * size[1] + y) * size[0], size[0], known.mutable_row(y, z));
  });
  return known;
}

KnownMask dilated_in_slices(const KnownMask& known, int reach) {
  const auto [columns, rows, slices] = known.size();
  KnownMask dilated(known.size());
  const std::size_t words = known.words();
  tbb::parallel_for(std::size_t{0}, slices, [&, row_count = rows](std::size_t z) {
    std::vector<std::uint64_t> along_x(row_count * words);
    for (std::size_t y = 0; y < row_count; ++y)
      dilate_row(known.row(std::ptrdiff_t(y), std::ptrdiff_t(z)), words, reach, along_x.data() + y * words);
    for (std::size_t y = 0; y < row_count; ++y) {
      std::uint64_t* out = dilated.mutable_row(y, z);
      const std::size_t first = y - std::min(y, std::size_t(reach));
      const std::size_t last = std::min(row_count - 1, y + std::size_t(reach));
      for (std::size_t from = first; from <= last; ++from)
        for (std::size_t word = 0; word < words; ++word) out[word] |= along_x[from * words + word];
      // Bits past the end of the row are no voxels.
      out[words - 1] &= dilated.voxels_of_word(words - 1);
    }
  });
  return dilated;
}

}  // namespace snitt::reconstruction
