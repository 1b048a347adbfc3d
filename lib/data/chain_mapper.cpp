#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/transform_chain.hpp"

namespace snitt {
namespace {

constexpr double good_enough_mm = 1e-6;
constexpr double not_found_mm = 1e-3;
constexpr int most_iterations = 60;

bool is_finite(Vec3 v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

/// J^-1 v by Cramer's rule; v itself where J is singular.
Vec3 solved(const Matrix4& j, Vec3 v) {
  const Vec3 a{j(0, 0), j(1, 0), j(2, 0)};
  const Vec3 b{j(0, 1), j(1, 1), j(2, 1)};
  const Vec3 c{j(0, 2), j(1, 2), j(2, 2)};
  const double determinant = dot(a, cross(b, c));
  if (!(std::abs(determinant) > 1e-9)) return v;
  return {dot(v, cross(b, c)) / determinant, dot(a, cross(v, c)) / determinant,
          dot(a, cross(b, v)) / determinant};
}

/// Newton's method: x <- x - t J^-1 (T(x) - y), t halved until the residual falls.
InversePoint newton(const TransformMapper& mapper, std::size_t step, Vec3 target, Vec3 start) {
  InversePoint best{start, std::numeric_limits<double>::infinity()};
  Vec3 mapped = start;
  Matrix4 derivative = mapper.derivative(step, mapped);
  best.residual_mm = norm(mapped - target);
  for (int i = 0; i < most_iterations && best.residual_mm > good_enough_mm; ++i) {
    const Vec3 direction = solved(derivative, mapped - target);
    bool fell = false;
    for (double length = 1; length > 1e-3 && !fell; length /= 2) {
      const Vec3 x = best.point - length * direction;
      Vec3 there = x;
      const Matrix4 slope = mapper.derivative(step, there);
      const double residual = norm(there - target);
      fell = residual < (1 - 0.1 * length) * best.residual_mm;
      if (!fell) continue;
      best = {x, residual};
      mapped = there;
      derivative = slope;
    }
    if (!fell) break;
  }
  return best;
}

/// x <- x - (T(x) - y) / 2: slow, but walks over the places where the derivative misleads.
InversePoint fixed_point(const TransformMapper& mapper, std::size_t step, Vec3 target, InversePoint best) {
  Vec3 x = best.point;
  for (int i = 0; i < most_iterations; ++i) {
    Vec3 there = x;
    mapper.map(step, std::span(&there, 1));
    const double residual = norm(there - target);
    if (residual < best.residual_mm) best = {x, residual};
    if (residual < good_enough_mm) break;
    x = x - 0.5 * (there - target);
  }
  return best;
}

void invert(const TransformMapper& mapper, std::size_t step, std::span<Vec3> points) {
  Vec3 shift;  // from target to solution at the point before
  for (Vec3& point : points) {
    if (!is_finite(point)) continue;
    const InversePoint found = invert_point(mapper, step, point, point + shift);
    if (found.residual_mm > not_found_mm) {
      const double nan = std::numeric_limits<double>::quiet_NaN();
      point = {nan, nan, nan};
      continue;
    }
    shift = found.point - point;
    point = found.point;
  }
}

}  // namespace

InversePoint invert_point(const TransformMapper& mapper, std::size_t step, Vec3 target, Vec3 start) {
  InversePoint best = newton(mapper, step, target, start);
  if (best.residual_mm <= good_enough_mm) return best;
  const auto better = [&](const InversePoint& other) {
    if (other.residual_mm < best.residual_mm) best = other;
    return best.residual_mm <= not_found_mm;
  };
  Vec3 mapped = target;
  mapper.map(step, std::span(&mapped, 1));
  if (better(newton(mapper, step, target, target - (mapped - target)))) return best;
  if (better(newton(mapper, step, target, target))) return best;
  better(fixed_point(mapper, step, target, best));
  if (best.residual_mm > good_enough_mm) better(newton(mapper, step, target, best.point));
  return best;
}

double InverseError::mean_mm() const {
  return points > not_found ? sum_mm / static_cast<double>(points - not_found) : 0;
}

void InverseError::add(const InverseError& other) {
  points += other.points;
  not_found += other.not_found;
  sum_mm += other.sum_mm;
  largest_mm = std::max(largest_mm, other.largest_mm);
}

ChainMapper::ChainMapper(const std::vector<SpatialTransform>& transforms, const TransformChain& chain) {
  for (const ChainLink& link : chain) append(transforms[link.index], link.inverted);
}

ChainMapper::ChainMapper(const SpatialTransform& transform, bool inverted) { append(transform, inverted); }

void ChainMapper::append_linear(const Matrix4& matrix) {
  if (!operations_.empty() && operations_.back().linear)
    operations_.back().matrix = matrix * operations_.back().matrix;
  else
    operations_.push_back({true, matrix, nullptr, 0, false});
}

void ChainMapper::append(const SpatialTransform& transform, bool inverted) {
  mappers_.push_back(std::make_unique<TransformMapper>(transform));
  const TransformMapper* mapper = mappers_.back().get();
  const std::size_t count = transform.steps.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = inverted ? count - 1 - i : i;
    if (const auto* linear = std::get_if<LinearStep>(&transform.steps[at]))
      append_linear(inverted ? inverse(linear->matrix) : linear->matrix);
    else
      operations_.push_back({false, {}, mapper, at, inverted});
  }
}

void ChainMapper::map(std::span<Vec3> points, InverseError& error) const {
  std::vector<Vec3> before;
  for (const Operation& operation : operations_) {
    if (operation.linear) {
      for (Vec3& point : points) point = transform_point(operation.matrix, point);
    } else if (!operation.inverted) {
      operation.mapper->map(operation.step, points);
    } else {
      before.assign(points.begin(), points.end());
      invert(*operation.mapper, operation.step, points);
      InverseError mine;
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (!is_finite(before[i])) continue;
        ++mine.points;
        if (!is_finite(points[i])) {
          ++mine.not_found;
          continue;
        }
        Vec3 there = points[i];
        operation.mapper->map(operation.step, std::span(&there, 1));
        const double distance = norm(there - before[i]);
        mine.sum_mm += distance;
        mine.largest_mm = std::max(mine.largest_mm, distance);
      }
      error.add(mine);
    }
  }
}

InverseError ChainMapper::map_all(std::span<Vec3> points) const {
  constexpr std::size_t piece = 1024;
  const std::size_t pieces = (points.size() + piece - 1) / piece;
  std::vector<InverseError> errors(pieces);
  tbb::parallel_for(std::size_t{0}, pieces, [&](std::size_t i) {
    map(points.subspan(i * piece, std::min(piece, points.size() - i * piece)), errors[i]);
  });
  InverseError sum;
  for (const InverseError& error : errors) sum.add(error);
  return sum;
}

bool ChainMapper::is_exact() const {
  return std::none_of(operations_.begin(), operations_.end(),
                      [](const Operation& operation) { return operation.inverted; });
}

std::optional<Matrix4> ChainMapper::matrix() const {
  if (operations_.empty()) return Matrix4{};
  if (operations_.size() == 1 && operations_.front().linear) return operations_.front().matrix;
  return std::nullopt;
}

std::optional<SpatialTransform> composed(const std::vector<SpatialTransform>& transforms,
                                         const TransformChain& chain, const TransformName& name) {
  SpatialTransform product{name, {}};
  const auto append = [&](const TransformStep& step) {
    auto* before = product.steps.empty() ? nullptr : std::get_if<LinearStep>(&product.steps.back());
    if (const auto* linear = std::get_if<LinearStep>(&step); linear != nullptr && before != nullptr)
      before->matrix = linear->matrix * before->matrix;
    else
      product.steps.push_back(step);
  };
  for (const ChainLink& link : chain) {
    const std::vector<TransformStep>& steps = transforms[link.index].steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const TransformStep& step = steps[link.inverted ? steps.size() - 1 - i : i];
      const auto* linear = std::get_if<LinearStep>(&step);
      if (link.inverted && linear == nullptr) return std::nullopt;
      append(link.inverted ? TransformStep(LinearStep{inverse(linear->matrix)}) : step);
    }
  }
  return product;
}

}  // namespace snitt
