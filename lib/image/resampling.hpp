#pragma once
#include <functional>
#include <span>
#include <string>

#include "data/spatial_transform.hpp"
#include "data/transform_chain.hpp"
#include "data/volume.hpp"

/// Images pulled through transforms onto other grids.
namespace snitt::image {

enum class Interpolation {
  nearest,  ///< of labels
  linear,
  cubic,  ///< cubic B-spline through the voxel values (Unser 1993), the image mirrored beyond its rim
};

struct ResamplingOptions {
  Interpolation interpolation = Interpolation::linear;
  double outside = 0;  ///< where the image has no voxel within half a voxel, and where a point has no inverse
};

/// Maps the points of one row of the grid (number slice * rows + row) to the image's space, in place; called
/// from several threads.
using PointMap = std::function<void(std::size_t row, std::span<Vec3>)>;

/// `volume` on `grid`: the voxel at x has the value of the image at map(x). Any pixel type, colours and time
/// points; whole numbers are rounded and kept in the range of their type. Everything but the voxels is that
/// of `volume`. Each row is one piece of work: the same bytes for any number of threads. Throws UsageError
/// for an outside value that the pixel type cannot hold.
Volume resampled(const Volume& volume, const VolumeGeometry& grid, const PointMap& grid_to_volume,
                 const ResamplingOptions& options);
Volume resampled(const Volume& volume, const VolumeGeometry& grid, const SpatialTransform& grid_to_volume,
                 const ResamplingOptions& options);

/// What came of a grid's points on their way to an image.
struct GridMapping {
  InverseError inverse;    ///< how well numerical inverses hold
  std::size_t inside = 0;  ///< points within half a voxel of the image's voxel centers
};
/// Along a chain that may contain inverses.
Volume resampled(const Volume& volume, const VolumeGeometry& grid, const ChainMapper& grid_to_volume,
                 const ResamplingOptions& options, GridMapping& mapping);

/// Coefficients of the cubic B-spline through values[slice, row, column], in place (recursive filter of
/// Unser, Aldroubi and Eden 1993, mirrored at the rim). Exact to the last digits of the type.
void to_b_spline_coefficients(std::span<float> values, const std::array<std::size_t, 3>& size);
void to_b_spline_coefficients(std::span<double> values, const std::array<std::size_t, 3>& size);

}  // namespace snitt::image
