#pragma once
#include "image_registration/deformable.hpp"
#include "image_registration/similarity.hpp"

/// The two images at one resolution, with what a metric wants of them.
namespace snitt::image_registration {

/// How many voxels become one, per axis, so that voxels are about this large; no axis gets fewer than eight
/// voxels that had them.
std::array<std::size_t, 3> shrink_factors(const VolumeGeometry& geometry, double voxel_mm);

struct LevelImages {
  image::ScalarVolume fixed;  ///< zero mean, unit variance over the domain
  Domain domain;
  MovingImages moving;  ///< channels: what the metric compares
};

/// Throws ComputationError when one of the images has the same value everywhere (within its mask).
LevelImages level_images(const ImagePair& pair, double voxel_mm, DeformableMetric metric);

SplineGrid spline_grid(const VolumeGeometry& image, double control_mm);

/// The metric over the part of the level's domain in `domain`. Keeps references to both.
Similarity similarity_of(const LevelImages& level, const Domain& domain, DeformableMetric metric,
                         double window_mm);

}  // namespace snitt::image_registration
