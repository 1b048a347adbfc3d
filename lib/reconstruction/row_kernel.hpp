#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/instruction_set.hpp"

namespace snitt::reconstruction {

/// Where voxel (x, y, z) has its accumulator. Accumulators lie in tiles of 2 x 2 x 2 voxels, x fastest inside
/// a tile: 8 bytes per voxel make a tile one cache line, so a slanting image plane touches a third of the
/// lines it would touch in row order, and no orientation is bad.
struct TileLayout {
  std::array<std::size_t, 3> size{};
  std::int32_t half_y = 0;  ///< half the distance between tiles along y, in cells
  std::int32_t half_z = 0;
  std::int32_t odd_y = 0;  ///< what an odd y takes off y·half_y
  std::int32_t odd_z = 0;
  std::int32_t base = 0;  ///< index of voxel (0, 0, 0)
  std::size_t cells = 0;

  /// With `padding` 1 there is a tile before the first voxel of every axis, so that coordinates down to -2
  /// have an index too.
  TileLayout(const std::array<std::size_t, 3>& grid_size, std::size_t padding);

  [[gnu::always_inline]] std::int32_t index(std::int32_t x, std::int32_t y, std::int32_t z) const {
    return base + 4 * x + y * half_y + z * half_z - 3 * (x & 1) - (-(y & 1) & odd_y) - (-(z & 1) & odd_z);
  }
};

/// Arrays of a row need this many elements more than the row has pixels: vectors are stored whole.
constexpr std::size_t row_padding = 64;

/// index[i] = accumulator of the pixel at q + i·d (fixed point, 32 fraction bits), i < n.
void fill_indices(InstructionSet set, const TileLayout& layout, const std::array<std::int64_t, 3>& q,
                  const std::array<std::int64_t, 3>& d, std::int32_t n, std::int32_t* index);

/// fraction[i] = fraction of q + i·d, cut to 24 bits in single precision, all 32 bits in double precision:
/// exact numbers in [0, 1).
void fill_fractions(InstructionSet set, std::int64_t q, std::int64_t d, std::int32_t n, float* fraction);
void fill_fractions(InstructionSet set, std::int64_t q, std::int64_t d, std::int32_t n, double* fraction);

/// Splits index[0 … n-1] into runs of equal values: start[r] is the first pixel of run r, start[runs] = n,
/// voxel[r] its value. Returns the number of runs. n >= 1; index[-1] is readable.
std::int32_t find_runs(InstructionSet set, const std::int32_t* index, std::int32_t n, std::int32_t* start,
                       std::int32_t* voxel);

/// prefix[i] = sum of (pixels[0] - bias) … (pixels[i-1] - bias), i <= n. Modulo 2³², which leaves differences
/// exact.
template <typename T>
void prefix_sums(InstructionSet set, const T* pixels, std::uint32_t bias, std::int32_t n,
                 std::uint32_t* prefix);

}  // namespace snitt::reconstruction
