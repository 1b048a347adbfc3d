#include <algorithm>
#include <array>
#include <cmath>

#include "data/transform_mapper.hpp"

namespace snitt {
namespace {

struct Between {
  std::size_t low = 0;
  std::size_t high = 0;
  double fraction = 0;
};

/// Into `axis`; false beyond half a voxel from the outer centers.
inline bool between(double index, std::size_t size, Between& axis) {
  if (!(index >= -0.5 && index < static_cast<double>(size) - 0.5)) return false;
  const double inside = std::clamp(index, 0.0, static_cast<double>(size - 1));
  axis.low = static_cast<std::size_t>(inside);
  axis.high = std::min(axis.low + 1, size - 1);
  axis.fraction = inside - static_cast<double>(axis.low);
  return true;
}

void map_displacement(const DisplacementStep& step, const Matrix4& to_index, std::span<Vec3> points) {
  const std::array<std::size_t, 3>& size = step.grid.size;
  const std::size_t row = 3 * size[0];
  const std::size_t slice = row * size[1];
  for (Vec3& point : points) {
    const Vec3 index = transform_point(to_index, point);
    std::array<Between, 3> at;
    if (!between(index.x, size[0], at[0]) || !between(index.y, size[1], at[1]) ||
        !between(index.z, size[2], at[2]))
      continue;
    Vec3 sum;
    for (const auto& [k, wk] : {std::pair{at[2].low, 1 - at[2].fraction}, {at[2].high, at[2].fraction}})
      for (const auto& [j, wj] : {std::pair{at[1].low, 1 - at[1].fraction}, {at[1].high, at[1].fraction}}) {
        const float* line = step.vectors_mm.data() + k * slice + j * row;
        const float* a = line + 3 * at[0].low;
        const float* b = line + 3 * at[0].high;
        const double wa = (1 - at[0].fraction) * wj * wk;
        const double wb = at[0].fraction * wj * wk;
        sum.x += wa * static_cast<double>(a[0]) + wb * static_cast<double>(b[0]);
        sum.y += wa * static_cast<double>(a[1]) + wb * static_cast<double>(b[1]);
        sum.z += wa * static_cast<double>(a[2]) + wb * static_cast<double>(b[2]);
      }
    point = point + sum;
  }
}

inline std::array<double, 4> cubic_weights(double f) {
  const double g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}

/// Control points around one coordinate: the first of four, and the place after the second of them.
struct Support {
  std::size_t first = 0;
  double fraction = 0;
};

/// False where the four are not all in the grid.
inline bool support(double index, std::size_t size, Support& axis) {
  if (!(index >= 1 && index <= static_cast<double>(size) - 2)) return false;
  const double below = std::min(std::floor(index), static_cast<double>(size) - 3);
  axis.first = static_cast<std::size_t>(below) - 1;
  axis.fraction = index - below;
  return true;
}

/// Coefficients along x of a line (y, z), from the 4 x 4 lines of control points around it.
void collapse(const BSplineStep& step, const Support& y, const Support& z, std::vector<Vec3>& line) {
  const std::array<std::size_t, 3>& size = step.grid.size;
  const std::array<double, 4> wy = cubic_weights(y.fraction);
  const std::array<double, 4> wz = cubic_weights(z.fraction);
  line.assign(size[0], Vec3{});
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j) {
      const double weight = wy[j] * wz[k];
      const double* c = step.coefficients_mm.data() + 3 * size[0] * ((z.first + k) * size[1] + y.first + j);
      for (std::size_t i = 0; i < size[0]; ++i, c += 3) {
        line[i].x += weight * c[0];
        line[i].y += weight * c[1];
        line[i].z += weight * c[2];
      }
    }
}

Vec3 b_spline_displacement(const BSplineStep& step, const std::array<Support, 3>& at) {
  const std::array<std::size_t, 3>& size = step.grid.size;
  const std::array<double, 4> wx = cubic_weights(at[0].fraction);
  const std::array<double, 4> wy = cubic_weights(at[1].fraction);
  const std::array<double, 4> wz = cubic_weights(at[2].fraction);
  Vec3 sum;
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j) {
      const double* c = step.coefficients_mm.data() +
                        3 * (size[0] * ((at[2].first + k) * size[1] + at[1].first + j) + at[0].first);
      Vec3 along;
      for (std::size_t i = 0; i < 4; ++i, c += 3) along = along + wx[i] * Vec3{c[0], c[1], c[2]};
      sum = sum + (wy[j] * wz[k]) * along;
    }
  return sum;
}

/// Whether the points run along x of the control grid: then 4 x 4 of the sums are the same for all.
bool runs_along_x(const std::vector<Vec3>& index) {
  constexpr double same = 1e-10;  // of a control point; the displacement differs by less than rounding does
  return std::all_of(index.begin(), index.end(), [&](Vec3 at) {
    return std::abs(at.y - index.front().y) < same && std::abs(at.z - index.front().z) < same;
  });
}

void map_b_spline(const BSplineStep& step, const Matrix4& to_index, std::span<Vec3> points) {
  const std::array<std::size_t, 3>& size = step.grid.size;
  thread_local std::vector<Vec3> index;
  thread_local std::vector<Vec3> line;
  index.resize(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) index[i] = transform_point(to_index, points[i]);
  std::array<Support, 3> at;
  // A short row does not pay for the sums along all of the grid.
  if (points.size() >= size[0] && runs_along_x(index)) {
    if (!support(index.front().y, size[1], at[1]) || !support(index.front().z, size[2], at[2])) return;
    collapse(step, at[1], at[2], line);
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!support(index[i].x, size[0], at[0])) continue;
      const std::array<double, 4> w = cubic_weights(at[0].fraction);
      const Vec3* c = line.data() + at[0].first;
      points[i] = points[i] + (w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3]);
    }
    return;
  }
  for (std::size_t i = 0; i < points.size(); ++i)
    if (support(index[i].x, size[0], at[0]) && support(index[i].y, size[1], at[1]) &&
        support(index[i].z, size[2], at[2]))
      points[i] = points[i] + b_spline_displacement(step, at);
}

void map_thin_plate(const ThinPlateStep& step, std::span<Vec3> points) {
  for (Vec3& point : points) {
    Vec3 sum = transform_point(step.matrix, point);
    for (std::size_t i = 0; i < step.landmarks_mm.size(); ++i) {
      const Vec3 arm = point - step.landmarks_mm[i];
      sum = sum + std::sqrt(dot(arm, arm)) * step.weights[i];
    }
    point = sum;
  }
}

}  // namespace

TransformMapper::TransformMapper(const SpatialTransform& transform) : steps_(&transform.steps) {
  for (const TransformStep& step : transform.steps) {
    Matrix4 to_index;
    if (const auto* field = std::get_if<DisplacementStep>(&step))
      to_index = inverse(index_to_space(field->grid));
    if (const auto* spline = std::get_if<BSplineStep>(&step))
      to_index = inverse(index_to_space(spline->grid));
    to_index_.push_back(to_index);
  }
}

void TransformMapper::map(std::span<Vec3> points) const {
  for (std::size_t i = 0; i < steps_->size(); ++i) map(i, points);
}

void TransformMapper::map(std::size_t i, std::span<Vec3> points) const {
  if (points.empty()) return;
  const TransformStep& step = (*steps_)[i];
  if (const auto* linear = std::get_if<LinearStep>(&step)) {
    for (Vec3& point : points) point = transform_point(linear->matrix, point);
  } else if (const auto* field = std::get_if<DisplacementStep>(&step)) {
    map_displacement(*field, to_index_[i], points);
  } else if (const auto* spline = std::get_if<BSplineStep>(&step)) {
    map_b_spline(*spline, to_index_[i], points);
  } else {
    map_thin_plate(std::get<ThinPlateStep>(step), points);
  }
}

}  // namespace snitt
