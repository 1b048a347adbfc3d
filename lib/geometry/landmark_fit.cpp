#include "geometry/landmark_fit.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "geometry/landmark_moments.hpp"
#include "geometry/rigid_fit.hpp"

namespace snitt {
namespace {

using Eigen::Index;
using Vector3 = Eigen::Vector3d;
using Vector4 = Eigen::Vector4d;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Vector3 eigen(Vec3 v) { return {v.x, v.y, v.z}; }
Vec3 plain(const Vector3& v) { return {v[0], v[1], v[2]}; }

Matrix4 matrix_of(const Eigen::Matrix3d& linear, const Vector3& shift) {
  Matrix4 m;
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) m(r, c) = linear(static_cast<Index>(r), static_cast<Index>(c));
    m(r, 3) = shift[static_cast<Index>(r)];
  }
  return m;
}

std::vector<double> filled(std::span<const double> weights, std::size_t n) {
  return weights.empty() ? std::vector<double>(n, 1.0) : std::vector<double>(weights.begin(), weights.end());
}

Vec3 centroid(std::span<const Vec3> points, const std::vector<double>& weights) {
  Vec3 sum;
  double total = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    sum = sum + weights[i] * points[i];
    total += weights[i];
  }
  return (1 / total) * sum;
}

/// Only those that count.
std::vector<Vec3> weighted_points(std::span<const Vec3> points, const std::vector<double>& weights) {
  std::vector<Vec3> result;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (weights[i] > 0) result.push_back(points[i]);
  return result;
}

void check(LandmarkModel model, std::span<const Vec3> from, std::span<const Vec3> to,
           const std::vector<double>& weights) {
  for (const std::span<const Vec3> set : {from, to}) {
    const std::vector<Vec3> points = weighted_points(set, weights);
    const std::size_t n = points.size();
    if (n < least_points(model))
      throw ComputationError("{} landmarks with weight; expected at least {}{}", n, least_points(model),
                             model == LandmarkModel::affine ? " for an affine map" : "");
    const Vec3 extent = principal_extents(points);
    if (!(extent.x > 0))
      throw ComputationError("all {} landmarks are at one place; expected landmarks apart", n);
    if (extent.y < 1e-6 * extent.x)
      throw ComputationError(
          "all {} landmarks lie on one line, and the turn about it is not determined; expected one beside it",
          n);
    if (model == LandmarkModel::affine && extent.z < 1e-6 * extent.x)
      throw ComputationError(
          "all {} landmarks lie on one plane, and an affine map across it is not determined; expected one "
          "beside "
          "it, or a rigid or similarity fit",
          n);
  }
}

LandmarkMoments moments_of(std::span<const Vec3> from, std::span<const Vec3> to,
                           const std::vector<double>& weights) {
  LandmarkMoments m;
  for (std::size_t i = 0; i < from.size(); ++i) m.add(eigen(from[i]), eigen(to[i]), weights[i]);
  return m;
}

/// Points about their centroids: sums of squares would lose digits far from the origin.
struct Centered {
  std::vector<Vec3> from, to;
  Vec3 from_center, to_center;
};

Centered centered(std::span<const Vec3> from, std::span<const Vec3> to, const std::vector<double>& weights) {
  Centered c{{}, {}, centroid(from, weights), centroid(to, weights)};
  for (const Vec3 p : from) c.from.push_back(p - c.from_center);
  for (const Vec3 p : to) c.to.push_back(p - c.to_center);
  return c;
}

void fit_with_turn(LandmarkFit& fit, const Centered& c, const std::vector<double>& weights) {
  const bool with_scale = fit.model == LandmarkModel::similarity;
  const LandmarkMoments all = moments_of(c.from, c.to, weights);
  const MomentFit best = solve(all, with_scale);
  const double rounding = 1e-12 * all.to_squared;
  if (best.squares > rounding && best.mirrored_squares < 0.25 * best.squares)
    throw ComputationError(
        "the landmarks are mirror images of each other: a reflection leaves {:.3g} mm (RMS), a rotation "
        "{:.3g} mm; "
        "expected both in right-handed coordinates (is one of three axes turned round?)",
        std::sqrt(best.mirrored_squares / all.weight), std::sqrt(best.squares / all.weight));
  if (!best.determined)
    throw ComputationError(
        "the landmarks do not determine the turn between them; expected landmarks that are not on a line, in "
        "the "
        "same order in both sets");
  fit.matrix = matrix_of(best.linear, eigen(c.to_center) + best.shift - best.linear * eigen(c.from_center));
  for (std::size_t i = 0; i < c.from.size(); ++i) {
    LandmarkMoments others = all;
    others.add(eigen(c.from[i]), eigen(c.to[i]), -weights[i]);
    const std::size_t left = fit.points - (weights[i] > 0 ? 1 : 0);
    const MomentFit without = left < least_points(fit.model) ? MomentFit{} : solve(others, with_scale);
    const Vector3 away = without.linear * eigen(c.from[i]) + without.shift - eigen(c.to[i]);
    const bool known = without.determined && others.weight > 0;
    fit.leave_one_out_mm.push_back(known ? away.norm() : nan);
    fit.others_rms_mm.push_back(known ? std::sqrt(without.squares / others.weight) : nan);
  }
}

[[noreturn]] void refuse_turned_over(const Centered& c, const std::vector<double>& weights) {
  const MomentFit similar = solve(moments_of(c.from, c.to, weights), true);
  if (similar.mirrored_squares < 0.25 * similar.squares)
    throw ComputationError(
        "the landmarks are mirror images of each other; expected both sets in right-handed coordinates (is "
        "one of "
        "three axes turned round?)");
  throw ComputationError(
      "the affine map that fits the landmarks best turns right into left, though they are no mirror images: "
      "some "
      "are swapped, or they lie near a plane; check them with a rigid or similarity fit");
}

void fit_affine(LandmarkFit& fit, const Centered& c, const std::vector<double>& weights) {
  Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
  Eigen::Matrix<double, 3, 4> right = Eigen::Matrix<double, 3, 4>::Zero();
  // Coordinates in units of the points' extent, so that 1 and x weigh alike in the equations.
  const double unit = principal_extents(c.from).x;
  const auto row = [&](Vec3 p) { return Vector4(p.x / unit, p.y / unit, p.z / unit, 1); };
  for (std::size_t i = 0; i < c.from.size(); ++i) {
    const Vector4 x = row(c.from[i]);
    normal += weights[i] * x * x.transpose();
    right += weights[i] * eigen(c.to[i]) * x.transpose();
  }
  const Eigen::Matrix4d inverted = normal.inverse();
  const Eigen::Matrix<double, 3, 4> found = right * inverted;
  const Eigen::Matrix3d linear = found.leftCols<3>() / unit;
  if (linear.determinant() < 0) refuse_turned_over(c, weights);
  fit.matrix = matrix_of(linear, eigen(c.to_center) + found.col(3) - linear * eigen(c.from_center));
  double squares = 0;
  double total = 0;
  for (std::size_t i = 0; i < c.from.size(); ++i) {
    squares += weights[i] * (eigen(c.to[i]) - found * row(c.from[i])).squaredNorm();
    total += weights[i];
  }
  for (std::size_t i = 0; i < c.from.size(); ++i) {
    const Vector4 x = row(c.from[i]);
    const double leverage = weights[i] * x.dot(inverted * x);
    const double away = norm(c.to[i] - plain(found * x));
    constexpr double alone = 1 - 1e-9;  // the others do not determine the map
    const bool known = leverage < alone;
    fit.leave_one_out_mm.push_back(known ? away / (1 - leverage) : nan);
    const double left = std::max(squares - weights[i] * away * away / (1 - leverage), 0.0);
    fit.others_rms_mm.push_back(known ? std::sqrt(left / (total - weights[i])) : nan);
  }
}

}  // namespace

std::size_t parameters_of(LandmarkModel model) {
  return model == LandmarkModel::rigid ? 6 : model == LandmarkModel::similarity ? 7 : 12;
}

std::size_t least_points(LandmarkModel model) { return model == LandmarkModel::affine ? 4 : 3; }

LandmarkFit fit_landmarks(LandmarkModel model, std::span<const Vec3> from, std::span<const Vec3> to,
                          std::span<const double> weights) {
  if (from.size() != to.size() || (!weights.empty() && weights.size() != from.size()))
    throw UsageError("{} points, {} points and {} weights; expected as many of each", from.size(), to.size(),
                     weights.size());
  const std::vector<double> w = filled(weights, from.size());
  check(model, from, to, w);
  LandmarkFit fit;
  fit.model = model;
  fit.points = weighted_points(from, w).size();
  const Centered c = centered(from, to, w);
  if (model == LandmarkModel::affine)
    fit_affine(fit, c, w);
  else
    fit_with_turn(fit, c, w);
  double squares = 0;
  double total = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    fit.residual_mm.push_back(to[i] - transform_point(fit.matrix, from[i]));
    squares += w[i] * dot(fit.residual_mm[i], fit.residual_mm[i]);
    total += w[i];
  }
  fit.rms_mm = std::sqrt(squares / total);
  return fit;
}

LandmarkUncertainty::LandmarkUncertainty(const LandmarkFit& fit, std::span<const Vec3> from,
                                         std::span<const double> weights, double variance_mm2)
    : model_(fit.model), matrix_(fit.matrix), size_(parameters_of(fit.model)) {
  const std::vector<double> w = filled(weights, from.size());
  std::vector<Vec3> mapped;
  for (const Vec3 p : from) mapped.push_back(transform_point(matrix_, p));
  center_ = centroid(mapped, w);
  extent_mm_ = principal_extents(weighted_points(mapped, w)).x;
  const auto n = static_cast<Index>(size_);
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n, n);
  for (std::size_t i = 0; i < mapped.size(); ++i) {
    const auto columns = jacobian(mapped[i] - center_);
    for (Index k = 0; k < n; ++k)
      for (Index l = 0; l < n; ++l)
        for (std::size_t a = 0; a < 3; ++a)
          normal(k, l) +=
              w[i] * columns[static_cast<std::size_t>(k)][a] * columns[static_cast<std::size_t>(l)][a];
  }
  const Eigen::MatrixXd covariance = variance_mm2 * normal.inverse();
  covariance_.assign(covariance.data(), covariance.data() + covariance.size());
}

/// Columns: where the point moves, in mm, per parameter in mm.
std::vector<std::array<double, 3>> LandmarkUncertainty::jacobian(Vec3 arm) const {
  const Vec3 d = (1 / extent_mm_) * arm;
  std::vector<std::array<double, 3>> columns{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  if (model_ == LandmarkModel::affine) {
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 3; ++column) {
        columns.push_back({0, 0, 0});
        columns.back()[row] = d[column];
      }
    return columns;
  }
  columns.insert(columns.end(), {{0, -d.z, d.y}, {d.z, 0, -d.x}, {-d.y, d.x, 0}});
  if (model_ == LandmarkModel::similarity) columns.push_back({d.x, d.y, d.z});
  return columns;
}

double LandmarkUncertainty::step(std::size_t parameter) const {
  return parameter < 3 ? 1 : 1e-5 * extent_mm_;
}

/// The map after a small step of one parameter, to first order.
Matrix4 LandmarkUncertainty::moved(std::size_t parameter, double sign) const {
  Matrix4 change;
  const double amount = sign * step(parameter);
  const Vec3 origin = -1.0 * center_;
  const auto at_center = jacobian({})[parameter];
  for (std::size_t column = 0; column < 3; ++column) {
    Vec3 unit;
    unit[column] = 1;
    const auto moves = jacobian(unit)[parameter];
    for (std::size_t row = 0; row < 3; ++row) change(row, column) += amount * (moves[row] - at_center[row]);
  }
  const auto moves = jacobian(origin)[parameter];
  for (std::size_t row = 0; row < 3; ++row) change(row, 3) = amount * moves[row];
  return change * matrix_;
}

double LandmarkUncertainty::deviation(std::span<const double> gradient) const {
  double variance = 0;
  for (std::size_t k = 0; k < size_; ++k)
    for (std::size_t l = 0; l < size_; ++l)
      variance += gradient[k] * covariance_[k * size_ + l] * gradient[l];
  return std::sqrt(std::max(variance, 0.0));
}

double LandmarkUncertainty::squared_error_mm2(Vec3 point) const {
  const auto columns = jacobian(transform_point(matrix_, point) - center_);
  double sum = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t k = 0; k < size_; ++k)
      for (std::size_t l = 0; l < size_; ++l)
        sum += columns[k][a] * covariance_[k * size_ + l] * columns[l][a];
  return sum;
}

std::optional<SwappedPair> find_swapped_pair(const LandmarkFit& fit, std::span<const Vec3> from,
                                             std::span<const Vec3> to, std::span<const double> weights,
                                             double share) {
  const std::vector<double> w = filled(weights, from.size());
  const Centered c = centered(from, to, w);
  const bool with_scale = fit.model != LandmarkModel::rigid;
  const LandmarkMoments all = moments_of(c.from, c.to, w);
  const double now = solve(all, with_scale).squares;
  if (now < 1e-12 * all.to_squared) return std::nullopt;
  SwappedPair best;
  double smallest = share * share * now;
  for (std::size_t i = 0; i < from.size(); ++i)
    for (std::size_t j = i + 1; j < from.size(); ++j) {
      LandmarkMoments swapped = all;
      swapped.add(eigen(c.from[i]), eigen(c.to[i]), -w[i]);
      swapped.add(eigen(c.from[j]), eigen(c.to[j]), -w[j]);
      swapped.add(eigen(c.from[i]), eigen(c.to[j]), w[i]);
      swapped.add(eigen(c.from[j]), eigen(c.to[i]), w[j]);
      const double squares = solve(swapped, with_scale).squares;
      if (squares >= smallest) continue;
      smallest = squares;
      best = {i, j, std::sqrt(squares / all.weight)};
    }
  if (best.first == best.second) return std::nullopt;
  return best;
}

}  // namespace snitt
