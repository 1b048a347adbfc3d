#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace snitt::reconstruction {

/// One bit per voxel: 64 voxels along x to a word, words of neighbouring rows side by side, so that one
/// vector instruction asks about 64 voxels in each of several rows. Words and rows outside the volume, up to
/// the margin, exist and are empty, as are all slices outside it: neighbours need no test for the volume's
/// edge.
class KnownMask {
 public:
  /// How many rows are worked on together.
  static constexpr std::size_t lanes = 8;

  /// No voxel known. Rows down to -margin and up to rows + margin + lanes can be asked for.
  KnownMask(std::array<std::size_t, 3> size, int margin);

  std::size_t words() const { return words_; }
  int margin() const { return margin_; }
  std::array<std::size_t, 3> size() const { return size_; }
  /// Pointer to the word of voxels 64·word … 64·word + 63 of row 0 of slice z; that of row y is y further.
  /// The words -1 and words() exist and are empty.
  const std::uint64_t* column(std::ptrdiff_t word, std::ptrdiff_t z) const {
    const bool inside = z >= 0 && z < std::ptrdiff_t(size_[2]);
    return bits_.data() + (inside ? z : std::ptrdiff_t(size_[2])) * slice_stride_ +
           (word + 1) * word_stride_ + margin_;
  }
  std::uint64_t* column(std::ptrdiff_t word, std::size_t z) {
    return bits_.data() + std::ptrdiff_t(z) * slice_stride_ + (word + 1) * word_stride_ + margin_;
  }
  /// Those bits of a word that are voxels of the volume.
  std::uint64_t voxels_of_word(std::size_t word) const;

 private:
  std::array<std::size_t, 3> size_;
  int margin_;
  std::size_t words_;
  std::ptrdiff_t word_stride_;
  std::ptrdiff_t slice_stride_;
  std::vector<std::uint64_t> bits_;  // [slice, word, row]; the slice after the last one stays empty
};

/// The voxels whose accumulation [z, y, x] is above 0.
KnownMask known_voxels(std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size,
                       int margin);

/// The voxels with a known one within the mask's margin along x and y (a square within their slice).
KnownMask dilated_in_slices(const KnownMask& known);

}  // namespace snitt::reconstruction
