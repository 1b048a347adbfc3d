#include "registration/global_poses.hpp"

#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/error.hpp"
#include "geometry/pose.hpp"
#include "geometry/rotation.hpp"
#include "registration/point_features.hpp"
#include "registration/robust_alignment.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t coarse_points = 250;
constexpr std::size_t medium_points = 1500;
constexpr std::size_t feature_points = 1200;
constexpr std::size_t turns = 96;
constexpr std::size_t refined_poses = 8;

/// `count` rotations that cover all evenly (super-Fibonacci spirals, Alexa 2022).
std::vector<Matrix4> even_rotations(std::size_t count) {
  constexpr double psi = 1.533751168755204288118041413;
  std::vector<Matrix4> rotations;
  for (std::size_t i = 0; i < count; ++i) {
    const double s = static_cast<double>(i) + 0.5;
    const double inner = std::sqrt(s / static_cast<double>(count));
    const double outer = std::sqrt(1 - s / static_cast<double>(count));
    const double a = 2 * std::numbers::pi * s / std::numbers::sqrt2;
    const double b = 2 * std::numbers::pi * s / psi;
    rotations.push_back(rigid_matrix(
        {outer * std::cos(b), inner * std::sin(a), inner * std::cos(a), outer * std::sin(b)}, {}));
  }
  return rotations;
}

/// Right-handed axes as columns, that of the largest extent first.
Matrix4 principal_axes(const PointCloud& cloud) {
  Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
  for (const Vec3 p : cloud.points_mm) {
    const Vec3 d = p - cloud.center_mm;
    const Eigen::Vector3d v(d.x, d.y, d.z);
    scatter += v * v.transpose();
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(scatter);
  Eigen::Matrix3d axes;
  axes << solver.eigenvectors().col(2), solver.eigenvectors().col(1), solver.eigenvectors().col(0);
  if (axes.determinant() < 0) axes.col(2) *= -1;
  Matrix4 m;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) m(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = axes(r, c);
  return m;
}

Matrix4 about_centers(const Matrix4& rotation, double scale, const PointCloud& fixed,
                      const PointCloud& moving) {
  Matrix4 m = rotation;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) m(r, c) *= scale;
  const Vec3 shift = moving.center_mm - transform_vector(m, fixed.center_mm);
  for (std::size_t axis = 0; axis < 3; ++axis) m(axis, 3) = shift[axis];
  return m;
}

/// Turns from the fixed set's axes to those of the moving one: the four ways that the axes allow, then all.
std::vector<Pose> axis_poses(const PointCloud& fixed, const PointCloud& moving,
                             const GlobalOptions& options) {
  std::vector<Matrix4> between{Matrix4{}};
  for (const Vec3 half_turn : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}})
    between.push_back(rotation_from_vector(std::numbers::pi * half_turn));
  for (const Matrix4& rotation : even_rotations(turns)) between.push_back(rotation);
  const Matrix4 to_axes = inverse(principal_axes(fixed));
  const Matrix4 from_axes = principal_axes(moving);
  const double scale = options.with_scale ? moving.radius_mm / fixed.radius_mm : 1;
  std::vector<Pose> poses;
  for (const Matrix4& rotation : between)
    poses.push_back({about_centers(from_axes * rotation * to_axes, scale, fixed, moving), "axes"});
  return poses;
}

std::optional<Pose> feature_pose(const PointCloud& fixed, const PointCloud& moving,
                                 const GlobalOptions& options) {
  const PointCloud f = thinned(fixed, feature_points);
  const PointCloud m = thinned(moving, feature_points);
  const double spacing = std::max(f.spacing_mm, m.spacing_mm);
  const double scale = options.with_scale ? moving.radius_mm / fixed.radius_mm : 1;
  const auto features_f = point_features(f, 5 * (options.with_scale ? f.spacing_mm : spacing));
  const auto features_m = point_features(m, 5 * (options.with_scale ? scale * f.spacing_mm : spacing));
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (const ClosestPair& pair : similar_pairs(features_f, features_m)) {
    from.push_back(f.points_mm[pair.fixed]);
    to.push_back(m.points_mm[pair.moving]);
  }
  AlignmentOptions alignment;
  alignment.with_scale = options.with_scale;
  alignment.noise_mm = 1.5 * spacing;
  try {
    const Alignment found = align_correspondences(from, to, alignment);
    if (found.inliers.size() < 4) return std::nullopt;
    return Pose{found.matrix, "features"};
  } catch (const ComputationError&) {
    return std::nullopt;  // no three agree: the other poses remain
  }
}

/// Refines and judges every pose; those that collapse get an infinite misfit.
void refine(std::vector<Pose>& poses, const PointCloud& fixed, const PointCloud& moving,
            const GlobalOptions& options, PointDistance distance, int steps, double cut_mm) {
  ClosestPointsOptions closest;
  closest.model = options.with_scale ? LandmarkModel::similarity : LandmarkModel::rigid;
  closest.distance = distance;
  closest.overlap = options.overlap;
  closest.most_steps = steps;
  tbb::parallel_for(std::size_t{0}, poses.size(), [&](std::size_t i) {
    poses[i].cut_mm = cut_mm;
    poses[i].misfit_mm = std::numeric_limits<double>::infinity();
    try {
      poses[i].matrix = iterate_closest_points(fixed, moving, poses[i].matrix, closest).matrix;
      poses[i].misfit_mm = misfit_mm(fixed, moving, poses[i].matrix, cut_mm);
    } catch (const ComputationError&) {
      // Surfaces facing away from each other: no pose.
    }
  });
  std::stable_sort(poses.begin(), poses.end(),
                   [](const Pose& a, const Pose& b) { return a.misfit_mm < b.misfit_mm; });
}

void keep_different(std::vector<Pose>& poses, const PointCloud& fixed, const PointCloud& moving,
                    std::size_t most) {
  std::vector<Pose> kept;
  for (Pose& pose : poses) {
    if (kept.size() >= most) break;
    const bool is_new = std::all_of(kept.begin(), kept.end(), [&](const Pose& other) {
      return are_different(pose.matrix, other.matrix, fixed, moving);
    });
    if (is_new) kept.push_back(std::move(pose));
  }
  poses = std::move(kept);
}

}  // namespace

Matrix4 rotation_part(const Matrix4& matrix) {
  // The nearest rotation, for matrices with a scale or shears.
  Eigen::Matrix3d linear;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c)
      linear(r, c) = matrix(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(linear, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const double sign = (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0 ? -1 : 1;
  const Eigen::Matrix3d rotation =
      svd.matrixU() * Eigen::Vector3d(1, 1, sign).asDiagonal() * svd.matrixV().transpose();
  Matrix4 m;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) m(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = rotation(r, c);
  return m;
}

bool are_different(const Matrix4& a, const Matrix4& b, const PointCloud& fixed, const PointCloud& moving) {
  constexpr double turn = 15 * std::numbers::pi / 180;
  if (angle_between(rotation_part(a), rotation_part(b)) > turn) return true;
  const Vec3 apart = transform_point(a, fixed.center_mm) - transform_point(b, fixed.center_mm);
  return norm(apart) > 0.25 * moving.radius_mm;
}

double misfit_mm(const PointCloud& fixed, const PointCloud& moving, const Matrix4& matrix, double cut_mm) {
  const SurfaceDistances distances = surface_distances(fixed, moving, matrix);
  const auto mean = [&](const std::vector<double>& values) {
    double sum = 0;
    for (const double d : values) sum += std::min(d * d, cut_mm * cut_mm);
    return sum / static_cast<double>(values.size());
  };
  return std::sqrt(0.5 * (mean(distances.fixed_mm) + mean(distances.moving_mm)));
}

std::vector<Pose> global_poses(const PointCloud& fixed, const PointCloud& moving,
                               const GlobalOptions& options) {
  const PointCloud few_fixed = thinned(fixed, coarse_points);
  const PointCloud few_moving = thinned(moving, coarse_points);
  std::vector<Pose> poses = axis_poses(fixed, moving, options);
  const double cut_mm = 0.2 * moving.radius_mm;
  refine(poses, few_fixed, few_moving, options, PointDistance::to_point, 20, cut_mm);
  keep_different(poses, fixed, moving, refined_poses);
  if (auto pose = feature_pose(fixed, moving, options)) poses.push_back(*pose);
  const PointCloud more_fixed = thinned(fixed, medium_points);
  const PointCloud more_moving = thinned(moving, medium_points);
  refine(poses, more_fixed, more_moving, options, options.distance, 40, cut_mm);
  keep_different(poses, fixed, moving, refined_poses);
  return poses;
}

}  // namespace snitt::registration
