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

void pack_row(const std::uint16_t* counts, std::size_t columns, KnownMask& mask, std::size_t y,
              std::size_t z) {
  const std::size_t whole = columns / 64;
  for (std::size_t word = 0; word < whole; ++word)
    mask.column(std::ptrdiff_t(word), z)[y] = nonzero_word(counts + 64 * word);
  if (columns % 64 == 0) return;
  std::array<std::uint16_t, 64> rest{};
  std::copy(counts + 64 * whole, counts + columns, rest.begin());
  mask.column(std::ptrdiff_t(whole), z)[y] = nonzero_word(rest.data());
}

/// out[y] = in[y] and its neighbours along x, up to `reach` voxels away; `before` and `after` are the words
/// at both sides.
void dilate_along_x(const std::uint64_t* before, const std::uint64_t* in, const std::uint64_t* after,
                    std::size_t rows, int reach, std::uint64_t* out) {
  std::copy(in, in + rows, out);
  for (int step = 1; step <= reach; ++step)
    for (std::size_t y = 0; y < rows; ++y)
      out[y] |= (in[y] >> step) | (after[y] << (64 - step)) | (in[y] << step) | (before[y] >> (64 - step));
}

}  // namespace

KnownMask::KnownMask(std::array<std::size_t, 3> size, int margin)
    : size_(size),
      margin_(margin),
      words_((size[0] + 63) / 64),
      word_stride_(std::ptrdiff_t(size[1] + lanes) + 2 * margin),
      slice_stride_(std::ptrdiff_t(words_ + 2) * word_stride_),
      bits_(std::size_t(slice_stride_) * (size[2] + 1), 0) {}

std::uint64_t KnownMask::voxels_of_word(std::size_t word) const {
  const std::size_t rest = size_[0] - 64 * word;
  return rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
}

KnownMask known_voxels(std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size,
                       int margin) {
  KnownMask known(size, margin);
  tbb::parallel_for(std::size_t{0}, size[2], [&](std::size_t z) {
    for (std::size_t y = 0; y < size[1]; ++y)
      pack_row(accumulation.data() + (z * size[1] + y) * size[0], size[0], known, y, z);
  });
  return known;
}

KnownMask dilated_in_slices(const KnownMask& known) {
  const std::ptrdiff_t rows = std::ptrdiff_t(known.size()[1]);
  const int reach = known.margin();
  KnownMask dilated(known.size(), reach);
  tbb::parallel_for(std::size_t{0}, known.size()[2], [&](std::size_t z) {
    const std::ptrdiff_t slice = std::ptrdiff_t(z);
    std::vector<std::uint64_t> along_x(std::size_t(rows + 2 * reach), 0);
    for (std::ptrdiff_t word = 0; word < std::ptrdiff_t(known.words()); ++word) {
      dilate_along_x(known.column(word - 1, slice), known.column(word, slice), known.column(word + 1, slice),
                     std::size_t(rows), reach, along_x.data() + reach);
      std::uint64_t* out = dilated.column(word, z);
      for (int step = 0; step <= 2 * reach; ++step)
        for (std::ptrdiff_t y = 0; y < rows; ++y) out[y] |= along_x[std::size_t(y + step)];
    }
  });
  return dilated;
}

}  // namespace snitt::reconstruction
