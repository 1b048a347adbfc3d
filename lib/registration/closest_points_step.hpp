#pragma once
#include <array>
#include <span>

#include "registration/closest_points.hpp"

namespace snitt::registration {

/// Normals of the moving space: those of the fixed set, carried by the map.
Vec3 mapped_normal(const Matrix4& inverse_matrix, Vec3 normal);

/// Mean of the normals of a pair, of the moving point's sign where signs mean nothing.
Vec3 pair_normal(const PointCloud& fixed, const PointCloud& moving, const ClosestPair& pair,
                 const Matrix4& inverse_matrix);

/// One Gauss-Newton step for the pairs: the matrix to multiply `matrix` with from the left. Parameters are
/// taken about the middle of the pairs.
Matrix4 closest_points_step(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                            std::span<const ClosestPair> pairs, LandmarkModel model, PointDistance distance);

}  // namespace snitt::registration
