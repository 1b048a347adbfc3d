#pragma once
#include <vector>

#include "image/scalar_volume.hpp"
#include "trees/cross_section.hpp"

namespace snitt::trees {

/// A line through a tube, in local mm.
struct CenterlinePath {
  std::vector<Vec3> points_mm;
  std::vector<double> radii_mm;
  double length_mm() const;
};

/// The same line with points at equal distances of at most `spacing_mm`; the ends stay.
CenterlinePath resampled_path(const CenterlinePath& path, double spacing_mm);

/// Each point the weighted mean of its neighbours along the line, with a Gaussian of the larger of
/// `least_sigma_mm` and half the radius, narrower towards the ends, which stay.
CenterlinePath smoothed_path(const CenterlinePath& path, double least_sigma_mm);

/// Unit vector along the line at a point.
Vec3 tangent(const CenterlinePath& path, std::size_t point);

/// Moves the inner points to the middle of their cuts and measures the radii; points within a radius of an
/// end are not moved, as forks are no tubes. A radius that cannot be measured keeps its value.
void fit_to_image(CenterlinePath& path, const image::ScalarVolume& image, TubeContrast contrast, bool moves);

}  // namespace snitt::trees
