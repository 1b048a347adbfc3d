#pragma once
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::trees {

enum class Polarity { bright, dark };

/// How much like a tube each voxel's surroundings are, in units of the image: the largest over `sigmas_mm` of
/// the line filter of Sato et al. 1998 (MedIA 2:143), sigma^2 times the weaker of the two curvatures across,
/// less where there is curvature along (alpha 0.5 and 2). 0 where the surroundings are no tube. A Gaussian
/// tube of height h and width s answers h/4 at sigma s, its largest.
image::ScalarVolume vesselness(const image::ScalarVolume& image, const std::vector<double>& sigmas_mm,
                               Polarity polarity);

/// Eigenvalues of a symmetric matrix {xx, yy, zz, xy, xz, yz}, ascending.
std::array<double, 3> eigenvalues(const std::array<double, 6>& m);

/// Largest value within `radius` voxels along each axis (a box).
image::ScalarVolume largest_around(const image::ScalarVolume& image, std::size_t radius);

}  // namespace snitt::trees
