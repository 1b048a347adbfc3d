#include "registration/landmark_record.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "geometry/rotation.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr double degrees_per_radian = 180 / std::numbers::pi;

double scale_of(const Matrix4& m) { return std::cbrt(determinant3(m)); }

/// Adds quantities of the map with intervals from its uncertainty.
class Quantities {
 public:
  Quantities(const Matrix4& matrix, const LandmarkUncertainty& uncertainty, double degrees,
             std::vector<Quantity>& summary)
      : matrix_(matrix),
        uncertainty_(uncertainty),
        student_(degrees > 0 ? statistics::student_t_quantile(0.975, degrees) : std::nan("")),
        summary_(summary) {}
  template <typename Function>
  void add(const std::string& name, const std::string& units, const std::string& description,
           const Function& value) {
    const double half = student_ * uncertainty_.deviation_of(value);
    const double at = value(matrix_);
    summary_.push_back({name, at, at - half, at + half, units, description});
  }

 private:
  const Matrix4& matrix_;
  const LandmarkUncertainty& uncertainty_;
  double student_;
  std::vector<Quantity>& summary_;
};

/// The rotation vector of `m`, continued past half a turn from that at `near`, where it would jump.
Vec3 rotation_near(const Matrix4& m, Vec3 near) {
  const Vec3 v = vector_from_rotation(m);
  const double angle = norm(v);
  if (angle == 0 || dot(v, near) >= 0) return v;
  return (1 - 2 * std::numbers::pi / angle) * v;
}

Matrix4 without_scale(Matrix4 m) {
  const double scale = scale_of(m);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) m(r, c) /= scale;
  return m;
}

void add_turn(Quantities& quantities, const Matrix4& fitted) {
  const Vec3 whole = vector_from_rotation(without_scale(fitted));
  for (std::size_t axis = 0; axis < 3; ++axis)
    quantities.add(fmt::format("rotation_{}_deg", "xyz"[axis]), "deg",
                   axis == 0 ? "rotation vector: its direction is the axis, its length the angle" : "",
                   [whole, axis](const Matrix4& m) {
                     return degrees_per_radian * rotation_near(without_scale(m), whole)[axis];
                   });
}

void add_map(const LandmarkPairs& pairs, const LandmarkUncertainty& uncertainty, double degrees,
             LandmarkRegistration& r) {
  Quantities quantities(r.fit.matrix, uncertainty, degrees, r.record.summary);
  if (r.fit.model != LandmarkModel::affine) add_turn(quantities, r.fit.matrix);
  if (r.fit.model == LandmarkModel::similarity)
    quantities.add("scale", "1", "moving millimetres per fixed millimetre", scale_of);
  if (r.fit.model == LandmarkModel::affine) {
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 3; ++column)
        quantities.add(fmt::format("matrix_{}{}", row, column), "1", row + column == 0 ? "linear part" : "",
                       [row, column](const Matrix4& m) { return m(row, column); });
    quantities.add("volume_ratio", "1", "moving volume per fixed volume", determinant3);
  }
  Vec3 center;
  for (const Vec3 p : pairs.fixed_mm)
    center = center + (1.0 / static_cast<double>(pairs.fixed_mm.size())) * p;
  for (std::size_t axis = 0; axis < 3; ++axis)
    quantities.add(fmt::format("translation_{}_mm", "xyz"[axis]), "mm",
                   axis == 0 ? "where the origin of the fixed frame is in the moving one" : "",
                   [axis](const Matrix4& m) { return m(axis, 3); });
  for (std::size_t axis = 0; axis < 3; ++axis)
    quantities.add(fmt::format("center_{}_mm", "xyz"[axis]), "mm",
                   axis == 0 ? "where the center of the fixed landmarks is in the moving frame" : "",
                   [axis, center](const Matrix4& m) { return transform_point(m, center)[axis]; });
}

void add_errors(double degrees, const LandmarkPairs& pairs, LandmarkRegistration& r) {
  std::vector<Quantity>& summary = r.record.summary;
  const auto plain = [&](const std::string& name, double value, const std::string& units,
                         const std::string& description) {
    summary.push_back({name, value, std::nan(""), std::nan(""), units, description});
  };
  plain("landmarks", static_cast<double>(r.fit.points), "1", "pairs that the fit rests on");
  plain("fre_rms_mm", r.fit.rms_mm, "mm", "fiducial registration error: root mean square residual");
  Quantity fle{"fle_rms_mm",
               r.fle_mm,
               std::nan(""),
               std::nan(""),
               "mm",
               "fiducial localisation error of both sets together, from FRE and the number of landmarks"};
  if (degrees > 0) {
    fle.low = r.fle_mm * std::sqrt(degrees / statistics::chi_squared_quantile(0.975, degrees));
    fle.high = r.fle_mm * std::sqrt(degrees / statistics::chi_squared_quantile(0.025, degrees));
  }
  summary.push_back(fle);
  plain("leave_one_out_rms_mm", r.leave_one_out_rms_mm, "mm",
        "root mean square distance of each landmark from where the others put it");
  plain("predicted_tre_rms_mm", statistics::root_mean_square(r.tre_mm), "mm",
        "predicted target registration error at the landmarks (Fitzpatrick 1998)");
  plain("unmatched", static_cast<double>(pairs.only_fixed.size() + pairs.only_moving.size()), "1",
        "labels that only one set has");
}

std::array<std::vector<double>, 3> axes_of(const std::vector<Vec3>& points) {
  std::array<std::vector<double>, 3> axes;
  for (const Vec3 p : points)
    for (std::size_t a = 0; a < 3; ++a) axes[a].push_back(p[a]);
  return axes;
}

Table residual_table(const LandmarkPairs& pairs, const LandmarkRegistration& r) {
  const auto axes = axes_of(r.fit.residual_mm);
  std::vector<double> lengths;
  for (const Vec3 v : r.fit.residual_mm) lengths.push_back(norm(v));
  Table table{{{"landmark", "", "label", pairs.labels},
               {"residual_mm", "mm", "distance of the moving landmark from the mapped fixed one", lengths},
               {"residual_x_mm", "mm", "moving minus mapped", axes[0]},
               {"residual_y_mm", "mm", "", axes[1]},
               {"residual_z_mm", "mm", "", axes[2]},
               {"leave_one_out_mm", "mm", "the same when this landmark has no say in the map",
                r.fit.leave_one_out_mm},
               {"predicted_tre_mm", "mm", "expected error of a target at this place", r.tre_mm}}};
  if (!pairs.weights.empty()) table.columns.push_back({"weight", "1", "in the fit", pairs.weights});
  return table;
}

const char* name_of(LandmarkModel model) {
  return model == LandmarkModel::rigid        ? "rigid"
         : model == LandmarkModel::similarity ? "similarity"
                                              : "affine";
}

}  // namespace

std::string target_label(const PointSet& targets, std::size_t i) {
  return targets.labels[i].empty() ? std::to_string(i + 1) : targets.labels[i];
}

Table target_table(const std::vector<TargetError>& targets) {
  std::vector<std::string> labels;
  std::vector<Vec3> fixed;
  std::vector<Vec3> moving;
  std::vector<double> tre;
  for (const TargetError& t : targets) {
    labels.push_back(t.label);
    fixed.push_back(t.fixed_mm);
    moving.push_back(t.moving_mm);
    tre.push_back(t.tre_mm);
  }
  const auto f = axes_of(fixed);
  const auto m = axes_of(moving);
  return {{{"target", "", "label", labels},
           {"predicted_tre_mm", "mm", "expected error of the mapped target", tre},
           {"fixed_x_mm", "mm", "in the fixed frame", f[0]},
           {"fixed_y_mm", "mm", "", f[1]},
           {"fixed_z_mm", "mm", "", f[2]},
           {"moving_x_mm", "mm", "where the map puts it in the moving frame", m[0]},
           {"moving_y_mm", "mm", "", m[1]},
           {"moving_z_mm", "mm", "", m[2]}}};
}

void write_record(const LandmarkPairs& pairs, const LandmarkUncertainty& uncertainty, double degrees,
                  LandmarkRegistration& r) {
  r.record.method = fmt::format("landmarks, {}", name_of(r.fit.model));
  add_map(pairs, uncertainty, degrees, r);
  add_errors(degrees, pairs, r);
  r.record.tables.emplace_back("residuals", residual_table(pairs, r));
  if (!r.targets.empty()) r.record.tables.emplace_back("targets", target_table(r.targets));
  r.record.reasons = doubts(pairs, r);
  r.record.verdict = r.record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace snitt::registration
