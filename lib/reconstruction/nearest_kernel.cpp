// Nearest-voxel insertion. Pixels are finer than voxels, so neighbours in a row mostly share a voxel: a row
// becomes a list of runs (pixels of one voxel), found without branches from the voxel index of each pixel,
// and a run costs one update of its voxel. For 8 and 16-bit means the sum of a run is the difference of two
// prefix sums, and sum and count travel in one word: of 32 bits for 8-bit pixels while no voxel has more than
// 4095 of them, because at fine spacings the time goes into the transport of accumulators.
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_reduce.h>

#include <algorithm>
#include <cmath>

#include "base/huge_array.hpp"
#include "reconstruction/insertion_kernel.hpp"

namespace snitt::reconstruction {
namespace {

/// What one thread needs for one row.
struct RowScratch {
  std::vector<std::int32_t> index;    ///< voxel of each pixel
  std::vector<std::int32_t> start;    ///< first pixel of each run, and one past the last
  std::vector<std::int32_t> voxel;    ///< of each run
  std::vector<std::uint32_t> prefix;  ///< sums of all pixels before
  explicit RowScratch(std::size_t columns)
      : index(columns + row_padding),
        start(columns + row_padding),
        voxel(columns + row_padding),
        prefix(columns + row_padding) {}
};

/// One pixel with what is known about it.
template <typename T>
struct Sample {
  T value;
  std::int64_t weight;  ///< 1, or the mask's 1 … 255
};

/// Sum in bits 0-39, count in bits 40-63. Signed pixels are stored above their type's least value.
template <typename T>
struct PackedMean {
  using Cell = std::uint64_t;
  static constexpr int count_shift = 40;
  static constexpr std::int64_t bias = std::is_signed_v<T> ? std::int64_t{std::numeric_limits<T>::min()} : 0;
  static constexpr double capacity = (1 << 24) - 1;
  static constexpr bool packed = true;
  static void add(Cell& cell, Sample<T> s) {
    cell += static_cast<std::uint64_t>(s.value - bias) + (std::uint64_t{1} << count_shift);
  }
  static std::int64_t weight(const Cell& cell) { return static_cast<std::int64_t>(cell >> count_shift); }
  template <typename Out>
  static Out value(const Cell& cell) {
    const std::int64_t n = weight(cell);
    return mean_to_output<Out>(static_cast<std::int64_t>(cell & ((Cell{1} << count_shift) - 1)) + n * bias,
                               n);
  }
};

/// Sum and weight apart, for wide pixels and for weighted means.
template <typename T>
struct WideMean {
  struct Cell {
    Sum<T> sum;
    std::int64_t weight;
  };
  // 2³² · 255 · 2²¹ stays below 2⁶²; doubles do not care.
  static constexpr double capacity = 1 << 21;
  static constexpr bool packed = false;
  static void add(Cell& cell, Sample<T> s) {
    cell.sum += static_cast<Sum<T>>(s.value) * static_cast<Sum<T>>(s.weight);
    cell.weight += s.weight;
  }
  static std::int64_t weight(const Cell& cell) { return cell.weight; }
  template <typename Out>
  static Out value(const Cell& cell) {
    return mean_to_output<Out>(cell.sum, cell.weight);
  }
};

/// The largest or the last value.
template <typename T, bool Largest>
struct Selected {
  struct Cell {
    T value;
    std::uint32_t count;
  };
  static constexpr double capacity = 4e9;
  static constexpr bool packed = false;
  static void add(Cell& cell, Sample<T> s) {
    if (!Largest || cell.count == 0 || s.value > cell.value) cell.value = s.value;
    ++cell.count;
  }
  static std::int64_t weight(const Cell& cell) { return cell.count; }
  template <typename Out>
  static Out value(const Cell& cell) {
    return to_output<Out>(static_cast<double>(cell.value));
  }
};

/// Bits 0-19 sum, 20-31 count: 4095 · 255 < 2²⁰.
typedef std::uint32_t NarrowCell __attribute__((may_alias));
constexpr int narrow_count_shift = 20;
constexpr std::uint32_t narrow_one = 1U << narrow_count_shift;
constexpr double narrow_capacity = 4095;

inline std::uint64_t widened(std::uint32_t cell) {
  return (cell & (narrow_one - 1)) + (std::uint64_t{cell >> narrow_count_shift} << 40);
}

/// Adds the runs of a row. A pixel counts narrow_one + its value in the prefix sums, so that a difference is
/// what the cell gets. The cells of far-away runs are asked for early: they come from main memory.
template <typename Stride>
void add_narrow(const std::int32_t* start, const std::int32_t* voxel, const std::uint32_t* prefix,
                std::int32_t runs, NarrowCell* cells, Stride stride) {
  std::uint32_t before = 0;
  for (std::int32_t r = 0; r < runs; ++r) {
    const std::uint32_t until = prefix[start[r + 1]];
    __builtin_prefetch(cells + static_cast<std::size_t>(voxel[r + 60]) * stride, 1);
    cells[static_cast<std::size_t>(voxel[r]) * stride] += until - before;
    before = until;
  }
}

inline void add_run(std::uint32_t sum, std::int32_t pixels, std::uint64_t& cell) {
  cell += std::uint64_t{sum} + (static_cast<std::uint64_t>(pixels) << 40);
}

/// Adds the runs of a row. The cells of far-away runs are asked for early: they come from main memory.
template <std::size_t Components>
void add_differences(const std::int32_t* start, const std::int32_t* voxel, const std::uint32_t* prefix,
                     std::int32_t runs, std::uint64_t* cells) {
  std::int32_t first = 0;
  std::uint32_t before = 0;
  for (std::int32_t r = 0; r < runs; ++r) {
    const std::int32_t end = start[r + 1];
    const std::uint32_t until = prefix[end];
    __builtin_prefetch(cells + static_cast<std::size_t>(voxel[r + 60]) * Components, 1);
    add_run(until - before, end - first, cells[static_cast<std::size_t>(voxel[r]) * Components]);
    first = end;
    before = until;
  }
}

/// Prefix sums of every `components`-th of the pixels of a row, less `bias`.
template <typename T>
void sum_row(const T* pixels, std::uint32_t bias, std::int32_t n, std::size_t components, InstructionSet set,
             std::uint32_t* prefix) {
  if (components == 1) return prefix_sums(set, pixels, bias, n, prefix);
  prefix[0] = 0;
  for (std::int32_t i = 0; i < n; ++i)
    prefix[i + 1] =
        prefix[i] + static_cast<std::uint32_t>(pixels[static_cast<std::size_t>(i) * components]) - bias;
}

/// One row of 8 or 16-bit pixels into packed cells.
template <typename T>
void add_packed(const T* pixels, std::int32_t runs, RowScratch& row, std::size_t components,
                InstructionSet set, std::uint64_t* cells) {
  const std::int32_t* start = row.start.data();
  const std::int32_t* voxel = row.voxel.data();
  std::uint32_t* prefix = row.prefix.data();
  sum_row(pixels, static_cast<std::uint32_t>(PackedMean<T>::bias), start[runs], components, set, prefix);
  if (components == 1)
    add_differences<1>(start, voxel, prefix, runs, cells);
  else if (components == 3)
    add_differences<3>(start, voxel, prefix, runs, cells);
  else
    for (std::int32_t r = 0; r < runs; ++r)
      add_run(prefix[start[r + 1]] - prefix[start[r]], start[r + 1] - start[r],
              cells[static_cast<std::size_t>(voxel[r]) * components]);
}

template <typename T, typename Rule>
class NearestKernel final : public InsertionKernel {
 public:
  using Cell = typename Rule::Cell;

  explicit NearestKernel(const KernelInput& input)
      : layout_(input.grid->size, 0),
        shape_(input.shape),
        region_(*input.region),
        options_(*input.options),
        cells_(layout_.cells * shape_.format.components),
        narrow_(Rule::packed && sizeof(T) == 1 && !region_.reject_below()) {}

  void insert(std::span<const PlacedFrame> frames, const VoxelBox& box) override {
    RowScratch scratch(shape_.columns);
    for (const PlacedFrame& frame : frames) insert_frame(frame, box, scratch);
  }

  double capacity() const override { return narrow_ ? narrow_capacity : Rule::capacity; }

  double largest_count() const override {
    return static_cast<double>(tbb::parallel_reduce(
        tbb::blocked_range<std::size_t>(0, cells_.size(), 1 << 16), std::int64_t{0},
        [this](const auto& range, std::int64_t most) {
          for (std::size_t i = range.begin(); i < range.end(); ++i)
            most = std::max(most, Rule::weight(cell(i)));
          return most;
        },
        [](std::int64_t a, std::int64_t b) { return std::max(a, b); }));
  }

  /// In place, from the last cell to the first: wide cell i lies on narrow cells that have already moved.
  void widen() override {
    if constexpr (Rule::packed) {
      for (std::size_t i = cells_.size(); narrow_ && i-- > 0;) {
        const std::uint64_t wide = cell(i);
        if (cells_[i] != wide) cells_[i] = wide;  // pages never written stay out of memory
      }
    }
    narrow_ = false;
  }

  void finish(PixelType output, InsertedVoxels& result) override {
    if (output == PixelType::f32)
      finish_as<float>(result);
    else
      finish_as<T>(result);
  }

 private:
  NarrowCell* narrow_cells() { return reinterpret_cast<NarrowCell*>(cells_.data()); }

  Cell cell(std::size_t i) const {
    if constexpr (Rule::packed)
      if (narrow_) return widened(reinterpret_cast<const NarrowCell*>(cells_.data())[i]);
    return cells_[i];
  }

  void insert_frame(const PlacedFrame& frame, const VoxelBox& box, RowScratch& scratch) {
    const T* pixels = reinterpret_cast<const T*>(frame.pixels);
    const std::size_t components = shape_.format.components;
    for (std::size_t v = 0; v < shape_.rows; ++v) {
      const auto q = frame.fixed.at(0, static_cast<std::int64_t>(v));
      for (PixelInterval interval : region_.row(v)) {
        clip(q, frame.fixed.du, box, interval.first, interval.end);
        if (interval.first >= interval.end) continue;
        const auto from = frame.fixed.at(interval.first, static_cast<std::int64_t>(v));
        const std::int32_t n = interval.end - interval.first;
        const std::size_t offset = v * shape_.columns + static_cast<std::size_t>(interval.first);
        fill_indices(options_.instruction_set, layout_, from, frame.fixed.du, n, scratch.index.data());
        const std::int32_t runs = find_runs(options_.instruction_set, scratch.index.data(), n,
                                            scratch.start.data(), scratch.voxel.data());
        for (std::size_t c = 0; c < components; ++c)
          add_component(pixels + offset * components, c, offset, runs, scratch);
      }
    }
  }

  void add_component(const T* pixels, std::size_t component, std::size_t offset, std::int32_t runs,
                     RowScratch& row) {
    if constexpr (Rule::packed) {
      const std::size_t components = shape_.format.components;
      if (narrow_) {
        sum_row(pixels + component, static_cast<std::uint32_t>(Rule::bias) - narrow_one,
                row.start[static_cast<std::size_t>(runs)], components, options_.instruction_set,
                row.prefix.data());
        NarrowCell* cells = narrow_cells() + component;
        if (components == 1)
          add_narrow(row.start.data(), row.voxel.data(), row.prefix.data(), runs, cells,
                     std::integral_constant<std::size_t, 1>{});
        else
          add_narrow(row.start.data(), row.voxel.data(), row.prefix.data(), runs, cells, components);
        return;
      }
      if (!region_.reject_below())
        return add_packed(pixels + component, runs, row, components, options_.instruction_set,
                          cells_.data() + component);
    }
    add_samples(pixels, component, offset, runs, row);
  }

  /// Any rule, pixel by pixel, with the cell of a run in registers.
  void add_samples(const T* pixels, std::size_t component, std::size_t offset, std::int32_t runs,
                   const RowScratch& row) {
    const std::size_t components = shape_.format.components;
    const double least = least_informing(region_);
    const std::uint8_t* weights =
        options_.compounding == Compounding::mask_weighted ? options_.weights.data() + offset : nullptr;
    for (std::int32_t r = 0; r < runs; ++r) {
      const auto first = static_cast<std::size_t>(row.start[static_cast<std::size_t>(r)]);
      const auto end = static_cast<std::size_t>(row.start[static_cast<std::size_t>(r) + 1]);
      Cell& target =
          cells_[static_cast<std::size_t>(row.voxel[static_cast<std::size_t>(r)]) * components + component];
      Cell cell = target;
      for (std::size_t i = first; i < end; ++i) {
        if (!informs(pixels[i * components], least)) continue;
        const std::int64_t weight = weights == nullptr ? 1 : std::int64_t{weights[i]};
        if (weight != 0) Rule::add(cell, Sample<T>{pixels[i * components + component], weight});
      }
      target = cell;
    }
  }

  template <typename Out>
  void finish_as(InsertedVoxels& result) {
    const std::size_t components = shape_.format.components;
    Out* values = reinterpret_cast<Out*>(result.values.data());
    const std::int64_t unit = options_.compounding == Compounding::mask_weighted ? 1 : 256;
    const auto [nx, ny, nz] = layout_.size;
    tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t z) {
      std::size_t voxel = z * ny * nx;
      for (std::size_t y = 0; y < ny; ++y)
        for (std::size_t x = 0; x < nx; ++x, ++voxel) {
          const auto index = static_cast<std::size_t>(layout_.index(
              static_cast<std::int32_t>(x), static_cast<std::int32_t>(y), static_cast<std::int32_t>(z)));
          for (std::size_t c = 0; c < components; ++c) {
            const Cell sums = cell(index * components + c);
            const std::int64_t weight = Rule::weight(sums);
            values[voxel * components + c] = weight == 0 ? Out{0} : Rule::template value<Out>(sums);
            result.accumulation[voxel] =
                static_cast<std::uint16_t>(std::min<std::int64_t>(65535, weight * unit));
          }
        }
    });
  }

  TileLayout layout_;
  FrameShape shape_;
  const ImageRegion& region_;
  const InsertionOptions& options_;
  HugeArray<Cell> cells_;
  bool narrow_;  ///< cells_ holds narrow cells in its first half
};

template <typename T>
std::unique_ptr<InsertionKernel> make(const KernelInput& input) {
  using Mean = std::conditional_t<(sizeof(T) <= 2), PackedMean<T>, WideMean<T>>;
  switch (input.options->compounding) {
    case Compounding::mean:
      return std::make_unique<NearestKernel<T, Mean>>(input);
    case Compounding::maximum:
      return std::make_unique<NearestKernel<T, Selected<T, true>>>(input);
    case Compounding::latest:
      return std::make_unique<NearestKernel<T, Selected<T, false>>>(input);
    case Compounding::mask_weighted:
      break;
  }
  return std::make_unique<NearestKernel<T, WideMean<T>>>(input);
}

}  // namespace

std::unique_ptr<InsertionKernel> make_nearest_kernel(const KernelInput& input) {
  return visit_pixel_type(input.shape.format.type,
                          [&](auto tag) { return make<typename decltype(tag)::type>(input); });
}

}  // namespace snitt::reconstruction
