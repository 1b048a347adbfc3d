#pragma once
#include <span>
#include "geometry/matrix.hpp"
#include "image/scalar_volume.hpp"

#include "phantom/scene.hpp"

/// Scenes made of a recorded image, so that sweeps through real anatomy have a known truth.
namespace snitt::phantom {

enum class Tissue {
  values,  ///< the image's own grey values
  echoes,  ///< what a simple B-mode image would show of it
};

/// The image placed in Reference; the scene's region is the box around it there. `echoes`: the values from
/// their 1st to 99th percentile become t = 0 … 1, and the echo is 70 t + 130 min(1, |gradient of t| · 2 mm):
/// tissue scatters, and its boundaries reflect. The gradient is by central differences.
Scene scene_of_image(const image::ScalarVolume& volume, const Matrix4& volume_to_reference, Tissue tissue);

/// Adds the image, interpolated linearly, to out[i] at start + i*step; 0 beyond its outermost voxel centers.
void add_image_row(const PlacedImage& image, Vec3 start, Vec3 step, std::span<double> out);

}  // namespace snitt::phantom
