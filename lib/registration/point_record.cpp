#include "registration/point_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geometry/rotation.hpp"
#include "registration/point_misfit.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr double degrees = 180 / std::numbers::pi;

double share_within(const std::vector<double>& values, double bound) {
  const auto inside = std::count_if(values.begin(), values.end(), [&](double v) { return v <= bound; });
  return static_cast<double>(inside) / static_cast<double>(values.size());
}

const char* model_name(LandmarkModel model) {
  return model == LandmarkModel::rigid        ? "rigid"
         : model == LandmarkModel::similarity ? "similarity"
                                              : "affine";
}

std::string method_name(const PointRegistrationOptions& o) {
  std::string name = "points, ";
  name += o.method == LinearMethod::drift         ? "coherent point drift"
          : o.distance == PointDistance::to_plane ? "closest points to planes"
                                                  : "closest points";
  name += fmt::format(", {}", model_name(o.model));
  if (o.nonrigid)
    name += o.nonrigid->form == DriftForm::bayesian ? ", then Bayesian coherent point drift"
                                                    : ", then coherent point drift";
  return name;
}

void add_pose(const PointFindings& f, const PointCloud& fixed, const Matrix4& matrix,
              std::vector<Quantity>& summary) {
  const PoseCertainty& c = f.certainty;
  const double student = c.patches > 1 ? statistics::student_t_quantile(0.975, c.patches - 1) : std::nan("");
  const auto half = [&](std::size_t k) {
    return c.covariance.empty() ? std::nan("") : student * std::sqrt(std::max(0.0, c.covariance[7 * k]));
  };
  const Vec3 turn = vector_from_rotation(rotation_part(matrix));
  for (std::size_t axis = 0; axis < 3; ++axis)
    summary.push_back(
        within(fmt::format("rotation_{}_deg", "xyz"[axis]), degrees * turn[axis], degrees * half(3 + axis),
               "deg", axis == 0 ? "rotation vector: its direction is the axis, its length the angle" : ""));
  const Vec3 center = transform_point(matrix, fixed.center_mm);
  for (std::size_t axis = 0; axis < 3; ++axis)
    summary.push_back(within(fmt::format("center_{}_mm", "xyz"[axis]), center[axis], half(axis), "mm",
                             axis == 0 ? "where the center of the fixed points is in the moving frame" : ""));
  summary.push_back(plain("scale", std::cbrt(determinant3(matrix)), "1",
                          "cube root of the moving volume per fixed volume"));
}

void add_fit(const PointFindings& f, const PointCloud& fixed, const PointCloud& moving,
             std::vector<Quantity>& summary) {
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    summary.push_back(plain(name, value, units, description));
  };
  add("fixed_points", static_cast<double>(fixed.size()), "1", "points of the fixed set that were used");
  add("moving_points", static_cast<double>(moving.size()), "1", "points of the moving set that were used");
  add("steps", f.linear.steps, "1", "until the linear map settled");
  add("rms_mm", f.linear.rms_mm, "mm", "root mean square distance of the pairs under the linear map");
  add("overlap_fixed", f.linear.overlap_fixed, "1",
      "share of the fixed points that are in pairs; the rest is trimmed");
  add("overlap_moving", f.linear.overlap_moving, "1", "share of the moving points that are in pairs");
  add("coverage_distance_mm", f.cover_mm, "mm", "a point nearer than this to the other surface is covered");
  add("coverage_fixed", share_within(f.distances.fixed_mm, f.cover_mm), "1",
      "share of the fixed points that the moving surface covers");
  add("coverage_moving", share_within(f.distances.moving_mm, f.cover_mm), "1",
      "share of the moving points that the fixed surface covers");
  add("median_distance_mm", statistics::median(f.distances.fixed_mm), "mm",
      "of the fixed points from the moving surface, under the whole map");
  add("distance_95_mm", statistics::quantile(f.distances.fixed_mm, 0.95), "mm",
      "95 % of the fixed points are nearer");
  add("firmness", f.certainty.firmness, "1",
      "how much the loosest motion changes the distances: 0 when the surfaces slide on each other, 0.58 at "
      "most");
  add("misfit_mm", f.chosen.misfit_mm, "mm", "both ways, untrimmed, far points counting as those at the cut");
  add("second_misfit_mm", f.poses.empty() ? std::nan("") : f.poses.front().misfit_mm, "mm",
      "of the best pose that differs");
}

void add_bending(const PointFindings& f, std::vector<Quantity>& summary) {
  if (!f.drift) return;
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    summary.push_back(plain(name, value, units, description));
  };
  add("drift_sigma_mm", f.drift->sigma_mm, "mm",
      "of the Gaussians that explain the moving points, at the end");
  add("drift_iterations", f.drift->iterations, "1", "");
  add("explained_moving", f.drift->explained_moving, "1",
      "share of the moving points that the bent fixed set explains");
  add("largest_bend_mm", f.largest_bend_mm, "mm", "largest displacement beyond the linear map");
  add("spline_error_rms_mm", f.spline_rms_mm, "mm",
      "by which the thin-plate spline misses the drift between its points");
  add("spline_error_largest_mm", f.spline_largest_mm, "mm", "");
  add("least_determinant", f.least_determinant, "1", "of the bending's derivative; below 0 it folds");
}

void doubt_motion(const PointFindings& f, const PointCloud& fixed, const PointCloud& moving,
                  std::vector<std::string>& reasons) {
  // Normals of scattered points say nothing of sliding.
  if (std::min(fixed.size(), moving.size()) < 100) return;
  if (f.certainty.firmness < 0.06)
    reasons.push_back(fmt::format(
        "the surfaces slide on each other: {} hardly changes their distances (firmness {:.2g}); what was "
        "found of it rests on the start; add parts of another shape, or landmarks",
        free_motion_text(f.certainty), f.certainty.firmness));
}

void doubt_pose(const PointFindings& f, const PointCloud& fixed, const PointRegistrationOptions& options,
                std::vector<std::string>& reasons) {
  if (!f.is_alike) return;
  reasons.push_back(fmt::format(
      "another pose fits alike: {} ({:.3g} mm against {:.3g} mm); the shape is symmetrical or says too "
      "little; {}",
      difference_text(f.poses.front().matrix, f.chosen.matrix, fixed), f.poses.front().misfit_mm,
      f.chosen.misfit_mm,
      options.start == PointStart::global ? "give a start that tells them apart (see --start)"
                                          : "the start alone tells them apart"));
}

/// Of the linear map, or, where it was only to begin with, of what the bending leaves.
void doubt_shape(const PointFindings& f, const PointCloud& fixed, const PointCloud& moving,
                 const PointRegistrationOptions& options, std::vector<std::string>& reasons) {
  const double most = largest_rms_of_same_shape_mm(fixed, moving, f.linear.matrix, options.distance);
  if (f.drift) {
    // A normal distribution's median is 0.674 standard deviations from its middle.
    const double rms = statistics::median(f.distances.fixed_mm) / 0.674;
    if (rms > most)
      reasons.push_back(fmt::format(
          "the bent sets still differ by {:.3g} mm (sampling and noise explain {:.3g} mm): lower --lambda or "
          "--beta, or crop the sets to what both show",
          rms, most));
    return;
  }
  if (f.linear.rms_mm <= most) return;
  std::string size;
  if (options.model == LandmarkModel::rigid)
    size =
        fmt::format(", the moving set measures {:.3g} of the fixed one", moving.radius_mm / fixed.radius_mm);
  reasons.push_back(fmt::format(
      "the shapes differ: {:.3g} mm RMS are left, of which sampling and noise explain {:.3g} mm{}; is one "
      "scaled, mirrored, bent, or another object (see --model similarity, affine, nonrigid)? The intervals "
      "do "
      "not hold then",
      f.linear.rms_mm, most, size));
}

void doubt_size(const PointCloud& fixed, const PointCloud& moving, std::vector<std::string>& reasons) {
  if (std::max(fixed.radius_mm, moving.radius_mm) < 1)
    reasons.push_back(
        fmt::format("both sets measure less than a millimeter ({:.3g} and {:.3g} mm, root mean square from "
                    "their centers); "
                    "are they in meters? Then so is the result: multiply both by 1000",
                    fixed.radius_mm, moving.radius_mm));
}

void doubt_fit(const PointFindings& f, const PointCloud& fixed, const PointCloud& moving,
               std::vector<std::string>& reasons) {
  const double overlap = std::min(f.linear.overlap_fixed, f.linear.overlap_moving);
  if (overlap < 0.5)
    reasons.push_back(
        fmt::format("only {:.0f} % of one set has a counterpart in the other; crop them to what both show",
                    100 * overlap));
  if (!f.linear.has_converged)
    reasons.push_back(
        "the linear map had not settled after the last step; give a start nearer to the answer");
  if (f.drift && !f.drift->has_converged)
    reasons.push_back("the bending had not settled after the last iteration; allow more");
  if (f.drift && f.least_determinant <= 0)
    reasons.push_back("the bending folds space; raise --lambda or --beta");
  if (fixed.size() < 30 || moving.size() < 30)
    reasons.push_back(fmt::format("{} points are few to find a pose from; add more",
                                  std::min(fixed.size(), moving.size())));
}

Table distance_table(const PointCloud& fixed, const PointFindings& f) {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> z;
  for (const Vec3 p : fixed.points_mm) {
    x.push_back(p.x);
    y.push_back(p.y);
    z.push_back(p.z);
  }
  return {{{"distance_mm", "mm", "of the mapped fixed point from the moving surface", f.distances.fixed_mm},
           {"fixed_x_mm", "mm", "the point, in the fixed frame", x},
           {"fixed_y_mm", "mm", "", y},
           {"fixed_z_mm", "mm", "", z}}};
}

Table pose_table(const PointCloud& fixed, const PointFindings& f) {
  std::vector<std::string> origin{f.chosen.origin};
  std::vector<double> misfit{f.chosen.misfit_mm};
  std::vector<double> turn{0};
  std::vector<double> apart{0};
  for (const Pose& pose : f.poses) {
    origin.push_back(pose.origin);
    misfit.push_back(pose.misfit_mm);
    turn.push_back(degrees * angle_between(rotation_part(pose.matrix), rotation_part(f.chosen.matrix)));
    apart.push_back(norm(transform_point(pose.matrix, fixed.center_mm) -
                         transform_point(f.chosen.matrix, fixed.center_mm)));
  }
  return {{{"origin", "", "where the pose came from; the first is the one taken", origin},
           {"misfit_mm", "mm", "both ways, untrimmed, far points counting as those at the cut", misfit},
           {"turn_deg", "deg", "from the one taken", turn},
           {"center_apart_mm", "mm", "from the one taken", apart}}};
}

}  // namespace

std::string difference_text(const Matrix4& pose, const Matrix4& other, const PointCloud& fixed) {
  const Vec3 turn = vector_from_rotation(rotation_part(pose) * inverse(rotation_part(other)));
  const double angle = norm(turn);
  const double apart = norm(transform_point(pose, fixed.center_mm) - transform_point(other, fixed.center_mm));
  if (angle * degrees < 0.5) return fmt::format("its center {:.3g} mm away", apart);
  const auto tidy = [&](double x) { return std::abs(x / angle) < 0.005 ? 0.0 : x / angle; };
  return fmt::format(
      "turned by {:.0f} deg about ({:.2g}, {:.2g}, {:.2g}) of the moving space, its center {:.3g} mm away",
      degrees * angle, tidy(turn.x), tidy(turn.y), tidy(turn.z), apart);
}

void write_record(const PointCloud& fixed, const PointCloud& moving, const PointRegistrationOptions& options,
                  const PointFindings& findings, PointRegistration& result) {
  CalibrationRecord& record = result.record;
  record.method = method_name(options);
  add_pose(findings, fixed, result.matrix, record.summary);
  add_fit(findings, fixed, moving, record.summary);
  add_bending(findings, record.summary);
  doubt_pose(findings, fixed, options, record.reasons);
  doubt_motion(findings, fixed, moving, record.reasons);
  doubt_shape(findings, fixed, moving, options, record.reasons);
  doubt_size(fixed, moving, record.reasons);
  doubt_fit(findings, fixed, moving, record.reasons);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.tables.emplace_back("distances", distance_table(fixed, findings));
  record.tables.emplace_back("poses", pose_table(fixed, findings));
}

}  // namespace snitt::registration
