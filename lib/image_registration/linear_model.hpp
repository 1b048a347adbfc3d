#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include "geometry/matrix.hpp"

namespace snitt::image_registration {

enum class LinearModel { rigid, similarity, affine };

std::string_view name_of(LinearModel model);
/// 6, 7 or 12.
std::size_t parameter_count(LinearModel model);

/// `matrix` (fixed to moving) followed by a small motion about `center` of the moving space. Parameters are
/// millimetres: three of translation, then three of rotation about x, y, z as the way of a point `radius_mm`
/// away, then, of a similarity, that of its scale; affine: translation, then the 3x3 part row by row,
/// likewise times `radius_mm`. Rotations are exact, so that a rigid matrix stays one.
Matrix4 moved(const Matrix4& matrix, LinearModel model, Vec3 center, double radius_mm,
              std::span<const double> step);

/// The nearest matrix that the model allows: rotation (and scale) by polar decomposition, the point `center`
/// of the fixed space going where it went.
Matrix4 nearest(const Matrix4& matrix, LinearModel model, Vec3 center);

}  // namespace snitt::image_registration
