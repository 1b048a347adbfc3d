#include <algorithm>
#include <bit>
#include <numbers>

#include "reconstruction/hole_filling_kernels.hpp"
#include "reconstruction/stick_search.hpp"

namespace snitt::reconstruction {
namespace {

constexpr std::size_t group_voxels = 64 * KnownMask::lanes;

/// Weighted sums over the sticks of the holes of a group.
struct StickSums {
  std::array<double, group_voxels> weight;
  std::vector<double> value;  // [hole, component]
};

/// Adds one stick to each of the holes (bits of one lane) of a row; `row` is the row's first voxel of the
/// group.
template <typename T, FillArithmetic Arithmetic>
void add_sticks(const HoledVolume<T>& volume, std::ptrdiff_t row, std::ptrdiff_t ahead, std::ptrdiff_t behind,
                double share, double weight, std::uint64_t holes, double* sums, double* weights) {
  const std::ptrdiff_t n = std::ptrdiff_t(volume.components);
  for (; holes != 0; holes &= holes - 1) {
    const int bit = std::countr_zero(holes);
    const T* a = volume.values + (row + bit + ahead) * n;
    const T* b = volume.values + (row + bit + behind) * n;
    for (std::ptrdiff_t c = 0; c < n; ++c) {
      double value = share * double(a[c]) + (1 - share) * double(b[c]);
      if constexpr (Arithmetic == FillArithmetic::plus_compatible) value = double(static_cast<T>(value));
      sums[bit * n + c] += weight * value;
    }
    weights[bit] += weight;
  }
}

template <typename T, FillArithmetic Arithmetic>
Group fill_sticks(const StickTable& table, const HoledVolume<T>& volume, GroupPosition at,
                  const Group& wanted) {
  thread_local StickSearch search;
  thread_local StickSums sums;
  const std::vector<StickMatch>& matches = search.find(table, *volume.known, at, wanted);
  Group filled{};
  if (matches.empty()) return filled;
  const std::size_t n = volume.components;
  const std::ptrdiff_t stride = std::ptrdiff_t(volume.known->size()[0]);
  const std::ptrdiff_t plane = stride * std::ptrdiff_t(volume.known->size()[1]);
  const std::ptrdiff_t first = 64 * at.word + at.y * stride + at.z * plane;
  sums.weight.fill(0);
  sums.value.assign(group_voxels * n, 0);
  for (const StickMatch& match : matches) {
    const StickLevel& level = table.levels[match.level];
    const Direction d = stick_directions[match.direction];
    const std::ptrdiff_t step = d.x + d.y * stride + d.z * plane;
    const int f = match.forward;
    const int r = level.steps - f;
    const double share =
        Arithmetic == FillArithmetic::rounded ? double(r) / level.steps : double(r + 1) / (level.steps + 1);
    for (std::size_t lane = 0; lane < KnownMask::lanes; ++lane) {
      if (match.holes[lane] == 0) continue;
      add_sticks<T, Arithmetic>(volume, first + std::ptrdiff_t(lane) * stride, f * step, -r * step, share,
                                level.weight, match.holes[lane], sums.value.data() + 64 * lane * n,
                                sums.weight.data() + 64 * lane);
      filled[lane] |= match.holes[lane];
    }
  }
  for (std::size_t lane = 0; lane < KnownMask::lanes; ++lane)
    for (std::uint64_t holes = filled[lane]; holes != 0; holes &= holes - 1) {
      const std::size_t bit = std::size_t(std::countr_zero(holes));
      const std::size_t voxel = std::size_t(first + std::ptrdiff_t(lane) * stride) + bit;
      for (std::size_t c = 0; c < n; ++c)
        volume.values[voxel * n + c] =
            to_voxel<T>(sums.value[(64 * lane + bit) * n + c] / sums.weight[64 * lane + bit], Arithmetic);
    }
  return filled;
}

}  // namespace

StickTable::StickTable(const FillStick& element, FillArithmetic how)
    : sticks(element.sticks), arithmetic(how) {
  const std::array<double, 3> length_of_step{1, std::numbers::sqrt2, std::numbers::sqrt3};
  const int extra = how == FillArithmetic::plus_compatible ? 1 : 0;
  for (int kind = 0; kind < 3; ++kind)
    for (int steps = 2; steps + 1 <= element.length_limit; ++steps)
      levels.push_back({kind, steps, 1 / ((steps + extra) * length_of_step[std::size_t(kind)])});
  std::stable_sort(levels.begin(), levels.end(),
                   [](const StickLevel& a, const StickLevel& b) { return a.weight > b.weight; });
  longest_arm = element.length_limit - 2;
}

template <typename T>
Group fill_group(const StickTable& table, const HoledVolume<T>& volume, GroupPosition at,
                 const Group& wanted) {
  if (table.arithmetic == FillArithmetic::rounded)
    return fill_sticks<T, FillArithmetic::rounded>(table, volume, at, wanted);
  return fill_sticks<T, FillArithmetic::plus_compatible>(table, volume, at, wanted);
}

template Group fill_group(const StickTable&, const HoledVolume<std::uint8_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<std::int8_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<std::uint16_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<std::int16_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<std::uint32_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<std::int32_t>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<float>&, GroupPosition, const Group&);
template Group fill_group(const StickTable&, const HoledVolume<double>&, GroupPosition, const Group&);

}  // namespace snitt::reconstruction
