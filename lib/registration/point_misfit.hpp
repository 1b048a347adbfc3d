#pragma once
#include "registration/closest_points.hpp"

namespace snitt::registration {

/// Root mean square distance of the points from the planes through their 12 nearest neighbours: what noise,
/// and curvature between the points, are about.
double roughness_mm(const PointCloud& cloud);

/// The largest root mean square distance of pairs (in moving millimetres) with which two sets can be called
/// the same shape under `matrix`: one and a half times what sampling and noise of both explain, and 2 % of
/// the radius for two segmentations or scans of the same thing. Sampling shows in distances between points
/// alone: along the normals it is the curvature between points, which the roughness has. A tenth more size, a
/// mirror image or a breath make 4 % and more.
double largest_rms_of_same_shape_mm(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix,
                                    PointDistance distance);

}  // namespace snitt::registration
