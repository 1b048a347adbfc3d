#include "data/spatial_transform.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace snitt {
namespace {

/// Continuous index of a point in a grid.
Vec3 index_of(const VolumeGeometry& grid, Vec3 point) {
  return transform_point(inverse(index_to_space(grid)), point);
}

std::size_t at(const VolumeGeometry& grid, std::size_t i, std::size_t j, std::size_t k) {
  return 3 * ((k * grid.size[1] + j) * grid.size[0] + i);
}

/// The two grid lines around `index` and how far it is from the lower one; at the rim both are the same.
struct Between {
  std::size_t low = 0;
  std::size_t high = 0;
  double fraction = 0;
};

Between between(double index, std::size_t size) {
  const double inside = std::clamp(index, 0.0, static_cast<double>(size - 1));
  const auto low = static_cast<std::size_t>(inside);
  return {low, std::min(low + 1, size - 1), inside - static_cast<double>(low)};
}

Vec3 displacement(const DisplacementStep& step, Vec3 point) {
  const Vec3 index = index_of(step.grid, point);
  std::array<Between, 3> axes;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto size = static_cast<double>(step.grid.size[axis]);
    if (!(index[axis] >= -0.5 && index[axis] < size - 0.5)) return {};
    axes[axis] = between(index[axis], step.grid.size[axis]);
  }
  Vec3 sum;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<std::size_t, 3> voxel{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const bool high = ((corner >> axis) & 1) != 0;
      voxel[axis] = high ? axes[axis].high : axes[axis].low;
      weight *= high ? axes[axis].fraction : 1 - axes[axis].fraction;
    }
    const float* vector = step.vectors_mm.data() + at(step.grid, voxel[0], voxel[1], voxel[2]);
    sum = sum + weight * Vec3{vector[0], vector[1], vector[2]};
  }
  return sum;
}

/// Values of the four cubic B-splines that are not 0 at a fraction f after the second of four control points.
std::array<double, 4> cubic_weights(double f) {
  const double g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}

Vec3 displacement(const BSplineStep& step, Vec3 point) {
  const Vec3 index = index_of(step.grid, point);
  std::array<std::size_t, 3> first{};
  std::array<std::array<double, 4>, 3> weights{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto size = static_cast<double>(step.grid.size[axis]);
    if (!(index[axis] >= 1 && index[axis] <= size - 2)) return {};
    // On the last line of the valid region the cell before it gives the same value and is in the grid.
    const double below = std::min(std::floor(index[axis]), size - 3);
    first[axis] = static_cast<std::size_t>(below) - 1;
    weights[axis] = cubic_weights(index[axis] - below);
  }
  Vec3 sum;
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j) {
      const double* row = step.coefficients_mm.data() + at(step.grid, first[0], first[1] + j, first[2] + k);
      Vec3 along;
      for (std::size_t i = 0; i < 4; ++i)
        along = along + weights[0][i] * Vec3{row[3 * i], row[3 * i + 1], row[3 * i + 2]};
      sum = sum + (weights[1][j] * weights[2][k]) * along;
    }
  return sum;
}

Vec3 mapped(const LinearStep& step, Vec3 point) { return transform_point(step.matrix, point); }
Vec3 mapped(const DisplacementStep& step, Vec3 point) { return point + displacement(step, point); }
Vec3 mapped(const BSplineStep& step, Vec3 point) { return point + displacement(step, point); }
Vec3 mapped(const ThinPlateStep& step, Vec3 point) {
  Vec3 sum = transform_point(step.matrix, point);
  for (std::size_t i = 0; i < step.landmarks_mm.size(); ++i)
    sum = sum + norm(point - step.landmarks_mm[i]) * step.weights[i];
  return sum;
}

template <typename T>
bool all_finite(const std::vector<T>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](T value) { return std::isfinite(value); });
}
bool is_finite(Vec3 v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

template <typename T>
std::string grid_fault(const VolumeGeometry& grid, const std::vector<T>& numbers) {
  if (numbers.size() != 3 * grid.voxels())
    return fmt::format("it has {} numbers; expected {} for a grid of {} x {} x {}", numbers.size(),
                       3 * grid.voxels(), grid.size[0], grid.size[1], grid.size[2]);
  if (!is_affine(index_to_space(grid))) return "its grid is flat or not finite";
  return all_finite(numbers) ? "" : "it has a number that is not finite";
}

std::string step_fault(const LinearStep& step) {
  return is_affine(step.matrix) ? "" : "its matrix is not an invertible affine one";
}
std::string step_fault(const DisplacementStep& step) { return grid_fault(step.grid, step.vectors_mm); }
std::string step_fault(const BSplineStep& step) {
  for (const std::size_t size : step.grid.size)
    if (size < 4) return fmt::format("it has {} control points along an axis; expected at least 4", size);
  return grid_fault(step.grid, step.coefficients_mm);
}
std::string step_fault(const ThinPlateStep& step) {
  // The linear part alone need not be invertible for the whole to be.
  if (step.landmarks_mm.size() != step.weights.size())
    return fmt::format("it has {} landmarks and {} weights", step.landmarks_mm.size(), step.weights.size());
  const bool finite = std::all_of(step.matrix.m.begin(), step.matrix.m.end(),
                                  [](double value) { return std::isfinite(value); }) &&
                      std::all_of(step.landmarks_mm.begin(), step.landmarks_mm.end(), is_finite) &&
                      std::all_of(step.weights.begin(), step.weights.end(), is_finite);
  return finite ? "" : "it has a number that is not finite";
}

}  // namespace

std::string name_of(const TransformStep& step) {
  static constexpr std::array<const char*, 4> names{"linear", "displacement field", "B-spline",
                                                    "thin-plate spline"};
  return names[step.index()];
}

Vec3 map_point(const TransformStep& step, Vec3 point) {
  return std::visit([&](const auto& one) { return mapped(one, point); }, step);
}

Vec3 map_point(const SpatialTransform& transform, Vec3 point) {
  for (const TransformStep& step : transform.steps) point = map_point(step, point);
  return point;
}

SpatialTransform linear_transform(const StaticTransform& transform) {
  return {transform.name, {LinearStep{transform.matrix}}};
}

bool is_linear(const SpatialTransform& transform) {
  return std::all_of(transform.steps.begin(), transform.steps.end(),
                     [](const TransformStep& step) { return std::holds_alternative<LinearStep>(step); });
}

Matrix4 linear_part(const SpatialTransform& transform) {
  Matrix4 product;
  for (const TransformStep& step : transform.steps)
    if (const auto* linear = std::get_if<LinearStep>(&step)) product = linear->matrix * product;
  return product;
}

std::string fault_of(const SpatialTransform& transform) {
  for (std::size_t i = 0; i < transform.steps.size(); ++i) {
    const std::string fault =
        std::visit([](const auto& step) { return step_fault(step); }, transform.steps[i]);
    if (!fault.empty()) return fmt::format("step {} ({}): {}", i, name_of(transform.steps[i]), fault);
  }
  return "";
}

}  // namespace snitt
