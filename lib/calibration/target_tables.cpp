#include "calibration/target_tables.hpp"

#include <algorithm>

namespace snitt::calibration {
namespace {

/// The tables are filled row by row: one buffer per column.
struct Residuals {
  std::vector<std::string> role;
  std::vector<std::int64_t> frame, used;
  std::vector<double> u, v, error_u, error_v, error_mm;

  Table table() && {
    return {{{"role", "", "recording", std::move(role)},
             {"frame", "1", "frame of that recording", std::move(frame)},
             {"u_px", "px", "place in the image", std::move(u)},
             {"v_px", "px", "place in the image", std::move(v)},
             {"error_u_px", "px", "found minus expected place", std::move(error_u)},
             {"error_v_px", "px", "found minus expected place", std::move(error_v)},
             {"error_mm", "mm", "distance of the place, put into space by the result, from the target",
              std::move(error_mm)},
             {"used", "1", "0: left out, something else than the target", std::move(used)}}};
  }
};

void add_residuals(Residuals& r, const TargetRecording& recording) {
  for (std::size_t f = 0; f < recording.seen.size(); ++f) {
    const TargetModel::Seen& seen = recording.seen[f];
    for (std::size_t k = 0; k < seen.measured.size(); ++k) {
      r.role.push_back(recording.role);
      r.frame.push_back(static_cast<std::int64_t>(recording.posed.frames[f].frame));
      r.u.push_back(seen.measured[k].u);
      r.v.push_back(seen.measured[k].v);
      r.error_u.push_back(seen.measured[k].u - seen.expected[k].u);
      r.error_v.push_back(seen.measured[k].v - seen.expected[k].v);
      r.error_mm.push_back(seen.distance_mm[k]);
      r.used.push_back(recording.used[f] != 0 ? 1 : 0);
    }
  }
}

struct FrameRows {
  std::vector<std::string> role, status, detail, pose;
  std::vector<std::int64_t> frame;
  std::vector<double> time;

  Table table() && {
    return {{{"role", "", "recording", std::move(role)},
             {"frame", "1", "frame of that recording", std::move(frame)},
             {"time_s", "s", "time of the frame", std::move(time)},
             {"status", "", "ok, or why the target was not found", std::move(status)},
             {"detail", "", "numbers behind the status", std::move(detail)},
             {"pose_status", "", "of the probe against the reference", std::move(pose)}}};
  }
};

void add_frames(FrameRows& r, const TargetRecording& recording) {
  for (std::size_t i = 0; i < recording.findings.size(); ++i) {
    r.role.push_back(recording.role);
    r.frame.push_back(static_cast<std::int64_t>(i));
    r.time.push_back(recording.time_s[i]);
    r.status.push_back(name_of(recording.findings[i].status));
    r.detail.push_back(recording.findings[i].detail);
    r.pose.emplace_back(name_of(recording.posed.pose_status[i]));
  }
}

}  // namespace

Table residuals_table(const TargetCalibration& result) {
  Residuals residuals;
  add_residuals(residuals, result.calibration);
  if (result.validation) add_residuals(residuals, *result.validation);
  return std::move(residuals).table();
}

Table frames_table(const TargetCalibration& result) {
  FrameRows frames;
  add_frames(frames, result.calibration);
  if (result.validation) add_frames(frames, *result.validation);
  return std::move(frames).table();
}

Table covariance_table(const TargetRefinement& refinement, TargetKind kind) {
  std::array<std::string, target_parameters> names{"rotation_x_rad",   "rotation_y_rad",   "rotation_z_rad",
                                                   "translation_x_mm", "translation_y_mm", "translation_z_mm",
                                                   "pixel_u_mm",       "pixel_v_mm",       "point_x_mm",
                                                   "point_y_mm",       "point_z_mm",       "lag_s"};
  if (kind == TargetKind::wall) {
    names[target_place_1] = "wall_tilt_1_rad";
    names[target_place_2] = "wall_tilt_2_rad";
    names[target_place_3] = "wall_distance_mm";
  }
  Table table;
  std::vector<std::string> rows(names.begin(), names.end());
  table.columns.push_back({"parameter", "", "row of the matrix", std::move(rows)});
  for (std::size_t column = 0; column < target_parameters; ++column) {
    std::vector<double> values;
    for (std::size_t row = 0; row < target_parameters; ++row)
      values.push_back(refinement.covariance[row * target_parameters + column]);
    table.columns.push_back(
        {names[column], "1",
         "covariance with this parameter, in the product of the units that the names end in",
         std::move(values)});
  }
  return table;
}

}  // namespace snitt::calibration
