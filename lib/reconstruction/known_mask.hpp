#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace snitt::reconstruction {

/// One bit per voxel, 64 voxels of a row to a word, for asking about 64 neighbours in one instruction. Every row has an
/// empty word at both ends and rows outside the volume are empty, so neighbours need no test for the volume's edge.
class KnownMask {
 public:
  /// No voxel known.
  explicit KnownMask(std::array<std::size_t, 3> size);

  std::size_t words() const { return words_; }
  std::array<std::size_t, 3> size() const { return size_; }
  /// Pointer to the word of voxels 0 … 63 of row (y, z); words -1 and words() exist and are empty.
  const std::uint64_t* row(std::ptrdiff_t y, std::ptrdiff_t z) const {
    const bool inside = y >= 0 && z >= 0 && y < std::ptrdiff_t(size_[1]) && z < std::ptrdiff_t(size_[2]);
    return bits_.data() + (inside ? (std::size_t(z) * size_[1] + std::size_t(y)) * stride_ : empty_row_) + 1;
  }
  std::uint64_t* mutable_row(std::size_t y, std::size_t z) {
    return bits_.data() + (z * size_[1] + y) * stride_ + 1;
  }
  /// Those bits of a row's word that are voxels of the volume.
  std::uint64_t voxels_of_word(std::size_t word) const;

 private:
  std::array<std::size_t, 3> size_;
  std::size_t words_;
  std::size_t stride_;
  std::size_t empty_row_;
  std::vector<std::uint64_t> bits_;
};

/// Bit i of the result is voxel 64·word + i + shift of the row; |shift| < 64.
inline std::uint64_t shifted(const std::uint64_t* row, std::size_t word, int shift) {
  if (shift == 0) return row[word];
  if (shift > 0) return (row[word] >> shift) | (row[word + 1] << (64 - shift));
  return (row[word] << -shift) | (row[std::ptrdiff_t(word) - 1] >> (64 + shift));
}

/// The voxels whose accumulation [z, y, x] is above 0.
KnownMask known_voxels(std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size);

/// The voxels with a known one within `reach` steps along x and y (a square within their slice).
KnownMask dilated_in_slices(const KnownMask& known, int reach);

}  // namespace snitt::reconstruction
