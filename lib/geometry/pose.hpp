#pragma once
#include <optional>
#include <span>

#include "geometry/matrix.hpp"

namespace snitt {

/// Unit quaternion, w first.
struct Quaternion {
  double w = 1;
  double x = 0;
  double y = 0;
  double z = 0;
};

/// Rotation part of a rigid matrix (Shepperd 1978: the largest diagonal term first, so no cancellation).
Quaternion rotation_of(const Matrix4& rigid);
Matrix4 rigid_matrix(const Quaternion& rotation, Vec3 translation);

/// Pose between two rigid poses: translation linear, rotation by slerp along the shorter arc (q and -q are
/// the same rotation, so the sign is aligned first). `fraction` 0 gives `a`, 1 gives `b`, exactly.
Matrix4 interpolate_pose(const Matrix4& a, const Matrix4& b, double fraction);

}  // namespace snitt
