#include "calibration/phantom_record.hpp"

#include <cmath>
#include <limits>

namespace snitt::calibration {
namespace {

Quantity counted(const std::string& name, std::size_t value, const std::string& description) {
  return plain(name, static_cast<double>(value), "1", description);
}

std::vector<Quantity> summary_of(const PhantomPlacement& p) {
  std::vector<Quantity> s;
  const Vec3 origin = transform_point(p.phantom_to_reference, {});
  const Vec3 center = transform_point(p.phantom_to_reference, p.center_mm);
  for (std::size_t a = 0; a < 3; ++a)
    s.push_back(within(std::string("origin_") + "xyz"[a] + "_mm", origin[a], p.origin_half_width_mm[a], "mm",
                       std::string(1, "xyz"[a]) + " of the phantom's origin in the reference frame"));
  for (std::size_t a = 0; a < 3; ++a)
    s.push_back(
        within(std::string("center_") + "xyz"[a] + "_mm", center[a], p.center_half_width_mm[a], "mm",
               std::string(1, "xyz"[a]) + " of the middle of what was touched, in the reference frame"));
  for (std::size_t a = 0; a < 3; ++a)
    s.push_back(within(std::string("tilt_") + "xyz"[a] + "_deg", 0, p.tilt_half_width_deg[a], "deg",
                       std::string("by how much the phantom may truly be turned about ") + "xyz"[a] +
                           " of the reference frame"));
  return s;
}

void add_poses(const TrackedPoses& tip, std::vector<Quantity>& s) {
  s.push_back(counted("poses", tip.samples, "poses in the recording"));
  s.push_back(counted("poses_not_ok", tip.unusable, "poses left out for their status"));
  s.push_back(counted("poses_not_rigid", tip.not_rigid,
                      "poses left out although their status was OK, because they are not rigid"));
}

Table covariance_table(const PhantomPlacement& p) {
  const std::vector<std::string> names{"turn_x_rad",  "turn_y_rad",  "turn_z_rad",
                                       "center_x_mm", "center_y_mm", "center_z_mm"};
  Table table{{{"parameter", "", "parameter whose covariances the row holds", names}}};
  for (std::size_t c = 0; c < 6; ++c) {
    std::vector<double> column;
    for (std::size_t r = 0; r < 6; ++r) column.push_back(p.covariance[6 * r + c]);
    table.columns.push_back(
        {names[c], "", "covariance with this parameter, in the product of the units that the names end in",
         column});
  }
  return table;
}

Table landmark_table(const LandmarkRegistration& r, const std::vector<TouchedPoint>& touched,
                     const PhantomDefinition& phantom) {
  std::vector<std::string> names;
  std::array<std::vector<double>, 4> residual;
  std::vector<std::int64_t> visits;
  std::vector<double> spread;
  for (const LandmarkMatch& m : r.matches) {
    names.push_back(phantom.landmarks[m.landmark].name);
    for (std::size_t a = 0; a < 3; ++a) residual[a].push_back(m.residual_mm[a]);
    residual[3].push_back(norm(m.residual_mm));
    visits.push_back(static_cast<std::int64_t>(touched[m.point].visits));
    spread.push_back(touched[m.point].spread_mm);
  }
  return {
      {{"landmark", "", "name of the landmark in the phantom's definition", names},
       {"residual_mm", "mm", "distance of the touched point from the registered landmark", residual[3]},
       {"residual_x_mm", "mm", "touched minus registered place along x of the reference frame", residual[0]},
       {"residual_y_mm", "mm", "touched minus registered place along y of the reference frame", residual[1]},
       {"residual_z_mm", "mm", "touched minus registered place along z of the reference frame", residual[2]},
       {"visits", "1", "how often the landmark was touched", visits},
       {"spread_mm", "mm", "RMS distance of the tip from the place where it rested", spread}}};
}

Table touched_table(const LandmarkRegistration& r, const std::vector<TouchedPoint>& touched,
                    const PhantomDefinition& phantom) {
  std::vector<std::string> names(touched.size());
  for (const LandmarkMatch& m : r.matches) names[m.point] = phantom.landmarks[m.landmark].name;
  std::array<std::vector<double>, 7> columns;
  std::vector<std::int64_t> poses;
  for (const TouchedPoint& p : touched) {
    const std::array<double, 7> row{p.from_s,     p.to_s,      p.place_mm.x, p.place_mm.y,
                                    p.place_mm.z, p.spread_mm, p.swivel_deg};
    for (std::size_t k = 0; k < row.size(); ++k) columns[k].push_back(row[k]);
    poses.push_back(static_cast<std::int64_t>(p.poses));
  }
  return {{{"landmark", "", "landmark that the touched point was taken for; empty: for none", names},
           {"from_s", "s", "time at which the first visit of the touched point begins", columns[0]},
           {"to_s", "s", "time at which the first visit of the touched point ends", columns[1]},
           {"x_mm", "mm", "x of the place where the tip rested, in the reference frame", columns[2]},
           {"y_mm", "mm", "y of the place where the tip rested, in the reference frame", columns[3]},
           {"z_mm", "mm", "z of the place where the tip rested, in the reference frame", columns[4]},
           {"spread_mm", "mm", "RMS distance of the tip from the place where it rested", columns[5]},
           {"swivel_deg", "deg", "largest turn of the shaft during a visit", columns[6]},
           {"poses", "1", "poses of all visits of the touched point", poses}}};
}

Table object_table(const SurfaceRegistration& r) {
  std::vector<std::string> names;
  std::vector<std::string> kinds;
  std::vector<std::int64_t> samples;
  std::vector<double> means;
  std::vector<double> rms;
  for (const SurfaceUse& u : r.uses) {
    const SurfaceObject& o = r.objects[u.object];
    names.push_back(o.name);
    kinds.emplace_back(o.kind == SurfaceKind::plane  ? "plane"
                       : o.kind == SurfaceKind::line ? "line"
                                                     : "point");
    samples.push_back(static_cast<std::int64_t>(u.samples));
    means.push_back(u.mean_mm);
    rms.push_back(u.rms_mm);
  }
  return {{{"object", "", "name of the plane, line or point in the phantom's definition", names},
           {"kind", "", "kind of object: plane, line or point", kinds},
           {"samples", "1", "samples that lie on the object", samples},
           {"mean_mm", "mm",
            "mean distance of the samples from the object; from a plane signed, along its normal", means},
           {"rms_mm", "mm", "RMS distance of the samples from the object", rms}}};
}

Table sample_table(const SurfaceRegistration& r, const TrackedPoses& tip) {
  Categorical object;
  for (const SurfaceObject& o : r.objects) object.categories.push_back(o.name);
  object.codes.assign(r.object_of_sample.begin(), r.object_of_sample.end());
  std::vector<std::int64_t> samples(tip.sample.begin(), tip.sample.end());
  return {{{"sample", "1", "number of the usable pose in the recording", samples},
           {"object", "", "what the tip was on; missing: on the way, an outlier, or at an edge", object},
           {"distance_mm", "mm", "distance of the tip from the object that it was on", r.distance_mm}}};
}

void conclude(CalibrationRecord& record, const std::vector<std::string>& reasons) {
  record.reasons = reasons;
  record.verdict = reasons.empty() ? "good" : "doubtful";
}

}  // namespace

CalibrationRecord record_of(const LandmarkRegistration& r, const std::vector<TouchedPoint>& touched,
                            const PhantomDefinition& phantom, const TrackedPoses& tip) {
  CalibrationRecord record;
  record.method = "landmarks";
  record.summary = summary_of(r.placement);
  std::vector<Quantity>& s = record.summary;
  s.push_back(plain("fre_rms_mm", r.fre_rms_mm, "mm", "fiducial registration error, root mean square"));
  s.push_back(
      plain("fre_mean_mm", r.fre_mean_mm, "mm", "mean fiducial registration error, which PLUS reports"));
  s.push_back(plain("fre_max_mm", r.fre_max_mm, "mm", "largest fiducial registration error of a landmark"));
  s.push_back(counted("landmarks_used", r.matches.size(),
                      "landmarks of the phantom that were found in the recording"));
  s.push_back(counted("landmarks_missed", r.missed.size(), "landmarks of the phantom that were not touched"));
  s.push_back(counted("points_unmatched", r.unmatched.size(), "touched points that are no landmark"));
  add_poses(tip, s);
  record.tables = {{"landmarks", landmark_table(r, touched, phantom)},
                   {"touched", touched_table(r, touched, phantom)},
                   {"covariance", covariance_table(r.placement)}};
  conclude(record, r.reasons);
  return record;
}

CalibrationRecord record_of(const SurfaceRegistration& r, const TrackedPoses& tip) {
  CalibrationRecord record;
  record.method = "surfaces";
  record.summary = summary_of(r.placement);
  std::vector<Quantity>& s = record.summary;
  s.push_back(plain("distance_rms_mm", r.rms_mm, "mm",
                    "root mean square distance of the samples from their planes and lines"));
  s.push_back(plain("residual_correlation", r.residual_correlation, "1",
                    "correlation of the distances of neighbouring samples; when it shows, the intervals are "
                    "widened for it"));
  s.push_back(plain("firmness", r.firmness, "1",
                    "how firmly the loosest turn or shift is held: 0 free, some tenths usual"));
  s.push_back(counted("objects_used", r.uses.size(), "planes, lines and points that samples lie on"));
  s.push_back(counted("samples_used", r.samples_used, "samples that lie on planes, lines and points"));
  add_poses(tip, s);
  record.tables = {{"objects", object_table(r)},
                   {"samples", sample_table(r, tip)},
                   {"covariance", covariance_table(r.placement)}};
  conclude(record, r.reasons);
  return record;
}

}  // namespace snitt::calibration
