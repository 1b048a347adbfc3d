#include "registration/centerline_fit.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "geometry/rotation.hpp"

namespace snitt::registration {
namespace {

using Matrix6 = Eigen::Matrix<double, 6, 6>;
using Vector6 = Eigen::Matrix<double, 6, 1>;

/// Directions in which the samples tell less than this share of what they tell of the best one keep their
/// place.
constexpr double least_information = 1e-9;

Matrix4 about(Vec3 center, Vec3 turn, Vec3 shift) {
  Matrix4 m = rotation_from_vector(turn);
  const Vec3 turned = transform_vector(m, center);
  for (std::size_t row = 0; row < 3; ++row) m(row, 3) = center[row] - turned[row] + shift[row];
  return m;
}

/// Rounding of many small steps would shear the pose.
Matrix4 orthonormal(const Matrix4& m) {
  Vec3 x{m(0, 0), m(1, 0), m(2, 0)};
  Vec3 y{m(0, 1), m(1, 1), m(2, 1)};
  x = (1 / norm(x)) * x;
  y = y - dot(x, y) * x;
  y = (1 / norm(y)) * y;
  const Vec3 z = cross(x, y);
  Matrix4 result = m;
  for (std::size_t row = 0; row < 3; ++row) {
    result(row, 0) = x[row];
    result(row, 1) = y[row];
    result(row, 2) = z[row];
  }
  return result;
}

Vec3 across(Vec3 way, const Match& match) {
  return match.beside ? way - dot(way, match.direction) * match.direction : way;
}

OrientedSamples all_moved(const Matrix4& pose, const OrientedSamples& samples) {
  OrientedSamples result;
  result.reserve(samples.size());
  for (const OrientedSample& sample : samples) result.push_back(moved(pose, sample));
  return result;
}

}  // namespace

OrientedSample moved(const Matrix4& pose, const OrientedSample& sample) {
  return {transform_point(pose, sample.position_mm), transform_vector(pose, sample.direction),
          sample.radius_mm, sample.line};
}

void add_equation(Vec3 position_mm, const Match& match, double weight, PoseEquations& equations) {
  const Vec3 arm = position_mm - equations.center_mm;
  const Vec3 residual = across(position_mm - match.foot_mm, match);
  // columns of d(position) / d(turn, shift), with what lies along the line taken away
  std::array<Vec3, 6> columns{cross({1, 0, 0}, arm), cross({0, 1, 0}, arm), cross({0, 0, 1}, arm),
                              Vec3{1, 0, 0},         Vec3{0, 1, 0},         Vec3{0, 0, 1}};
  for (Vec3& column : columns) column = across(column, match);
  for (std::size_t i = 0; i < 6; ++i) {
    equations.gradient[i] += weight * dot(columns[i], residual);
    for (std::size_t j = 0; j < 6; ++j) equations.normal[6 * i + j] += weight * dot(columns[i], columns[j]);
  }
}

Matrix4 stepped(const Matrix4& pose, const PoseEquations& equations, double radius_mm, double& step_mm) {
  const double unit = std::max(radius_mm, 1e-9);  // turns in millimeters at this distance
  Vector6 scale;
  scale << 1 / unit, 1 / unit, 1 / unit, 1, 1, 1;
  const Matrix6 normal =
      scale.asDiagonal() * Eigen::Map<const Matrix6>(equations.normal.data()) * scale.asDiagonal();
  const Vector6 gradient = scale.asDiagonal() * Eigen::Map<const Vector6>(equations.gradient.data());
  const Eigen::SelfAdjointEigenSolver<Matrix6> solver(normal);
  Vector6 step = Vector6::Zero();
  const double best = solver.eigenvalues()(5);
  for (int i = 0; i < 6; ++i) {
    if (!(solver.eigenvalues()(i) > least_information * best)) continue;
    const Vector6 axis = solver.eigenvectors().col(i);
    step -= (axis.dot(gradient) / solver.eigenvalues()(i)) * axis;
  }
  // a turn beyond the reach of linearisation is cut short
  const double longest = 0.5 * unit;
  if (const double turn = step.head<3>().norm(); turn > longest) step *= longest / turn;
  step_mm = step.norm();
  step = scale.asDiagonal() * step;
  return orthonormal(about(equations.center_mm, {step(0), step(1), step(2)}, {step(3), step(4), step(5)}) *
                     pose);
}

CenterlineFit robust_fit(const OrientedSamples& samples, const CenterlineTarget& target, const Matrix4& start,
                         double from_mm, double to_mm, int iterations) {
  CenterlineFit fit;
  fit.pose = start;
  const double radius = extent_of(samples).radius_mm;
  for (; fit.iterations < iterations; ++fit.iterations) {
    const double scale = std::max(
        to_mm, from_mm * std::pow(to_mm / from_mm, 1.5 * fit.iterations / static_cast<double>(iterations)));
    const OrientedSamples here = all_moved(fit.pose, samples);
    PoseEquations equations;
    equations.center_mm = extent_of(here).center_mm;
    double sum = 0;
    for (const OrientedSample& sample : here) {
      const auto found = target.match_within(sample, 4 * scale);  // beyond, a weight below 1/289
      if (!found) {
        sum += 16.0 / 17 * scale * scale;
        continue;
      }
      const Match& match = *found;
      const Vec3 residual = across(sample.position_mm - match.foot_mm, match);
      const double square = dot(residual, residual) + match.unlikeness_mm2;
      const double loss = 1 + square / (scale * scale);
      add_equation(sample.position_mm, match, 1 / (loss * loss), equations);
      sum += square / loss;
    }
    fit.score_mm = std::sqrt(sum / static_cast<double>(samples.size()));
    double step = 0;
    fit.pose = stepped(fit.pose, equations, radius, step);
    fit.converged = scale <= to_mm && step < 1e-3;
    if (fit.converged) break;
  }
  return fit;
}

KeptMatches kept_matches(const OrientedSamples& samples, const CenterlineTarget& target, const Matrix4& pose,
                         double least_share) {
  constexpr double floor_mm = 0.02;  // exact copies would else tie at 0 for every share
  constexpr double exponent = 1.5;
  KeptMatches result;
  std::vector<double> squares;
  for (const OrientedSample& sample : samples) {
    const OrientedSample here = moved(pose, sample);
    result.matches.push_back(target.match(here));
    const Match& match = result.matches.back();
    result.distance_mm.push_back(norm(across(here.position_mm - match.foot_mm, match)));
    squares.push_back(result.distance_mm.back() * result.distance_mm.back() + match.unlikeness_mm2);
  }
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(squares[a], a) < std::pair(squares[b], b);
  });
  const auto all = static_cast<double>(samples.size());
  double sum = 0;
  std::size_t kept = 0;
  result.fractional_mm = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < order.size(); ++i) {
    sum += squares[order[i]];
    const auto count = static_cast<double>(i + 1);
    if (count < least_share * all) continue;
    const double fractional = std::sqrt(sum / count + floor_mm * floor_mm) * std::pow(all / count, exponent);
    if (fractional > result.fractional_mm) continue;
    result.fractional_mm = fractional;
    kept = i + 1;
  }
  result.kept.assign(samples.size(), 0);
  double distances = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    result.kept[order[i]] = 1;
    distances += result.distance_mm[order[i]] * result.distance_mm[order[i]];
  }
  result.kept_share = static_cast<double>(kept) / all;
  result.rms_mm = std::sqrt(distances / static_cast<double>(std::max<std::size_t>(kept, 1)));
  return result;
}

CenterlineFit trimmed_fit(const OrientedSamples& samples, const CenterlineTarget& target,
                          const Matrix4& start, double least_share, int iterations) {
  CenterlineFit fit;
  fit.pose = start;
  const double radius = extent_of(samples).radius_mm;
  for (; fit.iterations < iterations && !fit.converged; ++fit.iterations) {
    const KeptMatches kept = kept_matches(samples, target, fit.pose, least_share);
    PoseEquations equations;
    double count = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (kept.kept[i] == 0) continue;
      equations.center_mm = equations.center_mm + transform_point(fit.pose, samples[i].position_mm);
      ++count;
    }
    equations.center_mm = (1 / count) * equations.center_mm;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (kept.kept[i] != 0)
        add_equation(transform_point(fit.pose, samples[i].position_mm), kept.matches[i], 1, equations);
    double step = 0;
    fit.pose = stepped(fit.pose, equations, radius, step);
    fit.converged = step < 1e-5;
  }
  const KeptMatches kept = kept_matches(samples, target, fit.pose, least_share);
  fit.score_mm = kept.fractional_mm;
  fit.rms_mm = kept.rms_mm;
  fit.kept_share = kept.kept_share;
  return fit;
}

}  // namespace snitt::registration
