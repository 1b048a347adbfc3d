#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "calibration/probe_calibration.hpp"
#include "geometry/rotation.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double degrees = 180 / std::numbers::pi;
/// Below these a person should record again or look closer.
constexpr std::size_t few_frames = 50;
constexpr double small_turn_deg = 3;
constexpr double large_validation_mm = 1;
constexpr double odd_pixel_share = 0.03;
constexpr double oblique_deg = 1;
constexpr double odd_wire_mm = 0.2;
constexpr std::size_t fewest_validation_frames = 10;

void add(CalibrationRecord& r, std::string name, double value, std::string units, std::string description) {
  r.summary.push_back(plain(std::move(name), value, std::move(units), std::move(description)));
}

void add_errors(CalibrationRecord& r, const std::string& name, const ErrorStatistics& e,
                const std::string& of) {
  if (e.count == 0) return;
  add(r, name + "_mean95_mm", e.mean95, "mm", "mean 3-D error of the best 95 % of the middle wires, " + of);
  add(r, name + "_sd95_mm", e.deviation95, "mm",
      "standard deviation of the 3-D error of the best 95 % of the middle wires, " + of);
  add(r, name + "_rms_mm", e.rms, "mm", "root mean square of the 3-D errors of all middle wires, " + of);
  add(r, name + "_largest_mm", e.largest, "mm", "largest 3-D error of a middle wire, " + of);
}

/// Angle between the image axes of the linear solution, which nothing forces to 90 degrees.
double axes_angle_deg(const Matrix4& m) {
  const Vec3 x{m(0, 0), m(1, 0), m(2, 0)};
  const Vec3 y{m(0, 1), m(1, 1), m(2, 1)};
  return std::acos(dot(x, y) / norm(x) / norm(y)) * degrees;
}

/// The wire whose points lie farthest from it on the average, and how it compares with the others.
struct WireOffset {
  std::string wire;
  double offset_mm = 0;
  double usual_mm = 0;  ///< median over all wires
};

WireOffset largest_offset(const NWireCalibration& c) {
  const std::size_t wires = c.model.wires();
  WireOffset worst;
  std::vector<double> all;
  for (std::size_t w = 0; w < wires; ++w) {
    double sum[2] = {0, 0};
    double count = 0;
    for (std::size_t i = w; i < c.refinement->residual_mm.size(); i += wires) {
      if (c.refinement->used[i] == 0) continue;
      sum[0] += c.refinement->residual_mm[i][0];
      sum[1] += c.refinement->residual_mm[i][1];
      ++count;
    }
    const double offset = count > 0 ? std::hypot(sum[0], sum[1]) / count : 0;
    all.push_back(offset);
    if (offset > worst.offset_mm) worst = {c.model.wire(w).name, offset, 0};
  }
  worst.usual_mm = statistics::median(all);
  return worst;
}

void add_parameters(CalibrationRecord& r, const NWireCalibration& c, const NWireSettings& settings) {
  const Refinement& f = *c.refinement;
  const auto& half = f.half_width_95;
  const char* axes[] = {"x", "y", "z"};
  for (std::size_t i = 0; i < 3; ++i)
    r.summary.push_back(within(fmt::format("translation_{}_mm", axes[i]), c.image_to_probe(i, 3),
                               half[translation_x + i], "mm", "pixel (0, 0) in the probe's frame"));
  const Vec3 turn = degrees * vector_from_rotation(rigid_parts(c.image_to_probe).rigid);
  for (std::size_t i = 0; i < 3; ++i)
    // The interval is that of a turn about the axis on top of the rotation found.
    r.summary.push_back(within(
        fmt::format("rotation_{}_deg", axes[i]), turn[i], half[rotation_x + i] * degrees, "deg",
        "rotation vector of the image in the probe's frame; interval: of a further turn about that axis"));
  r.summary.push_back(
      within("pixel_u_mm", f.pixel_mm[0], half[pixel_u], "mm", "distance of neighbouring columns"));
  r.summary.push_back(
      within("pixel_v_mm", f.pixel_mm[1], half[pixel_v], "mm", "distance of neighbouring rows"));
  if (settings.refinement.estimate_lag)
    r.summary.push_back(within("time_offset_s", settings.poses.time_offset_s + f.lag_s, half[lag], "s",
                               "poses are to be taken this much later than the frames"));
  if (!settings.refinement.phantom.landmarks_mm.empty()) {
    const Matrix4 moved = inverse(c.nominal_phantom_to_reference) * c.phantom_to_reference;
    std::vector<double> shifts;
    for (const Vec3 p : settings.refinement.phantom.landmarks_mm)
      shifts.push_back(norm(transform_point(moved, p) - p));
    add(r, "phantom_shift_rms_mm", statistics::root_mean_square(shifts), "mm",
        "how far the landmarks of the phantom lie from where its registration put them");
    add(r, "phantom_turn_deg", angle_between(moved, {}) * degrees, "deg",
        "by what angle the phantom is turned from where its registration put it");
  }
  add(r, "point_noise_u_mm", f.noise.point_u_mm, "mm",
      "standard deviation of a wire's place along the image's rows");
  add(r, "point_noise_v_mm", f.noise.point_v_mm, "mm",
      "standard deviation of a wire's place along the image's columns");
  add(r, "pose_noise_mm", f.noise.pose_mm, "mm", "standard deviation of a pose's position per axis");
  add(r, "pose_noise_deg", f.noise.pose_rad * degrees, "deg",
      "standard deviation of a pose's angle about each axis");
  const WireOffset worst = largest_offset(c);
  add(r, "largest_wire_offset_mm", worst.offset_mm, "mm",
      "mean distance of the points of wire '" + worst.wire + "' from it, the largest of all wires");
  add(r, "frames_per_group", static_cast<double>(f.frames_per_group), "1",
      "neighbouring frames whose errors go together; the intervals allow for it");
  add(r, "design_effect", f.design_effect, "1",
      "frames that count as one against the phantom's registration");
}

void judge(CalibrationRecord& r, const NWireCalibration& c, const NWireSettings& settings) {
  const std::size_t frames = c.calibration.posed.frames.size();
  if (frames < few_frames)
    r.reasons.push_back(fmt::format("only {} frames were used; record at least {}.", frames, few_frames));
  if (c.turned_deg < small_turn_deg)
    r.reasons.push_back(
        fmt::format("the probe was turned by {:.1f} deg only (standard deviation); tilt and turn it by "
                    "at least {:g} deg, so that place and angle can be told apart.",
                    c.turned_deg, small_turn_deg));
  if (c.validation && c.validation_errors.refined_3d.mean95 > large_validation_mm)
    r.reasons.push_back(
        fmt::format("the error on the validation recording is {:.2f} mm; expected at most {:g} mm.",
                    c.validation_errors.refined_3d.mean95, large_validation_mm));
  if (c.validation && c.validation->posed.frames.size() < fewest_validation_frames)
    r.reasons.push_back(fmt::format(
        "only {} frames of the validation recording show the phantom with a valid pose; expected at "
        "least {}.",
        c.validation->posed.frames.size(), fewest_validation_frames));
  const double angle = axes_angle_deg(c.linear.image_to_probe);
  if (std::abs(angle - 90) > oblique_deg)
    r.reasons.push_back(
        fmt::format("the image axes of the linear solution enclose {:.1f} deg; expected 90: look at the "
                    "frames for wrong wires, and at the registration of the phantom.",
                    angle));
  const std::array<double, 2> pixel = rigid_parts(c.image_to_probe).pixel_mm;
  for (std::size_t k = 0; settings.nominal_pixel_mm && k < 2; ++k) {
    const double nominal = (*settings.nominal_pixel_mm)[k];
    if (std::abs(pixel[k] / nominal - 1) > odd_pixel_share)
      r.reasons.push_back(
          fmt::format("pixels along {} are {:.4f} mm, {:+.1f} % against the scanner's {:.4f} mm; check the "
                      "depth setting, the scaling of the recorded image, and the temperature of the bath.",
                      k == 0 ? "u" : "v", pixel[k], 100 * (pixel[k] / nominal - 1), nominal));
  }
  if (c.refinement) {
    const double shift = c.refinement->phantom_chi_squared;
    if (shift > statistics::chi_squared_quantile(0.999, 6))
      r.reasons.push_back(fmt::format(
          "the frames put the phantom elsewhere than its registration does, beyond what both leave open "
          "(chi-squared {:.0f} for 6 degrees of freedom): is the registration of this session, and was the "
          "phantom left alone? Register it again, or give its true error with --phantom-error-mm",
          shift));
  }
  if (c.refinement) {
    const WireOffset worst = largest_offset(c);
    if (worst.offset_mm > odd_wire_mm && worst.offset_mm > 2.5 * worst.usual_mm)
      r.reasons.push_back(fmt::format(
          "wire '{}' lies {:.2f} mm from where the phantom's definition has it, the others {:.2f} mm; "
          "measure it, or correct the definition.",
          worst.wire, worst.offset_mm, worst.usual_mm));
  }
  const double error = c.calibration_errors.refined_3d.mean95;
  if (error > large_validation_mm)
    r.reasons.push_back(fmt::format(
        "the error on the calibration recording is {:.2f} mm; expected at most {:g} mm: did the phantom "
        "or the reference move, is there a lag (--estimate-lag)?",
        error, large_validation_mm));
  if (2 * frames < c.calibration.dots.size())
    r.reasons.push_back(fmt::format("only {} of {} frames were used; see the table frames for the reasons",
                                    frames, c.calibration.dots.size()));
  if (c.refinement && c.refinement->errors_outlast)
    r.reasons.push_back(
        "errors of the poses last longer than the recording can tell; the intervals may be too narrow: "
        "record "
        "for longer");
  if (c.refinement && !c.refinement->converged)
    r.reasons.push_back("the refinement did not converge; look at the residuals.");
  r.verdict = r.reasons.empty() ? "good" : "doubtful";
}

/// The tables are filled row by row: one buffer per column.
struct Residuals {
  std::vector<std::string> role, wire;
  std::vector<std::int64_t> frame, used;
  std::vector<double> u, v, error_u, error_v, error_mm;

  Table table() && {
    return {
        {{"role", "", "recording: calibration or validation", std::move(role)},
         {"frame", "1", "number of the frame in its recording, from 0", std::move(frame)},
         {"wire", "", "name of the wire in the phantom definition", std::move(wire)},
         {"u_px", "px", "segmented place of the wire along the image's rows", std::move(u)},
         {"v_px", "px", "segmented place of the wire along the image's columns", std::move(v)},
         {"error_u_px", "px", "segmented minus predicted place along the image's rows", std::move(error_u)},
         {"error_v_px", "px", "segmented minus predicted place along the image's columns",
          std::move(error_v)},
         {"error_mm", "mm", "distance of the point, placed by the result, from its wire",
          std::move(error_mm)},
         {"used", "1", "1: the point was used; 0: it was left out as a gross outlier", std::move(used)}}};
  }
};

double distance_mm(const PhantomWire& wire, Vec3 point) {
  const Vec3 along = wire.back_mm - wire.front_mm;
  return norm(cross(point - wire.front_mm, along)) / norm(along);
}

void add_residuals(Residuals& r, const NWireRecording& recording, const NWireCalibration& c) {
  const bool fitted = c.refinement && recording.role == "calibration";
  const std::size_t wires = c.model.wires();
  for (std::size_t f = 0; f < recording.posed.frames.size(); ++f) {
    const WireFrame& frame = recording.posed.frames[f];
    const Matrix4 phantom_to_image =
        inverse(c.image_to_probe) * inverse(frame.probe_to_reference) * c.phantom_to_reference;
    const Matrix4 image_to_phantom = inverse(phantom_to_image);
    for (std::size_t w = 0; w < wires; ++w) {
      const WirePoint& p = frame.points[w];
      const auto hit = wire_in_image(c.model.wire(w), phantom_to_image);
      const double nothing = std::numeric_limits<double>::quiet_NaN();
      r.role.push_back(recording.role);
      r.frame.push_back(static_cast<std::int64_t>(frame.frame));
      r.wire.push_back(c.model.wire(w).name);
      r.u.push_back(p.u);
      r.v.push_back(p.v);
      r.error_u.push_back(hit ? p.u - hit->u : nothing);
      r.error_v.push_back(hit ? p.v - hit->v : nothing);
      r.error_mm.push_back(distance_mm(c.model.wire(w), transform_point(image_to_phantom, {p.u, p.v, 0})));
      r.used.push_back(!fitted || c.refinement->used[f * wires + w] != 0 ? 1 : 0);
    }
  }
}

struct FrameRows {
  std::vector<std::string> role, status, detail, pose;
  std::vector<std::int64_t> frame, dots;
  std::vector<double> time, misfit;

  Table table() && {
    return {{{"role", "", "recording: calibration or validation", std::move(role)},
             {"frame", "1", "number of the frame in its recording, from 0", std::move(frame)},
             {"time_s", "s", "time of the frame", std::move(time)},
             {"status", "", "ok, or why the wires were not found in the frame", std::move(status)},
             {"detail", "", "numbers behind the status of the wires", std::move(detail)},
             {"pose_status", "", "status of the probe's pose against the reference", std::move(pose)},
             {"dots", "1", "bright dots found in the frame", std::move(dots)},
             {"misfit_mm", "mm", "RMS distance of the dots from the best section of the phantom",
              std::move(misfit)}}};
  }
};

void add_frames(FrameRows& r, const NWireRecording& recording) {
  for (std::size_t i = 0; i < recording.dots.size(); ++i) {
    const Labelling& labelling = recording.segmentation.frames[i];
    r.role.push_back(recording.role);
    r.frame.push_back(static_cast<std::int64_t>(i));
    r.time.push_back(recording.time_s[i]);
    r.status.push_back(name_of(labelling.status));
    r.detail.push_back(labelling.detail);
    r.pose.emplace_back(name_of(recording.posed.pose_status[i]));
    r.dots.push_back(static_cast<std::int64_t>(recording.dots[i].dots.size()));
    r.misfit.push_back(labelling.status == SegmentationStatus::ok ? labelling.misfit_mm
                                                                  : std::numeric_limits<double>::quiet_NaN());
  }
}

Table covariance_table(const Refinement& refinement) {
  const std::array<const char*, refined_parameters> names{"rotation_x_rad",
                                                          "rotation_y_rad",
                                                          "rotation_z_rad",
                                                          "translation_x_mm",
                                                          "translation_y_mm",
                                                          "translation_z_mm",
                                                          "pixel_u_mm",
                                                          "pixel_v_mm",
                                                          "phantom_rotation_x_rad",
                                                          "phantom_rotation_y_rad",
                                                          "phantom_rotation_z_rad",
                                                          "phantom_x_mm",
                                                          "phantom_y_mm",
                                                          "phantom_z_mm",
                                                          "lag_s"};
  Table table;
  std::vector<std::string> rows(names.begin(), names.end());
  table.columns.push_back({"parameter", "", "parameter whose covariances the row holds", std::move(rows)});
  for (std::size_t column = 0; column < refined_parameters; ++column) {
    std::vector<double> values;
    for (std::size_t row = 0; row < refined_parameters; ++row)
      values.push_back(refinement.covariance[row * refined_parameters + column]);
    table.columns.push_back(
        {names[column], "1",
         "covariance with this parameter, in the product of the units that the names end in",
         std::move(values)});
  }
  return table;
}

}  // namespace

Table frames_table(const NWireCalibration& result) {
  FrameRows frames;
  add_frames(frames, result.calibration);
  if (result.validation) add_frames(frames, *result.validation);
  return std::move(frames).table();
}

CalibrationRecord record_of(const NWireCalibration& c, const NWireSettings& settings) {
  CalibrationRecord r;
  r.method = c.refinement ? "n-wire" : "n-wire linear";
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  if (c.refinement) {
    add_parameters(r, c, settings);
  } else {
    const std::array<double, 2> pixel = rigid_parts(c.image_to_probe).pixel_mm;
    add(r, "pixel_u_mm", pixel[0], "mm", "distance of neighbouring columns");
    add(r, "pixel_v_mm", pixel[1], "mm", "distance of neighbouring rows");
  }
  if (settings.nominal_pixel_mm) {
    const std::array<double, 2> pixel = rigid_parts(c.image_to_probe).pixel_mm;
    for (std::size_t k = 0; k < 2; ++k)
      add(r, k == 0 ? "pixel_u_against_nominal" : "pixel_v_against_nominal",
          pixel[k] / (*settings.nominal_pixel_mm)[k], "1",
          k == 0 ? "found distance of neighbouring columns, divided by the scanner's"
                 : "found distance of neighbouring rows, divided by the scanner's");
  }
  add_errors(r, "validation", c.validation_errors.refined_3d, "validation recording");
  add_errors(r, "calibration", c.calibration_errors.refined_3d, "calibration recording");
  add_errors(r, "leave_one_out", c.calibration_errors.leave_one_out_3d, "each frame placed by all others");
  if (c.refinement) {
    if (c.validation)
      add(r, "linear_validation_mean95_mm", c.validation_errors.linear_3d.mean95, "mm",
          "mean 3-D error of the best 95 % of the middle wires with the linear solution, validation "
          "recording");
    add(r, "linear_calibration_mean95_mm", c.calibration_errors.linear_3d.mean95, "mm",
        "mean 3-D error of the best 95 % of the middle wires with the linear solution, calibration "
        "recording");
  }
  add(r, "axes_angle_deg", axes_angle_deg(c.linear.image_to_probe), "deg",
      "angle of the image axes in the linear solution");
  add(r, "frames_used", count(c.calibration.posed.frames.size()), "1",
      "calibration frames with wires and pose");
  add(r, "frames_segmented", count(c.calibration.segmentation.found), "1",
      "calibration frames whose wires were found");
  add(r, "frames", count(c.calibration.dots.size()), "1", "frames of the calibration recording");
  if (c.validation) {
    add(r, "validation_frames_used", count(c.validation->posed.frames.size()), "1",
        "validation frames with wires and pose");
    add(r, "validation_frames", count(c.validation->dots.size()), "1", "frames of the validation recording");
  }
  add(r, "probe_position_sd_mm", c.moved_mm, "mm", "how much the probe was moved");
  add(r, "probe_angle_sd_deg", c.turned_deg, "deg", "how much the probe was turned");
  judge(r, c, settings);

  Residuals residuals;
  add_residuals(residuals, c.calibration, c);
  if (c.validation) add_residuals(residuals, *c.validation, c);
  r.tables.emplace_back("residuals", std::move(residuals).table());
  r.tables.emplace_back("frames", frames_table(c));
  if (c.refinement) r.tables.emplace_back("covariance", covariance_table(*c.refinement));
  return r;
}

}  // namespace snitt::calibration
