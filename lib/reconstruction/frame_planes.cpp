#include "reconstruction/frame_planes.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::reconstruction {
namespace {

/// Foot points on the outermost pixels count although rounding may put them a hair outside.
constexpr double border_px = 1.0 / 131072;
/// Bounds of boxes and values of voxels are rounded differently; this is far above both and far below any
/// pixel.
constexpr double slack = 1e-7;

/// Smallest and largest value of an affine function over the voxels of a box.
std::array<double, 2> range_over(const std::array<double, 4>& m, const VoxelBox& box) {
  double middle = m[3];
  double spread = slack;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double first = double(box.first[axis]);
    const double last = double(box.end[axis] - 1);
    middle += m[axis] * 0.5 * (first + last);
    spread += std::abs(m[axis]) * 0.5 * (last - first);
  }
  return {middle - spread, middle + spread};
}

/// The image's axes span a plane.
bool has_plane(const Matrix4& m) {
  const double area = norm(cross(Vec3{m(0, 0), m(1, 0), m(2, 0)}, Vec3{m(0, 1), m(1, 1), m(2, 1)}));
  const bool finite = std::all_of(m.m.begin(), m.m.end(), [](double x) { return std::isfinite(x); });
  return finite && area > 0;
}

/// Rows of the affine map from voxel index to (u, v, distance) on one frame.
FramePlane plane_of(const Matrix4& image_to_grid, const Matrix4& index_to_grid, std::uint32_t frame) {
  const auto column = [&](std::size_t c) {
    return Vec3{image_to_grid(0, c), image_to_grid(1, c), image_to_grid(2, c)};
  };
  const Vec3 across = cross(column(0), column(1));
  const Vec3 normal = (1 / norm(across)) * across;
  Matrix4 plane = image_to_grid;
  for (std::size_t row = 0; row < 3; ++row) plane(row, 2) = normal[row];
  const Matrix4 m = inverse(plane) * index_to_grid;
  const auto row = [&](std::size_t r) { return std::array<double, 4>{m(r, 0), m(r, 1), m(r, 2), m(r, 3)}; };
  return {row(0), row(1), row(2), frame};
}

}  // namespace

std::vector<FramePlane> frame_planes(const FramePoses& image_to_grid, const VolumeGeometry& grid) {
  const Matrix4 index_to_grid = index_to_space(grid);
  std::vector<FramePlane> planes;
  for (std::size_t frame = 0; frame < image_to_grid.matrix.size(); ++frame)
    if (is_usable(image_to_grid.status[frame]) && has_plane(image_to_grid.matrix[frame]))
      planes.push_back(plane_of(image_to_grid.matrix[frame], index_to_grid, std::uint32_t(frame)));
  return planes;
}

SampleCells::SampleCells(const ImageRegion& region, PixelSampling sampling) : columns_(region.columns()) {
  const std::size_t rows = region.rows();
  const std::size_t reach = sampling == PixelSampling::bilinear ? 1 : 0;
  offset_ = sampling == PixelSampling::bilinear ? 0 : 0.5;
  const std::vector<std::uint8_t> mask = region.to_mask();
  cell_.assign(rows * columns_, 0);
  sum_.assign((rows + 1) * (columns_ + 1), 0);
  first_u_ = std::int32_t(columns_);
  first_v_ = std::int32_t(rows);
  for (std::size_t v = 0; v + reach < rows; ++v)
    for (std::size_t u = 0; u + reach < columns_; ++u) {
      const auto inside = [&](std::size_t du, std::size_t dv) {
        return mask[(v + dv) * columns_ + u + du] != 0;
      };
      if (!(inside(0, 0) && inside(reach, 0) && inside(0, reach) && inside(reach, reach))) continue;
      cell_[v * columns_ + u] = 1;
      first_u_ = std::min(first_u_, std::int32_t(u));
      last_u_ = std::max(last_u_, std::int32_t(u));
      first_v_ = std::min(first_v_, std::int32_t(v));
      last_v_ = std::max(last_v_, std::int32_t(v));
    }
  for (std::size_t v = 0; v < rows; ++v)
    for (std::size_t u = 0; u < columns_; ++u)
      sum_[(v + 1) * (columns_ + 1) + u + 1] = cell_[v * columns_ + u] + sum_[v * (columns_ + 1) + u + 1] +
                                               sum_[(v + 1) * (columns_ + 1) + u] -
                                               sum_[v * (columns_ + 1) + u];
  const double margin = sampling == PixelSampling::bilinear ? border_px : 0.5;
  lowest_u_ = first_u_ - margin;
  highest_u_ = last_u_ + double(reach) + margin;
  lowest_v_ = first_v_ - margin;
  highest_v_ = last_v_ + double(reach) + margin;
}

SampleCells::Cover SampleCells::cover(double u0, double u1, double v0, double v1) const {
  if (u1 < lowest_u_ || u0 > highest_u_ || v1 < lowest_v_ || v0 > highest_v_) return Cover::none;
  const auto cell = [&](double x, std::int32_t first, std::int32_t last) {
    return std::size_t(std::clamp(std::floor(x + offset_), double(first), double(last)));
  };
  const std::size_t cu0 = cell(u0, first_u_, last_u_);
  const std::size_t cu1 = cell(u1, first_u_, last_u_) + 1;
  const std::size_t cv0 = cell(v0, first_v_, last_v_);
  const std::size_t cv1 = cell(v1, first_v_, last_v_) + 1;
  const std::size_t stride = columns_ + 1;
  const std::uint32_t count = sum_[cv1 * stride + cu1] - sum_[cv0 * stride + cu1] - sum_[cv1 * stride + cu0] +
                              sum_[cv0 * stride + cu0];
  if (count == 0) return Cover::none;
  const bool within = u0 >= lowest_u_ && u1 <= highest_u_ && v0 >= lowest_v_ && v1 <= highest_v_;
  return within && count == (cu1 - cu0) * (cv1 - cv0) ? Cover::all : Cover::part;
}

std::vector<NearPlane> near_planes(std::span<const FramePlane> planes, std::span<const NearPlane> among,
                                   const SampleCells& cells, const VoxelBox& box, double radius_mm,
                                   std::size_t maximum_planes) {
  std::vector<NearPlane> near;
  std::vector<double> nearest;   // of each near plane, over the box
  std::vector<double> farthest;  // of those that every voxel of the box can use
  for (const NearPlane candidate : among) {
    const FramePlane& plane = planes[candidate.plane];
    const auto [d0, d1] = range_over(plane.distance, box);
    const double closest = d0 > 0 ? d0 : d1 < 0 ? -d1 : 0;
    if (closest >= radius_mm) continue;
    const auto [u0, u1] = range_over(plane.u, box);
    const auto [v0, v1] = range_over(plane.v, box);
    const SampleCells::Cover cover = cells.cover(u0, u1, v0, v1);
    if (cover == SampleCells::Cover::none) continue;
    const bool inside = cover == SampleCells::Cover::all;
    near.push_back({candidate.plane, inside});
    nearest.push_back(closest);
    const double far = std::max(-d0, d1);
    if (inside && far < radius_mm) farthest.push_back(far);
  }
  if (farthest.size() < maximum_planes) return near;
  // Every voxel has this many planes no farther than the bound, so nothing beyond it can be chosen.
  const auto last = farthest.begin() + std::ptrdiff_t(maximum_planes) - 1;
  std::nth_element(farthest.begin(), last, farthest.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < near.size(); ++i)
    if (nearest[i] <= *last) near[kept++] = near[i];
  near.resize(kept);
  return near;
}

}  // namespace snitt::reconstruction
