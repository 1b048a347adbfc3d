#pragma once
#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include "data/spatial_transform.hpp"
#include "data/volume.hpp"

/// Displacements of an image's voxels as uniform cubic B-splines whose control points lie every `tile`
/// voxels. As the grid is aligned to the voxels, the weights repeat from tile to tile and every sum over
/// voxels becomes sums over rows (Shackleford, Kandasamy & Sharp 2010).
namespace snitt::image_registration {

struct SplineGrid {
  VolumeGeometry image;               ///< the voxels that are displaced
  std::array<std::size_t, 3> tile{};  ///< voxels between control points, per axis
  /// Control points per axis: point 1 lies on the first voxel, and all voxels have four points around them.
  std::array<std::size_t, 3> size() const;
  std::size_t points() const;
  /// Where the control points lie in space.
  VolumeGeometry geometry() const;
};

/// Coefficients are kept as three blocks, one per component of the displacement:
/// [component, slice, row, column] of control points.
using Coefficients = std::vector<double>;

/// Values of the four B-splines (or of their derivative per voxel) at each voxel of a tile: [four][voxel].
using TileWeights = std::array<std::vector<float>, 4>;
TileWeights tile_weights(std::size_t tile);
TileWeights tile_slopes(std::size_t tile);

/// Along which axes (bits 0, 1, 2) the spline is differentiated, per voxel.
enum class Slope : std::uint8_t { none = 0, x = 1, y = 2, z = 4 };

/// Rows of the spline's three components: one block of `columns` floats per component.
struct SplineRow {
  std::size_t j = 0;
  std::size_t k = 0;
  std::array<const float*, 3> components{};
};

/// The spline expanded along x, from which slices and rows follow by sums of four rows each.
class ExpandedSpline {
 public:
  ExpandedSpline(const SplineGrid& grid, const Coefficients& coefficients, Slope slope = Slope::none);
  /// Calls `visit` for all rows of slice `k` in which `wanted(j)`. For use from many threads at once.
  void visit_slice(std::size_t k, const std::function<bool(std::size_t)>& wanted,
                   const std::function<void(const SplineRow&)>& visit) const;

 private:
  SplineGrid grid_;
  std::array<std::size_t, 3> points_{};
  TileWeights along_y_;
  TileWeights along_z_;
  std::vector<float> rows_;  ///< [component, slice and row of control points, voxel column]
};

/// The adjoint of expanding: for each control point the sum over all voxels of weight times value. `rows(k,
/// visit)` calls visit(SplineRow) for the rows of slice k that are not 0; it is called from many threads. The
/// sums have one order: the same bytes for any number of threads.
using RowSource = std::function<void(std::size_t k, const std::function<void(const SplineRow&)>& visit)>;
void gather(const SplineGrid& grid, const RowSource& rows, Coefficients& sums);

/// The spline on another grid of control points over (about) the same space: it takes the old spline's values
/// at the new control points; exact where the new grid contains the old one's knots.
Coefficients on_spline_grid(const SplineGrid& from, const Coefficients& coefficients, const SplineGrid& to);

/// Coefficients of the spline that takes these values at its control points (values: as coefficients).
void interpolate_at_points(const SplineGrid& grid, Coefficients& values);

/// As a step of a transform, with a rim of control points around the grid, so that points up to a tile
/// outside the image move as its border does.
BSplineStep spline_step(const SplineGrid& grid, const Coefficients& coefficients_mm);

}  // namespace snitt::image_registration
