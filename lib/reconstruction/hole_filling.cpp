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
    throw UsageError("hole filling stick has length limit {}; expected 3 to {} voxels", e.length_limit, longest_stick);
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
  int reach = 0;
  for (const StickLevel& level : std::get<StickTable>(table).levels) reach = std::max(reach, level.steps - 1);
  return reach;
}

/// Word by word over the volume. Words without holes, and holes without a known voxel near, cost next to nothing.
template <typename T>
class Filling {
 public:
  Filling(HoledVolume<T> volume, std::span<const FillTable> tables)
      : volume_(volume), tables_(tables), reach_(1) {
    for (const FillTable& table : tables) reach_ = std::max(reach_, reach_of(table));
  }

  FillCounts run(Monitor& monitor) {
    const KnownMask near = dilated_in_slices(*volume_.known, reach_);
    const auto [columns, rows, slices] = volume_.known->size();
    std::vector<std::vector<std::uint64_t>> counts(slices);  // [slice][element, then left]
    std::atomic<std::size_t> done = 0;
    tbb::parallel_for(std::size_t{0}, slices, [&, rows = rows, slices = slices](std::size_t z) {
      counts[z].assign(tables_.size() + 1, 0);
      std::vector<std::uint64_t> near_row(near.words());
      for (std::size_t y = 0; y < rows; ++y) {
        near_of_row(near, y, z, near_row);
        fill_row(y, z, near_row, counts[z]);
      }
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
  void near_of_row(const KnownMask& near, std::size_t y, std::size_t z, std::vector<std::uint64_t>& out) const {
    std::fill(out.begin(), out.end(), 0);
    for (int dz = -reach_; dz <= reach_; ++dz) {
      const std::uint64_t* row = near.row(std::ptrdiff_t(y), std::ptrdiff_t(z) + dz);
      for (std::size_t word = 0; word < out.size(); ++word) out[word] |= row[word];
    }
  }

  void fill_row(std::size_t y, std::size_t z, const std::vector<std::uint64_t>& near_row,
                std::vector<std::uint64_t>& counts) const {
    const std::uint64_t* known = volume_.known->row(std::ptrdiff_t(y), std::ptrdiff_t(z));
    for (std::size_t word = 0; word < near_row.size(); ++word) {
      const std::uint64_t holes = ~known[word] & volume_.known->voxels_of_word(word);
      std::uint64_t wanted = holes & near_row[word];
      std::uint64_t left = std::uint64_t(std::popcount(holes));
      const WordPosition at{std::ptrdiff_t(y), std::ptrdiff_t(z), word};
      for (std::size_t e = 0; e < tables_.size() && wanted != 0; ++e) {
        const std::uint64_t filled =
            std::visit([&](const auto& table) { return fill_word(table, volume_, at, wanted); }, tables_[e]);
        wanted &= ~filled;
        counts[e] += std::uint64_t(std::popcount(filled));
        left -= std::uint64_t(std::popcount(filled));
      }
      counts.back() += left;
    }
  }

  HoledVolume<T> volume_;
  std::span<const FillTable> tables_;
  int reach_;
};

}  // namespace

FillCounts fill_holes(std::span<std::byte> values, PixelFormat format, std::span<const std::uint16_t> accumulation,
                      std::array<std::size_t, 3> size, std::span<const HoleFillingElement> elements,
                      FillArithmetic arithmetic, Monitor& monitor) {
  const std::size_t voxels = size[0] * size[1] * size[2];
  if (accumulation.size() != voxels || values.size() != voxels * size_of(format))
    throw InputError("hole filling has {} bytes of values and {} of accumulation; expected a volume of {} x {} x {}",
                     values.size(), accumulation.size_bytes(), size[0], size[1], size[2]);
  std::vector<FillTable> tables;
  for (const HoleFillingElement& element : elements) {
    std::visit([](const auto& e) { check(e); }, element);
    tables.push_back(table_of(element, arithmetic));
  }
  if (voxels == 0) return {std::vector<std::uint64_t>(elements.size(), 0), 0};
  const KnownMask known = known_voxels(accumulation, size);
  return visit_pixel_type(format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const HoledVolume<T> volume{reinterpret_cast<T*>(values.data()), accumulation.data(), &known, format.components};
    return Filling<T>(volume, tables).run(monitor);
  });
}

}  // namespace snitt::reconstruction
