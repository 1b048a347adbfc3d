// Trilinear insertion (splatting). Runs of pixels in one cell of eight voxels are summed in registers, one
// vector lane per corner, and added to the eight accumulators once per run.
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/huge_array.hpp"
#include "reconstruction/insertion_kernel.hpp"
#include "reconstruction/trilinear_row.hpp"

namespace snitt::reconstruction {
namespace {

template <typename Real>
struct RowScratch {
  std::vector<std::int32_t> index;  ///< accumulator of the cell's corner 0, for each pixel
  std::vector<std::int32_t> cell;   ///< the same for each run
  std::vector<std::int32_t> start;  ///< first pixel of each run, and one past the last
  std::vector<Real> fx, fy, fz;     ///< position within the cell, exact multiples of 2⁻²⁴ or 2⁻³²
  std::vector<Real> value;          ///< times the weight where there is one
  std::vector<Real> weight;
  std::vector<SpreadPixel> spread;
  explicit RowScratch(std::size_t columns)
      : index(columns + row_padding),
        cell(columns + row_padding),
        start(columns + row_padding),
        fx(columns + row_padding),
        fy(columns + row_padding),
        fz(columns + row_padding),
        value(columns + row_padding),
        weight(columns + row_padding),
        spread(std::is_same_v<Real, float> ? columns : 0) {}
};

template <typename Real>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float Eight __attribute__((vector_size(32)));
  typedef std::int32_t Bits __attribute__((vector_size(32)));
};
template <>
struct Lanes<double> {
  typedef double Eight __attribute__((vector_size(64)));
  typedef std::int64_t Bits __attribute__((vector_size(64)));
};

typedef double SumAndWeight __attribute__((vector_size(16), may_alias));

/// Of one run.
struct CornerSums {
  SumAndWeight at[8];
};

/// Offsets of the corners from corner 0 of a cell in the tile layout; bit 0 of a corner's number is x, bit 1
/// y, bit 2 z.
[[gnu::always_inline]] inline std::array<std::int32_t, 3> steps(const TileLayout& layout,
                                                                std::int32_t index) {
  return {(index & 1) != 0 ? 7 : 1, (index & 2) != 0 ? 2 * layout.half_y - 2 : 2,
          (index & 4) != 0 ? 2 * layout.half_z - 4 : 4};
}

/// Positions and runs of a row piece.
template <typename Real>
std::int32_t locate(InstructionSet set, const TileLayout& layout, const std::array<std::int64_t, 3>& q,
                    const std::array<std::int64_t, 3>& d, std::int32_t n, RowScratch<Real>& row) {
  fill_indices(set, layout, q, d, n, row.index.data());
  fill_fractions(set, q[0], d[0], n, row.fx.data());
  fill_fractions(set, q[1], d[1], n, row.fy.data());
  fill_fractions(set, q[2], d[2], n, row.fz.data());
  return find_runs(set, row.index.data(), n, row.start.data(), row.cell.data());
}

template <typename T, bool Weighted>
class TrilinearMean final : public InsertionKernel {
 public:
  // Single precision holds 8 and 16-bit pixels and the fractions exactly.
  using Real = std::conditional_t<(sizeof(T) <= 2), float, double>;
  using Eight = typename Lanes<Real>::Eight;
  using Bits = typename Lanes<Real>::Bits;

  explicit TrilinearMean(const KernelInput& input)
      : layout_(input.grid->size, 1),
        shape_(input.shape),
        region_(*input.region),
        options_(*input.options),
        cells_(layout_.cells * shape_.format.components) {}

  void insert(std::span<const PlacedFrame> frames, const VoxelBox& box) override {
    RowScratch<Real> scratch(shape_.columns);
    for (const PlacedFrame& frame : frames) {
#if defined(__x86_64__)
      if (options_.instruction_set == InstructionSet::avx512)
        insert_avx512(frame, box, scratch);
      else if (options_.instruction_set == InstructionSet::avx2)
        insert_avx2(frame, box, scratch);
      else
#endif
        insert_frame(frame, box, scratch);
    }
  }

  double capacity() const override { return 1e15; }
  double largest_count() const override { return 0; }

  void finish(PixelType output, InsertedVoxels& result) override {
    if (output == PixelType::f32)
      finish_as<float>(result);
    else
      finish_as<T>(result);
  }

 private:
#if defined(__x86_64__)
  [[gnu::target("avx2,bmi,bmi2")]] void insert_avx2(const PlacedFrame& frame, const VoxelBox& box,
                                                    RowScratch<Real>& scratch) {
    insert_frame(frame, box, scratch);
  }
  [[gnu::target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]] void insert_avx512(
      const PlacedFrame& frame, const VoxelBox& box, RowScratch<Real>& scratch) {
    insert_frame(frame, box, scratch);
  }
#endif

  [[gnu::always_inline]] void insert_frame(const PlacedFrame& frame, const VoxelBox& box,
                                           RowScratch<Real>& scratch) {
    // Cells that touch the box, and those with all eight corners in it: a row meets them as border, interior,
    // border.
    VoxelBox touching = box;
    VoxelBox interior = box;
    for (std::size_t k = 0; k < 3; ++k) {
      --touching.least[k];
      --interior.beyond[k];
    }
    for (std::size_t v = 0; v < shape_.rows; ++v) {
      const auto q = frame.fixed.at(0, static_cast<std::int64_t>(v));
      for (PixelInterval all : region_.row(v)) {
        clip(q, frame.fixed.du, touching, all.first, all.end);
        if (all.first >= all.end) continue;
        PixelInterval inner = all;
        clip(q, frame.fixed.du, interior, inner.first, inner.end);
        if (inner.first >= inner.end) inner = {all.end, all.end};
        if (all.first < inner.first) insert_border(frame, v, {all.first, inner.first}, box, scratch);
        if (inner.first < inner.end) insert_interior(frame, v, inner, scratch);
        if (inner.end < all.end) insert_border(frame, v, {inner.end, all.end}, box, scratch);
      }
    }
  }

  /// Values (and weights) of a row piece as floating point.
  [[gnu::always_inline]] void load(const PlacedFrame& frame, std::size_t offset, std::size_t n,
                                   std::size_t component, RowScratch<Real>& row) const {
    const std::size_t components = shape_.format.components;
    const T* pixels = reinterpret_cast<const T*>(frame.pixels) + offset * components;
    if constexpr (!Weighted) {
      if (components == 1)
        for (std::size_t i = 0; i < n; ++i) row.value[i] = static_cast<Real>(pixels[i]);
      else
        for (std::size_t i = 0; i < n; ++i)
          row.value[i] = static_cast<Real>(pixels[i * components + component]);
    } else {
      const double least = least_informing(region_);
      const bool masked = options_.compounding == Compounding::mask_weighted;
      for (std::size_t i = 0; i < n; ++i) {
        const Real mask = masked ? static_cast<Real>(options_.weights[offset + i]) : Real(1);
        const bool kept = informs(pixels[i * components], least);
        row.weight[i] = kept ? mask : Real(0);
        row.value[i] = kept ? static_cast<Real>(pixels[i * components + component]) : Real(0);
      }
    }
  }

  /// Sums of weights and of weighted values of one run, per corner.
  [[gnu::always_inline]] void sum_run(const RowScratch<Real>& row, std::int32_t first, std::int32_t end,
                                      Eight& sum, Eight& weight) const {
    const Eight far_x{1, 0, 1, 0, 1, 0, 1, 0};
    const Eight far_y{1, 1, 0, 0, 1, 1, 0, 0};
    const Eight far_z{1, 1, 1, 1, 0, 0, 0, 0};
    using Word = std::conditional_t<std::is_same_v<Real, float>, std::int32_t, std::int64_t>;
    constexpr Word magnitude = std::numeric_limits<Word>::max();
    const Real* fx = row.fx.data();
    const Real* fy = row.fy.data();
    const Real* fz = row.fz.data();
    const Real* value = row.value.data();
    sum = Eight{};
    weight = Eight{};
#pragma GCC unroll 1
    for (std::int32_t i = first; i < end; ++i) {
      // |f - 1| = 1 - f and |f - 0| = f, both exact; the bits without the sign are the magnitude.
      const Bits x = reinterpret_cast<Bits>(fx[i] - far_x) & magnitude;
      const Bits y = reinterpret_cast<Bits>(fy[i] - far_y) & magnitude;
      const Bits z = reinterpret_cast<Bits>(fz[i] - far_z) & magnitude;
      Eight w = reinterpret_cast<Eight>(x) * reinterpret_cast<Eight>(y) * reinterpret_cast<Eight>(z);
      if constexpr (Weighted) w *= row.weight[static_cast<std::size_t>(i)];
      sum += w * value[i];
      weight += w;
    }
  }

  [[gnu::always_inline]] void insert_interior(const PlacedFrame& frame, std::size_t v, PixelInterval piece,
                                              RowScratch<Real>& row) {
    const std::int32_t n = piece.end - piece.first;
    const std::size_t offset = v * shape_.columns + static_cast<std::size_t>(piece.first);
    const std::size_t components = shape_.format.components;
    const std::int32_t runs =
        locate<Real>(options_.instruction_set, layout_,
                     frame.fixed.at(piece.first, static_cast<std::int64_t>(v)), frame.fixed.du, n, row);
    for (std::size_t c = 0; c < components; ++c) {
      load(frame, offset, static_cast<std::size_t>(n), c, row);
#if defined(__x86_64__)
      if constexpr (std::is_same_v<Real, float>)
        if (options_.instruction_set == InstructionSet::avx512) {
          const TrilinearRow spread{row.fx.data(),
                                    row.fy.data(),
                                    row.fz.data(),
                                    row.value.data(),
                                    Weighted ? row.weight.data() : nullptr,
                                    row.start.data(),
                                    row.cell.data(),
                                    runs};
          add_trilinear_row_avx512(layout_, spread, cells_.data() + c, components, row.spread.data());
          continue;
        }
#endif
      if (components == 1)
        add_runs(row, runs, cells_.data(), std::integral_constant<std::size_t, 1>{});
      else
        add_runs(row, runs, cells_.data() + c, components);
    }
  }

  /// Cells lie `stride` accumulators apart; a stride known to the compiler saves a multiplication per corner.
  template <typename Stride>
  [[gnu::always_inline]] void add_runs(const RowScratch<Real>& row, std::int32_t runs, SumCell* cells,
                                       Stride stride) const {
    for (std::int32_t r = 0; r < runs; ++r) {
      const std::int32_t first = row.start[static_cast<std::size_t>(r)];
      Eight sum;
      Eight weight;
      sum_run(row, first, row.start[static_cast<std::size_t>(r) + 1], sum, weight);
      const std::int32_t index = row.cell[static_cast<std::size_t>(r)];
      prefetch_cell(cells, row.cell[static_cast<std::size_t>(r) + 24], stride);
      const auto [dx, dy, dz] = steps(layout_, index);
      const std::array<std::int32_t, 8> corner{index,           index + dx,          index + dy,
                                               index + dx + dy, index + dz,          index + dx + dz,
                                               index + dy + dz, index + dx + dy + dz};
      const CornerSums pairs = interleave(sum, weight);
      for (std::size_t k = 0; k < 8; ++k)
        *reinterpret_cast<SumAndWeight*>(cells + static_cast<std::size_t>(corner[k]) * stride) += pairs.at[k];
    }
  }

  /// Sum and weight of each corner side by side, in double precision.
  [[gnu::always_inline]] static CornerSums interleave(Eight sum, Eight weight) {
    typedef double Four __attribute__((vector_size(32)));
    const Four sums_low = __builtin_convertvector(__builtin_shufflevector(sum, sum, 0, 1, 2, 3), Four);
    const Four sums_high = __builtin_convertvector(__builtin_shufflevector(sum, sum, 4, 5, 6, 7), Four);
    const Four weights_low =
        __builtin_convertvector(__builtin_shufflevector(weight, weight, 0, 1, 2, 3), Four);
    const Four weights_high =
        __builtin_convertvector(__builtin_shufflevector(weight, weight, 4, 5, 6, 7), Four);
    const Four even_low = __builtin_shufflevector(sums_low, weights_low, 0, 4, 2, 6);
    const Four odd_low = __builtin_shufflevector(sums_low, weights_low, 1, 5, 3, 7);
    const Four even_high = __builtin_shufflevector(sums_high, weights_high, 0, 4, 2, 6);
    const Four odd_high = __builtin_shufflevector(sums_high, weights_high, 1, 5, 3, 7);
    return {
        {__builtin_shufflevector(even_low, even_low, 0, 1), __builtin_shufflevector(odd_low, odd_low, 0, 1),
         __builtin_shufflevector(even_low, even_low, 2, 3), __builtin_shufflevector(odd_low, odd_low, 2, 3),
         __builtin_shufflevector(even_high, even_high, 0, 1),
         __builtin_shufflevector(odd_high, odd_high, 0, 1),
         __builtin_shufflevector(even_high, even_high, 2, 3),
         __builtin_shufflevector(odd_high, odd_high, 2, 3)}};
  }

  /// Asks early for the tiles of the first and the last corner of a cell; a tile of sums is two cache lines
  /// long.
  [[gnu::always_inline]] void prefetch_cell(const SumCell* cells, std::int32_t index,
                                            std::size_t components) const {
    const auto [dx, dy, dz] = steps(layout_, index);
    const SumCell* near_tile = cells + static_cast<std::size_t>(index & ~7) * components;
    const SumCell* far_tile = cells + static_cast<std::size_t>((index + dx + dy + dz) & ~7) * components;
    __builtin_prefetch(near_tile, 1);
    __builtin_prefetch(near_tile + 4, 1);
    __builtin_prefetch(far_tile, 1);
    __builtin_prefetch(far_tile + 4, 1);
  }

  /// The same sums, given only to the corners inside `box`.
  [[gnu::noinline]] void insert_border(const PlacedFrame& frame, std::size_t v, PixelInterval piece,
                                       const VoxelBox& box, RowScratch<Real>& row) {
    const std::int32_t n = piece.end - piece.first;
    const std::size_t offset = v * shape_.columns + static_cast<std::size_t>(piece.first);
    const std::size_t components = shape_.format.components;
    const std::int32_t runs =
        locate<Real>(options_.instruction_set, layout_,
                     frame.fixed.at(piece.first, static_cast<std::int64_t>(v)), frame.fixed.du, n, row);
    for (std::size_t c = 0; c < components; ++c) {
      load(frame, offset, static_cast<std::size_t>(n), c, row);
      for (std::int32_t r = 0; r < runs; ++r) {
        const std::int32_t first = row.start[static_cast<std::size_t>(r)];
        Eight sum;
        Eight weight;
        sum_run(row, first, row.start[static_cast<std::size_t>(r) + 1], sum, weight);
        const auto q = frame.fixed.at(piece.first + first, static_cast<std::int64_t>(v));
        for (std::size_t k = 0; k < 8; ++k) {
          std::array<std::int64_t, 3> at{};
          bool inside = true;
          for (std::size_t axis = 0; axis < 3; ++axis) {
            at[axis] = (q[axis] >> 32) + static_cast<std::int64_t>(k >> axis & 1);
            inside = inside && at[axis] >= box.least[axis] && at[axis] < box.beyond[axis];
          }
          if (!inside) continue;
          const std::int32_t index =
              layout_.index(static_cast<std::int32_t>(at[0]), static_cast<std::int32_t>(at[1]),
                            static_cast<std::int32_t>(at[2]));
          SumCell& cell = cells_[static_cast<std::size_t>(index) * components + c];
          cell.sum += static_cast<double>(sum[k]);
          cell.weight += static_cast<double>(weight[k]);
        }
      }
    }
  }

  template <typename Out>
  void finish_as(InsertedVoxels& result) {
    const std::size_t components = shape_.format.components;
    Out* values = reinterpret_cast<Out*>(result.values.data());
    const double unit = options_.compounding == Compounding::mask_weighted ? 1 : 256;
    const auto [nx, ny, nz] = layout_.size;
    tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t z) {
      std::size_t voxel = z * ny * nx;
      for (std::size_t y = 0; y < ny; ++y)
        for (std::size_t x = 0; x < nx; ++x, ++voxel) {
          const auto index = static_cast<std::size_t>(layout_.index(
              static_cast<std::int32_t>(x), static_cast<std::int32_t>(y), static_cast<std::int32_t>(z)));
          for (std::size_t c = 0; c < components; ++c) {
            const SumCell& cell = cells_[index * components + c];
            const bool seen = cell.weight > 0;
            values[voxel * components + c] = seen ? to_output<Out>(cell.sum / cell.weight) : Out{0};
            // However little a pixel gave, the voxel is not a hole.
            result.accumulation[voxel] = seen ? static_cast<std::uint16_t>(std::clamp(
                                                    std::floor(unit * cell.weight + 0.5), 1.0, 65535.0))
                                              : 0;
          }
        }
    });
  }

  TileLayout layout_;
  FrameShape shape_;
  const ImageRegion& region_;
  const InsertionOptions& options_;
  HugeArray<SumCell> cells_;
};

}  // namespace

template <typename T>
static std::unique_ptr<InsertionKernel> make(const KernelInput& input) {
  // Floating-point pixels may be NaN, which has weight 0.
  if constexpr (!std::is_floating_point_v<T>)
    if (input.options->compounding != Compounding::mask_weighted && !input.region->reject_below())
      return std::make_unique<TrilinearMean<T, false>>(input);
  return std::make_unique<TrilinearMean<T, true>>(input);
}

std::unique_ptr<InsertionKernel> make_trilinear_kernel(const KernelInput& input) {
  const bool selects =
      input.options->compounding == Compounding::maximum || input.options->compounding == Compounding::latest;
  if (selects) return make_trilinear_selection_kernel(input);
  return visit_pixel_type(input.shape.format.type,
                          [&](auto tag) { return make<typename decltype(tag)::type>(input); });
}

}  // namespace snitt::reconstruction
