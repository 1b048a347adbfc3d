#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "registration/point_registration.hpp"
#include "statistics/distributions.hpp"

namespace snitt::registration {
namespace {

constexpr double degrees = 180 / std::numbers::pi;

std::vector<Vec3> picked(const std::vector<Vec3>& points, const std::vector<std::size_t>& indices) {
  std::vector<Vec3> out;
  for (const std::size_t i : indices) out.push_back(points[i]);
  return out;
}

/// How many of the pairs that were left out agree on another map.
std::size_t second_agreement(const std::vector<Vec3>& from, const std::vector<Vec3>& to,
                             const Alignment& found, const AlignmentOptions& options) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!std::binary_search(found.inliers.begin(), found.inliers.end(), i)) others.push_back(i);
  if (others.size() < 3) return 0;
  AlignmentOptions again = options;
  again.noise_mm = found.noise_mm;
  try {
    return align_correspondences(picked(from, others), picked(to, others), again).inliers.size();
  } catch (const ComputationError&) {
    return 0;  // no three of them agree
  }
}

void add_summary(const Alignment& found, const std::vector<Vec3>& from, const std::vector<Vec3>& to,
                 bool with_scale, std::size_t second, CalibrationRecord& record) {
  const LandmarkModel model = with_scale ? LandmarkModel::similarity : LandmarkModel::rigid;
  const std::vector<Vec3> a = picked(from, found.inliers);
  const LandmarkFit fit = fit_landmarks(model, a, picked(to, found.inliers));
  const double freedom = 3 * static_cast<double>(a.size()) - static_cast<double>(parameters_of(model));
  const double variance =
      freedom > 0 ? 3 * static_cast<double>(a.size()) * fit.rms_mm * fit.rms_mm / 3 / freedom : std::nan("");
  const LandmarkUncertainty uncertainty(fit, a, {}, variance);
  const double student = freedom > 0 ? statistics::student_t_quantile(0.975, freedom) : std::nan("");
  const auto add = [&](const std::string& name, const char* units, const char* description,
                       const auto& value) {
    record.summary.push_back(
        within(name, value(fit.matrix), student * uncertainty.deviation_of(value), units, description));
  };
  const Matrix4 whole = rotation_part(fit.matrix);
  for (std::size_t axis = 0; axis < 3; ++axis)
    add(fmt::format("rotation_{}_deg", "xyz"[axis]), "deg",
        axis == 0 ? "rotation vector: its direction is the axis, its length the angle" : "",
        [&](const Matrix4& m) {
          // The turn from the found rotation, so that half a turn is no edge.
          const Vec3 rest = vector_from_rotation(rotation_part(m) * inverse(whole));
          return degrees * (vector_from_rotation(whole)[axis] + rest[axis]);
        });
  for (std::size_t axis = 0; axis < 3; ++axis)
    add(fmt::format("translation_{}_mm", "xyz"[axis]), "mm",
        axis == 0 ? "where the origin of the fixed frame is in the moving one" : "",
        [axis](const Matrix4& m) { return m(axis, 3); });
  if (with_scale)
    add("scale", "1", "moving millimetres per fixed millimetre",
        [](const Matrix4& m) { return std::cbrt(determinant3(m)); });
  const auto plainly = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  plainly("pairs", static_cast<double>(from.size()), "1", "claimed correspondences");
  plainly("inliers", static_cast<double>(found.inliers.size()), "1", "pairs that agree with the map");
  plainly("inlier_share", static_cast<double>(found.inliers.size()) / static_cast<double>(from.size()), "1",
          "");
  plainly("noise_bound_mm", found.noise_mm, "mm", "distance within which a pair agrees");
  plainly("rms_mm", fit.rms_mm, "mm", "root mean square residual of the inliers");
  plainly("log10_chance", found.log10_chance, "1",
          "log10 of how many such agreements unrelated points would have");
  plainly("clique", static_cast<double>(found.clique), "1", "pairs that agree on all their mutual distances");
  plainly("clique_is_largest", found.is_proven ? 1 : 0, "1", "1: proven that no larger clique exists");
  plainly("second_inliers", static_cast<double>(second), "1",
          "of the other pairs, those that agree on another map");
}

std::vector<std::string> doubts(const Alignment& found, const std::vector<Vec3>& from, std::size_t second) {
  std::vector<std::string> reasons;
  if (found.log10_chance > -3)
    reasons.push_back(fmt::format(
        "unrelated points would agree as well: {} of {} pairs within {:.3g} mm (expected by chance: "
        "10^{:.1f} times); give better correspondences, or the noise bound",
        found.inliers.size(), from.size(), found.noise_mm, found.log10_chance));
  if (found.inliers.size() < 4)
    reasons.push_back("three pairs determine the map and leave nothing to check it with; add pairs");
  if (second >= 4 && 10 * second > 7 * found.inliers.size())
    reasons.push_back(fmt::format(
        "another map fits nearly as many pairs ({} against {}): parts may have moved, or the shape repeats "
        "itself; register the parts one by one",
        second, found.inliers.size()));
  const Vec3 extent = principal_extents(picked(from, found.inliers));
  if (extent.y < 0.1 * extent.x)
    reasons.push_back(fmt::format(
        "the pairs that agree lie near a line ({:.3g} mm along it, {:.3g} mm across): the turn about it is "
        "poorly known; add pairs beside it",
        extent.x, extent.y));
  return reasons;
}

}  // namespace

PointRegistration register_correspondences(const std::vector<Vec3>& fixed_mm,
                                           const std::vector<Vec3>& moving_mm,
                                           const std::vector<std::string>& labels,
                                           const AlignmentOptions& options) {
  const Alignment found = align_correspondences(fixed_mm, moving_mm, options);
  const std::size_t second = second_agreement(fixed_mm, moving_mm, found, options);
  PointRegistration result;
  result.matrix = found.matrix;
  result.steps.push_back(LinearStep{found.matrix});
  result.record.method =
      fmt::format("points, consistent correspondences, {}", options.with_scale ? "similarity" : "rigid");
  add_summary(found, fixed_mm, moving_mm, options.with_scale, second, result.record);
  result.record.reasons = doubts(found, fixed_mm, second);
  result.record.verdict = result.record.reasons.empty() ? "good" : "doubtful";
  std::vector<double> residual;
  std::vector<std::int64_t> agrees(fixed_mm.size());
  for (std::size_t i = 0; i < fixed_mm.size(); ++i)
    residual.push_back(norm(transform_point(found.matrix, fixed_mm[i]) - moving_mm[i]));
  for (const std::size_t i : found.inliers) agrees[i] = 1;
  result.record.tables.emplace_back(
      "residuals",
      Table{{{"pair", "", "label or number", labels},
             {"residual_mm", "mm", "distance of the moving point from the mapped fixed one", residual},
             {"agrees", "1", "1: the map rests on this pair", agrees}}});
  return result;
}

}  // namespace snitt::registration
