#pragma once
#include <string>

#include "base/monitor.hpp"
#include "data/spatial_transform.hpp"

/// TransformParameters.N.txt of elastix: the map of fixed to moving points in LPS mm, as ours.
namespace snitt::formats {

/// Euler, similarity, affine, translation and cubic B-spline transforms of three dimensions, with the chain
/// of initial transforms they name (looked for under that name, else beside the file), composed. Throws
/// InputError naming file and parameter: other transforms, 2-D, added instead of composed initial transforms,
/// a chain that runs in a circle, a missing file.
SpatialTransform read_elastix_transform(const std::string& path, const TransformName& name);

/// One linear or B-spline step as elastix writes it; `fixed` is the image the transform starts from, which
/// transformix resamples onto. Throws UsageError for others.
std::string elastix_text(const std::string& path, const SpatialTransform& transform,
                         const VolumeGeometry& fixed);

}  // namespace snitt::formats
