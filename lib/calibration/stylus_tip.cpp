#include "calibration/stylus_tip.hpp"

#include <algorithm>

#include "geometry/tip_frame.hpp"

namespace snitt::calibration {
namespace {

std::vector<Quantity> pivot_summary(const TrackedPoses& poses, const PivotCalibration& p) {
  std::vector<Quantity> s;
  for (std::size_t a = 0; a < 3; ++a)
    s.push_back(within(std::string("tip_") + "xyz"[a] + "_mm", p.tip_mm[a], p.half_width_mm[a], "mm",
                       std::string(1, "xyz"[a]) + " of the tip in the marker's coordinates"));
  s.push_back(plain("tip_radius_95_mm", p.radius_mm, "mm",
                    "distance from the tip within which the true tip lies with 95 % confidence"));
  s.push_back(plain("residual_rms_mm", p.residual_rms_mm, "mm",
                    "root mean square distance of the tip from where it rested"));
  s.push_back(plain(
      "residual_correlation", p.residual_correlation, "1",
      "correlation of the residuals of neighbouring poses; when it shows, the intervals are widened for it"));
  double major = 0;
  double minor = 0;
  for (const PivotEpisode& e : p.episodes) {
    major = std::max(major, e.coverage_major_deg);
    minor = std::max(minor, e.coverage_minor_deg);
  }
  s.push_back(plain("coverage_major_deg", major, "deg",
                    "full angle over which the shaft went in its widest direction (2.5 to 97.5 %)"));
  s.push_back(
      plain("coverage_minor_deg", minor, "deg",
            "full angle over which the shaft went at right angles to its widest direction (2.5 to 97.5 %)"));
  s.push_back(
      plain("episodes", static_cast<double>(p.episodes.size()), "1", "dents in which the pointer pivoted"));
  const auto count = [&](PoseUse use) { return static_cast<double>(p.count(use)); };
  s.push_back(plain("poses", static_cast<double>(poses.samples), "1", "poses in the recording"));
  s.push_back(plain("poses_used", count(PoseUse::used), "1", "poses that the tip was found from"));
  s.push_back(
      plain("poses_not_ok", static_cast<double>(poses.unusable), "1", "poses left out for their status"));
  s.push_back(plain("poses_not_rigid", static_cast<double>(poses.not_rigid), "1",
                    "poses left out although their status was OK, because they are not rigid"));
  s.push_back(
      plain("poses_moving", count(PoseUse::moving), "1", "poses left out because the tip did not rest"));
  s.push_back(plain("poses_outlying", count(PoseUse::outlier), "1",
                    "poses left out because the tip was far from where it rested in the others"));
  return s;
}

void add_spin(const SpinCalibration& spin, std::vector<Quantity>& s) {
  for (std::size_t a = 0; a < 3; ++a)
    s.push_back(plain(std::string("shaft_") + "xyz"[a], spin.axis[a], "1",
                      std::string(1, "xyz"[a]) +
                          " of the direction of the shaft out of the tip, in the marker's coordinates"));
  s.push_back(within("shaft_tilt_x_deg", 0, spin.half_width_deg[0], "deg",
                     "by how much the true shaft may be tilted towards x of the tip"));
  s.push_back(within("shaft_tilt_y_deg", 0, spin.half_width_deg[1], "deg",
                     "by how much the true shaft may be tilted towards y of the tip"));
  s.push_back(plain("shaft_angle_95_deg", spin.angle_deg, "deg",
                    "angle from the shaft within which the true shaft lies with 95 % confidence"));
  s.push_back(plain("spin_residual_rms_deg", spin.residual_rms_deg, "deg",
                    "root mean square angle of the shaft from where it pointed"));
  s.push_back(
      plain("spin_turn_deg", spin.turn_deg, "deg", "angle by which the pointer was turned about its shaft"));
  s.push_back(plain("spin_wobble_deg", spin.wobble_deg, "deg",
                    "how far the shaft drifted from its mean direction, which is allowed for"));
  s.push_back(plain("spin_poses", static_cast<double>(spin.used.size()), "1",
                    "usable poses in the recording of the spin"));
  s.push_back(plain("spin_poses_used", static_cast<double>(spin.used_count()), "1",
                    "poses that the shaft was found from"));
}

Table episode_table(const TrackedPoses& poses, const PivotCalibration& p) {
  std::array<std::vector<double>, 9> columns;
  std::vector<std::int64_t> used;
  for (const PivotEpisode& e : p.episodes) {
    const std::array<double, 9> row{poses.time_s[e.first], poses.time_s[e.last], e.pivot_mm.x,
                                    e.pivot_mm.y,          e.pivot_mm.z,         e.residual_rms_mm,
                                    e.coverage_major_deg,  e.coverage_minor_deg, e.turn_deg};
    for (std::size_t k = 0; k < row.size(); ++k) columns[k].push_back(row[k]);
    used.push_back(static_cast<std::int64_t>(e.used));
  }
  return {{{"from_s", "s", "time of the first pose in the dent", columns[0]},
           {"to_s", "s", "time of the last pose in the dent", columns[1]},
           {"poses_used", "1", "poses in the dent that the tip was found from", used},
           {"pivot_x_mm", "mm", "x of the place where the tip rested", columns[2]},
           {"pivot_y_mm", "mm", "y of the place where the tip rested", columns[3]},
           {"pivot_z_mm", "mm", "z of the place where the tip rested", columns[4]},
           {"residual_rms_mm", "mm", "root mean square distance of the tip from where it rested", columns[5]},
           {"coverage_major_deg", "deg", "full angle of the shaft's directions, where widest", columns[6]},
           {"coverage_minor_deg", "deg", "full angle of the shaft's directions at right angles to the widest",
            columns[7]},
           {"turn_deg", "deg", "largest angle between two poses in the dent", columns[8]}}};
}

Table pose_table(const TrackedPoses& poses, const PivotCalibration& p) {
  std::vector<std::int64_t> samples(poses.sample.begin(), poses.sample.end());
  Categorical use;
  use.categories = {"used", "moving", "outlier"};
  for (const PoseUse u : p.use) use.codes.push_back(static_cast<std::int32_t>(u));
  return {{{"sample", "1", "number of the usable pose in the recording", samples},
           {"use", "", "what became of the pose", use},
           {"residual_mm", "mm", "distance of the tip from where it rested", p.residual_mm}}};
}

Table covariance_table(const PivotCalibration& p) {
  std::array<std::vector<double>, 3> columns;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) columns[c].push_back(p.covariance[3 * r + c]);
  return {{{"parameter", "", "parameter whose covariances the row holds",
            std::vector<std::string>{"tip_x_mm", "tip_y_mm", "tip_z_mm"}},
           {"tip_x_mm", "mm2", "covariance with the tip's x", columns[0]},
           {"tip_y_mm", "mm2", "covariance with the tip's y", columns[1]},
           {"tip_z_mm", "mm2", "covariance with the tip's z", columns[2]}}};
}

}  // namespace

StylusTip stylus_tip(const TrackedPoses& poses, const PivotCalibration& pivot,
                     const std::optional<SpinCalibration>& spin, const StylusTipNames& names) {
  StylusTip result;
  const Vec3 shaft = spin ? spin->axis : unit(pivot.tip_mm);
  result.transform = {{names.tip, names.stylus},
                      tip_frame(pivot.tip_mm, names.flip_shaft ? -1.0 * shaft : shaft)};
  CalibrationRecord& record = result.record;
  record.method = spin ? "pivot and spin" : "pivot";
  record.reasons = pivot.reasons;
  record.summary = pivot_summary(poses, pivot);
  if (spin) {
    add_spin(*spin, record.summary);
    record.reasons.insert(record.reasons.end(), spin->reasons.begin(), spin->reasons.end());
  }
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.tables = {{"episodes", episode_table(poses, pivot)},
                   {"poses", pose_table(poses, pivot)},
                   {"covariance", covariance_table(pivot)}};
  return result;
}

}  // namespace snitt::calibration
