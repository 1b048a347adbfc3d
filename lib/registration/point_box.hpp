#pragma once
#include <algorithm>
#include <limits>
#include <span>

#include "geometry/matrix.hpp"

namespace snitt::registration {

/// The box around points.
struct PointBox {
  Vec3 low{infinite, infinite, infinite};
  Vec3 high{-infinite, -infinite, -infinite};
  Vec3 sides_mm() const { return high - low; }
  double diagonal_mm() const { return norm(high - low); }
  static constexpr double infinite = std::numeric_limits<double>::infinity();
};

inline PointBox box_of(std::span<const Vec3> points) {
  PointBox box;
  for (const Vec3 p : points)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      box.low[axis] = std::min(box.low[axis], p[axis]);
      box.high[axis] = std::max(box.high[axis], p[axis]);
    }
  return box;
}

}  // namespace snitt::registration
