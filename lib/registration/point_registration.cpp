#include "registration/point_registration.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "geometry/thin_plate_fit.hpp"
#include "registration/point_record.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t judged_points = 1500;

GlobalOptions global_options(const PointRegistrationOptions& options) {
  return {options.model == LandmarkModel::similarity, options.distance, options.overlap};
}

ClosestPointsOptions closest_options(const PointRegistrationOptions& options, LandmarkModel model) {
  ClosestPointsOptions closest;
  closest.model = model;
  closest.distance = options.distance;
  closest.overlap = options.overlap;
  return closest;
}

/// The given start, refined as the poses of the search were.
Pose refined_start(const PointCloud& fixed, const PointCloud& moving, const PointRegistrationOptions& options,
                   double cut_mm) {
  Matrix4 start = options.given_start;
  if (options.start == PointStart::identity) start = Matrix4{};
  if (options.start == PointStart::centers) {
    start = Matrix4{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      start(axis, 3) = moving.center_mm[axis] - fixed.center_mm[axis];
  }
  const PointCloud few_fixed = thinned(fixed, judged_points);
  const PointCloud few_moving = thinned(moving, judged_points);
  const LandmarkModel model =
      options.model == LandmarkModel::similarity ? LandmarkModel::similarity : LandmarkModel::rigid;
  const Matrix4 matrix =
      iterate_closest_points(few_fixed, few_moving, start, closest_options(options, model)).matrix;
  return {matrix, "start", misfit_mm(few_fixed, few_moving, matrix, cut_mm), cut_mm};
}

/// Where to begin, and the other poses that were found. A given start that leads astray is refused.
Pose begin(const PointCloud& fixed, const PointCloud& moving, const PointRegistrationOptions& options,
           std::vector<Pose>& poses) {
  if (!std::isfinite(poses.front().misfit_mm))
    throw ComputationError(
        "no pose brings the sets together: in none do enough points of both face the same way; expected two "
        "surfaces of the same object, with their normals outwards in both or inwards in both");
  if (options.start == PointStart::global) return poses.front();
  const Pose pose = refined_start(fixed, moving, options, poses.front().cut_mm);
  const Pose& best = poses.front();
  if (are_different(pose.matrix, best.matrix, fixed, moving) && best.misfit_mm < 0.8 * pose.misfit_mm)
    throw ComputationError(
        "the start leads to a pose with a misfit of {:.3g} mm, though another has {:.3g} mm: {}; expected a "
        "start that leads to the best one (--start global finds it)",
        pose.misfit_mm, best.misfit_mm, difference_text(best.matrix, pose.matrix, fixed));
  return pose;
}

ClosestPoints linear_map(const PointCloud& fixed, const PointCloud& moving, const Pose& start,
                         const PointRegistrationOptions& options) {
  const LandmarkModel first = options.model == LandmarkModel::affine ? LandmarkModel::rigid : options.model;
  if (options.method == LinearMethod::drift) {
    const PointCloud few_fixed = thinned(fixed, options.drift_points);
    const PointCloud few_moving = thinned(moving, options.drift_points);
    const LinearDrift drift = drift_linear(few_fixed, few_moving, start.matrix, options.model,
                                           std::max(2 * start.misfit_mm, moving.spacing_mm), options.drift);
    ClosestPoints found = closest_pairs(fixed, moving, drift.matrix, closest_options(options, options.model));
    found.has_converged = drift.has_converged;
    found.steps = drift.iterations;
    return found;
  }
  ClosestPoints found = iterate_closest_points(fixed, moving, start.matrix, closest_options(options, first));
  if (options.model != LandmarkModel::affine) return found;
  return iterate_closest_points(fixed, moving, found.matrix, closest_options(options, LandmarkModel::affine));
}

/// The other poses with misfits on one scale, the cut at what the pairs of the chosen one need.
void judge_others(const PointCloud& fixed, const PointCloud& moving, std::vector<Pose> poses,
                  PointFindings& findings) {
  const PointCloud few_fixed = thinned(fixed, judged_points);
  const PointCloud few_moving = thinned(moving, judged_points);
  const double spacing = std::max(few_fixed.spacing_mm, few_moving.spacing_mm);
  const double cut_mm = std::max(3 * findings.linear.rms_mm, spacing);
  findings.chosen.cut_mm = cut_mm;
  findings.chosen.misfit_mm = misfit_mm(few_fixed, few_moving, findings.chosen.matrix, cut_mm);
  for (Pose& pose : poses) {
    if (!std::isfinite(pose.misfit_mm) || !are_different(pose.matrix, findings.chosen.matrix, fixed, moving))
      continue;
    pose.cut_mm = cut_mm;
    pose.misfit_mm = misfit_mm(few_fixed, few_moving, pose.matrix, cut_mm);
    findings.poses.push_back(pose);
  }
  std::stable_sort(findings.poses.begin(), findings.poses.end(),
                   [](const Pose& a, const Pose& b) { return a.misfit_mm < b.misfit_mm; });
  // Poses whose misfits differ by less than a seventh, or a twentieth of the sampling, are not told apart.
  findings.is_alike = !findings.poses.empty() &&
                      findings.poses.front().misfit_mm < 1.15 * findings.chosen.misfit_mm + 0.05 * spacing;
}

/// Bends after the linear map and carries the bending by a thin-plate spline.
ThinPlateStep bend(const PointCloud& fixed, const PointCloud& moving, const PointRegistrationOptions& options,
                   const Matrix4& matrix, PointFindings& findings) {
  const PointCloud few_fixed = thinned(fixed, options.drift_points);
  const PointCloud few_moving = thinned(moving, options.drift_points);
  Drift drift = drift_nonrigid(few_fixed, few_moving, matrix, *options.nonrigid);
  std::vector<Vec3> linear;
  for (const Vec3 p : few_fixed.points_mm) linear.push_back(transform_point(matrix, p));
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (const std::size_t i : even_subset(linear, options.control_points)) {
    from.push_back(linear[i]);
    to.push_back(drift.moved_mm[i]);
  }
  const ThinPlateFit spline(from, to, {}, 0);
  std::vector<double> errors;
  for (std::size_t i = 0; i < linear.size(); ++i) {
    errors.push_back(norm(spline.map(linear[i]) - drift.moved_mm[i]));
    findings.largest_bend_mm = std::max(findings.largest_bend_mm, norm(drift.moved_mm[i] - linear[i]));
  }
  findings.spline_rms_mm = statistics::root_mean_square(errors);
  findings.spline_largest_mm = *std::max_element(errors.begin(), errors.end());
  findings.least_determinant = spline.least_determinant(12);
  findings.drift = std::move(drift);
  return {spline.matrix(), spline.landmarks(), spline.weights()};
}

/// Distances under the whole map. The normals of bent points are not known: those of the moving set serve.
SurfaceDistances distances_of(const PointCloud& fixed, const PointCloud& moving,
                              const std::vector<TransformStep>& steps) {
  if (steps.size() == 1) return surface_distances(fixed, moving, std::get<LinearStep>(steps.front()).matrix);
  const SpatialTransform transform{{"Fixed", "Moving"}, steps};
  std::vector<Vec3> bent(fixed.size());
  tbb::parallel_for(std::size_t{0}, bent.size(),
                    [&](std::size_t i) { bent[i] = map_point(transform, fixed.points_mm[i]); });
  const NearestPoints tree(bent);
  SurfaceDistances out{std::vector<double>(fixed.size()), std::vector<double>(moving.size())};
  tbb::parallel_for(std::size_t{0}, bent.size(), [&](std::size_t i) {
    const std::size_t j = moving.tree.nearest(bent[i]).index;
    out.fixed_mm[i] =
        surface_distance_mm(moving.points_mm[j] - bent[i], moving.normals[j], moving.spacing_mm);
  });
  tbb::parallel_for(std::size_t{0}, moving.size(), [&](std::size_t i) {
    const Vec3 at = moving.points_mm[i];
    out.moving_mm[i] =
        surface_distance_mm(bent[tree.nearest(at).index] - at, moving.normals[i], moving.spacing_mm);
  });
  return out;
}

}  // namespace

PointRegistration register_points(const PointCloud& fixed, const PointCloud& moving,
                                  const PointRegistrationOptions& options, Monitor& monitor) {
  refuse_other_units(fixed.radius_mm, moving.radius_mm);
  monitor.progress("searching poses", 0, 3);
  std::vector<Pose> poses = global_poses(fixed, moving, global_options(options));
  const Pose start = begin(fixed, moving, options, poses);
  monitor.progress("refining", 1, 3);
  PointFindings findings;
  findings.linear = linear_map(fixed, moving, start, options);
  findings.chosen = {findings.linear.matrix, start.origin};
  judge_others(fixed, moving, std::move(poses), findings);
  findings.certainty = pose_certainty(fixed, moving, findings.linear, options.distance);
  PointRegistration result;
  result.matrix = findings.linear.matrix;
  result.steps.push_back(LinearStep{result.matrix});
  if (options.nonrigid) {
    monitor.progress("bending", 2, 3);
    result.steps.push_back(bend(fixed, moving, options, result.matrix, findings));
  }
  findings.distances = distances_of(fixed, moving, result.steps);
  findings.cover_mm = std::max(3 * findings.linear.rms_mm, std::max(fixed.spacing_mm, moving.spacing_mm));
  write_record(fixed, moving, options, findings, result);
  monitor.progress("searching poses", 3, 3);
  return result;
}

}  // namespace snitt::registration
