#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "reconstruction/frame_planes.hpp"

namespace snitt::reconstruction {

/// Voxels of a row that are computed together; those past the end of the volume are computed and dropped.
inline constexpr std::size_t row_voxels = 16;
using RowOfNumbers = std::array<double, row_voxels>;

/// Foot points of a row of voxels on one frame, and the four pixels around each.
struct alignas(64) RowFeet {
  RowOfNumbers distance;    ///< absolute, in mm; infinite where the frame does not take part
  RowOfNumbers fraction_u;  ///< 0 … 1 from the cell's first pixel to the next
  RowOfNumbers fraction_v;
  std::array<std::int32_t, row_voxels> u;  ///< cell
  std::array<std::int32_t, row_voxels> v;
  std::uint32_t near = 0;  ///< which of the frames that are near
};

/// Pixels around the feet of a row: [corner][voxel], corners (u, v), (u+1, v), (u, v+1), (u+1, v+1).
using RowCorners = std::array<RowOfNumbers, 4>;
/// The same of a pixel type that fits into 32 bits: converted to double many at a time.
using RowWholeCorners = std::array<std::array<std::int32_t, row_voxels>, 4>;

/// Sums over the frames, for one component.
struct alignas(64) RowSums {
  RowOfNumbers value;
  RowOfNumbers weight;
  RowOfNumbers count;
};

/// The start (i, j, k) of a row of voxels.
struct RowStart {
  double i;
  double j;
  double k;
};

/// What a foot must satisfy, apart from lying in a cell that counts.
struct SampleLimits {
  SampleLimits(const SampleCells& cells, double radius_mm);
  double radius_mm;
  double offset;
  double lowest_u, highest_u, lowest_v, highest_v;
  double first_cell_u, last_cell_u, first_cell_v, last_cell_v;
};

/// Whether a row may have a voxel within the radius of the plane.
inline bool may_be_near(const FramePlane& plane, RowStart start, double radius_mm) {
  const auto& m = plane.distance;
  const double base = m[1] * start.j + m[2] * start.k + m[3];
  const double first = m[0] * start.i + base;
  const double last = m[0] * (start.i + double(row_voxels - 1)) + base;
  return !((first >= radius_mm && last >= radius_mm) || (first <= -radius_mm && last <= -radius_mm));
}

/// Fills `feet`; false when no voxel of the row is within the limits.
bool project_row(const FramePlane& plane, RowStart start, const SampleLimits& limits, RowFeet& feet);

/// Leaves the `maximum_planes` nearest feet of every voxel (the earlier of equally near ones), makes the
/// others infinite.
void choose_nearest(RowFeet* feet, std::size_t count, std::size_t maximum_planes);

/// Bilinear interpolation of the corners.
void interpolate_row(const RowFeet& feet, const RowCorners& corners, RowOfNumbers& sample);
void interpolate_row(const RowFeet& feet, const RowWholeCorners& corners, RowOfNumbers& sample);

/// Adds the samples, weighted by 1/distance or all equally. Feet that are infinite add nothing, nor do those
/// whose deciding sample (the first component's) is not a number or below `reject_below`.
void add_weighted(const RowFeet& feet, const RowOfNumbers& sample, const RowOfNumbers& deciding,
                  double reject_below, bool by_distance, RowSums& sums);

struct AdaptiveWeights {
  double newness;
  double brightness;
  double scale_to_8_bit;
};

/// The adaptive Gaussian over `count` samples [foot][voxel] of one component, in two passes over them.
void add_adaptive(const RowFeet* feet, const RowOfNumbers* samples, const RowOfNumbers* deciding,
                  const double* frame_numbers, std::size_t count, const AdaptiveWeights& weights,
                  double reject_below, RowSums& sums);

/// exp(-x) for x >= 0 from additions and multiplications alone, so that every processor gives the same bits;
/// relative error below 4e-16 for x up to 700, 0 beyond.
double exp_of_minus(double x);

}  // namespace snitt::reconstruction
