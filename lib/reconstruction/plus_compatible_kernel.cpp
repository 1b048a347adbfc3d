// PLUS's insertion in its double-precision, single-threaded order: sequential means that are truncated at
// every pixel, an accumulation buffer with 256 per pixel. Written from the description of its arithmetic, not
// from its code. A voxel's pixels arrive in the order of frames, rows and columns whatever the slab, so the
// result is PLUS's for any number of threads.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/huge_array.hpp"
#include "reconstruction/insertion_kernel.hpp"

namespace snitt::reconstruction {
namespace {

constexpr double whole_pixel = 256;
constexpr std::uint16_t full = 65535;

/// PLUS adds 2⁻¹⁷ before it cuts.
std::int64_t plus_floor(double x) { return static_cast<std::int64_t>(std::floor(x + 0x1p-17)); }

std::uint16_t capped(double accumulation) {
  return static_cast<std::uint16_t>(std::min<double>(full, std::floor(accumulation + 0.5)));
}

/// Integers are truncated, floating point stays.
template <typename T>
T truncated(double value) {
  return static_cast<T>(value);
}

template <typename T>
T rounded(double value) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(value);
  else
    return static_cast<T>(std::floor(value + 0.5));
}

template <typename T>
class PlusCompatible final : public InsertionKernel {
 public:
  explicit PlusCompatible(const KernelInput& input)
      : grid_(*input.grid),
        shape_(input.shape),
        region_(*input.region),
        options_(*input.options),
        values_(grid_.voxels() * shape_.format.components),
        accumulation_(grid_.voxels()) {}

  void insert(std::span<const PlacedFrame> frames, const VoxelBox& box) override {
    // Fixed point only finds the pixels that may matter, one voxel around the box; doubles decide.
    VoxelBox around = box;
    for (std::size_t k = 0; k < 3; ++k) {
      around.least[k] -= 2;
      around.beyond[k] += 2;
    }
    for (const PlacedFrame& frame : frames)
      for (std::size_t v = 0; v < shape_.rows; ++v)
        for (PixelInterval piece : region_.row(v)) {
          clip(frame.fixed.at(0, static_cast<std::int64_t>(v)), frame.fixed.du, around, piece.first,
               piece.end);
          for (std::int32_t u = piece.first; u < piece.end; ++u)
            insert_pixel(frame, static_cast<std::size_t>(u), v, box);
        }
  }

  double capacity() const override { return 1e15; }
  double largest_count() const override { return 0; }

  void finish(PixelType /*always the frames' type*/, InsertedVoxels& result) override {
    std::memcpy(result.values.data(), values_.data(), result.values.size());
    std::copy_n(accumulation_.data(), result.accumulation.size(), result.accumulation.data());
  }

 private:
  void insert_pixel(const PlacedFrame& frame, std::size_t u, std::size_t v, const VoxelBox& box) {
    const std::size_t at = v * shape_.columns + u;
    const T* pixel = reinterpret_cast<const T*>(frame.pixels) + at * shape_.format.components;
    if (region_.reject_below() && static_cast<double>(pixel[0]) < *region_.reject_below()) return;
    const Matrix4& m = frame.image_to_space;
    std::array<double, 3> q{};
    for (std::size_t k = 0; k < 3; ++k)
      q[k] = (m(k, 0) * static_cast<double>(u) + m(k, 1) * static_cast<double>(v) + m(k, 3) -
              grid_.origin_mm[k]) /
             grid_.spacing_mm[k];
    const double mask =
        options_.compounding == Compounding::mask_weighted ? options_.weights[at] : whole_pixel;
    if (options_.interpolation == Interpolation::nearest)
      insert_nearest(q, pixel, mask, box);
    else
      insert_linear(q, pixel, mask, box);
  }

  bool inside(const std::array<std::int64_t, 3>& at, const VoxelBox& box) const {
    for (std::size_t k = 0; k < 3; ++k)
      if (at[k] < box.least[k] || at[k] >= box.beyond[k]) return false;
    return true;
  }

  std::size_t voxel(const std::array<std::int64_t, 3>& at) const {
    return (static_cast<std::size_t>(at[2]) * grid_.size[1] + static_cast<std::size_t>(at[1])) *
               grid_.size[0] +
           static_cast<std::size_t>(at[0]);
  }

  void insert_nearest(const std::array<double, 3>& q, const T* pixel, double mask, const VoxelBox& box) {
    std::array<std::int64_t, 3> at{};
    for (std::size_t k = 0; k < 3; ++k) at[k] = plus_floor(q[k] + 0.5);
    if (!inside(at, box) || mask == 0) return;
    const std::size_t index = voxel(at);
    std::uint16_t& accumulated = accumulation_[index];
    const double before = accumulated;
    T* out = values_.data() + index * shape_.format.components;
    for (std::size_t c = 0; c < shape_.format.components; ++c) {
      const auto in = static_cast<double>(pixel[c]);
      const auto old = static_cast<double>(out[c]);
      if (options_.compounding == Compounding::latest)
        out[c] = pixel[c];
      else if (options_.compounding == Compounding::maximum)
        out[c] = std::max(out[c], pixel[c]);
      else if (options_.compounding == Compounding::mask_weighted || before <= full - whole_pixel)
        out[c] = truncated<T>((mask * in + before * old) / (before + mask));
      else
        out[c] = truncated<T>(in / 256 + 255.0 / 256 * old);
    }
    if (options_.compounding == Compounding::mean && before > full - whole_pixel) return;
    accumulated = capped(before + mask);
  }

  void insert_linear(const std::array<double, 3>& q, const T* pixel, double mask, const VoxelBox& box) {
    std::array<std::int64_t, 3> low{};
    std::array<double, 3> fraction{};
    for (std::size_t k = 0; k < 3; ++k) {
      low[k] = plus_floor(q[k]);
      fraction[k] = q[k] - static_cast<double>(low[k]);
      const std::int64_t high = low[k] + (fraction[k] != 0 ? 1 : 0);
      if (low[k] < 0 || high >= static_cast<std::int64_t>(grid_.size[k])) return;
    }
    for (unsigned corner = 8; corner-- > 0;) {
      const std::array<bool, 3> far{(corner & 4U) != 0, (corner & 2U) != 0, (corner & 1U) != 0};
      double weight = 1;
      std::array<std::int64_t, 3> at = low;
      for (std::size_t k = 0; k < 3; ++k) {
        weight *= far[k] ? fraction[k] : 1 - fraction[k];
        at[k] += far[k] ? 1 : 0;
      }
      if (weight != 0 && inside(at, box)) add_corner(voxel(at), weight, pixel, mask);
    }
  }

  void add_corner(std::size_t index, double weight, const T* pixel, double mask) {
    std::uint16_t& accumulated = accumulation_[index];
    T* out = values_.data() + index * shape_.format.components;
    const double before = accumulated;
    double after = before;
    for (std::size_t c = 0; c < shape_.format.components; ++c) {
      const auto in = static_cast<double>(pixel[c]);
      const auto old = static_cast<double>(out[c]);
      switch (options_.compounding) {
        case Compounding::mean: {
          const double r = before / whole_pixel;
          out[c] = rounded<T>((weight * in + r * old) / (weight + r));
          after = (weight + r) * whole_pixel;
          break;
        }
        case Compounding::mask_weighted: {
          const double sum = mask * weight + before;
          if (mask == 0) break;
          out[c] = rounded<T>((in * mask * weight + old * before) / sum);
          after = sum;
          break;
        }
        case Compounding::maximum:
        case Compounding::latest:
          if (weight < 0.125 || (options_.compounding == Compounding::maximum && !(in > old))) break;
          out[c] = pixel[c];
          after = whole_pixel * weight;
          break;
      }
    }
    accumulated = capped(after);
  }

  VolumeGeometry grid_;
  FrameShape shape_;
  const ImageRegion& region_;
  const InsertionOptions& options_;
  HugeArray<T> values_;
  HugeArray<std::uint16_t> accumulation_;
};

}  // namespace

std::unique_ptr<InsertionKernel> make_plus_compatible_kernel(const KernelInput& input) {
  return visit_pixel_type(input.shape.format.type, [&](auto tag) -> std::unique_ptr<InsertionKernel> {
    return std::make_unique<PlusCompatible<typename decltype(tag)::type>>(input);
  });
}

}  // namespace snitt::reconstruction
