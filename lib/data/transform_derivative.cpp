#include <algorithm>
#include <array>
#include <cmath>

#include "data/transform_mapper.hpp"

namespace snitt {
namespace {

/// Vector of one number per axis at a place of a grid, and its differences along the grid's axes.
struct Slope {
  Vec3 value;
  std::array<Vec3, 3> by_index{};  ///< [axis] change per voxel
  bool moves = false;              ///< false where nothing moves
};

/// M + the change of the displacement by space.
Matrix4 with_slope(const Slope& slope, const Matrix4& to_index) {
  Matrix4 derivative;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column)
      for (std::size_t axis = 0; axis < 3; ++axis)
        derivative(row, column) += slope.by_index[axis][row] * to_index(axis, column);
  return derivative;
}

/// Up to four grid lines with the weights of value and slope.
struct LineWeights {
  std::array<std::size_t, 4> line{};
  std::array<double, 4> value{};
  std::array<double, 4> slope{};
  std::size_t count = 0;
  void add(std::size_t at, double value_weight, double slope_weight) {
    line[count] = at;
    value[count] = value_weight;
    slope[count++] = slope_weight;
  }
};

/// Linear between the lines; at a line (within rounding) the slope is the mean of those at both sides.
bool linear_weights(double index, std::size_t size, LineWeights& w) {
  const auto last = static_cast<double>(size - 1);
  if (!(index >= -0.5 && index < last + 0.5)) return false;
  const double inside = std::clamp(index, 0.0, last);
  const double nearest = std::round(inside);
  constexpr double at_a_line = 1e-6;
  if (size == 1) {
    w.add(0, 1, 0);
  } else if (std::abs(inside - nearest) < at_a_line) {
    const auto center = static_cast<std::size_t>(nearest);
    if (center == 0 || center == size - 1) {
      const std::size_t low = center == 0 ? 0 : size - 2;
      w.add(low, center == 0 ? 1 : 0, -1);
      w.add(low + 1, center == 0 ? 0 : 1, 1);
    } else {
      w.add(center - 1, 0, -0.5);
      w.add(center, 1, 0);
      w.add(center + 1, 0, 0.5);
    }
  } else {
    const auto low = static_cast<std::size_t>(inside);
    const double f = inside - static_cast<double>(low);
    w.add(low, 1 - f, -1);
    w.add(low + 1, f, 1);
  }
  return true;
}

bool cubic_weights(double index, std::size_t size, LineWeights& w) {
  if (!(index >= 1 && index <= static_cast<double>(size) - 2)) return false;
  const double below = std::min(std::floor(index), static_cast<double>(size) - 3);
  const double f = index - below;
  const double g = 1 - f;
  const auto first = static_cast<std::size_t>(below) - 1;
  w.add(first, g * g * g / 6, -g * g / 2);
  w.add(first + 1, (4 - 6 * f * f + 3 * f * f * f) / 6, (3 * f * f - 4 * f) / 2);
  w.add(first + 2, (4 - 6 * g * g + 3 * g * g * g) / 6, (4 * g - 3 * g * g) / 2);
  w.add(first + 3, f * f * f / 6, f * f / 2);
  return true;
}

template <typename Number>
Slope slope_of(const std::vector<Number>& numbers, const VolumeGeometry& grid,
               const std::array<LineWeights, 3>& w) {
  Slope slope;
  slope.moves = true;
  for (std::size_t k = 0; k < w[2].count; ++k)
    for (std::size_t j = 0; j < w[1].count; ++j)
      for (std::size_t i = 0; i < w[0].count; ++i) {
        const Number* v =
            numbers.data() + 3 * ((w[2].line[k] * grid.size[1] + w[1].line[j]) * grid.size[0] + w[0].line[i]);
        const Vec3 vector{static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])};
        slope.value = slope.value + (w[0].value[i] * w[1].value[j] * w[2].value[k]) * vector;
        slope.by_index[0] = slope.by_index[0] + (w[0].slope[i] * w[1].value[j] * w[2].value[k]) * vector;
        slope.by_index[1] = slope.by_index[1] + (w[0].value[i] * w[1].slope[j] * w[2].value[k]) * vector;
        slope.by_index[2] = slope.by_index[2] + (w[0].value[i] * w[1].value[j] * w[2].slope[k]) * vector;
      }
  return slope;
}

Slope slope_at(const DisplacementStep& step, Vec3 index) {
  std::array<LineWeights, 3> w;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!linear_weights(index[axis], step.grid.size[axis], w[axis])) return {};
  return slope_of(step.vectors_mm, step.grid, w);
}

Slope slope_at(const BSplineStep& step, Vec3 index) {
  std::array<LineWeights, 3> w;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!cubic_weights(index[axis], step.grid.size[axis], w[axis])) return {};
  return slope_of(step.coefficients_mm, step.grid, w);
}

template <typename Step>
Matrix4 gridded(const Step& step, const Matrix4& to_index, Vec3& point) {
  const Slope slope = slope_at(step, transform_point(to_index, point));
  if (!slope.moves) return {};
  point = point + slope.value;
  return with_slope(slope, to_index);
}

Matrix4 thin_plate(const ThinPlateStep& step, Vec3& point) {
  Matrix4 derivative = step.matrix;
  Vec3 sum = transform_point(step.matrix, point);
  for (std::size_t i = 0; i < step.landmarks_mm.size(); ++i) {
    const Vec3 arm = point - step.landmarks_mm[i];
    const double length = norm(arm);
    sum = sum + length * step.weights[i];
    if (length > 0)
      for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column)
          derivative(row, column) += step.weights[i][row] * arm[column] / length;
  }
  point = sum;
  return derivative;
}

}  // namespace

Matrix4 TransformMapper::derivative(std::size_t i, Vec3& point) const {
  const TransformStep& step = (*steps_)[i];
  Matrix4 derivative;
  if (const auto* linear = std::get_if<LinearStep>(&step)) {
    derivative = linear->matrix;
    point = transform_point(linear->matrix, point);
  } else if (const auto* field = std::get_if<DisplacementStep>(&step)) {
    derivative = gridded(*field, to_index_[i], point);
  } else if (const auto* spline = std::get_if<BSplineStep>(&step)) {
    derivative = gridded(*spline, to_index_[i], point);
  } else {
    derivative = thin_plate(std::get<ThinPlateStep>(step), point);
  }
  for (std::size_t row = 0; row < 3; ++row) derivative(row, 3) = 0;
  return derivative;
}

Matrix4 TransformMapper::derivative(Vec3& point) const {
  Matrix4 product;
  for (std::size_t i = 0; i < steps_->size(); ++i) product = derivative(i, point) * product;
  return product;
}

}  // namespace snitt
