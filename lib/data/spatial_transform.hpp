#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "data/transform.hpp"
#include "data/volume.hpp"
#include "geometry/matrix.hpp"

/// Transforms that may bend space. There is one direction rule: a transform from A to B maps points of A to
/// points of B. A registration's result goes from the fixed to the moving space.
namespace snitt {

/// p -> M p.
struct LinearStep {
  Matrix4 matrix;
  friend bool operator==(const LinearStep&, const LinearStep&) = default;
};

/// p -> p + u(p), u linear between the voxels of a grid. Outside the grid (beyond half a voxel from the outer
/// centres) nothing moves, as in ITK; up to there the outermost vectors hold.
struct DisplacementStep {
  VolumeGeometry grid;
  std::vector<float> vectors_mm;  ///< [slice, row, column, xyz], components along x, y, z of space
  friend bool operator==(const DisplacementStep&, const DisplacementStep&) = default;
};

/// p -> p + sum of c_i B(p), cubic B-splines on a grid of control points. Where the 4x4x4 control points
/// around p are not all in the grid nothing moves, as in ITK.
struct BSplineStep {
  VolumeGeometry grid;                  ///< of the control points, at least 4 per axis
  std::vector<double> coefficients_mm;  ///< [slice, row, column, xyz]
  friend bool operator==(const BSplineStep&, const BSplineStep&) = default;
};

/// p -> M p + sum of w_i |p - p_i|: the thin-plate spline of three dimensions (Bookstein 1989).
struct ThinPlateStep {
  Matrix4 matrix;
  std::vector<Vec3> landmarks_mm;  ///< [landmark] p_i, in the space the step starts from
  std::vector<Vec3> weights;       ///< [landmark] w_i
  friend bool operator==(const ThinPlateStep&, const ThinPlateStep&) = default;
};

using TransformStep = std::variant<LinearStep, DisplacementStep, BSplineStep, ThinPlateStep>;

struct SpatialTransform {
  TransformName name;                ///< the frames it goes between
  std::vector<TransformStep> steps;  ///< applied one after another, the first first; none: the identity
  friend bool operator==(const SpatialTransform&, const SpatialTransform&) = default;
};

/// "linear", "displacement field", "B-spline", "thin-plate spline".
std::string name_of(const TransformStep& step);

Vec3 map_point(const TransformStep& step, Vec3 point);
Vec3 map_point(const SpatialTransform& transform, Vec3 point);

SpatialTransform linear_transform(const StaticTransform& transform);
/// Whether all steps are linear; `linear_part` of such a transform is all of it.
bool is_linear(const SpatialTransform& transform);
/// Product of the linear steps (only sensible when `is_linear`).
Matrix4 linear_part(const SpatialTransform& transform);

/// What is wrong with it, as a sentence without a full stop: a matrix that is not affine, an array of another
/// length than its grid wants, a number that is not finite, a B-spline with fewer than 4 control points along
/// an axis. "" when nothing is.
std::string fault_of(const SpatialTransform& transform);

}  // namespace snitt
