// Trilinear insertion with maximum or latest compounding: the corners with a weight of at least 1/8 get the
// pixel's value.
#include <tbb/parallel_for.h>

#include <algorithm>

#include "base/huge_array.hpp"
#include "reconstruction/insertion_kernel.hpp"

namespace snitt::reconstruction {
namespace {

template <typename T, bool Largest>
class TrilinearSelection final : public InsertionKernel {
 public:
  explicit TrilinearSelection(const KernelInput& input)
      : size_(input.grid->size),
        shape_(input.shape),
        region_(*input.region),
        least_(least_informing(region_)),
        cells_(input.grid->voxels() * shape_.format.components) {}

  void insert(std::span<const PlacedFrame> frames, const VoxelBox& box) override {
    VoxelBox touching = box;
    for (std::int64_t& least : touching.least) --least;
    for (const PlacedFrame& frame : frames)
      for (std::size_t v = 0; v < shape_.rows; ++v) {
        const auto row = static_cast<std::int64_t>(v);
        for (PixelInterval piece : region_.row(v)) {
          clip(frame.fixed.at(0, row), frame.fixed.du, touching, piece.first, piece.end);
          for (std::int32_t u = piece.first; u < piece.end; ++u)
            insert_pixel(reinterpret_cast<const T*>(frame.pixels) +
                             (v * shape_.columns + static_cast<std::size_t>(u)) * shape_.format.components,
                         frame.fixed.at(u, row), box);
        }
      }
  }

  double capacity() const override { return 4e9; }

  double largest_count() const override {
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) most = std::max(most, cells_[i].count);
    return static_cast<double>(most);
  }

  void finish(PixelType output, InsertedVoxels& result) override {
    if (output == PixelType::f32)
      finish_as<float>(result);
    else
      finish_as<T>(result);
  }

 private:
  struct Cell {
    T value;
    std::uint32_t count;
  };

  void insert_pixel(const T* pixel, const std::array<std::int64_t, 3>& q, const VoxelBox& box) {
    if (!informs(pixel[0], least_)) return;
    constexpr double unit = 1 / FixedAffine::one;
    for (std::size_t corner = 0; corner < 8; ++corner) {
      double weight = 1;
      bool inside = true;
      std::array<std::int64_t, 3> at{};
      for (std::size_t k = 0; k < 3; ++k) {
        const bool far = (corner >> k & 1) != 0;
        const double fraction = static_cast<double>(q[k] & 0xFFFFFFFF) * unit;
        weight *= far ? fraction : 1 - fraction;
        at[k] = (q[k] >> 32) + (far ? 1 : 0);
        inside = inside && at[k] >= box.least[k] && at[k] < box.beyond[k];
      }
      if (!inside || weight < 0.125) continue;
      const std::size_t voxel =
          (static_cast<std::size_t>(at[2]) * size_[1] + static_cast<std::size_t>(at[1])) * size_[0] +
          static_cast<std::size_t>(at[0]);
      for (std::size_t c = 0; c < shape_.format.components; ++c) {
        Cell& cell = cells_[voxel * shape_.format.components + c];
        if (!Largest || cell.count == 0 || pixel[c] > cell.value) cell.value = pixel[c];
        ++cell.count;
      }
    }
  }

  template <typename Out>
  void finish_as(InsertedVoxels& result) {
    const std::size_t components = shape_.format.components;
    Out* values = reinterpret_cast<Out*>(result.values.data());
    tbb::parallel_for(std::size_t{0}, result.accumulation.size() / size_[0], [&](std::size_t row) {
      for (std::size_t voxel = row * size_[0]; voxel < (row + 1) * size_[0]; ++voxel) {
        for (std::size_t c = 0; c < components; ++c)
          values[voxel * components + c] = static_cast<Out>(cells_[voxel * components + c].value);
        result.accumulation[voxel] = static_cast<std::uint16_t>(
            std::min<std::uint64_t>(65535, std::uint64_t{cells_[voxel * components].count} * 256));
      }
    });
  }

  std::array<std::size_t, 3> size_;
  FrameShape shape_;
  const ImageRegion& region_;
  double least_;
  HugeArray<Cell> cells_;
};

}  // namespace

std::unique_ptr<InsertionKernel> make_trilinear_selection_kernel(const KernelInput& input) {
  return visit_pixel_type(input.shape.format.type, [&](auto tag) -> std::unique_ptr<InsertionKernel> {
    using T = typename decltype(tag)::type;
    if (input.options->compounding == Compounding::maximum)
      return std::make_unique<TrilinearSelection<T, true>>(input);
    return std::make_unique<TrilinearSelection<T, false>>(input);
  });
}

}  // namespace snitt::reconstruction
