#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/monitor.hpp"
#include "data/pixel.hpp"

namespace snitt::reconstruction {

/// What the elements with a cube share: the hole lies in the middle of size_voxels³ voxels (size odd, 3 …
/// 63); known ones count if their share of the cube is above the ratio. Parts of the cube outside the volume
/// count as unknown.
struct FillCube {
  int size_voxels = 5;
  double minimum_known_ratio = 0;
};

/// Plain mean of the smallest cube around the hole (side 3, 5, … size_voxels) that holds any known voxel.
struct FillNearest {
  FillCube cube;
};
/// Mean weighted by 1/distance (in voxels).
struct FillInverseDistance {
  FillCube cube;
};
/// Mean weighted by exp(-distance²/2σ²).
struct FillGaussian {
  FillCube cube;
  double sigma_voxels = 1;
};
/// The same, times how much was accumulated in the known voxel.
struct FillGaussianAccumulation {
  FillCube cube;
  double sigma_voxels = 1;
};
/// Linear interpolation on the shortest lines ("sticks") through the hole that end in known voxels on both
/// sides, in 13 directions: 3 axes, 6 face and 4 space diagonals. A stick covers at most length_limit voxels
/// (3 … 63), both ends included. The shortest are used, all of equal length together, until at least `sticks`
/// were used.
struct FillStick {
  int length_limit = 9;
  int sticks = 1;
};

using HoleFillingElement =
    std::variant<FillNearest, FillInverseDistance, FillGaussian, FillGaussianAccumulation, FillStick>;

/// How numbers become voxels.
enum class FillArithmetic {
  /// Everything in double, rounded once; a stick with ends f and r steps away weighs them r : f and counts
  /// 1/length,
  /// so a linear field is filled exactly; the nearest cube's ratio refers to the cube that is used.
  rounded,
  /// As PLUS computes: every stick's value and the result are truncated to the voxel type, a stick weighs its
  /// ends
  /// (r+1) : f and counts 1/((f+r+1)·|direction|), and the nearest cube's ratio refers to the largest cube.
  plus_compatible,
};

struct FillCounts {
  std::vector<std::uint64_t> filled;  ///< [element]
  std::uint64_t left = 0;             ///< holes that no element could fill
};

/// Fills the voxels whose accumulation is 0, in place, with the first element that can: `values` [z, y, x,
/// component], `accumulation` [z, y, x] (256 = one whole pixel; it is not changed), `size` {x, y, z}. Only
/// voxels with accumulation above 0 are ever read, so a filled voxel never feeds another: the same bytes come
/// out for any number of threads. Holes that no element fills keep their value. Needs 2 bits of memory per
/// voxel. Throws UsageError for an element out of its range and InputError for arrays that do not match
/// `size`.
FillCounts fill_holes(std::span<std::byte> values, PixelFormat format,
                      std::span<const std::uint16_t> accumulation, std::array<std::size_t, 3> size,
                      std::span<const HoleFillingElement> elements, FillArithmetic arithmetic,
                      Monitor& monitor);

}  // namespace snitt::reconstruction
