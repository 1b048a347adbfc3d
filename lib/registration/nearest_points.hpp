#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::registration {

/// A k-d tree over points that must outlive it and stay where they are. Of points equally near, the one that
/// the tree meets first: the same for the same points in the same order.
class NearestPoints {
 public:
  explicit NearestPoints(std::span<const Vec3> points);
  ~NearestPoints();
  NearestPoints(NearestPoints&&) noexcept;
  NearestPoints& operator=(NearestPoints&&) noexcept;

  struct Hit {
    std::size_t index = 0;
    double squared_mm2 = 0;
  };
  Hit nearest(Vec3 point) const;
  /// The `count` nearest, nearest first; fewer when there are fewer points.
  std::vector<Hit> nearest(Vec3 point, std::size_t count) const;
  /// All within `radius_mm`, by rising index; at most the `most` nearest.
  std::vector<Hit> within(Vec3 point, double radius_mm, std::size_t most) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::registration
