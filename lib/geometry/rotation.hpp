#pragma once
#include "geometry/matrix.hpp"

namespace snitt {

/// Rotation about `vector` by its length in radians (Rodrigues' formula), without translation.
Matrix4 rotation_from_vector(Vec3 vector);
/// The rotation vector of a rigid matrix, length 0 … pi. The inverse of rotation_from_vector.
Vec3 vector_from_rotation(const Matrix4& rigid);
/// Angle of the rotation between two rigid matrices, radians, 0 … pi; accurate for small angles.
double angle_between(const Matrix4& a, const Matrix4& b);

}  // namespace snitt
