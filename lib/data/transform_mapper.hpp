#pragma once
#include <span>
#include <vector>

#include "data/spatial_transform.hpp"

namespace snitt {

/// Maps many points: what does not depend on the point is worked out once. Gives what map_point gives, but
/// for the order of sums in B-splines. Keeps a reference: the transform must live longer. May be used by
/// several threads at once.
class TransformMapper {
 public:
  explicit TransformMapper(const SpatialTransform& transform);

  /// In place. Fastest for the points of one row of a grid, in their order.
  void map(std::span<Vec3> points) const;
  void map(std::size_t step, std::span<Vec3> points) const;
  /// Moves the point and gives the derivative of where it goes by where it was (row: component, column:
  /// axis), in the upper left of the matrix. Between the voxels of a displacement field that of its linear
  /// interpolation, at a voxel center the mean of both sides, so that it is the central difference there.
  Matrix4 derivative(Vec3& point) const;
  Matrix4 derivative(std::size_t step, Vec3& point) const;

  std::size_t steps() const { return steps_->size(); }
  const TransformStep& step(std::size_t i) const { return (*steps_)[i]; }

 private:
  const std::vector<TransformStep>* steps_;
  std::vector<Matrix4> to_index_;  ///< [step] of those with a grid
};

}  // namespace snitt
