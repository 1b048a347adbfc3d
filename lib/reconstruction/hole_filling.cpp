#include "reconstruction/hole_filling.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <bit>

#include "base/error.hpp"
#include "reconstruction/hole_filling_kernels.hpp"

namespace snitt::reconstruction {
namespace {

constexpr int largest_cube = 63;   // a row of the cube is looked up in one word
constexpr int longest_stick = 63;  // neighbours are found by shifting words of 64 voxels

void check_cube(const FillCube& cube) {
  if (cube.size_voxels < 3 || cube.size_voxels > largest_cube || cube.size_voxels % 2 == 0)
    throw UsageError("hole filling cube has side {}; expected an odd number from 3 to {}", cube.size_voxels,
                     largest_cube);
  if (!(cube.minimum_known_ratio >= 0 && cube.minimum_known_ratio <= 1))
    throw UsageError("hole filling has minimum known ratio {}; expected 0 to 1", cube.minimum_known_ratio);
}

void check_sigma(double sigma_voxels) {
  // Below 0.1 voxel every weight underflows.
  if (!(sigma_voxels >= 0.1 && sigma_voxels <= 1000))
    throw UsageError("hole filling has sigma {} voxels; expected 0.1 to 1000", sigma_voxels);
}

void check(const FillNearest& e) { check_cube(e.cube); }
void check(const FillInverseDistance& e) { check_cube(e.cube); }
void check(const FillGaussian& e) { check_cube(e.cube), check_sigma(e.sigma_voxels); }
void check(const FillGaussianAccumulation& e) { check_cube(e.cube), check_sigma(e.sigma_voxels); }
void check(const FillStick& e) {
  if (e.length_limit < 3 || e.length_limit > longest_stick)
    throw UsageError("hole filling stick has length limit {}; expected 3 to {} voxels", e.length_limit,
                     longest_stick);
  if (e.sticks < 1 || e.sticks > 13)
    throw UsageError("hole filling uses {} sticks; expected 1 to 13", e.sticks);
}

FillTable table_of(const HoleFillingElement& element, FillArithmetic arithmetic) {
  if (const auto* stick = std::get_if<FillStick>(&element)) return StickTable(*stick, arithmetic);
  return CubeTable(element, arithmetic);
}

/// How far from a hole the farthest voxel that an element may use can be, along any axis.
int reach_of(const FillTable& table) {
  if (const auto* cube = std::get_if<CubeTable>(&table)) return cube->half;
  return std::get<StickTable>(table).longest_arm;
}

std::uint64_t count(const Group& group) {
  std::uint64_t bits = 0;
  for (const std::uint64_t word : group) bits += std::uint64_t(std::popcount(word));
  return bits;
}

bool any(const Group& group) {
  return std::any_of(group.begin(), group.end(), [](std::uint64_t word) { return word != 0; });
}

/// Group by group over the volume. Groups without holes, and holes without a known voxel near, cost next to
/// nothing.
template <typename T>
class Filling {
 public:
  Filling(HoledVolume<T> volume, std::span<const FillTable> tables) : volume_(volume), tables_(tables) {}

  FillCounts run(Monitor& monitor) {
    const KnownMask near = dilated_in_slices(*volume_.known);
    const std::size_t slices = near.size()[2];
    std::vector<std::vector<std::uint64_t>> counts(slices);  // [slice][element, then left]
    std::atomic<std::size_t> done = 0;
    tbb::parallel_for(std::size_t{0}, slices, [&](std::size_t z) {
      counts[z] = fill_slice(near, std::ptrdiff_t(z));
      monitor.progress("filling holes", double(++done), double(slices));
    });
    FillCounts total{std::vector<std::uint64_t>(tables_.size(), 0), 0};
    for (const auto& slice : counts) {
      for (std::size_t e = 0; e < tables_.size(); ++e) total.filled[e] += slice[e];
      total.left += slice.back();
    }
    return total;
  }

 private:
  std::vector<std::uint64_t> fill_slice(const KnownMask& near, std::ptrdiff_t z) const {
    std::vector<std::uint64_t> counts(tables_.size() + 1, 0);
    for (std::size_t word = 0; word < near.words(); ++word)
      for (std::size_t y = 0; y < near.size()[1]; y += KnownMask::lanes)
        fill_at(near, {std::ptrdiff_t(word), std::ptrdiff_t(y), z}, counts);
    return counts;
  }

  void fill_at(const KnownMask& near, GroupPosition at, std::vector<std::uint64_t>& counts) const {
    Group holes = holes_at(at);
    counts.back() += count(holes);
    if (!any(holes)) return;
    Group close{};
    for (int dz = -near.margin(); dz <= near.margin(); ++dz) {
      const std::uint64_t* column = near.column(at.word, at.z + dz) + at.y;
      for (std::size_t lane = 0; lane < close.size(); ++lane) close[lane] |= column[lane];
    }
    for (std::size_t lane = 0; lane < holes.size(); ++lane) holes[lane] &= close[lane];
    for (std::size_t e = 0; e < tables_.size() && any(holes); ++e) {
      const Group filled =
          std::visit([&](const auto& table) { return fill_group(table, volume_, at, holes); }, tables_[e]);
      for (std::size_t lane = 0; lane < holes.size(); ++lane) holes[lane] &= ~filled[lane];
      counts[e] += count(filled);
      counts.back() -= count(filled);
    }
  }

  Group holes_at(GroupPosition at) const {
    const KnownMask& known = *volume_.known;
    const std::uint64_t* column = known.column(at.word, at.z) + at.y;
    const std::size_t rows = std::min(KnownMask::lanes, known.size()[1] - std::size_t(at.y));
    Group holes{};
    for (std::size_t lane = 0; lane < rows; ++lane)
      holes[lane] = ~column[lane] & known.voxels_of_word(std::size_t(at.word));
    return holes;
  }

  HoledVolume<T> volume_;
  std::span<const FillTable> tables_;
};

}  // namespace

FillCounts fill_holes(std::span<std::byte> values, PixelFormat format,
                      std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size,
                      std::span<const HoleFillingElement> elements, FillArithmetic arithmetic,
                      Monitor& monitor) {
  const std::size_t voxels = size[0] * size[1] * size[2];
  if (accumulation.size() != voxels || values.size() != voxels * size_of(format))
    throw InputError(
        "hole filling has {} bytes of values and {} of accumulation; expected a volume of {} x {} x {}",
        values.size(), accumulation.size_bytes(), size[0], size[1], size[2]);
  std::vector<FillTable> tables;
  for (const HoleFillingElement& element : elements) {
    std::visit([](const auto& e) { check(e); }, element);
    tables.push_back(table_of(element, arithmetic));
  }
  if (voxels == 0) return {std::vector<std::uint64_t>(elements.size(), 0), 0};
  int reach = 1;
  for (const FillTable& table : tables) reach = std::max(reach, reach_of(table));
  const KnownMask known = known_voxels(accumulation, size, reach);
  return visit_pixel_type(format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const HoledVolume<T> volume{reinterpret_cast<T*>(values.data()), accumulation.data(), &known,
                                format.components};
    return Filling<T>(volume, tables).run(monitor);
  });
}

}  // namespace snitt::reconstruction
