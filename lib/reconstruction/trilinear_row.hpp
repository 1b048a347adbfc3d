#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "reconstruction/row_kernel.hpp"

namespace snitt::reconstruction {

/// Accumulator of a voxel.
struct SumCell {
  double sum;
  double weight;
};

/// Sum and weight that a pixel gives to corner 0 of its cell, to corner 1, …
struct alignas(64) SpreadPixel {
  std::array<float, 16> corner;
};

/// A row piece whose cells have all eight corners in the grid: positions within the cell, values, and runs of
/// pixels in one cell (find_runs).
struct TrilinearRow {
  const float* fx;
  const float* fy;
  const float* fz;
  const float* value;
  const float* weight;        ///< of each pixel; null when all are 1
  const std::int32_t* start;  ///< start[runs] is the number of pixels
  const std::int32_t* cell;   ///< corner 0 of each run; 64 more are readable
  std::int32_t runs;
};

#if defined(__x86_64__)
/// Adds a row piece to accumulators that lie `stride` apart; needs AVX-512. `scratch`: one per pixel. Every
/// voxel gets the bits that plain loops give it: each corner of a run is summed in single precision in the
/// order of the pixels, then added in double precision.
void add_trilinear_row_avx512(const TileLayout& layout, const TrilinearRow& row, SumCell* cells,
                              std::size_t stride, SpreadPixel* scratch);
#endif

}  // namespace snitt::reconstruction
