#pragma once
#include "data/volume.hpp"
#include "phantom/scene.hpp"

namespace snitt::phantom {

/// The scene without speckle at the voxel centres of `geometry` (mm, Reference), as 32-bit floats. With
/// `samples_per_axis` > 1 each voxel is the mean over that many points along each of its axes (midpoint
/// rule): what a sharp object's partial volume should be. Parallel over rows; the same bytes for any number
/// of threads. Throws UsageError for 0 or more than 64 samples.
Volume truth_volume(const Scene& scene, const VolumeGeometry& geometry, int samples_per_axis = 1);

/// The scene's region at an isotropic spacing: whole voxels, centred on the region.
VolumeGeometry region_geometry(const Scene& scene, double spacing_mm);

}  // namespace snitt::phantom
