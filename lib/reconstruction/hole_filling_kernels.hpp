#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "reconstruction/hole_filling.hpp"
#include "reconstruction/known_mask.hpp"

namespace snitt::reconstruction {

/// Sticks in the order in which they are preferred: one entry per length and kind of direction.
struct StickLevel {
  int kind = 0;   ///< 0 axes, 1 face diagonals, 2 space diagonals
  int steps = 0;  ///< f + r, between the two ends
  double weight = 0;
};

struct StickTable {
  StickTable(const FillStick& element, FillArithmetic arithmetic);
  int sticks;
  int longest_arm = 1;  ///< steps from the hole to the farther end
  std::vector<StickLevel> levels;
  FillArithmetic arithmetic;
};

enum class CubeRule { nearest, weighted, weighted_by_accumulation };

struct CubeTable {
  CubeTable(const HoleFillingElement& element, FillArithmetic arithmetic);
  CubeRule rule;
  int half;  ///< the cube reaches from -half to +half
  double minimum_known_ratio;
  std::vector<double> weight;  ///< [dz, dy, dx] over the cube
  FillArithmetic arithmetic;
};

using FillTable = std::variant<StickTable, CubeTable>;

struct Direction {
  int x;
  int y;
  int z;
};
/// 3 axes, 6 face diagonals, 4 space diagonals. The order and the signs are the peer's: truncated sums depend
/// on them.
inline constexpr std::array<Direction, 13> stick_directions{{{1, 0, 0},
                                                             {0, 1, 0},
                                                             {0, 0, 1},
                                                             {1, 1, 0},
                                                             {1, 0, 1},
                                                             {0, 1, 1},
                                                             {1, -1, 0},
                                                             {1, 0, -1},
                                                             {0, 1, -1},
                                                             {1, 1, 1},
                                                             {-1, 1, 1},
                                                             {1, -1, 1},
                                                             {1, 1, -1}}};

/// The volume that is being filled; T is the voxel type.
template <typename T>
struct HoledVolume {
  T* values;
  const std::uint16_t* accumulation;
  const KnownMask* known;
  std::size_t components;
};

/// Bit i of lane l is voxel (64·word + i, y + l, z).
struct GroupPosition {
  std::ptrdiff_t word;
  std::ptrdiff_t y;
  std::ptrdiff_t z;
};
using Group = std::array<std::uint64_t, KnownMask::lanes>;

/// Fills those of the wanted holes that it can and returns their bits.
template <typename T>
Group fill_group(const StickTable&, const HoledVolume<T>&, GroupPosition, const Group& wanted);
template <typename T>
Group fill_group(const CubeTable&, const HoledVolume<T>&, GroupPosition, const Group& wanted);

/// `value` is a mean of values of type T, so it lies within its range.
template <typename T>
T to_voxel(double value, FillArithmetic arithmetic) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else if (arithmetic == FillArithmetic::plus_compatible) {
    return static_cast<T>(value);
  } else {
    // floor(value + 0.5) without a library call, for the oldest instruction set
    const double shifted_up = value + 0.5;
    const std::int64_t truncated = static_cast<std::int64_t>(shifted_up);
    return static_cast<T>(truncated - (double(truncated) > shifted_up ? 1 : 0));
  }
}

}  // namespace snitt::reconstruction
